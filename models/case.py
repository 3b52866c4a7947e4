"""The unit of work of a desk (plans 2 and 3)."""

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Priority(StrEnum):
    """P1G hits several organisations; a case opened by mail is P4 until an agent reviews it."""

    P1G = "P1G"
    P1 = "P1"
    P2 = "P2"
    P3 = "P3"
    P4 = "P4"


class CaseStatus(StrEnum):
    """The statuses of plans 3, under the names shown to people."""

    NEW = "New"
    IN_PROGRESS = "In Progress"
    ESCALATED = "Escalated"
    ON_HOLD = "On Hold"
    WAITING_FOR_DETAILS = "Waiting for Details"
    RESEARCHING = "Researching"
    SHIPPING = "Shipping"
    RESOLVED_FOLLOW_UP = "Resolved, Follow-up Required"
    CUSTOMER_REOPENED = "Customer Re-opened"
    DUPLICATE = "Duplicate"
    CLOSED_NO_RESPONSE = "Closed, No Response"
    CLOSED = "Closed"


ENDED_STATUSES = frozenset({CaseStatus.DUPLICATE, CaseStatus.CLOSED_NO_RESPONSE, CaseStatus.CLOSED})
"""Statuses of a case on which no work is left."""


class CaseEvent(StrEnum):
    """What happens to a case and may change its status (models.rules.lifecycle).

    The first group comes from customers by mail, the second from agents, the third from
    the clock. `SET_*` is the agent's own choice of a status.
    """

    OPENED = "opened"
    CUSTOMER_REPLIED = "customer replied"
    CUSTOMER_CONFIRMED = "customer confirmed"
    CUSTOMER_NOT_SOLVED = "customer says not solved"
    CUSTOMER_REOPENED = "customer re-opened"

    AGENT_REPLIED = "agent replied"
    AGENT_ASKED = "agent asked"
    SET_IN_PROGRESS = "set in progress"
    SET_ESCALATED = "set escalated"
    SET_ON_HOLD = "set on hold"
    SET_RESEARCHING = "set researching"
    SET_SHIPPING = "set shipping"
    RESOLVED = "resolved"
    CLOSED = "closed"
    MARKED_DUPLICATE = "marked duplicate"
    REOPENED = "re-opened"

    NO_RESPONSE = "no response"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A case as the law sees it: whose it is, where it stands, what its clocks count from.

    All times are UTC. `waiting_since` is set while it waits for the customer, which pauses
    update and resolution clocks; `etr` while an estimated time of resolution (or an On Hold
    until a time) stands, which suppresses scheduled updates. `respond_from` is what the first
    response counts from (receipt, or the last change of priority) and `responded_at` when an
    agent's visible act fulfilled it; `update_from` is what the next scheduled update counts
    from, `resolve_from` what the resolution target counts from; `warned_at` is when the
    no-response closing was announced. `closed_at` is when it ended last. `follow_up_of` is
    the case it continues, `duplicate_of` the main case while its status is Duplicate.
    """

    case_id: int
    organisation_id: int
    contact_id: int
    department_id: int
    agent_id: int | None
    subject: str
    priority: Priority
    status: CaseStatus
    standing: str
    plan: str
    opened_at: datetime
    respond_from: datetime
    responded_at: datetime | None = None
    update_from: datetime
    resolve_from: datetime
    waiting_since: datetime | None = None
    warned_at: datetime | None = None
    etr: datetime | None = None
    vendor: str = ""
    closed_at: datetime | None = None
    follow_up_of: int | None = None
    duplicate_of: int | None = None

    @property
    def number(self) -> str:
        return case_number(self.case_id)

    @property
    def is_open(self) -> bool:
        return self.status not in ENDED_STATUSES


_NUMBER = re.compile(r"(?:\[?#?)?CG-(\d{1,12})\]?\Z", re.IGNORECASE | re.ASCII)
_TAG = re.compile(r"\[#CG-(\d{1,12})\]", re.IGNORECASE | re.ASCII)


def case_number(case_id: int) -> str:
    """The number shown to people: CG-000123."""
    return f"CG-{case_id:06d}"


def case_id_of(number: str) -> int | None:
    """The case a number names, however a person writes it (CG-000123, cg-123, [#CG-000123]), or None."""
    match = _NUMBER.match(number.strip())
    return int(match[1]) if match else None


def case_ids_in_subject(subject: str) -> tuple[int, ...]:
    """The cases whose tags `[#CG-000123]` a subject bears, in order, each once (contract 4)."""
    return tuple(dict.fromkeys(int(number) for number in _TAG.findall(subject)))
