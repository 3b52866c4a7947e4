"""Contacts: the people of an organisation, and who of them may open cases."""

from typing import Annotated

import sqlalchemy as sa
import typer

from intake.cli.context import ConfigOption, JsonOption, opened
from intake.cli.directory_edits import edit, said, unknown
from intake.cli.errors import Refused
from intake.cli.output import table
from models.address import AddressError, address_key
from models.directory.entries import Expected, Kind
from models.directory.problems import nearest
from models.store import directory_reports

app = typer.Typer(help="Contacts of organisations.", no_args_is_help=True)

Address = Annotated[str, typer.Argument(help="Any address of the contact.")]
Organisation = Annotated[
    str | None, typer.Option("--org", help="Whose contact, where several have the address.", show_default=False)
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A role, such as primary-mpoc; may be repeated. '' for none.", show_default=False),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option("--address", help="An address; may be repeated. All of the contact's are said.", show_default=False),
]
Title = Annotated[str | None, typer.Option(help="The title, such as Dr or CIO.", show_default=False)]
Phone = Annotated[str | None, typer.Option(help="A phone number.", show_default=False)]
Language = Annotated[
    str | None, typer.Option(help="The language of our mail; '' for the organisation's.", show_default=False)
]
ValidFrom = Annotated[str | None, typer.Option(help="The first day, as 2026-01-31; '' for none.", show_default=False)]
ValidUntil = Annotated[str | None, typer.Option(help="The last day, as 2026-01-31; '' for none.", show_default=False)]

_COLUMNS = (
    "organisation",
    "name",
    "addresses",
    "roles",
    "title",
    "phone",
    "language",
    "active",
    "valid_from",
    "valid_until",
)


@app.command()
def add(
    org: Annotated[str, typer.Argument(help="The organisation.")],
    name: Annotated[str, typer.Option(help="The contact's name.")],
    address: Annotated[list[str], typer.Option(help="An address; may be repeated. The first is the contact's key.")],
    role: Roles = None,
    title: Title = None,
    phone: Phone = None,
    language: Language = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    config: ConfigOption = None,
) -> None:
    """Add a contact to an organisation."""
    table = said(
        name=name,
        addresses=address,
        roles=role,
        title=title,
        phone=phone,
        language=language,
        valid_from=valid_from,
        valid_until=valid_until,
    )
    with edit(config) as editing:
        editing.state(Kind.CONTACT, table, expected=Expected.NEW, organisation=org)


@app.command("set")
def set_(
    address: Address,
    org: Organisation = None,
    name: Annotated[str | None, typer.Option(help="The contact's name.", show_default=False)] = None,
    addresses: Addresses = None,
    role: Roles = None,
    title: Title = None,
    phone: Phone = None,
    language: Language = None,
    valid_from: ValidFrom = None,
    valid_until: ValidUntil = None,
    active: Annotated[
        bool | None, typer.Option("--active/--inactive", help="Whether the contact counts.", show_default=False)
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Change a contact. What is not said stays; roles and addresses become exactly those that are said."""
    table = said(
        name=name,
        addresses=addresses,
        roles=role,
        title=title,
        phone=phone,
        language=language,
        valid_from=valid_from,
        valid_until=valid_until,
        active=active,
    )
    with edit(config) as editing:
        key, organisation = which(editing.connection, address, org)
        editing.state(Kind.CONTACT, table, expected=Expected.KNOWN, key=key, organisation=organisation)


@app.command()
def deactivate(address: Address, org: Organisation = None, config: ConfigOption = None) -> None:
    """Take a contact's rights away: who left is kept, and may open cases no more."""
    with edit(config) as editing:
        key, organisation = which(editing.connection, address, org)
        editing.state(Kind.CONTACT, {"active": False}, expected=Expected.KNOWN, key=key, organisation=organisation)


def which(connection: sa.Connection, address: str, org: str | None) -> tuple[str, str]:
    """The address in its stored form, and the organisation that is meant. Raises Refused where that is unclear."""
    try:
        key = address_key(address)
    except AddressError as error:
        raise Refused(f"{address!r} is no address: {error}") from error
    holders = directory_reports.organisations_with(connection, key)
    if org is not None and org not in directory_reports.known_names(connection, Kind.ORGANISATION):
        raise unknown(connection, Kind.ORGANISATION, org)
    if not holders:
        remedy = nearest(key, directory_reports.addresses_like(connection, key), "'casegate contact list' shows all")
        raise Refused(f"there is no contact with the address {key}; {remedy}")
    if org is not None and org not in holders:
        raise Refused(f"{key} is no address of a contact of {org}; it is one of {', '.join(holders)}")
    if org is None and len(holders) > 1:
        raise Refused(f"{key} is a contact of {', '.join(holders)}; say which with --org")
    return key, org or holders[0]


@app.command("list")
def list_(
    org: Annotated[str | None, typer.Option("--org", help="Only this organisation's.", show_default=False)] = None,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """List contacts, by organisation."""
    with opened(config) as database, database.read() as connection:
        if org is not None and org not in directory_reports.known_names(connection, Kind.ORGANISATION):
            raise unknown(connection, Kind.ORGANISATION, org)
        rows = directory_reports.list_contacts(connection, org)
    table(rows, _COLUMNS, json_wanted=json_wanted, nothing="no contacts")
