"""The outbox: what we owe, worded once, offered until its outcome is known.

A notice is intended by the transaction that owes it; its key (cause, kind, recipient) can
exist once, so it is owed once, whatever is retried. Its bytes are frozen before the first
offer and never change (threats G-10). Every offer is a row in `attempt`, committed before
the relay is spoken to: a row without an end is an offer we did not live to see the end of.

What is done for every notice is done by statements that are made once: to build one costs
SQLAlchemy several times what it costs the engine to execute it.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from models.limits import SUBMIT_BYTES
from models.notice import Notice, NoticeKind
from models.store import rows, upsert
from models.store.claims import FREE, FREED, LEASED, TOKEN, Lease, change, claimable, moments, ours, taking, under_lease
from models.store.columns import AT_ONCE, Utc
from models.store.given import IDS, given
from models.store.tables import IS_INTENDED, IS_READY, attempt, frozen, outbox

_NOTICE: TypeAdapter[Notice] = TypeAdapter(Notice)


@dataclass(frozen=True, slots=True)
class Intended:
    """A notice that has no words yet; None where it was stored by another version and cannot be read."""

    outbox_id: int
    notice: Notice | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A notice to be offered: frozen bytes, and what was tried before.

    `offered_since` is when it was owed, or when an admin had it offered anew.
    """

    outbox_id: int
    kind: NoticeKind
    recipient: str
    raw: bytes
    smtputf8: bool
    offered_since: datetime
    attempts: int
    unknown: int
    interrupted: int


class Intent(NamedTuple):
    """A notice that is owed, and the message and the case it comes from, where it does."""

    notice: Notice
    inbox_id: int | None = None
    case_id: int | None = None


def intend(connection: sa.Connection, owed: Sequence[Intent]) -> None:
    """Owe notices; one that is owed already stays as it is."""
    _intend(connection, owed, FREED)


def intend_and_take(connection: sa.Connection, lease: Lease, owed: Sequence[Intent], now: datetime) -> list[Intended]:
    """Owe notices that this lease holds from the first, in order; those that were owed already are left out."""
    if not owed:
        return []
    _intend(connection, owed, lease.values(now))
    ids = {row.message_id: row.id for row in connection.execute(_TAKEN, {"token": lease.token})}
    return [Intended(ids[notice.message_id], notice) for notice, _, _ in owed if notice.message_id in ids]


_TAKEN: Final = sa.select(outbox.c.id, outbox.c.message_id).where(outbox.c.claim_token == TOKEN)


def _intend(connection: sa.Connection, owed: Sequence[Intent], claim: Mapping[str, object]) -> None:
    rows.write(
        connection,
        # by any key: the Message-ID is made of this one, and of two who write the same at one moment
        # PostgreSQL would fail the later for it
        upsert.ignoring(connection.dialect.name, outbox),
        [
            {
                "cause": notice.cause,
                "kind": notice.context.kind.value,
                "recipient": notice.recipient,
                "message_id": notice.message_id,
                "case_id": case_id,
                "inbox_id": inbox_id,
                "created_at": notice.created_at,
                "notice": _NOTICE.dump_json(notice).decode(),
                "state": "intended",
                "state_because": "",
                "not_before": AT_ONCE,
                **claim,
            }
            for notice, inbox_id, case_id in sorted(owed, key=_in_one_order)
        ],
    )


def _in_one_order(owed: Intent) -> tuple[str, ...]:
    """A message's own notices first, as they come; what others may owe at the same moment after that, in one order.

    Two transactions that owe the same wait for one another, and must not do so crosswise.
    """
    notice = owed.notice
    is_its_own = notice.cause.startswith("inbox:")
    return () if is_its_own else (notice.cause, notice.context.kind.value, notice.recipient)


def is_known(connection: sa.Connection, cause: str) -> bool:
    """Whether a cause has had its notice, whatever became of it."""
    return connection.scalar(sa.select(outbox.c.id).where(outbox.c.cause == cause).limit(1)) is not None


def _take(wanted: sa.ColumnElement[bool], *columns: sa.ColumnElement[Any]) -> sa.UpdateBase:
    """Claims rows that are due, at most `most`, skipping those another claimer is just taking: oldest first, and
    what was put off after what was not.

    FOR NO KEY UPDATE is PostgreSQL's, and keeps its planner from asking for the rows more than
    once; SQLite leaves it out and has the write gate.
    """
    order = (outbox.c.not_before, outbox.c.id) if wanted is IS_READY else (outbox.c.id,)
    due = sa.select(outbox.c.id).where(wanted, claimable(outbox)).order_by(*order).limit(sa.bindparam("most"))
    ids = sa.select(due.with_for_update(skip_locked=True, key_share=True).cte("due").c.id)
    return sa.update(outbox).where(outbox.c.id.in_(ids)).values(LEASED).returning(outbox.c.id, *columns)


