"""What is owed and due: taken by one scheduler at a time, one thing of a case at a time."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from models.obligation import Obligation, ObligationKind
from models.rules.effects import EntryKind
from models.rules.telling import LastNote
from models.store.claims import FREE, Lease, change, claimable, locked, ours, under_lease
from models.store.tables import IS_OPEN, IS_OWED, IS_WAITING, cases, correspondence, inbox, obligation, outbox


@dataclass(frozen=True, slots=True)
class Owed:
    """Something owed for a case that has fallen due."""

    obligation_id: int
    case_id: int
    obligation: Obligation


_FOR_SILENCE = ("no_response_warning", "no_response_close")
_WAITING_SINCE = sa.select(sa.func.min(inbox.c.received_at)).where(IS_WAITING).scalar_subquery()
_MAY_BE_ANSWERED = sa.and_(
    obligation.c.kind.in_(_FOR_SILENCE),
    sa.func.coalesce(obligation.c.due_at >= _WAITING_SINCE, sa.false(), type_=sa.Boolean),
)
"""Silence is no silence as long as mail that came in time is still to be decided (plans 4: any real reply stops it)."""


def is_any_due(connection: sa.Connection, now: datetime) -> bool:
    """Whether a look is worth a write transaction."""
    due = sa.select(obligation.c.id).where(IS_OWED, claimable(obligation, now), sa.not_(_MAY_BE_ANSWERED)).limit(1)
    return connection.scalar(due) is not None


def claim_due(connection: sa.Connection, lease: Lease, now: datetime, *, most: int) -> list[Owed]:
    """Take what is due, earliest first, one thing of a case: what is done for it may end what else is owed."""
    due = sa.select(obligation.c.id, obligation.c.case_id, obligation.c.kind, obligation.c.due_at)
    waiting = due.where(IS_OWED, claimable(obligation, now), sa.not_(_MAY_BE_ANSWERED)).order_by(
        obligation.c.not_before, obligation.c.id
    )
    first: dict[int, Owed] = {}
    for row in connection.execute(locked(connection, waiting.limit(most))):
        owed = Owed(row.id, row.case_id, Obligation(row.due_at, ObligationKind(row.kind)))
        first.setdefault(row.case_id, owed)
    taken = list(first.values())
    if taken:
        ids = [owed.obligation_id for owed in taken]
        connection.execute(sa.update(obligation).where(obligation.c.id.in_(ids)).values(lease.values(now)))
    return taken


def still_ours(connection: sa.Connection, lease: Lease, owed: Sequence[Owed]) -> list[Owed]:
    """Those that this lease still has, and that nothing has ended since."""
    leased = ours(connection, obligation, lease, [one.obligation_id for one in owed])
    return [one for one in owed if one.obligation_id in leased]


_POSTPONE: Final = under_lease(obligation).values(not_before=sa.bindparam("again_at"), **FREE)


def postpone(connection: sa.Connection, lease: Lease, obligation_id: int, again_at: datetime) -> None:
    """Try again later: our own failure, and it stays owed. Raises LeaseLost."""
    change(connection, _POSTPONE, lease, [obligation_id], again_at=again_at)


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give back what is still claimed."""
    connection.execute(sa.update(obligation).where(obligation.c.claim_token == lease.token).values(FREE))


def free_interrupted(connection: sa.Connection, owners: Sequence[str]) -> int:
    """Release the claims of dead processes."""
    dead = sa.and_(obligation.c.claim_token.is_not(None), obligation.c.claimed_by.in_(owners))
    return connection.execute(sa.update(obligation).where(dead).values(FREE)).rowcount


def last_notes(connection: sa.Connection, case_ids: Collection[int]) -> dict[int, LastNote]:
    """What an agent last wrote to the customer on each case."""
    if not case_ids:
        return {}
    newest = (
        sa.select(sa.func.max(correspondence.c.id))
        .where(correspondence.c.case_id.in_(case_ids), correspondence.c.kind == EntryKind.REPLY.value)
        .group_by(correspondence.c.case_id)
    )
    said = sa.select(correspondence.c.case_id, correspondence.c.text, correspondence.c.at)
    rows = connection.execute(said.where(correspondence.c.id.in_(newest)))
    return {row.case_id: LastNote(text=row.text, at=row.at) for row in rows}


def last_known_moment(connection: sa.Connection) -> datetime | None:
    """A moment that has certainly been: of the newest message and the newest notice the earlier one.

    The newest by id, not by time: a clock that was ahead for a while is forgotten with the
    next message that comes in.
    """
    moments = [
        connection.scalar(sa.select(column).order_by(key.desc()).limit(1))
        for column, key in ((inbox.c.received_at, inbox.c.id), (outbox.c.created_at, outbox.c.id))
    ]
    known = [moment for moment in moments if moment is not None]
    return min(known, default=None)


def cases_ahead_of(connection: sa.Connection, moment: datetime, *, most: int) -> list[int]:
    """Open cases with a clock that counts from after that moment."""
    clocks = (cases.c.respond_from, cases.c.update_from, cases.c.resolve_from, cases.c.waiting_since, cases.c.warned_at)
    ahead = sa.or_(*(clock > moment for clock in clocks))
    by_agent = sa.select(cases.c.id).order_by(cases.c.agent_id, cases.c.id)  # as the index of open cases has them
    return list(connection.scalars(by_agent.where(IS_OPEN, ahead).limit(most)))
