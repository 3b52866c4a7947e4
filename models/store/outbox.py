"""The outbox: what we owe, worded once, offered until its outcome is known.

A notice is intended by the transaction that owes it; its key (cause, kind, recipient) can
exist once, so it is owed once, whatever is retried. Its bytes are frozen before the first
offer and never change (threats G-10). Every offer is a row in `attempt`, committed before
the relay is spoken to: a row without an end is an offer we did not live to see the end of.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from models.notice import Notice
from models.store import upsert
from models.store.claims import FREE, Lease, claimable, locked, require
from models.store.columns import AT_ONCE, Utc
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
    recipient: str
    raw: bytes
    smtputf8: bool
    offered_since: datetime
    attempts: int
    unknown: int
    interrupted: int


def intend(connection: sa.Connection, owed: Sequence[tuple[Notice, int | None, int | None]]) -> None:
    """Owe notices (each with the inbox and case id it comes from); one that is owed already stays as it is."""
    if not owed:
        return
    connection.execute(
        upsert.insert(connection, outbox).on_conflict_do_nothing(index_elements=["cause", "kind", "recipient"]),
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
            }
            for notice, inbox_id, case_id in owed
        ],
    )


def claim_intended(connection: sa.Connection, lease: Lease, now: datetime, *, most: int) -> list[Intended]:
    """Take notices that have no words yet, oldest first."""
    ids = _take(connection, lease, IS_INTENDED, now, most)
    rows = (
        connection.execute(sa.select(outbox.c.id, outbox.c.notice).where(outbox.c.id.in_(ids)).order_by(outbox.c.id))
        if ids
        else ()
    )
    return [Intended(row.id, _read(row.notice)) for row in rows]


def _read(stored: str) -> Notice | None:
    try:
        return _NOTICE.validate_json(stored)
    except ValidationError:
        return None


def freeze(connection: sa.Connection, lease: Lease, worded: dict[int, tuple[bytes, bool]], now: datetime) -> None:
    """Keep the bytes of notices for good; they are ready to be offered. Raises LeaseLost."""
    if not worded:
        return
    require(connection, outbox, lease, list(worded))
    connection.execute(
        sa.insert(frozen),
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
    connection.execute(sa.update(outbox).where(outbox.c.id.in_(worded)).values(state="ready", **FREE))


def claim_ready(connection: sa.Connection, lease: Lease, now: datetime, *, most: int) -> list[Ready]:
    """Take notices that are due to be offered, oldest first, and record that an offer begins."""
    ids = _take(connection, lease, IS_READY, now, most)
    if not ids:
        return []
    # A row whose offer another process began and never ended: its lease ran out.
    connection.execute(
        sa.update(attempt)
        .where(attempt.c.outbox_id.in_(ids), attempt.c.outcome.is_(None))
        .values(ended_at=now, outcome="interrupted", reply="the lease ran out before an answer was heard")
    )
    # An admin's `outbox retry` begins anew: what was heard before it counts no more.
    since = sa.or_(outbox.c.retried_at.is_(None), attempt.c.started_at >= outbox.c.retried_at)
    tried = (
        sa.select(
            attempt.c.outbox_id,
            sa.func.count().label("attempts"),
            sa.func.sum(sa.case((sa.and_(attempt.c.outcome == "unknown", since), 1), else_=0)).label("unknown"),
            sa.func.sum(sa.case((sa.and_(attempt.c.outcome == "interrupted", since), 1), else_=0)).label("interrupted"),
        )
        .join(outbox, outbox.c.id == attempt.c.outbox_id)
        .where(attempt.c.outbox_id.in_(ids))
        .group_by(attempt.c.outbox_id)
        .subquery()
    )
    rows = connection.execute(
        sa.select(
            outbox.c.id,
            outbox.c.recipient,
            sa.func.coalesce(outbox.c.retried_at, outbox.c.created_at, type_=Utc).label("offered_since"),
            frozen.c.raw,
            frozen.c.smtputf8,
            sa.func.coalesce(tried.c.attempts, 0).label("attempts"),
            sa.func.coalesce(tried.c.unknown, 0).label("unknown"),
            sa.func.coalesce(tried.c.interrupted, 0).label("interrupted"),
        )
        .join(frozen, frozen.c.outbox_id == outbox.c.id)
        .outerjoin(tried, tried.c.outbox_id == outbox.c.id)
        .where(outbox.c.id.in_(ids))
        .order_by(outbox.c.id)
    )
    ready = [_ready(row) for row in rows]
    connection.execute(
        sa.insert(attempt),
        [
            {"outbox_id": offer.outbox_id, "number": offer.attempts + 1, "started_at": now, "reply": ""}
            for offer in ready
        ],
    )
    return ready


def is_any_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether any notice could be offered now."""
    return connection.scalar(sa.select(outbox.c.id).where(IS_READY, claimable(outbox, now)).limit(1)) is not None


