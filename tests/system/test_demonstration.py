"""`make run` and `make try`: the first five minutes with casegate, in a folder of their own."""

import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load.installation import CASEGATE
from tests.services import free_port, wait_until

pytestmark = pytest.mark.system


@pytest.fixture
def running(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The demonstration, serving; its folder. Another port than the usual one, which may be taken here."""
    monkeypatch.chdir(tmp_path)
    from intake.cli import demo  # noqa: PLC0415 - its paths are relative to where it is started

    demo._make()
    configuration = tmp_path / "var" / "casegate.toml"
    text = configuration.read_text("utf-8")
    assert "127.0.0.1:2525" in text
    configuration.write_text(text.replace("127.0.0.1:2525", f"127.0.0.1:{free_port()}"), "utf-8")
    log = tmp_path / "log"
    with log.open("wb") as output:
        service = subprocess.Popen([CASEGATE, "demo", "run"], stdout=output, stderr=output)
    try:
        wait_until(lambda: '"event": "ready"' in log.read_text("utf-8"), what="it is ready", deadline=60)
        yield tmp_path
    finally:
        service.send_signal(signal.SIGTERM)
        status = service.wait(60)
    assert 0 == status


@pytest.mark.usefixtures("running")
@pytest.mark.timeout(300)
def test_a_newcomer_sees_the_life_of_a_case(tmp_path: Path) -> None:
    """Twice: it is another case each time, and nothing is wrong afterwards."""
    tries = [subprocess.run([CASEGATE, "demo", "try"], capture_output=True, text=True, check=False) for _ in "12"]

    assert [(0, ""), (0, "")] == [(one.returncode, one.stderr) for one in tries]
    for number, one in zip(("CG-000001", "CG-000002"), tries, strict=True):
        for said in (
            f"decided: {number}, by the rule mpoc_opens_case",
            f"decided: {number}, by the rule replies_to_open_case",
            f"{number}: Dana Reyes wrote to the customer; it is In Progress, P4",
            "decided: held, by the rule unknown_author",
            "mallory@stranger.example",
        ):
            assert said in one.stdout
    configuration = tmp_path / "var" / "casegate.toml"
    for command in ("check", "verify"):
        subprocess.run([CASEGATE, command, "--config", configuration], check=True)


def test_without_a_demonstration_it_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, no traceback."""
    monkeypatch.chdir(tmp_path)

    done = subprocess.run([CASEGATE, "demo", "try"], capture_output=True, text=True, check=False)

    assert (1, "") == (done.returncode, done.stdout)
    assert ["casegate: there is no demonstration yet; 'make run' in another terminal first"] == done.stderr.splitlines()