_TAKE_INTENDED: Final = _take(IS_INTENDED, outbox.c.notice)


_ANY_INTENDED: Final = sa.select(outbox.c.id).where(IS_INTENDED, claimable(outbox)).limit(1)


def is_any_intended(connection: sa.Connection, now: datetime) -> bool:
    """Whether any notice has no words yet."""
    return connection.scalar(_ANY_INTENDED, moments(now)) is not None


def claim_intended(connection: sa.Connection, lease: Lease, now: datetime, *, most: int) -> list[Intended]:
    """Take notices that have no words yet, oldest first."""
    taken = connection.execute(_TAKE_INTENDED, {**taking(lease, now), "most": most})
    return [Intended(outbox_id, _read(notice)) for outbox_id, notice in sorted(tuple(row) for row in taken)]


def _read(stored: str) -> Notice | None:
    try:
        return _NOTICE.validate_json(stored)
    except ValidationError:
        return None


_READY: Final = under_lease(outbox).values(state="ready", **FREE)
_PARK: Final = under_lease(outbox).values(state="parked", state_because=sa.bindparam("why"), **FREE)


def freeze(connection: sa.Connection, lease: Lease, worded: dict[int, tuple[bytes, bool]], now: datetime) -> None:
    """Keep the bytes of notices for good; they are ready to be offered. Raises LeaseLost."""
    if not worded:
        return
    change(connection, _READY, lease, list(worded))
    rows.insert(
        connection,
        frozen,
        [
            {
                "outbox_id": outbox_id,
                "frozen_at": now,
                "raw": raw,
                "sha256": hashlib.sha256(raw).hexdigest(),
                "smtputf8": smtputf8,
            }
            for outbox_id, (raw, smtputf8) in worded.items()
        ],
    )


_TAKE_READY: Final = _take(
    IS_READY,
    outbox.c.kind,
    outbox.c.recipient,
    sa.func.coalesce(outbox.c.retried_at, outbox.c.created_at, type_=Utc).label("offered_since"),
)
_SINCE_RETRIED: Final = sa.or_(outbox.c.retried_at.is_(None), attempt.c.started_at >= outbox.c.retried_at)
"""An admin's `outbox retry` begins anew: what was heard before it counts no more."""
_IS_UNENDED: Final = sa.and_(attempt.c.number.is_not(None), attempt.c.outcome.is_(None))
"""An offer that another process began and never ended, for its lease ran out; it counts as interrupted."""


def _how_many(condition: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((condition, 1), else_=0))


_TRIED: Final = (
    sa.select(
        frozen.c.outbox_id,
        frozen.c.raw,
        frozen.c.smtputf8,
        sa.func.count(attempt.c.number).label("attempts"),
        _how_many(sa.and_(attempt.c.outcome == "unknown", _SINCE_RETRIED)).label("unknown"),
        _how_many(sa.and_(sa.or_(attempt.c.outcome == "interrupted", _IS_UNENDED), _SINCE_RETRIED)).label(
            "interrupted"
        ),
        _how_many(_IS_UNENDED).label("unended"),
    )
    .join(outbox, outbox.c.id == frozen.c.outbox_id)
    .outerjoin(attempt, attempt.c.outbox_id == frozen.c.outbox_id)
    .where(given(frozen.c.outbox_id, IDS))
    .group_by(frozen.c.outbox_id)
    .order_by(frozen.c.outbox_id)
)
_SIZES: Final = (
    sa.select(frozen.c.outbox_id, sa.func.length(frozen.c.raw))
    .where(given(frozen.c.outbox_id, IDS))
    .order_by(frozen.c.outbox_id)
)
_GIVE_BACK: Final = sa.update(outbox).where(given(outbox.c.id, IDS)).values(FREE)
_INTERRUPTED: Final = (
    sa.update(attempt)
    .where(given(attempt.c.outbox_id, IDS), attempt.c.outcome.is_(None))
    .values(ended_at=sa.bindparam("at"), outcome="interrupted", reply=sa.bindparam("why"))
)
_BEGIN: Final = sa.insert(attempt).from_select(
    ["outbox_id", "number", "started_at", "reply"],
    sa.select(outbox.c.id, sa.func.count(attempt.c.number) + 1, sa.bindparam("at", type_=Utc), sa.literal_column("''"))
    .outerjoin(attempt, attempt.c.outbox_id == outbox.c.id)
    .where(given(outbox.c.id, IDS))
    .group_by(outbox.c.id),
)


