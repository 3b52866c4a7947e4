"""What came from a mail is only shown: nothing of it drives a terminal (threats F-13)."""

import os
import pty
import re
import select
import subprocess
from pathlib import Path

import pytest

from tests.architecture.test_documentation import commands
from tests.cli.conftest import FROM_HOSTILE, HOSTILE, Run, sql
from tests.load.installation import CASEGATE

DANGEROUS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]"  # all but tab and line feed
)
SHOWING = [
    "case list", "case show CG-000002", f"explain {FROM_HOSTILE}", "outbox list", "outbox show 4", "outbox show 5",
    "held list", "parked list", f"parked show {FROM_HOSTILE}", "plan list", "plan show calltower-2021",
    "events list", "replay", "stats", "export", "template list", "case attachment list CG-000002",
]  # fmt: skip


@pytest.fixture
def hostile(worked: Path) -> Path:
    """The worst that can lie in the tables: as if no reader of mail had cleaned anything."""
    sql(
        worked,
        "UPDATE cases SET subject = :text",
        "UPDATE correspondence SET text = :text, author_name = :text, author_address = :text",
        "UPDATE examination SET subject = :text, author = :text",
        "UPDATE outbox SET recipient = :text || id, state_because = :text",
        "UPDATE held SET because = :text",
        "UPDATE parked SET because = :text, detail = :text",
        "UPDATE inbox SET reverse_path = :text, helo = :text, peer = :text",
        "UPDATE inbox_recipient SET forward_path = :text",
        "UPDATE event SET detail = :text",
        "UPDATE frozen SET raw = cast(:text AS BLOB)",
        "INSERT INTO attachment (correspondence_id, path, name, content_type, size, sha256, inline, dropped_because)"
        " SELECT id, '1', :text, :text, 1, 'x', 0, '' FROM correspondence",
        "INSERT INTO attempt (outbox_id, number, started_at, ended_at, outcome, reply)"
        " VALUES (4, 1, '2026-11-23 16:00:00.000000', NULL, 'refused', :text)",
        text=HOSTILE,
    )
    return worked


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("command", SHOWING)
def test_no_control_character_reaches_the_terminal(run: Run, command: str) -> None:
    """Subjects, names, addresses, replies and texts are shown with control and direction characters escaped."""
    done = run(*command.split())

    assert [] == DANGEROUS.findall(done.out + done.err)


@pytest.mark.usefixtures("hostile")
@pytest.mark.parametrize("command", SHOWING)
def test_no_control_character_stands_raw_in_json(run: Run, command: str) -> None:
    """JSON may be looked at on a terminal too."""
    done = run(*command.split(), "--json")

    assert [] == DANGEROUS.findall(done.out)


@pytest.mark.parametrize(
    "command",
    [
        ("explain", HOSTILE),
        ("case", "open", "--subject=Help", f"--for={HOSTILE}"),
        ("case", "show", HOSTILE),
        ("org", "show", HOSTILE),
    ],
    ids=["explain", "case open", "case show", "org show"],
)
def test_f13_a_refusal_repeats_nothing_raw(run: Run, command: tuple[str, ...]) -> None:
    """What was typed, or pasted from a mail, is not played back."""
    done = run(*command)

    assert (1, []) == (done.code, DANGEROUS.findall(done.err))


def test_what_is_understood_of_a_mail_is_escaped(tmp_path: Path, run: Run) -> None:
    """`parse` and `simulate` read files that nobody has looked at."""
    file = tmp_path / "mail.eml"
    header = f"From: \x1b[2J <alice@acme.example>\r\nSubject: {HOSTILE}\r\nMessage-ID: <\x1b[2J@x.example>\r\n"
    part = 'Content-Type: application/x; name="\x1b[2J\u202e"\r\nContent-Disposition: attachment\r\n\r\nx\r\n'
    body = f"--b\r\n\r\n{HOSTILE}\r\n--b\r\n{part}--b--\r\n"
    file.write_bytes(f'{header}Content-Type: multipart/mixed; boundary="b"\r\n\r\n{body}'.encode())

    said = [run("parse", file).out, run("parse", file, "--json").out, run("simulate", file).out]

    assert [] == DANGEROUS.findall("".join(said))


def test_a_terminal_gets_colours_of_ours_only(hostile: Path) -> None:
    """On a terminal headings may be bold; what a mail brought is still escaped."""
    said = on_a_terminal("case", "show", "CG-000002", "--config", str(hostile / "casegate.toml"))

    ours = re.compile(rb"\x1b\[[0-9;]*m")
    assert ours.search(said)
    assert [] == DANGEROUS.findall(ours.sub(b"", said).decode().replace("\r\n", "\n"))


def on_a_terminal(*arguments: str) -> bytes:
    """All that a command writes to a terminal that can do everything."""
    ours, theirs = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "200"}
    with subprocess.Popen([CASEGATE, *arguments], stdin=theirs, stdout=theirs, stderr=theirs, env=environment) as done:
        os.close(theirs)
        said = b""
        while select.select([ours], [], [], 20)[0]:
            try:
                said += os.read(ours, 4096)
            except OSError:  # the other end is closed
                break
        assert done.wait(20) == 0, said
    os.close(ours)
    return said


def test_the_list_of_showing_commands_is_whole() -> None:
    """Every command that shows what came from a mail stands above."""
    elsewhere = {"parse", "simulate", "verify", "check", "message raw"}
    shown = {" ".join(word for word in command.split() if word.isalpha() and word.islower()) for command in SHOWING}
    reading = {name for name in commands() if name.split()[-1] in {"list", "show"} or " " not in name}
    directory = {name for name in reading if name.split()[0] in {"org", "contact", "agent", "department"}}

    assert {"init", "serve", "ingest", "postfix-map", "held show"} == reading - directory - shown - elsewhere
