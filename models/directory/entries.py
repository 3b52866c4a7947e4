"""The values of the directory: entries, and what is said about them.

An *entry* is a department, an agent, an organisation or a contact, complete. A *statement* is
what a file or a command says about one entry: what it does not say stays as it is, or is the
default where the entry is new. Names, addresses and domains are in their stored form.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, TypeAlias

from models.directory.problems import Problem
from models.intake_address import IntakeAddresses
from models.organisation import Mode, Role


class Kind(StrEnum):
    """What an entry is."""

    DEPARTMENT = "department"
    AGENT = "agent"
    ORGANISATION = "organisation"
    CONTACT = "contact"


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentEntry:
    """A department; `address` is where its mail goes when nobody of it is on duty."""

    key: str
    name: str
    address: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentEntry:
    """One of our staff, and the keys of the departments the agent works in."""

    login: str
    name: str
    address: str
    departments: tuple[str, ...] = ()
    on_duty: bool = False
    active: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganisationEntry:
    """A customer. `mode` overrides the service's own, for the reason beside it; `pass_code` is shown to nobody."""

    name: str
    domains: tuple[str, ...] = ()
    plan: str
    language: str
    zone: str
    mode: Mode | None = None
    mode_because: str | None = None
    pass_code: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactEntry:
    """A person of an organisation; the first address is the one we know the contact by."""

    organisation: str
    name: str
    title: str = ""
    phone: str = ""
    addresses: tuple[str, ...]
    roles: tuple[Role, ...] = ()
    language: str | None = None
    active: bool = True
    valid_from: date | None = None
    valid_until: date | None = None


Entry: TypeAlias = DepartmentEntry | AgentEntry | OrganisationEntry | ContactEntry


class Expected(StrEnum):
    """What a statement takes for granted about its entry; a file takes nothing for granted."""

    NEW = "new"
    KNOWN = "known"
    EITHER = "either"


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What is said about one entry.

    `key` tells which: a department's key, a login, an organisation's name, an address of a
    contact of `organisation`. `flawed` where something that was said could not be read.
    """

    kind: Kind
    key: str
    organisation: str = ""
    said: Mapping[str, Any]
    lines: Mapping[str, int] = field(default_factory=dict)
    flawed: bool = False
    expected: Expected = Expected.EITHER

    def line(self, name: str = "") -> int:
        """The line of one key, or of the entry where the key is not written."""
        return self.lines.get(name) or self.lines.get("", 0)


@dataclass(frozen=True, slots=True)
class DirectoryFile:
    """All that a file, or one command, says; and what of it could not be read."""

    statements: tuple[Statement, ...] = ()
    problems: tuple[Problem, ...] = ()

    def of(self, kind: Kind) -> list[Statement]:
        """The statements about entries of one kind, in the order of the file."""
        return [statement for statement in self.statements if statement.kind is kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryRules:
    """What the configuration says about entries: the plans there are, defaults, and our own addresses."""

    plans: Collection[str]
    addresses: IntakeAddresses
    default_plan: str
    default_language: str
    default_zone: str
