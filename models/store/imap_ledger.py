"""The ledger of IMAP intake: which message of which folder became which row of the inbox.

A message on an IMAP server has no name but (folder, UIDVALIDITY, UID) (RFC 9051 2.3.1.1).
That name is a key here, and it is written in the transaction that stores the message: so a
process may be killed anywhere between fetching and moving, and the next one knows what is
ours already (threats J-3, J-6). States of a message, and where it is on the server:

    failing  in the folder; fetching it failed, it is tried again
    left     in the folder; not taken: too big, or it failed too often; the admin is told
    stored   in the folder, and ours: it is still to be moved
    moved    the server has moved it on our word
    gone     it left the folder by another hand, or the folder was made anew

`gone` with an inbox id is also a message of ours whose move we did not hear confirmed.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from models.store.columns import Id, Text, Utc, among, one_of, own_id, ref, table
from models.store.tables import inbox

imap_mailbox = table(
    "imap_mailbox",
    own_id(),
    sa.Column("host", Text, nullable=False),
    sa.Column("port", sa.Integer, nullable=False),
    sa.Column("login", Text, nullable=False),
    sa.Column("folder", Text, nullable=False),
    sa.Column("uid_validity", Id),
    sa.Column("tried_at", Utc),
    sa.Column("succeeded_at", Utc),
    sa.Column("waiting", sa.Integer),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
    sa.Column("failed_at", Utc),
    sa.Column("error", Text, nullable=False, default=""),
    sa.UniqueConstraint("host", "port", "login", "folder"),
)

imap_message = table(
    "imap_message",
    ref("mailbox_id", "imap_mailbox.id", primary_key=True),
    sa.Column("uid_validity", Id, primary_key=True, autoincrement=False),
    sa.Column("uid", Id, primary_key=True, autoincrement=False),
    sa.Column("state", Text, nullable=False),
    ref("inbox_id", "inbox.id", nullable=True, unique=True),
    sa.Column("size", Id),
    sa.Column("strikes", sa.Integer, nullable=False, default=0),
    sa.Column("interruptions", sa.Integer, nullable=False, default=0),
    sa.Column("because", Text, nullable=False, default=""),
    sa.Column("seen_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("moved_to", Text),
    sa.Column("told_at", Utc),
    one_of("state", "failing", "left", "stored", "moved", "gone"),
    sa.CheckConstraint("state NOT IN ('stored', 'moved') OR inbox_id IS NOT NULL", name="taken_is_stored"),
    sa.CheckConstraint("state NOT IN ('failing', 'left') OR inbox_id IS NULL", name="not_taken_is_not_stored"),
)
IS_HERE = among(imap_message.c.state, "failing", "left", "stored")
sa.Index("ix_imap_message_here", imap_message.c.mailbox_id, sqlite_where=IS_HERE, postgresql_where=IS_HERE)


@dataclass(frozen=True, slots=True)
class Place:
    """One folder of one account."""

    host: str
    port: int
    login: str
    folder: str

    def __str__(self) -> str:
        return f"{self.login} at {self.host}:{self.port}, folder {self.folder}"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as it is now: its mailbox in the ledger, and the UIDVALIDITY that its UIDs belong to."""

    mailbox_id: int
    uid_validity: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one message; `inbox_state` is its state in the inbox where it is ours."""

    uid: int
    state: str
    inbox_id: int | None
    inbox_state: str | None
    strikes: int
    interruptions: int
    size: int | None
    because: str


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message that is ours from now on: its UID, its row in the inbox, its size as the server states it."""

    uid: int
    inbox_id: int
    size: int


# --- mailboxes ------------------------------------------------------------------------------


def mailbox_id(connection: sa.Connection, place: Place) -> int:
    """The id of a mailbox, entered where it is new."""
    values = {"host": place.host, "port": place.port, "login": place.login, "folder": place.folder}
    known = sa.select(imap_mailbox.c.id).filter_by(**values)
    found: int | None = connection.scalar(known)
    if found is None:
        connection.execute(sa.insert(imap_mailbox).values(**values))
        found = connection.scalar(known)
    assert found is not None, "it was entered just now"
    return found


