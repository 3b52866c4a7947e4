"""Who is who: organisations, their contacts, our agents and departments (plans 1)."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Role(StrEnum):
    """What a contact may do or receives; roles combine."""

    PRIMARY_MPOC = "primary-mpoc"
    SECONDARY_MPOC = "secondary-mpoc"
    TECHNICAL = "technical"
    MAIN_CASE = "main-case"
    MAINTENANCE = "maintenance"
    BILLING = "billing"
    ESCALATION = "escalation"
    PERSON_OF_RECORD = "person-of-record"
    SYSTEM = "system"


MPOC_ROLES = frozenset({Role.PRIMARY_MPOC, Role.SECONDARY_MPOC, Role.TECHNICAL})
"""Roles that may open and update cases by mail; primary and secondary have equal rights."""


class Mode(StrEnum):
    """Whose word is enough.

    `aligned` asks that the author's domain proves itself; `address` believes a known address.
    """

    ALIGNED = "aligned"
    ADDRESS = "address"


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownContact:
    """A contact that an address belongs to, as the rules see it."""

    contact_id: int
    organisation_id: int
    organisation: str
    name: str
    address: str
    roles: frozenset[Role]
    language: str
    zone: str
    plan: str
    mode: Mode | None
    active: bool
    valid_from: date | None
    valid_until: date | None

    def is_current(self, today: date) -> bool:
        """Active, and within the validity dates (both inclusive) in the plan's zone."""
        return (
            self.active
            and (self.valid_from is None or self.valid_from <= today)
            and (self.valid_until is None or today <= self.valid_until)
        )

    @property
    def is_mpoc(self) -> bool:
        return bool(self.roles & MPOC_ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownAgent:
    """An agent an address belongs to; `departments` are the addresses of those the agent works in."""

    agent_id: int
    name: str
    address: str
    login: str = ""
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDuty:
    """An agent who can be given a case of a department, with the open cases the agent has."""

    agent_id: int
    name: str
    address: str
    open_cases: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """A department and who of it is on duty, least loaded first."""

    department_id: int
    key: str
    name: str
    address: str
    on_duty: tuple[OnDuty, ...] = ()
