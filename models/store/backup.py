"""A copy of a running SQLite database, and what a database is told that was brought back from one.

An older state has forgotten what was given out since: case numbers that customers have in
their mail, and the ids from which our Message-IDs are made, so that the next notice could
bear one that its recipient's mail system has seen before and drops. So numbers begin again
beyond what can have been given. And what waited to be sent was most likely sent (threats X-48).
"""

import contextlib
import errno
import os
import sqlite3
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, cast

import sqlalchemy as sa

from models.notice import NoticeKind
from models.store.claims import FREE
from models.store.database import Database, DatabaseError
from models.store.tables import IS_INTENDED, IS_READY, counter, event, outbox

_HIDDEN_SKIP: Final = 1_000_000
"""For the ids that nobody reads."""
_CASES: Final = "cases"


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done to a database that is older than what has been."""

    last_case: int
    not_sent: int


def back_up(database: Database, target: Path) -> int:
    """Copy the whole database, as it is at one moment, into a new file; its size. Nobody waits for it.

    The copy is one file, checked and on disk when it gets its name. Raises DatabaseError, FileExistsError.
    """
    if database.path is None:
        raise DatabaseError(f"{database.url.render_as_string()} is on PostgreSQL: back it up with pg_dump")
    if target.exists():
        raise FileExistsError(errno.EEXIST, "it exists, and is not overwritten", str(target))
    part = target.with_name(f"{target.name}.part")
    try:
        os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))  # all mail lies in it
    except FileExistsError as error:
        raise FileExistsError(
            errno.EEXIST, "another backup writes it, or was broken off: then remove it", str(part)
        ) from error
    try:
        with database.read() as connection, contextlib.closing(sqlite3.connect(part)) as copy:
            source = cast(sqlite3.Connection, connection.connection.dbapi_connection)
            source.backup(copy)
            copy.execute("PRAGMA journal_mode=DELETE")  # one file, without a log beside it
            found = [row[0] for row in copy.execute("PRAGMA integrity_check")]
        if found != ["ok"]:
            raise DatabaseError(f"the copy is damaged, and so may be the database: {found[0]}; see 'casegate db check'")
        _flush(part)
        part.rename(target)
        _flush(target.parent)
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _flush(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def restored(connection: sa.Connection, now: datetime, *, skip: int, who: str) -> Restored:
    """Have numbers begin again `skip` cases further on, and nothing sent by itself that waited to be sent."""
    last_case = (
        _skip_on_postgres(connection, skip) if connection.dialect.name == "postgresql" else _skip(connection, skip, now)
    )
    because = "the database was restored from a backup: it may have been sent since"
    ready = sa.update(outbox).where(IS_READY).values(state="unknown", state_because=because, **FREE)
    intended = sa.update(outbox).where(IS_INTENDED).values(state="cancelled", state_because=because, **FREE)
    not_sent = connection.execute(ready).rowcount + connection.execute(intended).rowcount
    detail = f"by {who}: numbers go on after {last_case}, {not_sent} notices were taken back"
    connection.execute(sa.insert(event).values(at=now, kind="db.restored", detail=detail))
    return Restored(last_case, not_sent)


def _skip(connection: sa.Connection, skip: int, now: datetime) -> int:
    _skip_notices(connection, now)
    by = sa.case((counter.c.name == _CASES, skip), else_=_HIDDEN_SKIP)
    connection.execute(sa.update(counter).values(last=counter.c.last + by))
    return connection.scalar(sa.select(counter.c.last).where(counter.c.name == _CASES)) or 0


def _skip_notices(connection: sa.Connection, now: datetime) -> None:
    """A notice has the id after the greatest one on SQLite: a row that is never sent stands for those forgotten.

    Their ids are in the reverse paths of mail that is out: what is reported to those is of no other notice.
    """
    cause = f"db.restored:{now.isoformat()}"
    following = sa.select(sa.func.coalesce(sa.func.max(outbox.c.id), 0) + _HIDDEN_SKIP).scalar_subquery()
    connection.execute(
        sa.insert(outbox).values(
            id=following,
            cause=cause,
            kind=NoticeKind.ADMIN_PARKED.value,
            recipient="",
            message_id=f"<{cause}>",
            created_at=now,
            notice="",
            state="cancelled",
            state_because="never a notice: the ids before it may have been given since the backup",
            not_before=now,
        )
    )


def _skip_on_postgres(connection: sa.Connection, skip: int) -> int:
    last_case = 0
    for name in sa.inspect(connection).get_sequence_names():
        by = skip if name == f"{_CASES}_id_seq" else _HIDDEN_SKIP
        last = connection.scalar(sa.select(sa.func.setval(name, sa.func.nextval(name) - 1 + by)))
        last_case = last or 0 if name == f"{_CASES}_id_seq" else last_case
    return last_case
