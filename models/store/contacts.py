"""Contacts as the rules see them, by address or by id."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa

from models.organisation import KnownContact, Mode, Role
from models.store.tables import contact, contact_address, contact_role, organisation

_COLUMNS = (
    contact_address.c.address,
    contact,
    organisation.c.name.label("organisation"),
    organisation.c.plan,
    organisation.c.zone,
    organisation.c.mode,
    organisation.c.language.label("organisation_language"),
)


def contacts_by_address(connection: sa.Connection, addresses: Collection[str]) -> dict[str, list[KnownContact]]:
    """All contacts that have one of these addresses, under that address."""
    if not addresses:
        return {}
    found: defaultdict[str, list[KnownContact]] = defaultdict(list)
    for one in _read(connection, contact_address.c.address.in_(addresses)):
        found[one.address].append(one)
    return found


def contacts_by_id(connection: sa.Connection, contact_ids: Collection[int]) -> dict[int, KnownContact]:
    """Contacts under their first address: the one that mail to them goes to."""
    if not contact_ids:
        return {}
    first = sa.and_(contact.c.id.in_(contact_ids), contact_address.c.position == 0)
    return {one.contact_id: one for one in _read(connection, first)}


def _read(connection: sa.Connection, wanted: sa.ColumnElement[bool]) -> list[KnownContact]:
    rows = connection.execute(
        sa.select(*_COLUMNS)
        .join(contact, contact.c.id == contact_address.c.contact_id)
        .join(organisation, organisation.c.id == contact.c.organisation_id)
        .where(wanted)
        .order_by(contact.c.id)
    ).all()
    roles = _roles(connection, [row.id for row in rows])
    return [_contact(row, roles[row.id]) for row in rows]


def _roles(connection: sa.Connection, contact_ids: list[int]) -> defaultdict[int, set[Role]]:
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    if contact_ids:
        for row in connection.execute(sa.select(contact_role).where(contact_role.c.contact_id.in_(contact_ids))):
            roles[row.contact_id].add(Role(row.role))
    return roles


def _contact(row: sa.Row[Any], roles: Iterable[Role]) -> KnownContact:
    return KnownContact(
        contact_id=row.id,
        organisation_id=row.organisation_id,
        organisation=row.organisation,
        name=row.name,
        address=row.address,
        roles=frozenset(roles),
        language=row.language or row.organisation_language,
        zone=row.zone,
        plan=row.plan,
        mode=None if row.mode is None else Mode(row.mode),
        active=row.active,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )
