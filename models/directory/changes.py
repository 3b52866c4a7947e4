"""What becomes of the directory: what is stored, and the difference that statements make."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any, Generic, TypeVar

from models.directory.entries import (
    AgentEntry,
    ContactEntry,
    DepartmentEntry,
    Kind,
    OrganisationEntry,
    Statement,
)

EntryT = TypeVar("EntryT", DepartmentEntry, AgentEntry, OrganisationEntry, ContactEntry)


@dataclass(frozen=True, slots=True)
class Stored(Generic[EntryT]):
    """An entry as it is stored, with its id."""

    id: int
    entry: EntryT


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What is stored, as far as a file speaks of it.

    `organisations` are those the file names, `contacts` all of theirs; `agents` and
    `departments` are complete. `known_organisations` are all names; `contacts_elsewhere` says
    which addresses of the file's agents belong to contacts of other organisations, and whose.
    """

    departments: Mapping[str, Stored[DepartmentEntry]] = field(default_factory=dict)
    agents: Mapping[str, Stored[AgentEntry]] = field(default_factory=dict)
    organisations: Mapping[str, Stored[OrganisationEntry]] = field(default_factory=dict)
    contacts: tuple[Stored[ContactEntry], ...] = ()
    known_organisations: frozenset[str] = frozenset()
    contacts_elsewhere: Mapping[str, str] = field(default_factory=dict)


class Act(StrEnum):
    """What happens to an entry."""

    ADDED = "added"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Difference:
    """One field of an entry, before and after."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Change(Generic[EntryT]):
    """What becomes of one entry. `id` and `before` are None where it is new."""

    id: int | None
    before: EntryT | None
    after: EntryT
    statement: Statement

    @property
    def act(self) -> Act:
        if self.before is None:
            return Act.ADDED
        return Act.UNCHANGED if self.before == self.after else Act.CHANGED

    def differences(self) -> Iterator[Difference]:
        """The fields that differ; of a new entry those that say something."""
        for each in fields(self.after):
            before = None if self.before is None else getattr(self.before, each.name)
            after = getattr(self.after, each.name)
            if after not in (None, "", ()) if self.before is None else before != after:
                yield Difference(each.name, before, after)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """All that a file comes to: one change for each statement, in an order in which they can be applied."""

    departments: tuple[Change[DepartmentEntry], ...]
    agents: tuple[Change[AgentEntry], ...]
    organisations: tuple[Change[OrganisationEntry], ...]
    contacts: tuple[Change[ContactEntry], ...]

    def __iter__(self) -> Iterator[Change[Any]]:
        yield from self.departments
        yield from self.agents
        contacts = defaultdict(list)
        for change in self.contacts:
            contacts[change.after.organisation].append(change)
        for organisation in self.organisations:
            yield organisation
            yield from contacts.pop(organisation.after.name, ())
        for others in contacts.values():
            yield from others

    @property
    def effective(self) -> list[Change[Any]]:
        """Those that change something."""
        return [change for change in self if change.act is not Act.UNCHANGED]

    def counts(self) -> Counter[tuple[Act, Kind]]:
        """How many entries of each kind are added, changed and left as they are."""
        return Counter((change.act, change.statement.kind) for change in self)
