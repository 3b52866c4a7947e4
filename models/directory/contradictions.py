"""What the directory must be as a whole, asked of what it would be after an import. Pure.

An address stands for one contact of an organisation, for one agent, and never for a contact
and an agent; departments exist; there is one primary MPOC at a time.

An address never moves from one entry to another within one import: who reads it gets the
other's authority, and a file whose rows slipped would do that a hundred times over. It is
taken from the one first, and given to the other by a second import.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from datetime import date
from typing import Any, Final

from models.directory.changes import Act, Change, Changes, Directory
from models.directory.entries import AgentEntry, ContactEntry, Statement
from models.directory.problems import Problem, nearest
from models.organisation import Role

_NO_MOVE: Final = "an address does not move in one step: take it away there first"


def contradictions(directory: Directory, changes: Changes, departments: Collection[str]) -> Iterator[Problem]:
    """Everything that would be wrong with the directory after these changes. `departments` are all known keys."""
    for agent in changes.agents:
        yield from _unknown_departments(agent, departments)
    yield from _agents_addresses(directory, changes.agents)
    yield from _contacts_addresses(directory, changes.contacts)
    yield from _agents_as_contacts(directory, changes)
    for contact in changes.contacts:
        yield from _validity(contact)
    yield from _primaries(directory, changes.contacts)


def _at(statement: Statement) -> str:
    """Where a statement stands, for a remark in brackets."""
    return f" (line {statement.line()})" if statement.line() else ""


def _unknown_departments(change: Change[AgentEntry], departments: Collection[str]) -> Iterator[Problem]:
    for key in change.after.departments:
        if key not in departments:
            remedy = nearest(key, departments, "add the department too")
            yield Problem(change.statement.line("departments"), f"there is no department {key!r}", remedy)


def _agents_addresses(directory: Directory, changes: Iterable[Change[AgentEntry]]) -> Iterator[Problem]:
    stored = {agent.entry.address: login for login, agent in directory.agents.items()}
    said: dict[str, Change[AgentEntry]] = {}
    for change in changes:
        address, line = change.after.address, change.statement.line("address")
        first = said.setdefault(address, change)
        holder = stored.get(address, change.after.login)
        if first is not change:
            what = f"{address} is the address of agent {first.after.login} too{_at(first.statement)}"
            yield Problem(line, what, "each agent has an address of their own")
        elif holder != change.after.login:
            yield Problem(line, f"{address} is the address of agent {holder}", _NO_MOVE)


def _contacts_addresses(directory: Directory, changes: Iterable[Change[ContactEntry]]) -> Iterator[Problem]:
    changes = tuple(changes)
    by_id = {change.id: change for change in changes if change.id is not None}
    stored = {(c.entry.organisation, address): c for c in directory.contacts for address in c.entry.addresses}
    said: dict[tuple[str, str], Change[ContactEntry]] = {}
    for change in changes:
        line = change.statement.line("addresses")
        for address in change.after.addresses:
            place = (change.after.organisation, address)
            first, holder = said.setdefault(place, change), stored.get(place)
            if first is not change:
                what = f"{address} is an address of {first.after.name} too{_at(first.statement)}"
                yield Problem(line, what, "an address belongs to one contact of an organisation")
            elif holder is not None and holder.id != change.id:
                place_of_it = _at(by_id[holder.id].statement) if holder.id in by_id else ""
                yield Problem(line, f"{address} is an address of {holder.entry.name}{place_of_it}", _NO_MOVE)


def _agents_as_contacts(directory: Directory, changes: Changes) -> Iterator[Problem]:
    """An agent's mail is read as an agent's: a contact of that address would never be heard."""
    remedy = "an agent and a contact cannot share an address"
    contacts = dict(directory.contacts_elsewhere)
    stated = {change.id for change in changes.contacts}
    contacts |= {
        address: f"{c.entry.name} of {c.entry.organisation}"
        for c in directory.contacts
        if c.id not in stated
        for address in c.entry.addresses
    }
    lines: dict[str, Statement] = {}
    for change in changes.contacts:
        for address in change.after.addresses:
            contacts[address] = f"{change.after.name} of {change.after.organisation}{_at(change.statement)}"
            lines[address] = change.statement
    said = {change.after.login: change for change in changes.agents}
    agents = {login: agent.entry.address for login, agent in directory.agents.items()}
    agents |= {login: change.after.address for login, change in said.items()}
    for login, address in agents.items():
        if address in contacts and login in said:
            line = said[login].statement.line("address")
            yield Problem(line, f"{address} is an address of the contact {contacts[address]}", remedy)
        elif address in lines:
            yield Problem(lines[address].line("addresses"), f"{address} is the address of agent {login}", remedy)


def _validity(change: Change[ContactEntry]) -> Iterator[Problem]:
    first, last = change.after.valid_from, change.after.valid_until
    if first is not None and last is not None and last < first:
        line = change.statement.line("valid_until")
        yield Problem(line, f"valid_until {last} is before valid_from {first}", "exchange them")


def _primaries(directory: Directory, changes: Iterable[Change[ContactEntry]]) -> Iterator[Problem]:
    """One primary MPOC at a time; a successor may already stand there for the day the first one ends."""
    changes = tuple(changes)
    stated = {change.id for change in changes}
    primaries: defaultdict[str, list[tuple[ContactEntry, Change[Any] | None]]] = defaultdict(list)
    for stored in directory.contacts:
        if stored.id not in stated and _is_primary(stored.entry):
            primaries[stored.entry.organisation].append((stored.entry, None))
    for change in changes:
        if not _is_primary(change.after):
            continue
        for other, said in primaries[change.after.organisation]:
            if _overlap(other, change.after) and (change.act is not Act.UNCHANGED or said is not None):
                place = "" if said is None else _at(said.statement)
                what = f"a second primary MPOC of {change.after.organisation}, beside {other.name}{place}"
                yield Problem(change.statement.line("roles"), what, 'write "secondary-mpoc": their rights are equal')
                break
        primaries[change.after.organisation].append((change.after, change))


def _is_primary(contact: ContactEntry) -> bool:
    return contact.active and Role.PRIMARY_MPOC in contact.roles


def _overlap(one: ContactEntry, other: ContactEntry) -> bool:
    return (one.valid_from or date.min) <= (other.valid_until or date.max) and (other.valid_from or date.min) <= (
        one.valid_until or date.max
    )
