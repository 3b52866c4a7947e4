"""Every wrong configuration we thought of, and the words it is refused in.

A folder is a case: `casegate.toml` is what the admin wrote, `expected-error` what `casegate
check` answers: its exit code, then its lines, with DIRECTORY for where the installation lies.
`environment` holds variables; other files are laid beside the configuration. In the
configuration {directory} stands for that place.
"""

import re
import shutil
from pathlib import Path

import pytest

from intake.configuration import load
from tests.cli.running import casegate

CASES = sorted(path for path in Path(__file__).parent.iterdir() if (path / "casegate.toml").exists())
_OURS = {"casegate.toml", "expected-error", "environment"}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_configuration_is_refused_in_words(case: Path, place: Path) -> None:
    """Each problem is a line that says where it stands, what is wrong, and what to do about it."""
    written = (case / "casegate.toml").read_bytes().replace(b"{directory}", str(place).encode())
    (place / "casegate.toml").write_bytes(written)
    for entry in (entry for entry in case.iterdir() if entry.name not in _OURS):
        (shutil.copytree if entry.is_dir() else shutil.copy)(entry, place / entry.name)
    for file in place.glob("*.key"):
        file.chmod(0o600)

    done = casegate("check", "--config", place / "casegate.toml", environment=environment_of(case))

    said = (done.out + done.err).replace(str(place), "DIRECTORY")
    assert (case / "expected-error").read_text() == f"exit {done.code}\n{said}"


def environment_of(case: Path) -> dict[str, str]:
    """What the case's `environment` file sets."""
    file = case / "environment"
    lines = file.read_text().splitlines() if file.exists() else []
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def test_the_configuration_these_are_spoiled_from_is_right(place: Path) -> None:
    """Nothing is wrong with a new installation, so that each case fails for its own reason."""
    done = casegate("check", "--config", place / "casegate.toml")

    assert (done.code, done.out, done.err) == (0, "nothing is wrong\n", "")


def test_a_configuration_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    """The most frequent mistake gets the remedy too."""
    done = casegate("check", "--config", tmp_path / "casegate.toml")

    expected = f"{tmp_path}/casegate.toml: there is no such file; make one with 'casegate init'\n"
    assert (78, expected) == (done.code, done.out)


@pytest.mark.parametrize("line", [f"x = {'[' * 5_000}", f"x = {'9' * 5_000}"], ids=["brackets", "digits"])
def test_a_configuration_without_end_is_no_bug(place: Path, line: str) -> None:
    """Python's reader gives up on it in its own words."""
    (place / "casegate.toml").write_text(f"{line}\n")

    done = casegate("check", "--config", place / "casegate.toml")

    assert (78, "") == (done.code, done.err)
    assert f"{place}/casegate.toml: it is no TOML: " in done.out


def test_a_device_that_never_ends_is_no_key(place: Path) -> None:
    """No more of it is read than a key file can have."""
    configuration = place / "casegate.toml"
    configuration.write_text(configuration.read_text().replace(str(place / "casegate.key"), "/dev/zero"))

    done = casegate("check", "--config", configuration)

    assert 1 == done.code
    assert "/dev/zero: it is no key file" in done.out


def test_addresses_of_ours_are_shown_as_every_relay_takes_them(place: Path) -> None:
    """A domain in U-labels would need SMTPUTF8 for each notice (threats B-9)."""
    configuration = place / "casegate.toml"
    configuration.write_text(
        re.sub(r'(?m)^address = "[^"]*"', 'address = "help@b\u00fccher.example"', configuration.read_text())
    )

    assert "help@xn--bcher-kva.example" == load(configuration, {}).service.address


def test_serve_refuses_what_check_refuses(place: Path) -> None:
    """No door is opened on a configuration with a problem: the same words, on standard error, exit 78."""
    configuration = place / "casegate.toml"
    configuration.write_text(configuration.read_text().replace("[smtp]", "[smtp]\nlistne = []"))

    done = casegate("serve", "--config", configuration)

    line = configuration.read_text().splitlines().index("listne = []") + 1
    expected = f"casegate: {configuration}:{line}: unknown key smtp.listne; did you mean listen?\n"
    assert (78, "", expected) == (done.code, done.out, done.err)
