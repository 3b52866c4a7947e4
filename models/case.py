"""The unit of work of a desk (plans 2 and 3)."""

import re
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


_NUMBER = re.compile(r"(?:\[?#?)?CG-(\d{1,12})\]?\Z", re.IGNORECASE | re.ASCII)


def case_number(case_id: int) -> str:
    """The number shown to people: CG-000123."""
    return f"CG-{case_id:06d}"


def case_id_of(number: str) -> int | None:
    """The case a number names, however a person writes it (CG-000123, cg-123, [#CG-000123]), or None."""
    match = _NUMBER.match(number.strip())
    return int(match[1]) if match else None