def claim_ready(
    connection: sa.Connection, lease: Lease, now: datetime, *, most: int, octets: int = SUBMIT_BYTES
) -> list[Ready]:
    """Take notices that are due to be offered, oldest first, and record that an offer begins.

    At most `most`, and as many as have about `octets` together; one at least.
    """
    taken = {row.id: row for row in connection.execute(_TAKE_READY, {**taking(lease, now), "most": most})}
    for outbox_id in _beyond(connection, list(taken), octets):
        del taken[outbox_id]
    if not taken:
        return []
    tried = connection.execute(_TRIED, {"ids": list(taken)}).all()
    if any(row.unended for row in tried):
        ended = {"ids": list(taken), "at": now, "why": "the lease ran out before an answer was heard"}
        connection.execute(_INTERRUPTED, ended)
    ready = [_ready(taken[row.outbox_id], row) for row in tried]
    connection.execute(_BEGIN, {"ids": list(taken), "at": now})
    return ready


def _beyond(connection: sa.Connection, outbox_ids: list[int], octets: int) -> list[int]:
    """The newest of these notices, which are too much to be held in memory with the others, given back."""
    room, beyond = octets, list[int]()
    for outbox_id, size in connection.execute(_SIZES, {"ids": outbox_ids}):
        if beyond or (size > room and room < octets):
            beyond.append(outbox_id)
        room -= size
    if beyond:
        connection.execute(_GIVE_BACK, {"ids": beyond})
    return beyond


_ANY_READY: Final = sa.select(outbox.c.id).where(IS_READY, claimable(outbox)).limit(1)


def is_any_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether any notice could be offered now."""
    return connection.scalar(_ANY_READY, moments(now)) is not None


def _ready(taken: sa.Row[Any], tried: sa.Row[Any]) -> Ready:
    return Ready(
        outbox_id=taken.id,
        kind=NoticeKind(taken.kind),
        recipient=taken.recipient,
        raw=tried.raw,
        smtputf8=tried.smtputf8,
        offered_since=taken.offered_since,
        attempts=tried.attempts,
        unknown=tried.unknown,
        interrupted=tried.interrupted,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one offer ended, and what the notice is now."""

    outbox_id: int
    number: int
    outcome: str
    reply: str
    state: str
    not_before: datetime


_END_ATTEMPT: Final = (
    sa.update(attempt)
    .where(attempt.c.outbox_id == sa.bindparam("of"), attempt.c.number == sa.bindparam("nth"))
    .values(ended_at=sa.bindparam("at"), outcome=sa.bindparam("how"), reply=sa.bindparam("said"))
)
_END_OFFER: Final = (
    sa.update(outbox)
    .where(outbox.c.id == sa.bindparam("of"))
    .values(state=sa.bindparam("now_is"), state_because=sa.bindparam("said"), not_before=sa.bindparam("next"), **FREE)
)


def record_attempts(connection: sa.Connection, lease: Lease, ended: Sequence[Ended], now: datetime) -> set[int]:
    """Write the ends of offers; the ids of those whose lease ran out, of which nothing is written."""
    if not ended:
        return set()
    leased = ours(connection, outbox, lease, [end.outbox_id for end in ended])
    ends = [
        {
            "of": end.outbox_id,
            "nth": end.number,
            "how": end.outcome,
            "said": end.reply,
            "now_is": end.state,
            "next": end.not_before,
            "at": now,
        }
        for end in ended
        if end.outbox_id in leased
    ]
    rows.write(connection, _END_ATTEMPT, ends)
    rows.write(connection, _END_OFFER, ends)
    return {end.outbox_id for end in ended} - leased


def withdraw(connection: sa.Connection, lease: Lease, under_way: Sequence[int]) -> None:
    """Give back what this lease has and nobody offers, for the answer of the COMMIT that took it was lost.

    The offers that were to begin with it have not been made: nothing is left of them.
    """
    mine = sa.select(outbox.c.id).where(outbox.c.claim_token == lease.token, outbox.c.id.not_in(under_way))
    unknown = list(connection.scalars(mine.with_for_update()))
    if unknown:
        connection.execute(sa.delete(attempt).where(attempt.c.outbox_id.in_(unknown), attempt.c.outcome.is_(None)))
        connection.execute(sa.update(outbox).where(outbox.c.id.in_(unknown)).values(FREE))


def park(connection: sa.Connection, lease: Lease, outbox_id: int, because: str) -> None:
    """A notice that cannot be rendered: our own failure; its case is not touched (threats X-40). Raises LeaseLost."""
    change(connection, _PARK, lease, [outbox_id], why=because)


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give back what is still claimed."""
    connection.execute(sa.update(outbox).where(outbox.c.claim_token == lease.token).values(FREE))


def free_interrupted(connection: sa.Connection, owners: Sequence[str], now: datetime) -> int:
    """Release the claims of dead processes; an offer they had begun counts as interrupted."""
    dead = list(
        connection.scalars(
            sa.select(outbox.c.id).where(outbox.c.claim_token.is_not(None), outbox.c.claimed_by.in_(owners))
        )
    )
    if dead:
        why = "the submitter ended before it heard the answer"
        connection.execute(_INTERRUPTED, {"ids": dead, "at": now, "why": why})
        connection.execute(sa.update(outbox).where(outbox.c.id.in_(dead)).values(FREE))
    return len(dead)
