"""What a directory file would change, compared with what is stored. Pure: applying it is the store's."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from typing import Any

from models.directory.changes import Change, Changes, Directory, EntryT, Stored
from models.directory.contradictions import contradictions
from models.directory.entries import (
    AgentEntry,
    ContactEntry,
    DepartmentEntry,
    DirectoryFile,
    DirectoryRules,
    Expected,
    Kind,
    OrganisationEntry,
    Statement,
)
from models.directory.problems import DirectoryError, Problem, nearest


def compare(directory: Directory, file: DirectoryFile, rules: DirectoryRules) -> Changes:
    """What the file changes.

    Raises DirectoryError with everything that is wrong: in the file, and against what is stored.
    """
    comparison = _Comparison(directory, rules)
    changes = Changes(
        departments=tuple(comparison.departments(file.of(Kind.DEPARTMENT))),
        agents=tuple(comparison.agents(file.of(Kind.AGENT))),
        organisations=tuple(comparison.organisations(file.of(Kind.ORGANISATION))),
        contacts=tuple(comparison.contacts(file.of(Kind.CONTACT), file)),
    )
    departments = {*directory.departments, *(statement.key for statement in file.of(Kind.DEPARTMENT))}
    problems = [*file.problems, *comparison.problems, *contradictions(directory, changes, departments)]
    if problems:
        raise DirectoryError(problems)
    return changes


class _Comparison:
    """One comparison, and the problems it found: each statement meets the entry it is about."""

    def __init__(self, directory: Directory, rules: DirectoryRules) -> None:
        self._directory = directory
        self._rules = rules
        self.problems: list[Problem] = []

    def departments(self, statements: Sequence[Statement]) -> Iterator[Change[DepartmentEntry]]:
        for statement in self._once(statements):
            stored = self._directory.departments.get(statement.key)
            yield from self._change(statement, stored, DepartmentEntry, {}, self._directory.departments)

    def agents(self, statements: Sequence[Statement]) -> Iterator[Change[AgentEntry]]:
        for statement in self._once(statements):
            stored = self._directory.agents.get(statement.key)
            yield from self._change(statement, stored, AgentEntry, {}, self._directory.agents)

    def organisations(self, statements: Sequence[Statement]) -> Iterator[Change[OrganisationEntry]]:
        rules = self._rules
        defaults = {"plan": rules.default_plan, "language": rules.default_language, "zone": rules.default_zone}
        spellings = {name.casefold(): name for name in self._directory.known_organisations}
        for statement in self._once(statements):
            known = spellings.setdefault(statement.key.casefold(), statement.key)
            if known != statement.key and statement.key not in self._directory.organisations:
                what = f"organisation {statement.key!r} differs from {known!r} in capitals only"
                self.problems.append(Problem(statement.line("name"), what, "write both alike"))
            stored = self._directory.organisations.get(statement.key)
            yield from self._change(statement, stored, OrganisationEntry, defaults, self._directory.known_organisations)

    def contacts(self, statements: Sequence[Statement], file: DirectoryFile) -> Iterator[Change[ContactEntry]]:
        """A contact is known by the first address that is said, whichever of the contact's it is by now."""
        organisations = {*self._directory.organisations, *(one.key for one in file.of(Kind.ORGANISATION))}
        holders = {
            (c.entry.organisation, address): c for c in self._directory.contacts for address in c.entry.addresses
        }
        met: dict[int, Statement] = {}
        for statement in statements:
            if statement.organisation not in organisations:
                remedy = nearest(statement.organisation, self._directory.known_organisations, "add it first")
                self.problems.append(Problem(statement.line(), f"no organisation {statement.organisation!r}", remedy))
                continue
            stored = holders.get((statement.organisation, statement.key))
            earlier = None if stored is None else met.setdefault(stored.id, statement)
            if stored is not None and earlier is not None and earlier is not statement:
                what = f"{statement.key} belongs to the contact of line {earlier.line()}, {stored.entry.name}"
                self.problems.append(Problem(statement.line("addresses"), what, "make one entry of the two"))
                continue
            defaults = {"organisation": statement.organisation}
            yield from self._change(statement, stored, ContactEntry, defaults, ())

    def _once(self, statements: Sequence[Statement]) -> Iterator[Statement]:
        """Each entry's first statement; a second one is a problem."""
        first: dict[str, Statement] = {}
        for statement in statements:
            earlier = first.setdefault(statement.key, statement)
            if earlier is statement:
                yield statement
                continue
            what = f"{statement.kind} {statement.key!r} stands there twice, first in line {earlier.line()}"
            self.problems.append(Problem(statement.line(), what, "make one entry of the two"))

    def _change(
        self,
        statement: Statement,
        stored: Stored[EntryT] | None,
        make: type[EntryT],
        defaults: Mapping[str, Any],
        known: Iterable[str],
    ) -> Iterator[Change[EntryT]]:
        """What a statement makes of its entry; nothing where that cannot be. `known` are the keys there are."""
        name = f"{statement.kind} {statement.key!r}"
        if stored is None and statement.expected is Expected.KNOWN:
            self._refuse(statement, f"there is no {name}", nearest(statement.key, known, "'list' shows all"))
        elif stored is not None and statement.expected is Expected.NEW:
            self._refuse(statement, f"{name} is there already", "'set' changes it")
        elif stored is not None:
            after = replace(stored.entry, **statement.said)
            yield Change(id=stored.id, before=stored.entry, after=after, statement=statement)
        elif missing := _missing(make, {**defaults, **statement.said}):
            if not statement.flawed:
                self._refuse(
                    statement, f"{name} is new and lacks {missing}", "write that too, or name one that is there"
                )
        else:
            yield Change(id=None, before=None, after=make(**{**defaults, **statement.said}), statement=statement)

    def _refuse(self, statement: Statement, what: str, remedy: str) -> None:
        self.problems.append(Problem(statement.line(), what, remedy))


def _missing(make: type[EntryT], values: Mapping[str, Any]) -> str:
    """What a new entry needs and does not have, in words; empty when nothing is missing."""
    return " and ".join(each.name for each in fields(make) if each.default is MISSING and each.name not in values)
