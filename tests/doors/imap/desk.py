"""A mailbox on a real Dovecot, and a door that is led through it look by look; time is the test's."""

import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa

from intake.doors.imap.account import Account
from intake.doors.imap.folder import FolderDoor, House
from intake.doors.imap.wire import Connection
from intake.wake import Bell
from models.limits import MESSAGE_BYTES
from models.store import imap_ledger, inbox, tables
from models.store.database import Database
from models.store.imap_ledger import Place
from models.store.upgrade import upgrade
from tests.builders import NOW, SUPPORT, a_mail, a_policy
from tests.services import PASSWORD, PrivateDovecot

DONE = "casegate-done"


class Mailbox:
    """One user of a Dovecot, and an installation that fetches the user's INBOX."""

    def __init__(self, directory: Path, server: PrivateDovecot, *, database_url: str = "") -> None:
        self.server = server
        self.user = f"support-{uuid.uuid4().hex[:10]}@example.net"
        self.now = NOW
        self.paused = False
        secret = directory / "password"
        secret.write_text(f"{PASSWORD}\n")
        self.account = Account(
            place=Place("127.0.0.1", server.imap_port, self.user, "INBOX"),
            tls="none",
            ca_file=None,
            password_file=secret,
            token_file=None,
            done_folder=DONE,
            held_folder=None,
            address=SUPPORT,
            recipient_field="",
            poll_seconds=60,
        )
        self.database = Database(database_url or f"sqlite:///{directory}/casegate.db")
        upgrade(self.database)
        self.bell = Bell(directory)
        self.house = House(
            database=self.database,
            policy=a_policy(),
            clock=self.clock,
            bell=self.bell,
            state_directory=directory,
            max_message_bytes=MESSAGE_BYTES,
            is_closed=lambda: self.paused,
        )

    def clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        self.database.close()
        self.bell.close()

    # --- what is done ------------------------------------------------------------------------

    def append(self, raw: bytes, folder: str = "INBOX") -> bytes:
        """Lay a message into a folder."""
        self.server.append(self.user, raw, folder)
        return raw

    def deliver(self, number: int, *, headers: Mapping[str, str] | None = None, body: str = "Broken.") -> bytes:
        """Lay a message of ours into the INBOX; it is another one for each number."""
        return self.append(a_mail(message_id=f"{number}@client.example", headers=headers, body=f"{body} {number}"))

    @contextmanager
    def connected(self, account: Account | None = None) -> Iterator[Connection]:
        """A connection to the server, logged in."""
        connection = Connection()
        try:
            connection.open(account or self.account)
            yield connection
        finally:
            connection.close()

    def look(self, *, port: int | None = None, house: House | None = None, account: Account | None = None) -> bool:
        """One visit with one look; through another port when there is a proxy in between."""
        account = account or self.account
        there = account if port is None else replace(account, place=replace(account.place, port=port))
        with self.connected(there) as connection:
            return FolderDoor(account, house or self.house).look(connection)

    # --- what can be seen --------------------------------------------------------------------

    def raws(self) -> list[bytes]:
        """Every message of the inbox, oldest first."""
        with self.database.read() as connection:
            ids = list(connection.scalars(sa.select(tables.inbox.c.id).order_by(tables.inbox.c.id)))
            return [inbox.raw(connection, inbox_id) for inbox_id in ids]

    def envelopes(self) -> list[tuple[str, tuple[str, ...]]]:
        """Reverse path and forward paths of every message of the inbox."""
        with self.database.read() as connection:
            ids = list(connection.scalars(sa.select(tables.inbox.c.id).order_by(tables.inbox.c.id)))
            loaded = inbox.load(connection, ids)
        return [(one.accepted.envelope.reverse_path, one.accepted.envelope.forward_paths) for one in loaded]

    def on_server(self, folder: str = "INBOX") -> list[bytes]:
        return self.server.messages(self.user, folder)

    def ledger(self) -> list[tuple[int, str]]:
        """UID and state of every message of the ledger, in order."""
        message = imap_ledger.imap_message
        with self.database.read() as connection:
            rows = connection.execute(
                sa.select(message.c.uid, message.c.state).order_by(message.c.uid_validity, message.c.uid)
            )
            return [(row.uid, row.state) for row in rows]

    def status(self) -> dict[str, object]:
        with self.database.read() as connection:
            return imap_ledger.status(connection, self.account.place)

    def notices(self) -> list[str]:
        with self.database.read() as connection:
            return [str(kind) for kind in connection.scalars(sa.select(tables.outbox.c.kind))]

    def sql(self, statement: str, **values: object) -> None:
        with self.database.write() as connection:
            connection.execute(sa.text(statement), values)