def _ready(row: Any) -> Ready:
    return Ready(
        outbox_id=row.id,
        recipient=row.recipient,
        raw=row.raw,
        smtputf8=row.smtputf8,
        offered_since=row.offered_since,
        attempts=row.attempts,
        unknown=row.unknown,
        interrupted=row.interrupted,
    )


def _take(
    connection: sa.Connection, lease: Lease, wanted: sa.ColumnElement[bool], now: datetime, most: int
) -> list[int]:
    due = sa.select(outbox.c.id).where(wanted, claimable(outbox, now)).order_by(outbox.c.id).limit(most)
    ids: list[int] = list(connection.execute(locked(connection, due)).scalars())
    if ids:
        connection.execute(sa.update(outbox).where(outbox.c.id.in_(ids)).values(lease.values(now)))
    return ids


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How one offer ended, and what the notice is now."""

    outbox_id: int
    number: int
    outcome: str
    reply: str
    state: str
    not_before: datetime


def record_attempts(connection: sa.Connection, lease: Lease, ended: Sequence[Ended], now: datetime) -> set[int]:
    """Write the ends of offers; the ids of those whose lease ran out, of which nothing is written."""
    if not ended:
        return set()
    asked = sa.select(outbox.c.id).where(
        outbox.c.id.in_([end.outbox_id for end in ended]), outbox.c.claim_token == lease.token
    )
    ours = set(connection.scalars(asked))
    rows = [
        {
            "of": end.outbox_id,
            "nth": end.number,
            "how": end.outcome,
            "said": end.reply,
            "now_is": end.state,
            "next": end.not_before,
        }
        for end in ended
        if end.outbox_id in ours
    ]
    if rows:
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.outbox_id == sa.bindparam("of"), attempt.c.number == sa.bindparam("nth"))
            .values(ended_at=now, outcome=sa.bindparam("how"), reply=sa.bindparam("said")),
            rows,
        )
        connection.execute(
            sa.update(outbox)
            .where(outbox.c.id == sa.bindparam("of"))
            .values(
                state=sa.bindparam("now_is"),
                state_because=sa.bindparam("said"),
                not_before=sa.bindparam("next"),
                **FREE,
            ),
            rows,
        )
    return {end.outbox_id for end in ended} - ours


def park(connection: sa.Connection, lease: Lease, outbox_id: int, because: str) -> None:
    """A notice that cannot be rendered: our own failure; its case is not touched (threats X-40)."""
    require(connection, outbox, lease, [outbox_id])
    connection.execute(
        sa.update(outbox).where(outbox.c.id == outbox_id).values(state="parked", state_because=because, **FREE)
    )


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
        connection.execute(
            sa.update(attempt)
            .where(attempt.c.outbox_id.in_(dead), attempt.c.outcome.is_(None))
            .values(ended_at=now, outcome="interrupted", reply="the submitter ended before it heard the answer")
        )
        connection.execute(sa.update(outbox).where(outbox.c.id.in_(dead)).values(FREE))
    return len(dead)
