"""Promise 1 at the real door with the real store: answered 250 is durably in the database, and nothing else is."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from intake.acceptance import Acceptance
from intake.clock import system_clock
from intake.doors.listeners import DoorSettings
from intake.wake import Bell
from models.store import inbox
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.doors.house import HOSTNAME, House

ODD_MESSAGES = {
    "empty": b"",
    "no header": b"just text\r\n",
    "any octets": bytes(octet for octet in range(256) if octet not in b"\r\n") + b"\r\n",
    "dots": b".\r\n..\r\n...x\r\n",
    "a megabyte": b"Subject: x\r\n\r\n" + b"0123456789abcde\r\n" * 61_000,
}


class RealAcceptance(Acceptance):
    """The one that serves; it needs no release."""

    def release(self) -> None: ...


@dataclass
class Stored:
    """Doors with a database behind them, and a second way to look into it."""

    house: House
    path: Path

    def raws(self) -> list[bytes]:
        database = Database(f"sqlite:///{self.path}")
        try:
            with database.read() as connection:
                ids = connection.execute(sa.text("SELECT id FROM inbox ORDER BY id")).scalars().all()
                return [inbox.raw(connection, inbox_id) for inbox_id in ids]
        finally:
            database.close()

    def break_it(self) -> None:
        database = Database(f"sqlite:///{self.path}")
        with database.write() as connection:
            connection.execute(sa.text("DROP TABLE inbox_recipient"))
        database.close()


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Stored]:
    database = Database(f"sqlite:///{tmp_path / 'casegate.db'}")
    upgrade(database)
    bell = Bell(tmp_path)
    acceptance = RealAcceptance(
        database, clock=system_clock, bell=bell, state_directory=tmp_path, max_message_bytes=2_000_000
    )
    acceptance.start()
    settings = DoorSettings(
        hostname=HOSTNAME, listen=("127.0.0.1:0",), lmtp=(str(tmp_path / "l"),), spool_directory=tmp_path
    )
    with House(settings, acceptance) as house:
        yield Stored(house, tmp_path / "casegate.db")
    acceptance.stop()
    database.close()
    bell.close()


@pytest.mark.parametrize("raw", ODD_MESSAGES.values(), ids=ODD_MESSAGES.keys())
def test_after_250_another_connection_reads_what_was_sent(raw: bytes, stored: Stored) -> None:
    stuffed = re.sub(rb"(?m)^\.", b"..", raw)
    with stored.house.greeted() as client:
        client.begin()
        client.send(stuffed + b".\r\n")
        assert client.reply().startswith("250 2.0.0 Accepted as ")

        assert stored.raws() == [raw]


def test_the_reply_names_the_inbox_row(stored: Stored) -> None:
    with stored.house.greeted() as client, stored.house.greeted(1) as mta:
        replies = [client.deliver(b"Subject: 1\r\n"), mta.deliver(b"Subject: 2\r\n"), client.deliver(b"Subject: 3\r\n")]

    assert len({reply.removeprefix("250 2.0.0 Accepted as ") for reply in replies}) == 3
    assert stored.raws() == [b"Subject: 1\r\n", b"Subject: 2\r\n", b"Subject: 3\r\n"]


def test_a19_a_database_that_fails_is_451_and_nothing_is_stored(stored: Stored) -> None:
    with stored.house.greeted() as client:
        stored.break_it()
        reply = client.deliver(b"Subject: x\r\n")

        assert reply.startswith("451 4.3.0 Temporary internal error (incident ")
        assert stored.raws() == []


def test_a_paused_intake_takes_nothing_until_it_is_resumed(stored: Stored) -> None:
    with stored.house.greeted() as client:
        (stored.path.parent / "paused").touch()
        assert client.say("MAIL FROM:<a@mpoc.example>") == "451 4.3.2 Intake is paused; try again later"
        (stored.path.parent / "paused").unlink()
        assert client.deliver(b"Subject: x\r\n").startswith("250 ")
