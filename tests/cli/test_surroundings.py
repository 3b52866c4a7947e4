"""Locale, zone and umask change nothing (threats X-51): the command as a process, in odd surroundings."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.builders import a_mail
from tests.cli.conftest import sql
from tests.cli.desk import MPOC
from tests.cli.running import casegate as in_this_process
from tests.load.installation import CASEGATE

SURROUNDINGS = [
    {"LANG": "C", "LC_ALL": "C"},
    {"TZ": "Asia/Kathmandu"},
    {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
]


def casegate(
    place: Path, *arguments: str, given: bytes = b"", umask: int = -1, **environment: str
) -> "subprocess.CompletedProcess[bytes]":
    """A command in its own process, which knows nothing of ours but PATH."""
    clean = {"PATH": os.environ["PATH"], "CASEGATE_CONFIG": str(place / "casegate.toml"), **environment}
    return subprocess.run([CASEGATE, *arguments], input=given, env=clean, umask=umask, capture_output=True, check=False)


@pytest.mark.parametrize("surroundings", SURROUNDINGS, ids=lambda names: ",".join(f"{k}={v}" for k, v in names.items()))
def test_the_same_is_said_everywhere(worked: Path, surroundings: dict[str, str]) -> None:
    """Every octet of an answer is the same: UTF-8, UTC."""
    sql(worked, "UPDATE cases SET subject = 'Kein Wählton: 電話'")

    usual = in_this_process("case", "show", "CG-000001", "--config", worked / "casegate.toml")
    odd = casegate(worked, "case", "show", "CG-000001", **surroundings)

    assert (0, b"") == (odd.returncode, odd.stderr)
    assert "Kein Wählton: 電話" in usual.out
    assert usual.raw == odd.stdout


@pytest.mark.parametrize("umask", [0, 0o077], ids=oct)
def test_a_command_makes_nothing_others_can_read(place: Path, umask: int) -> None:
    """Mail that comes by a pipe, whatever the MTA's umask, lies in files of our own."""
    done = casegate(place, "ingest", "--from", MPOC, "support@example.net", given=a_mail(), umask=umask)

    assert (0, b"accepted as 1\n") == (done.returncode, done.stdout)
    state = {path.name: path.stat().st_mode & 0o077 for path in place.iterdir() if path.name.startswith("casegate.db")}
    assert {} == {name: oct(mode) for name, mode in state.items() if mode}


def test_a_closed_pipe_is_no_traceback(worked: Path) -> None:
    """`casegate case list | head -0`: quiet, and not a success."""
    environment = {**os.environ, "CASEGATE_CONFIG": str(worked / "casegate.toml")}
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [CASEGATE, "case", "list"], stdout=closed, stderr=subprocess.PIPE, env=environment, check=False
        )

    assert (1, b"") == (done.returncode, done.stderr)
