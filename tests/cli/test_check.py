"""`check`: everything that is wrong, all at once. Wrong configurations are in tests/configuration."""

import socket
from pathlib import Path

import pytest

from models.store.schema import NEWEST
from tests.cli.conftest import sql
from tests.cli.running import Done, casegate
from tests.services import free_port


def check(place: Path, *options: str) -> Done:
    return casegate("check", *options, "--config", place / "casegate.toml")


def edit(place: Path, old: str, new: str) -> None:
    configuration = place / "casegate.toml"
    text = configuration.read_text()
    assert old in text
    configuration.write_text(text.replace(old, new))


def test_nothing_is_wrong(place: Path) -> None:
    """Exit 0 and a word; an empty list for programs."""
    done = check(place)

    assert (0, "nothing is wrong\n", "") == (done.code, done.out, done.err)
    assert [] == check(place, "--json").json


@pytest.mark.parametrize("mode", [0o640, 0o644, 0o604])
def test_a_key_that_others_can_read(place: Path, mode: int) -> None:
    """With the command that mends it."""
    (place / "casegate.key").chmod(mode)

    done = check(place, "--local")

    key = place / "casegate.key"
    assert (1, f"{key}: others can read the key; chmod 0600 {key}\n") == (done.code, done.out)


def test_a_password_that_others_can_read(place: Path) -> None:
    """The relay's password as well as the key."""
    password = place / "password"
    password.write_text("secret\n")
    password.chmod(0o644)
    edit(place, 'user = ""', f'user = "desk"\npassword_file = "{password}"')

    done = check(place, "--local")

    assert (1, f"{password}: others can read the password; chmod 0600 {password}\n") == (done.code, done.out)


def test_a_database_that_others_can_read(place: Path) -> None:
    """Mail lies in there."""
    (place / "casegate.db").chmod(0o644)

    done = check(place, "--local")

    assert (1, True) == (done.code, str(place / "casegate.db") in done.out)


def test_an_older_database(place: Path) -> None:
    """With the command that upgrades it."""
    sql(place, "UPDATE alembic_version SET version_num = '0000'")

    done = check(place, "--local")

    found = f"the database has schema 0000, this version needs {NEWEST}"
    expected = f"service.database: {found}: run 'casegate db upgrade'\n"
    assert (1, expected) == (done.code, done.out)


def test_a_damaged_database(place: Path) -> None:
    """What the engine finds."""
    sql(place, "DELETE FROM organisation")

    done = check(place, "--local")

    assert (1, True) == (done.code, "restore a backup; nothing is repaired silently" in done.out)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE department SET address = 'support@example.net'",
        "UPDATE department SET address = 'SUPPORT+desk@example.net'",
        "UPDATE agent SET address = 'support@example.net'",
    ],
)
def test_mail_that_would_come_back_to_us(place: Path, statement: str) -> None:
    """A department or agent at one of our own intake addresses is a loop."""
    sql(place, statement)

    done = check(place)

    assert (1, True) == (done.code, "mail to it comes back to us" in done.out)


def test_a_relay_that_does_not_answer(place: Path) -> None:
    """Said with its place; not by --local, which guards the start and asks nobody."""
    edit(place, f"maildir:{place}/sent", f"smtp://127.0.0.1:{(port := free_port())}")

    whole, local = check(place), check(place, "--local")

    assert (1, True) == (whole.code, f"127.0.0.1:{port} cannot be reached" in whole.out)
    assert (0, "nothing is wrong\n") == (local.code, local.out)


def test_a_relay_that_answers(place: Path) -> None:
    """Nothing to say then."""
    with socket.create_server(("127.0.0.1", 0)) as relay:
        edit(place, f"maildir:{place}/sent", f"smtp://127.0.0.1:{relay.getsockname()[1]}")

        assert 0 == check(place).code


STALE = {
    "messages: 1 wait to be decided, the oldest for": """
        INSERT INTO inbox (received_at, route, reverse_path, peer, helo, smtputf8, bare_line_ends, size, state,
            not_before, strikes, interruptions)
        VALUES ('{then}', 'lmtp', '', '', '', 0, 0, 0, 'accepted', '{then}', 0, 0)""",
    "notices: 1 are not given to the relay yet, the oldest for": """
        INSERT INTO outbox (cause, kind, recipient, message_id, created_at, notice, state, state_because, not_before)
        VALUES ('c', 'case_opened', 'alice@acme.example', '<1@x>', '{then}', '', 'ready', '', '{then}')""",
}


@pytest.mark.parametrize(("said", "statement"), STALE.items())
def test_what_waits_for_longer_than_it_should(place: Path, said: str, statement: str) -> None:
    """A service that does not run, a relay that defers: said with the remedy, and not by --local."""
    sql(place, statement.format(then="2026-11-01 00:00:00.000000"))

    whole, local = check(place), check(place, "--local")

    assert (1, True) == (whole.code, whole.out.startswith(said)), whole.out
    assert (0, "nothing is wrong\n") == (local.code, local.out)


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "UPDATE held SET expires_at = '2026-01-01 00:00:00.000000'",
            "held: 1 expire within 3 days; the next is message 3",
        ),
        ("SELECT 1", "parked: we failed on 1; the oldest is message 6"),
        ("UPDATE outbox SET state = 'parked' WHERE id = 1", "parked: we failed on 2; the oldest is message 6"),
    ],
)
def test_what_waits_for_a_person(worked: Path, statement: str, said: str) -> None:
    """Held mail that expires soon, and what we failed on, with the command that shows it."""
    sql(worked, statement)

    done = check(worked)

    assert (1, True) == (done.code, said in done.out), done.out


def test_all_findings_come_at_once(place: Path) -> None:
    """One run, every line, each with place and remedy; the same for programs."""
    (place / "casegate.key").chmod(0o644)
    edit(place, 'default = "calltower-2021"', 'default = "platinum"')
    edit(place, 'mode = "address"', 'mode = "aligned"')
    sql(place, "UPDATE department SET key = 'sales'")

    done, rows = check(place), check(place, "--json").json

    assert (1, 4, 4) == (done.code, len(done.out.splitlines()), len(rows))
    assert {"where", "what", "remedy"} == {key for row in rows for key in row}
    assert done.out.splitlines() == [f"{row['where']}: {row['what']}; {row['remedy']}" for row in rows]