def open_folder(connection: sa.Connection, place: Place, uid_validity: int, now: datetime) -> tuple[Folder, int | None]:
    """Say that a folder was opened; the UIDVALIDITY it had before, where it has another now.

    Old UIDs mean nothing then: what was still in the folder under them is `gone`, and is
    met again under its new UID.
    """
    number = mailbox_id(connection, place)
    before: int | None = connection.scalar(sa.select(imap_mailbox.c.uid_validity).where(imap_mailbox.c.id == number))
    connection.execute(
        sa.update(imap_mailbox).where(imap_mailbox.c.id == number).values(uid_validity=uid_validity, tried_at=now)
    )
    if before in {None, uid_validity}:
        return Folder(number, uid_validity), None
    old = sa.and_(IS_HERE, imap_message.c.mailbox_id == number, imap_message.c.uid_validity != uid_validity)
    connection.execute(
        sa.update(imap_message).where(old).values(state="gone", ended_at=now, because="the folder was made anew")
    )
    return Folder(number, uid_validity), before


def succeeded(connection: sa.Connection, folder: Folder, now: datetime, *, waiting: int) -> None:
    """A whole look at a folder has ended well; `waiting` messages are there that are not ours yet."""
    connection.execute(
        sa.update(imap_mailbox)
        .where(imap_mailbox.c.id == folder.mailbox_id)
        .values(succeeded_at=now, waiting=waiting, failures=0)
    )


def failed(connection: sa.Connection, place: Place, error: str, now: datetime) -> None:
    """A look at a folder has failed."""
    number = mailbox_id(connection, place)
    connection.execute(
        sa.update(imap_mailbox)
        .where(imap_mailbox.c.id == number)
        .values(tried_at=now, failed_at=now, error=error, failures=imap_mailbox.c.failures + 1)
    )


def status(connection: sa.Connection, place: Place) -> dict[str, Any]:
    """What is known of a mailbox, and how many of its messages are in each state."""
    same = {"host": place.host, "port": place.port, "login": place.login, "folder": place.folder}
    row = connection.execute(sa.select(imap_mailbox).filter_by(**same)).mappings().first()
    counts = dict.fromkeys(("failing", "left", "stored", "moved", "gone"), 0)
    if row is not None:
        states = sa.select(imap_message.c.state, sa.func.count()).where(imap_message.c.mailbox_id == row["id"])
        for state, count in connection.execute(states.group_by(imap_message.c.state)):
            counts[state] = count
    return {**({} if row is None else dict(row)), **counts}


# --- messages -------------------------------------------------------------------------------


def known(connection: sa.Connection, folder: Folder, uids: Sequence[int]) -> dict[int, Entry]:
    """What the ledger says of these messages."""
    return {entry.uid: entry for entry in _entries(connection, folder, imap_message.c.uid.in_(uids))}


def here(connection: sa.Connection, folder: Folder) -> dict[int, Entry]:
    """Every message that the ledger believes to be in the folder."""
    return {entry.uid: entry for entry in _entries(connection, folder, IS_HERE)}


def _entries(connection: sa.Connection, folder: Folder, condition: sa.ColumnElement[bool]) -> list[Entry]:
    columns = (
        imap_message.c.uid,
        imap_message.c.state,
        imap_message.c.inbox_id,
        inbox.c.state.label("inbox_state"),
        imap_message.c.strikes,
        imap_message.c.interruptions,
        imap_message.c.size,
        imap_message.c.because,
    )
    rows = connection.execute(
        sa.select(*columns)
        .outerjoin(inbox, inbox.c.id == imap_message.c.inbox_id)
        .where(*_of(folder), condition)
        .order_by(imap_message.c.uid)
    )
    return [Entry(*row) for row in rows]


def taken(connection: sa.Connection, folder: Folder, uids: Sequence[int]) -> set[int]:
    """Those of the messages that are ours already."""
    return set(
        connection.scalars(
            sa.select(imap_message.c.uid).where(
                *_of(folder), imap_message.c.uid.in_(uids), imap_message.c.inbox_id.is_not(None)
            )
        )
    )


