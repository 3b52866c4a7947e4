"""Exceptions by command: `org trust`, `org untrust`, `agent trust`, `agent untrust` (plans 5)."""

import getpass
from typing import Annotated

import sqlalchemy as sa
import typer

from intake.cli.context import ConfigOption, opened
from intake.cli.directory_edits import unknown
from intake.cli.errors import Refused
from intake.clock import system_clock
from models.address import AddressError, address_key
from models.directory.entries import Kind
from models.store import directory_reports, exceptions
from models.store.held import ask_anew
from models.trusted_path import PathError, TrustedPath, parse_path

Because = Annotated[str, typer.Option("--because", help="Why; it is kept and shown.")]
Path = Annotated[str, typer.Option("--path", help="How its mail comes: spf:DOMAIN, or ip:ADDRESS or ip:NETWORK.")]
AnyPath = Annotated[str | None, typer.Option("--path", help="Only by this path (default: by any).", show_default=False)]
OrganisationName = Annotated[str, typer.Argument(help="The organisation's name.")]
Address = Annotated[str, typer.Argument(help="The address of a contact, or of an end user.")]
Login = Annotated[str, typer.Argument(help="The agent's login or address.")]


def trust_contact(
    name: OrganisationName, address: Address, path: Path, because: Because, config: ConfigOption = None
) -> None:
    """Believe an address that cannot prove itself, by one path; its held mail of the last days is decided anew."""
    with opened(config) as database, database.write() as connection:
        organisation_id, known = _organisation(connection, name), _address(address)
        _warn_of_strangers(connection, name, known)
        _trust(connection, known, _path(path), because, organisation_id=organisation_id)


def untrust_contact(
    name: OrganisationName, address: Address, because: Because, path: AnyPath = None, config: ConfigOption = None
) -> None:
    """End an exception: the address is believed no more unless it proves itself."""
    with opened(config) as database, database.write() as connection:
        organisation_id = _organisation(connection, name)
        _untrust(connection, _address(address), path, because, organisation_id=organisation_id)


def trust_agent(login: Login, path: Path, because: Because, config: ConfigOption = None) -> None:
    """Believe an agent's address that cannot prove itself, by one path."""
    with opened(config) as database, database.write() as connection:
        agent_id, known = _agent(connection, login)
        _trust(connection, known, _path(path), because, agent_id=agent_id)


def untrust_agent(login: Login, because: Because, path: AnyPath = None, config: ConfigOption = None) -> None:
    """End an exception for an agent's address."""
    with opened(config) as database, database.write() as connection:
        agent_id, known = _agent(connection, login)
        _untrust(connection, known, path, because, agent_id=agent_id)


def _trust(
    connection: sa.Connection,
    address: str,
    path: TrustedPath,
    because: str,
    *,
    organisation_id: int | None = None,
    agent_id: int | None = None,
) -> None:
    now, who = system_clock(), getpass.getuser()
    made = exceptions.trust(
        connection,
        address,
        path,
        now,
        by=who,
        because=_reason(because),
        organisation_id=organisation_id,
        agent_id=agent_id,
    )
    again = ask_anew(connection, address, now, because=f"{who} trusts {address} by {path}")
    print(f"{address} is trusted by {path}" if made else f"{address} is trusted by {path} already")
    if again:
        print(f"decided anew: message {', '.join(map(str, again))}")


def _untrust(
    connection: sa.Connection,
    address: str,
    path: str | None,
    because: str,
    *,
    organisation_id: int | None = None,
    agent_id: int | None = None,
) -> None:
    ended = exceptions.untrust(
        connection,
        address,
        None if path is None else _path(path),
        system_clock(),
        by=getpass.getuser(),
        because=_reason(because),
        organisation_id=organisation_id,
        agent_id=agent_id,
    )
    if not ended:
        noun = "agent" if organisation_id is None else "org"
        raise Refused(f"{address} has no such exception; 'casegate {noun} show' lists those there are")
    print(f"{address} is trusted no more")


def _reason(because: str) -> str:
    if not because.strip():
        raise Refused("an exception needs a reason: --because")
    return because.strip()


def _path(text: str) -> TrustedPath:
    try:
        return parse_path(text)
    except PathError as error:
        raise Refused(str(error)) from error


def _address(text: str) -> str:
    try:
        return address_key(text)
    except AddressError as error:
        raise Refused(f"{text!r} is no address: {error}") from error


def _organisation(connection: sa.Connection, name: str) -> int:
    found = exceptions.organisation_id_of(connection, name)
    if found is None:
        raise unknown(connection, Kind.ORGANISATION, name)
    return found


def _agent(connection: sa.Connection, login: str) -> tuple[int, str]:
    found = exceptions.agent_of(connection, login)
    if found is None:
        raise unknown(connection, Kind.AGENT, login)
    return found


def _warn_of_strangers(connection: sa.Connection, name: str, address: str) -> None:
    """An exception for an address that is nobody's there is allowed (end users have no entry), and said."""
    if name not in directory_reports.organisations_with(connection, address):
        print(f"note: {address} is no contact of {name}; it counts as an end user's")
