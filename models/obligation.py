"""What we owe at a time, as rows that end (plans 2 and 4, design 1.5).

An obligation is unique by case, kind and due time. It ends kept (done by the scheduler, or
an agent's act did it earlier), late (done after its time, and said to be late) or waived
(what it was owed for has gone: the case is closed, an ETR stands, the customer must answer).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class ObligationKind(StrEnum):
    """What is owed at its due time.

    To the customer: SCHEDULED_UPDATE, ETR_PASSED, NO_RESPONSE_WARNING, NO_RESPONSE_CLOSE (the
    closing itself, and word of it) and RESOLUTION_MISSED. To the agent: FIRST_RESPONSE_REMINDER
    and RESOLUTION_REMINDER, before what was promised is missed.
    """

    SCHEDULED_UPDATE = "scheduled_update"
    ETR_PASSED = "etr_passed"
    NO_RESPONSE_WARNING = "no_response_warning"
    NO_RESPONSE_CLOSE = "no_response_close"
    FIRST_RESPONSE_REMINDER = "first_response_reminder"
    RESOLUTION_REMINDER = "resolution_reminder"
    RESOLUTION_MISSED = "resolution_missed"


class ObligationState(StrEnum):
    """`owed` until it ends as one of the others."""

    OWED = "owed"
    KEPT = "kept"
    LATE = "late"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True, order=True)
class Obligation:
    """One thing owed for a case at a time (UTC)."""

    due_at: datetime
    kind: ObligationKind
