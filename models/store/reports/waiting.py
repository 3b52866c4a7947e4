"""What waits, for a person or for us, and for how long: the daily mail, `check`, the status line."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from models.case import case_number
from models.limits import LATE_SECONDS
from models.notice import Waiting
from models.store.tables import (
    IS_AMISS,
    IS_DAILY,
    IS_OWED,
    IS_READY,
    IS_WAITING,
    WAS_LATE,
    attempt,
    examination,
    held,
    inbox,
    obligation,
    outbox,
    parked,
)

_IN_VAIN = outbox.c.state.in_(["refused", "unknown", "expired"])
_ended_at = (
    sa.select(sa.func.max(attempt.c.ended_at, type_=attempt.c.ended_at.type))
    .where(attempt.c.outbox_id == outbox.c.id)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Queue:
    """How many wait, and since when the oldest does; None where none does."""

    count: int
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Queues:
    """What is under way. `messages` leaves out those that wait for an answer of DNS."""

    messages: Queue
    notices: Queue
    overdue: Queue
    held: Queue
    parked: Queue


@dataclass(frozen=True, slots=True)
class Listed:
    """How many there are, and the first of them."""

    count: int
    first: tuple[Waiting, ...]


def queues(connection: sa.Connection, now: datetime) -> Queues:
    """What is under way at this moment; each is asked of an index or of a small table."""
    overdue = (IS_OWED, obligation.c.due_at < now - timedelta(seconds=LATE_SECONDS))
    is_held, is_parked = _in_state("held", held), _in_state("parked", parked)
    return Queues(
        messages=_queue(connection, inbox.c.received_at, IS_WAITING, inbox.c.not_before <= now),
        notices=_queue(connection, outbox.c.created_at, IS_READY),
        overdue=_queue(connection, obligation.c.due_at, *overdue),
        held=_queue(connection, held.c.held_at, is_held),
        parked=_queue(connection, parked.c.parked_at, is_parked),
    )


def _in_state(state: str, table: sa.Table) -> sa.ColumnElement[bool]:
    same = sa.select(inbox.c.id).where(inbox.c.id == table.c.inbox_id, inbox.c.state == state)
    return sa.exists(same)


def _queue(connection: sa.Connection, since: sa.Column[datetime], *conditions: sa.ColumnElement[bool]) -> Queue:
    oldest = sa.func.min(since, type_=since.type)
    return Queue(*connection.execute(sa.select(sa.func.count(), oldest).where(*conditions)).one())


def _listed(
    connection: sa.Connection, chosen: sa.Select[Any], most: int, line: Callable[[sa.Row[Any]], Waiting]
) -> Listed:
    count = connection.scalar(sa.select(sa.func.count()).select_from(chosen.order_by(None).subquery()))
    return Listed(int(count or 0), tuple(line(row) for row in connection.execute(chosen.limit(most))))


def last_daily(connection: sa.Connection, now: datetime) -> datetime | None:
    """When the admin was last told of what waits; never a time still to come, which a wrong clock wrote."""
    latest = sa.func.max(outbox.c.created_at, type_=outbox.c.created_at.type)
    moment: datetime | None = connection.scalar(sa.select(latest).where(IS_DAILY, outbox.c.created_at <= now))
    return moment


def held_by_expiry(connection: sa.Connection, *, most: int, until: datetime | None = None) -> Listed:
    """Held messages, the next to expire first; with `until` those that expire before it."""
    conditions = [_in_state("held", held), *([] if until is None else [held.c.expires_at <= until])]
    chosen = (
        sa.select(held.c.inbox_id, held.c.rule, held.c.held_at, held.c.expires_at, examination.c.author)
        .join(examination, examination.c.inbox_id == held.c.inbox_id)
        .where(*conditions)
        .order_by(held.c.expires_at, held.c.inbox_id)
    )
    return _listed(
        connection,
        chosen,
        most,
        lambda row: Waiting(
            what=f"message {row.inbox_id} of {row.author or 'nobody beyond doubt'}: {row.rule}",
            since=row.held_at,
            until=row.expires_at,
            command=f"casegate held show {row.inbox_id}",
        ),
    )


def parked_by_age(connection: sa.Connection, *, most: int) -> Listed:
    """Messages, then notices, that we failed on, the oldest first."""
    messages = _listed(
        connection,
        sa.select(parked).where(_in_state("parked", parked)).order_by(parked.c.parked_at, parked.c.inbox_id),
        most,
        lambda row: Waiting(
            what=f"message {row.inbox_id}, {row.station}",
            since=row.parked_at,
            command=f"casegate parked show {row.inbox_id}",
        ),
    )
    notices = _listed(
        connection,
        sa.select(outbox.c.id, outbox.c.kind, outbox.c.created_at)
        .where(IS_AMISS, outbox.c.state == "parked")
        .order_by(outbox.c.id),
        most,
        lambda row: _notice(row, row.created_at),
    )
    return Listed(messages.count + notices.count, (*messages.first, *notices.first)[:most])


def in_vain_since(connection: sa.Connection, since: datetime | None, *, most: int) -> Listed:
    """Notices that ended since then and that nobody could be given, the latest first; never the daily mail itself."""
    conditions = [IS_AMISS, _IN_VAIN, ~IS_DAILY, *([] if since is None else [_ended_at > since])]
    chosen = (
        sa.select(outbox.c.id, outbox.c.kind, outbox.c.recipient, _ended_at.label("ended_at"), outbox.c.created_at)
        .where(*conditions)
        .order_by(outbox.c.id.desc())
    )
    return _listed(connection, chosen, most, lambda row: _notice(row, row.ended_at or row.created_at, row.recipient))


def _notice(row: sa.Row[Any], since: datetime, recipient: str = "") -> Waiting:
    what = f"notice {row.id}, {row.kind}{f' to {recipient}' if recipient else ''}"
    return Waiting(what=what, since=since, command=f"casegate outbox show {row.id}")


def late_since(connection: sa.Connection, since: datetime | None, now: datetime, *, most: int) -> Listed:
    """Promises that are overdue, or were kept late since then, the oldest first."""
    overdue = sa.and_(IS_OWED, obligation.c.due_at < now - timedelta(seconds=LATE_SECONDS))
    was_late = sa.and_(WAS_LATE, *([] if since is None else [obligation.c.ended_at > since]))
    # two looks into two indexes: SQLite answers an OR of them by walking the table
    either = sa.union_all(sa.select(obligation.c.id).where(overdue), sa.select(obligation.c.id).where(was_late))
    chosen = (
        sa.select(obligation.c.case_id, obligation.c.kind, obligation.c.due_at, obligation.c.state)
        .where(obligation.c.id.in_(either))
        .order_by(obligation.c.due_at, obligation.c.id)
    )
    return _listed(connection, chosen, most, _promise)


def _promise(row: sa.Row[Any]) -> Waiting:
    number, words = case_number(row.case_id), str(row.kind).replace("_", " ")
    how = "overdue" if row.state == "owed" else "kept late"
    return Waiting(what=f"{number}, {words}: {how}", since=row.due_at, command=f"casegate case show {number}")
