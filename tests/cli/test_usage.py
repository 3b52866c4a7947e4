"""Help and mistakes: every command says what it does, and an error is one line with what, where and what to do."""

from pathlib import Path

import pytest

from tests.architecture.test_documentation import commands
from tests.cli.conftest import Run
from tests.cli.running import casegate

COMMANDS = sorted(commands())


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    """`--help` shows the usage and a sentence, exit 0, nothing on standard error, no colours."""
    done = casegate(*command.split(), "--help")

    assert (0, "") == (done.code, done.err)
    assert f"casegate {command}" in done.out
    assert "\x1b" not in done.out


@pytest.mark.parametrize("arguments", [(), ("case",), ("case", "show")], ids=["casegate", "case", "case show"])
def test_help_may_be_asked_for_briefly(arguments: tuple[str, ...]) -> None:
    """`-h` is what the demonstration tells a newcomer to type."""
    assert casegate(*arguments, "--help").out == casegate(*arguments, "-h").out


@pytest.mark.parametrize("arguments", [(), ("case",), ("intake",)], ids=["casegate", "case", "intake"])
def test_a_noun_alone_shows_what_can_be_done(arguments: tuple[str, ...]) -> None:
    """Nothing is done by accident: a noun without a verb is answered with the verbs, once."""
    done = casegate(*arguments)

    assert ("", 1) == (done.err, done.out.count("Usage: casegate"))


@pytest.mark.parametrize(
    "arguments",
    [
        ("nonsense",),
        ("explain",),
        ("explain", "1", "--nonsense"),
        ("case", "frobnicate"),
        ("message", "raw", "first"),
        ("outbox", "cancel", "1"),
        ("serve", "--role", "cook"),
        ("simulate", "not-there.eml"),
    ],
    ids=" ".join,
)
def test_a_wrong_usage_is_one_line_and_exit_2(arguments: tuple[str, ...]) -> None:
    """Neither a box of lines nor a traceback: contract 2."""
    done = casegate(*arguments)

    assert (2, "", 1) == (done.code, done.out, len(done.err.splitlines())), done.err
    assert done.err.startswith("casegate: ")


REFUSED = [
    ("explain 99", "nothing is known of '99': give a Message-ID, a case number like CG-000123 or an inbox id"),
    (
        "explain <none@client.example>",
        "nothing is known of '<none@client.example>': give a Message-ID, a case number like CG-000123 or an inbox id",
    ),
    ("case show CG-000099", "there is no case 'CG-000099'; 'casegate case list' shows those there are"),
    ("case show nonsense", "there is no case 'nonsense'; 'casegate case list' shows those there are"),
    (
        "case list --status shut",
        (
            "there is no status 'shut'; known are New; In Progress; Escalated; On Hold; "
            "Waiting for Details; Researching; Shipping; Resolved, Follow-up Required; "
            "Customer Re-opened; Duplicate; Closed, No Response; Closed"
        ),
    ),
    (
        "outbox list --state redy",
        "there is no state 'redy'; known are intended, ready, submitted, refused, unknown, expired, parked, cancelled",
    ),
    ("message raw 99", "there is no message 99"),
    ("outbox show 99", "there is no notice 99; 'casegate outbox list' shows those there are"),
    (
        "outbox retry 99",
        "notice 99 is sent, cancelled, being offered now, or not there; 'casegate outbox show 99' says which",
    ),
    (
        "outbox cancel 99 --because lost",
        "notice 99 is sent, being offered now, or not there; 'casegate outbox show 99' says which",
    ),
    ("parked retry 1", "message 1 is not parked; 'casegate parked list' shows those that are"),
]


def test_a_number_beyond_all_ids_is_no_bug(run: Run) -> None:
    """Python turns no text of more than 4,300 digits into a number."""
    done = run("explain", "9" * 5_000)

    assert (1, "", 1) == (done.code, done.out, len(done.err.splitlines()))
    assert "nothing is known of" in done.err


@pytest.mark.parametrize(("command", "line"), REFUSED, ids=[command for command, _ in REFUSED])
def test_what_cannot_be_done_is_one_line_and_exit_1(run: Run, command: str, line: str) -> None:
    """A command that was understood and refused says why and what to do."""
    done = run(*command.split())

    assert (1, "", f"casegate: {line}\n") == (done.code, done.out, done.err)


READING = ["case list", "held list", "parked list", "outbox list", "explain 1", "verify", "check", "postfix-map"]


@pytest.mark.parametrize("command", [*READING, "serve", "db check", "intake pause"])
def test_no_configuration_is_exit_78(command: str, tmp_path: Path) -> None:
    """Every command needs to know which installation is meant, and says what is missing."""
    missing = tmp_path / "casegate.toml"

    done = casegate(*command.split(), "--config", missing)

    line = f"{missing}: there is no such file; make one with 'casegate init'\n"
    assert (78, True) == (done.code, line in done.out + done.err)
    assert 1 == len((done.out + done.err).splitlines())


@pytest.mark.parametrize("command", ["case list", "held list", "explain 1", "verify", "serve", "db check"])
def test_no_database_is_exit_78(place: Path, command: str) -> None:
    """A database that is not there is not made by looking."""
    for file in place.glob("casegate.db*"):
        file.unlink()

    done = casegate(*command.split(), "--config", place / "casegate.toml")

    assert (78, "", 1) == (done.code, done.out, len(done.err.splitlines())), done.err
    assert "casegate db upgrade" in done.err
    assert [] == list(place.glob("casegate.db"))


def test_a_database_that_is_none_is_said_so(place: Path) -> None:
    """A file that is no database is named in one line."""
    for file in place.glob("casegate.db*"):
        file.unlink()
    (place / "casegate.db").write_text("this is no database, but it is long enough to be taken for one" * 20)

    done = casegate("case", "list", "--config", place / "casegate.toml")

    assert (True, "", 1) == (done.code in {1, 78}, done.out, len(done.err.splitlines())), done.err
    assert "bug" not in done.err
    assert "service.database" in done.err


def test_no_table_of_names_is_guessed(run: Run) -> None:
    """`case list --org` with a name nobody has is an empty list, not an error."""
    done = run("case", "list", "--org", "Nobody")

    assert (0, "no cases\n", "") == (done.code, done.out, done.err)
