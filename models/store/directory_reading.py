"""The directory as it is stored, in the form in which files are compared with it: few statements, however many rows."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from typing import Any, Final

import sqlalchemy as sa

from models.directory.changes import Directory, Stored
from models.directory.entries import AgentEntry, ContactEntry, DepartmentEntry, DirectoryFile, Kind, OrganisationEntry
from models.organisation import Mode, Role
from models.store.tables import (
    agent,
    agent_department,
    contact,
    contact_address,
    contact_role,
    department,
    organisation,
    organisation_domain,
)

_BLOCK: Final = 5_000
"""Values in one IN (...): SQLite takes 32,766 parameters, PostgreSQL 65,535."""


def read_directory(connection: sa.Connection, file: DirectoryFile) -> Directory:
    """The stored entries that the file names, and what they could contradict."""
    names = {statement.key for statement in file.of(Kind.ORGANISATION)}
    names |= {statement.organisation for statement in file.of(Kind.CONTACT)}
    organisations = read_organisations(connection, names)
    ids = {stored.id: name for name, stored in organisations.items()}
    addresses = {statement.said.get("address", "") for statement in file.of(Kind.AGENT)}
    return Directory(
        departments=read_departments(connection),
        agents=read_agents(connection),
        organisations=organisations,
        contacts=tuple(read_contacts(connection, ids)),
        known_organisations=frozenset(connection.scalars(sa.select(organisation.c.name))),
        contacts_elsewhere=_contacts_elsewhere(connection, addresses, ids),
    )


def read_departments(connection: sa.Connection) -> dict[str, Stored[DepartmentEntry]]:
    """All departments by key."""
    rows = connection.execute(sa.select(department))
    return {row.key: Stored(row.id, DepartmentEntry(key=row.key, name=row.name, address=row.address)) for row in rows}


def read_agents(connection: sa.Connection) -> dict[str, Stored[AgentEntry]]:
    """All agents by login."""
    departments: defaultdict[int, list[str]] = defaultdict(list)
    links = sa.select(agent_department.c.agent_id, department.c.key).join(department).order_by(department.c.key)
    for row in connection.execute(links):
        departments[row.agent_id].append(row.key)
    return {
        row.login: Stored(
            row.id,
            AgentEntry(
                login=row.login,
                name=row.name,
                address=row.address,
                departments=tuple(sorted(departments[row.id])),
                on_duty=row.on_duty,
                active=row.active,
            ),
        )
        for row in connection.execute(sa.select(agent))
    }


def read_organisations(
    connection: sa.Connection, names: Collection[str] | None
) -> dict[str, Stored[OrganisationEntry]]:
    """The organisations of these names, or all, by name."""
    rows = _among(connection, sa.select(organisation), organisation.c.name, names)
    ids = [row.id for row in rows]
    domains: defaultdict[int, list[str]] = defaultdict(list)
    for row in _among(connection, sa.select(organisation_domain), organisation_domain.c.organisation_id, ids):
        domains[row.organisation_id].append(row.domain)
    return {
        row.name: Stored(
            row.id,
            OrganisationEntry(
                name=row.name,
                domains=tuple(sorted(domains[row.id])),
                plan=row.plan,
                language=row.language,
                zone=row.zone,
                mode=None if row.mode is None else Mode(row.mode),
                mode_because=row.mode_because,
                pass_code=row.pass_code,
            ),
        )
        for row in rows
    }


def read_contacts(connection: sa.Connection, organisations: dict[int, str]) -> Iterator[Stored[ContactEntry]]:
    """All contacts of these organisations, given by id."""
    of_them = contact.c.organisation_id
    addresses: defaultdict[int, list[str]] = defaultdict(list)
    ordered = sa.select(contact_address).order_by(contact_address.c.contact_id, contact_address.c.position)
    for row in _among(connection, ordered, contact_address.c.organisation_id, organisations):
        addresses[row.contact_id].append(row.address)
    roles: defaultdict[int, list[Role]] = defaultdict(list)
    with_roles = sa.select(contact_role).join(contact, contact.c.id == contact_role.c.contact_id)
    for row in _among(connection, with_roles, of_them, organisations):
        roles[row.contact_id].append(Role(row.role))
    for row in _among(connection, sa.select(contact).order_by(contact.c.id), of_them, organisations):
        yield Stored(
            row.id,
            ContactEntry(
                organisation=organisations[row.organisation_id],
                name=row.name,
                title=row.title,
                phone=row.phone,
                addresses=tuple(addresses[row.id]),
                roles=tuple(sorted(roles[row.id])),
                language=row.language,
                active=row.active,
                valid_from=row.valid_from,
                valid_until=row.valid_until,
            ),
        )


def _contacts_elsewhere(
    connection: sa.Connection, addresses: Collection[str], organisations: Collection[int]
) -> dict[str, str]:
    """Which of these addresses belong to contacts of other organisations, and to whom."""
    holders = (
        sa.select(
            contact_address.c.address, contact.c.name, organisation.c.name.label("organisation"), organisation.c.id
        )
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .join(organisation, organisation.c.id == contact.c.organisation_id)
    )
    rows = _among(connection, holders, contact_address.c.address, addresses)
    return {row.address: f"{row.name} of {row.organisation}" for row in rows if row.id not in organisations}


def _among(
    connection: sa.Connection, statement: sa.Select[Any], column: sa.Column[Any], values: Collection[Any] | None
) -> Sequence[sa.Row[Any]]:
    """The rows of a statement where a column has one of these values; all rows for None."""
    if values is None:
        return connection.execute(statement).all()
    wanted = list(values)
    found: list[sa.Row[Any]] = []
    for start in range(0, len(wanted), _BLOCK):
        found += connection.execute(statement.where(column.in_(wanted[start : start + _BLOCK])))
    return found
