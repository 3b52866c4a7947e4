"""Installations for the commands: a new one, and one that has worked on a few mails."""

import io
import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from intake import composition, configuration
from intake.parsing import Parser
from intake.wake import Bell
from intake.worker import Worker
from models.mail import Envelope, Route
from models.store import inbox
from models.store.inbox import Arrival
from tests.builders import a_mail
from tests.cli.desk import MPOC, place, pristine
from tests.cli.running import Done, casegate

__all__ = ["place", "pristine"]

NOW = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
HOSTILE = "\x1b]0;owned\x07\x1b[2Jred\x9b31m \u202egnp.exe\u2066 \x08\x7f"
"""Sets a title, clears a screen, colours, turns the direction of text: what a terminal must never get (F-13)."""

SETTLED, DUPLICATE, HELD, DISREGARDED, FROM_HOSTILE, PARKED = range(1, 7)
"""The inbox ids of the mails below."""
NOTICES = 5


def mails() -> list[tuple[str, bytes]]:
    """Reverse path and octets of what came in, in the order of the ids."""
    settled = a_mail(message_id="One@client.example", subject="No dial tone")
    encoded = f"=?utf-8?q?{''.join(f'={octet:02X}' for octet in HOSTILE.encode())}?="
    return [
        (MPOC, settled),
        (MPOC, settled),
        ("bob@stranger.example", a_mail(from_="Bob <bob@stranger.example>", message_id="3@stranger.example")),
        ("", a_mail(message_id="4@client.example")),
        (MPOC, a_mail(from_=f"{encoded} <{MPOC}>", subject=encoded, body=HOSTILE, message_id="5@client.example")),
        (MPOC, a_mail(message_id="6@client.example", subject="A mail we fail on")),
    ]


def accepted(directory: Path, arrivals: Sequence[tuple[str, bytes]]) -> None:
    """Lay messages into the inbox as a door does."""
    database = composition.open_database(configuration.load(directory / "casegate.toml", {}))
    with database.write() as connection:
        for reverse_path, raw in arrivals:
            envelope = Envelope(
                route=Route.LMTP,
                reverse_path=reverse_path,
                forward_paths=("support@example.net",),
                peer="203.0.113.9",
                helo="client.example",
            )
            inbox.accept(connection, [Arrival(envelope, NOW, io.BytesIO(raw), len(raw))])
    database.close()


def worked_on(directory: Path) -> None:
    """Let a worker settle and word everything there is."""
    settings = configuration.load(directory / "casegate.toml", {})
    database, bell, parser = composition.open_database(settings), Bell(directory), Parser()
    worker = Worker(database, composition.policy_of(settings), parser, clock=lambda: NOW, bell=bell)
    while worker.step():
        pass
    parser.close()
    bell.close()
    database.close()


def sql(directory: Path, *statements: str, **values: object) -> list[tuple[object, ...]]:
    """What somebody does to the database by hand, past every constraint; the rows of the last statement."""
    import sqlite3  # noqa: PLC0415 - the one place that goes behind the store's back

    connection = sqlite3.connect(directory / "casegate.db", isolation_level=None)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    rows = [connection.execute(statement, values).fetchall() for statement in statements]
    connection.close()
    return rows[-1] if rows else []


@pytest.fixture(scope="session")
def worked_once(pristine: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation with the mails above: settled, duplicate, held, disregarded, hostile, parked."""
    directory = copied(pristine, tmp_path_factory.mktemp("worked") / "desk")
    accepted(directory, mails()[:-1])
    worked_on(directory)
    accepted(directory, mails()[-1:])
    sql(
        directory,
        "INSERT INTO parked (inbox_id, parked_at, station, because, detail)"
        " VALUES (6, '2026-11-23 16:05:00.000000', 'settle', 'ValueError: a bug', 'Traceback ...')",
        "UPDATE inbox SET state = 'parked' WHERE id = 6",
    )
    return directory


def copied(directory: Path, to: Path) -> Path:
    """A copy of an installation, whose configuration names the copy."""
    copy = Path(shutil.copytree(directory, to, ignore=shutil.ignore_patterns("*.wake")))
    configuration = copy / "casegate.toml"
    configuration.write_text(configuration.read_text("utf-8").replace(str(directory), str(copy)), "utf-8")
    return copy


@pytest.fixture
def worked(worked_once: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return copied(worked_once, tmp_path / "worked")


Run = Callable[..., Done]


@pytest.fixture
def run(worked: Path) -> Run:
    """Runs commands on that copy."""

    def run_here(*arguments: str | Path, **keywords: object) -> Done:
        return casegate(*arguments, environment={"CASEGATE_CONFIG": str(worked / "casegate.toml")}, **keywords)  # type: ignore[arg-type]

    return run_here
