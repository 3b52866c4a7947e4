"""What was decided, with what was known then: for asking today's law the same again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from models.message import Message
from models.rules.facts import Facts
from models.store.inbox import Claimed, load
from models.store.tables import decision

_FACTS: Final[TypeAdapter[Facts]] = TypeAdapter(Facts)
_AT_ONCE: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """A message with its last decision; `facts` is None where another version stored them and they cannot be read."""

    claimed: Claimed
    message: Message
    facts: Facts | None
    facts_version: int
    fate: str
    rule: str
    decided_at: datetime


def decided(connection: sa.Connection, since: datetime) -> Iterator[Decided]:
    """Every message that was decided since then, oldest first, by its last decision."""
    last = (
        sa.select(sa.func.max(decision.c.id).label("id"))
        .where(decision.c.decided_at >= since)
        .group_by(decision.c.inbox_id)
        .subquery()
    )
    made = connection.execute(
        sa.select(decision).join(last, last.c.id == decision.c.id).order_by(decision.c.inbox_id)
    ).all()
    for start in range(0, len(made), _AT_ONCE):
        some = made[start : start + _AT_ONCE]
        messages = {one.inbox_id: one for one in load(connection, [row.inbox_id for row in some])}
        for row in some:
            claimed = messages[row.inbox_id]
            if claimed.message is not None:
                yield Decided(
                    claimed=claimed,
                    message=claimed.message,
                    facts=_read(row.facts),
                    facts_version=row.facts_version,
                    fate=row.fate,
                    rule=row.rule,
                    decided_at=row.decided_at,
                )


def _read(stored: str) -> Facts | None:
    try:
        return _FACTS.validate_json(stored)
    except ValidationError:
        return None
