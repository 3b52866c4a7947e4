"""What a clock that was ahead has put off: after it went back that would wait for as long again (threats X-33).

A time to try again is taken for the clock's mistake only where something proves it: an
offer, a decision or an arrival from after now, or a pause longer than we make.
"""

from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from models.limits import PROMISE_PAUSE_SECONDS, STRIKE_PAUSE_SECONDS
from models.store.tables import IS_OWED, IS_READY, IS_WAITING, attempt, decision, inbox, obligation, outbox

CLOCK_SKEW: Final = timedelta(minutes=1)
"""How far the clocks of our processes may differ."""
_AFTER_STRIKE: Final = timedelta(seconds=STRIKE_PAUSE_SECONDS)
_AFTER_FAILURE: Final = timedelta(seconds=PROMISE_PAUSE_SECONDS)


def make_due(connection: sa.Connection, now: datetime) -> int:
    """Have what only a wrong clock has put off tried now; how much there was."""
    ahead = now + CLOCK_SKEW
    decided = sa.exists().where(decision.c.inbox_id == inbox.c.id, decision.c.decided_at > ahead)
    struck = sa.and_(inbox.c.strikes > 0, inbox.c.not_before > ahead + _AFTER_STRIKE)
    offered = sa.exists().where(attempt.c.outbox_id == outbox.c.id, attempt.c.ended_at > ahead)
    failed = sa.and_(obligation.c.not_before > obligation.c.due_at, obligation.c.not_before > ahead + _AFTER_FAILURE)
    proofs = (
        (inbox, IS_WAITING, sa.or_(inbox.c.received_at > ahead, decided, struck)),
        (outbox, IS_READY, offered),
        (obligation, IS_OWED, failed),
    )
    return sum(
        connection.execute(
            sa.update(table).where(is_open, table.c.not_before > ahead, proof).values(not_before=now)
        ).rowcount
        for table, is_open, proof in proofs
    )


def is_any_ahead(connection: sa.Connection, now: datetime) -> bool:
    """Whether anything is put off at all: a look that spares most starts the write."""
    return any(
        connection.scalar(sa.select(table.c.id).where(is_open, table.c.not_before > now + CLOCK_SKEW).limit(1))
        is not None
        for table, is_open in ((inbox, IS_WAITING), (outbox, IS_READY), (obligation, IS_OWED))
    )
