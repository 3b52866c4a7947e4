"""Contacts as the rules see them, by address or by id."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

import sqlalchemy as sa

from models.organisation import KnownContact, Mode, Role
from models.store.given import IDS, KEYS, given
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


_CONTACTS: Final = (
    sa.select(*_COLUMNS)
    .join(contact, contact.c.id == contact_address.c.contact_id)
    .join(organisation, organisation.c.id == contact.c.organisation_id)
    .order_by(contact.c.id)
)
_BY_ADDRESS: Final = _CONTACTS.where(given(contact_address.c.address, KEYS))
_BY_ID: Final = _CONTACTS.where(given(contact.c.id, IDS), contact_address.c.position == 0)
_ROLES: Final = sa.select(contact_role.c.contact_id, contact_role.c.role).where(given(contact_role.c.contact_id, IDS))


def contacts_by_address(connection: sa.Connection, addresses: Collection[str]) -> dict[str, list[KnownContact]]:
    """All contacts that have one of these addresses, under that address."""
    if not addresses:
        return {}
    found: defaultdict[str, list[KnownContact]] = defaultdict(list)
    for one in _read(connection, _BY_ADDRESS, {"keys": addresses}):
        found[one.address].append(one)
    return found


def contacts_by_id(connection: sa.Connection, contact_ids: Collection[int]) -> dict[int, KnownContact]:
    """Contacts under their first address: the one that mail to them goes to."""
    if not contact_ids:
        return {}
    return {one.contact_id: one for one in _read(connection, _BY_ID, {"ids": contact_ids})}


def _read(connection: sa.Connection, wanted: sa.Select[Any], by: Mapping[str, Collection[Any]]) -> list[KnownContact]:
    rows = connection.execute(wanted, by).all()
    roles = _roles(connection, [row.id for row in rows])
    return [_contact(row, roles[row.id]) for row in rows]


def _roles(connection: sa.Connection, contact_ids: list[int]) -> defaultdict[int, set[Role]]:
    roles: defaultdict[int, set[Role]] = defaultdict(set)
    if contact_ids:
        for contact_id, role in connection.execute(_ROLES, {"ids": contact_ids}):
            roles[contact_id].add(Role(role))
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
