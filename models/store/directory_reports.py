"""What a person asks of the directory: rows as plain values, for the command line and its --json."""

from collections import Counter, defaultdict
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa

from models.directory.entries import Kind, OrganisationEntry
from models.organisation import MPOC_ROLES
from models.store.directory_reading import read_agents, read_contacts, read_departments, read_organisations
from models.store.tables import IS_OPEN, agent, cases, contact_address, department, organisation

Row = dict[str, Any]

_NAMES = {Kind.DEPARTMENT: department.c.key, Kind.AGENT: agent.c.login, Kind.ORGANISATION: organisation.c.name}


def known_names(connection: sa.Connection, kind: Kind) -> list[str]:
    """The names of all departments, agents or organisations, for telling the nearest one."""
    return list(connection.scalars(sa.select(_NAMES[kind]).order_by(_NAMES[kind])))


def list_organisations(connection: sa.Connection) -> list[Row]:
    """All organisations by name, each with its active contacts and MPOCs counted."""
    stored = read_organisations(connection, None)
    contacts: Counter[str] = Counter()
    mpocs: Counter[str] = Counter()
    for each in read_contacts(connection, {one.id: name for name, one in stored.items()}):
        if each.entry.active:
            contacts[each.entry.organisation] += 1
            mpocs[each.entry.organisation] += not MPOC_ROLES.isdisjoint(each.entry.roles)
    return [
        {**_shown(stored[name].entry), "contacts": contacts[name], "mpocs": mpocs[name]}
        for name in sorted(stored, key=str.casefold)
    ]


def _shown(entry: OrganisationEntry) -> Row:
    """An organisation as it is shown: that it has a pass code, never which."""
    return {**asdict(entry), "pass_code": "none" if entry.pass_code is None else "set"}


def show_organisation(connection: sa.Connection, name: str) -> Row | None:
    """One organisation with its contacts and how many of its cases are open; None when there is none."""
    stored = read_organisations(connection, [name]).get(name)
    if stored is None:
        return None
    contacts = [asdict(each.entry) for each in read_contacts(connection, {stored.id: name})]
    open_cases = _open_cases(connection, cases.c.organisation_id == stored.id)
    return {**_shown(stored.entry), "open_cases": open_cases, "contacts": contacts}


def list_contacts(connection: sa.Connection, organisation_name: str | None = None) -> list[Row]:
    """All contacts, or those of one organisation, by organisation and in the order in which they were added."""
    names = None if organisation_name is None else [organisation_name]
    stored = read_organisations(connection, names)
    contacts = read_contacts(connection, {one.id: name for name, one in stored.items()})
    return sorted((asdict(each.entry) for each in contacts), key=lambda row: str(row["organisation"]).casefold())


def organisations_with(connection: sa.Connection, address: str) -> list[str]:
    """The names of the organisations that have a contact with this address."""
    return list(
        connection.scalars(
            sa.select(organisation.c.name)
            .join(contact_address, contact_address.c.organisation_id == organisation.c.id)
            .where(contact_address.c.address == address)
            .order_by(organisation.c.name)
        )
    )


def addresses_like(connection: sa.Connection, address: str, most: int = 1_000) -> list[str]:
    """Addresses of contacts of the same domain, for telling the nearest one."""
    of_domain = contact_address.c.address.endswith("@" + address.rpartition("@")[2], autoescape=True)
    return list(connection.scalars(sa.select(contact_address.c.address).where(of_domain).limit(most)))


def list_agents(connection: sa.Connection) -> list[Row]:
    """All agents by login, with how many cases each has open."""
    loads = sa.select(cases.c.agent_id, sa.func.count().label("open_cases")).where(IS_OPEN).group_by(cases.c.agent_id)
    load = {row.agent_id: row.open_cases for row in connection.execute(loads)}
    stored = read_agents(connection)
    return [{**asdict(stored[login].entry), "open_cases": load.get(stored[login].id, 0)} for login in sorted(stored)]


def show_agent(connection: sa.Connection, login: str) -> Row | None:
    """One agent; None when there is none."""
    return next((row for row in list_agents(connection) if row["login"] == login), None)


def list_departments(connection: sa.Connection) -> list[Row]:
    """All departments by key, with the logins of their active agents, and of those on duty."""
    agents: defaultdict[str, list[str]] = defaultdict(list)
    on_duty: defaultdict[str, list[str]] = defaultdict(list)
    for login, stored in sorted(read_agents(connection).items()):
        for key in stored.entry.departments:
            if stored.entry.active:
                agents[key].append(login)
            if stored.entry.active and stored.entry.on_duty:
                on_duty[key].append(login)
    return [
        {**asdict(stored.entry), "agents": agents[key], "on_duty": on_duty[key]}
        for key, stored in sorted(read_departments(connection).items())
    ]


def show_department(connection: sa.Connection, key: str) -> Row | None:
    """One department; None when there is none."""
    return next((row for row in list_departments(connection) if row["key"] == key), None)


def _open_cases(connection: sa.Connection, condition: sa.ColumnElement[bool]) -> int:
    return connection.scalar(sa.select(sa.func.count()).select_from(cases).where(condition, IS_OPEN)) or 0