def store(
    connection: sa.Connection,
    folder: Folder,
    arrived: Sequence[Arrived],
    now: datetime,
    *,
    replacing: Collection[int] = (),
) -> None:
    """Enter messages as ours, in the transaction that stores them; a second entry is refused by the key.

    `replacing` are UIDs that stand for another message than they did: a server that was
    restored from a backup gives numbers out again (threats J-4).
    """
    connection.execute(sa.delete(imap_message).where(*_of(folder), imap_message.c.uid.in_(replacing)))
    forget(connection, folder, [one.uid for one in arrived])
    rows = [{"uid": one.uid, "state": "stored", "inbox_id": one.inbox_id, "size": one.size} for one in arrived]
    _insert(connection, folder, rows, now)


def forget(connection: sa.Connection, folder: Folder, uids: Collection[int]) -> int:
    """Strike messages that are not ours from the ledger, as if they were never seen; how many there were."""
    not_ours = sa.and_(*_of(folder), imap_message.c.uid.in_(uids), imap_message.c.inbox_id.is_(None))
    return connection.execute(sa.delete(imap_message).where(not_ours)).rowcount


def move(connection: sa.Connection, folder: Folder, uids: Collection[int], to: str, now: datetime) -> None:
    """The server has moved messages of ours."""
    _end(connection, folder, uids, now, state="moved", moved_to=to)


def lose(connection: sa.Connection, folder: Folder, uids: Collection[int], because: str, now: datetime) -> None:
    """Messages are no longer in the folder, and we did not hear that our move did it."""
    _end(connection, folder, uids, now, state="gone", because=because)


def _end(connection: sa.Connection, folder: Folder, uids: Collection[int], now: datetime, **values: str) -> None:
    these = sa.and_(*_of(folder), imap_message.c.uid.in_(uids), IS_HERE)
    connection.execute(sa.update(imap_message).where(these).values(ended_at=now, **values))


def fail(
    connection: sa.Connection, folder: Folder, uid: int, because: str, now: datetime, *, interrupted: bool
) -> Entry:
    """Count a failed fetch: the message's own (a strike), or of the connection while it was fetched."""
    counted = imap_message.c.interruptions if interrupted else imap_message.c.strikes
    again = sa.update(imap_message).where(*_of(folder), imap_message.c.uid == uid)
    if connection.execute(again.values({counted: counted + 1, imap_message.c.because: because})).rowcount == 0:
        _insert(connection, folder, [{"uid": uid, "state": "failing", "because": because, counted.name: 1}], now)
    return known(connection, folder, [uid])[uid]


def leave(
    connection: sa.Connection, folder: Folder, uid: int, because: str, now: datetime, *, size: int | None
) -> None:
    """Give a message up: it stays where it is, and the admin is to be told."""
    values = {"state": "left", "inbox_id": None, "because": because, "size": size, "ended_at": now}
    again = sa.update(imap_message).where(*_of(folder), imap_message.c.uid == uid)
    if connection.execute(again.values(**values)).rowcount == 0:
        _insert(connection, folder, [{"uid": uid, **values}], now)


def untold(connection: sa.Connection, folder: Folder) -> list[Entry]:
    """Messages left where they are that the admin was not told of."""
    left = sa.and_(IS_HERE, imap_message.c.state == "left")  # in the index of what is in the folder still
    return _entries(connection, folder, sa.and_(left, imap_message.c.told_at.is_(None)))


def last_told(connection: sa.Connection, folder: Folder) -> datetime | None:
    """When the admin was last told of messages left in this mailbox."""
    told: datetime | None = connection.scalar(
        sa.select(sa.func.max(imap_message.c.told_at)).where(imap_message.c.mailbox_id == folder.mailbox_id)
    )
    return told


def tell(connection: sa.Connection, folder: Folder, uids: Collection[int], now: datetime) -> None:
    """The admin is told of these messages, in this transaction."""
    connection.execute(sa.update(imap_message).where(*_of(folder), imap_message.c.uid.in_(uids)).values(told_at=now))


def _of(folder: Folder) -> tuple[sa.ColumnElement[bool], ...]:
    return (imap_message.c.mailbox_id == folder.mailbox_id, imap_message.c.uid_validity == folder.uid_validity)


def _insert(connection: sa.Connection, folder: Folder, rows: Sequence[dict[str, Any]], now: datetime) -> None:
    if rows:
        connection.execute(
            sa.insert(imap_message),
            [
                {"mailbox_id": folder.mailbox_id, "uid_validity": folder.uid_validity, "seen_at": now, **row}
                for row in rows
            ],
        )
