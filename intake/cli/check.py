"""Everything that is wrong, all at once, each with its place and the remedy."""

import socket
import ssl
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import sqlalchemy as sa
import typer

from intake import composition
from intake.cli.context import ConfigOption, JsonOption, configuration_path, settings_of
from intake.cli.errors import CONFIGURATION, REFUSED
from intake.cli.output import as_json, shown
from intake.cli.under_way import too_old
from intake.configuration import Problem, SettingsError
from intake.doors.imap.account import accounts_of
from intake.doors.imap.wire import Connection, ImapError
from intake.room import room_in
from intake.settings import Settings
from models.organisation import Mode
from models.store import reports, schema
from models.store.database import Database, DatabaseError
from models.store.tables import agent, department
from models.store.trouble import remedy_of

_CONNECT_SECONDS = 5
_HELD_SHOWN = 10
_DATABASE = "service.database"


def check(
    local: Annotated[
        bool, typer.Option("--local", help="Files, database and versions only: what guards the start.")
    ] = False,
    start: Annotated[
        bool,
        typer.Option("--start", help="What a start asks: as --local, without what takes long or passes by itself."),
    ] = False,
    json_wanted: JsonOption = False,
    config: ConfigOption = None,
) -> None:
    """Print everything that is wrong: configuration, keys, permissions, database, relay, unsafe settings,
    and what waits longer than it should.

    Exit 0 nothing, 1 findings, 78 the configuration itself.
    """
    path = configuration_path(config)
    try:
        settings = settings_of(config)
    except SettingsError as error:
        _report(error.problems, json_wanted=json_wanted)
        raise typer.Exit(CONFIGURATION) from error
    problems = list(_local(settings, at_start=start))
    if not start:
        problems.extend(_room(settings))
    if not (local or start):
        problems.extend(_unsafe(path, settings))
        if not any(problem.where == _DATABASE for problem in problems):
            problems.extend([*_directory(settings), *_held(settings), *too_old(settings)])
        problems.extend(_outside(settings))
    _report(problems, json_wanted=json_wanted)
    if problems:
        raise typer.Exit(REFUSED)


def _report(problems: list[Problem], *, json_wanted: bool) -> None:
    if json_wanted:
        as_json([{"where": problem.where, "what": problem.what, "remedy": problem.remedy} for problem in problems])
        return
    for problem in problems:
        print(problem)
    if not problems:
        print("nothing is wrong")


def _local(settings: Settings, *, at_start: bool) -> Iterator[Problem]:
    """What would keep the service from working: files, keys, plans, database."""
    yield from _readable_by_others(settings.service.key_file, "the key")
    if settings.delivery.password_file is not None:
        yield from _readable_by_others(settings.delivery.password_file, "the password")
        yield from _unreadable(settings.delivery.password_file, "the relay's password")
    yield from _mailbox_files(settings)
    try:
        composition.policy_of(settings)
    except SettingsError as error:
        yield from error.problems
    yield from _certificate(settings)
    if not settings.state_directory.is_dir():
        yield Problem(
            str(settings.state_directory), "the state directory is not there", "make one with 'casegate init'"
        )
        return
    yield from _database(settings, at_start=at_start)


def _room(settings: Settings) -> Iterator[Problem]:
    """A disk on which no message is taken any more."""
    if not settings.state_directory.is_dir():
        return
    room = room_in(settings.state_directory, settings.smtp.max_message_bytes)
    if not room.is_enough:
        yield Problem(
            str(settings.state_directory),
            f"of its disk {room.free >> 20} MB are free, {room.wanted >> 20} are wanted: mail is put off (452)",
            "make room; all goes on by itself",
        )


def _unsafe(path: Path, settings: Settings) -> Iterator[Problem]:
    """What works and is not what an admin would want."""
    if "." not in settings.service.hostname:
        yield Problem(
            f"{path}: service.hostname",
            f"{settings.service.hostname!r} is no full host name, and every Message-ID of ours ends in it",
            "write the name this machine is known by, such as mx.example.net",
        )
    yield from _proof(path, settings)


def _proof(path: Path, settings: Settings) -> Iterator[Problem]:
    """Whose word proves an author, where proof is asked for."""
    authentication, smtp = settings.authentication, settings.smtp
    if authentication.mode is Mode.ALIGNED and not authentication.authserv_id:
        yield Problem(
            f"{path}: authentication.authserv_id",
            "mode 'aligned' asks for proof, and nobody's word is believed: every MPOC's mail will be held",
            "write the name your relay puts first in Authentication-Results (docs/trust.md)",
        )
    if authentication.authserv_id and not (smtp.relays or smtp.lmtp):
        yield Problem(
            f"{path}: smtp.relays",
            f"the word of {authentication.authserv_id} is believed from our own mail system alone, and none is listed",
            "list your relay in smtp.relays, or let it come by smtp.lmtp",
        )


def _unreadable(path: Path, what: str) -> Iterator[Problem]:
    try:
        path.read_bytes()
    except OSError as error:
        yield Problem(str(path), f"{what} cannot be read: {error.strerror}")


def _mailbox_files(settings: Settings) -> Iterator[Problem]:
    """The secrets of the mailboxes that are fetched."""
    for path in dict.fromkeys(imap.password_file or imap.oauth2_token_file for imap in settings.imap):
        if path is not None:
            yield from _readable_by_others(path, "the mailbox's secret")
            yield from _unreadable(path, "the mailbox's secret")


def _certificate(settings: Settings) -> Iterator[Problem]:
    smtp = settings.smtp
    if smtp.tls_certificate is not None:
        try:
            ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(smtp.tls_certificate, smtp.tls_key)
        except OSError as error:  # ssl.SSLError is one
            yield Problem(str(smtp.tls_certificate), f"the certificate cannot be used: {error}")


def _readable_by_others(path: Path, what: str) -> Iterator[Problem]:
    if path.is_file() and path.stat().st_mode & (stat.S_IRGRP | stat.S_IROTH):
        yield Problem(str(path), f"others can read {what}", f"chmod 0600 {path}")


def _database(settings: Settings, *, at_start: bool) -> Iterator[Problem]:
    try:
        database = Database(settings.service.database)
        try:
            if database.path is not None:
                yield from _readable_by_others(database.path, "all mail")
            if database.path is not None and not database.path.exists():
                yield Problem(str(database.path), "there is no database", "make one with 'casegate db upgrade'")
                return
            schema.require_newest(database)
            database.assert_durable()
            for line in [] if at_start else database.integrity():  # a look at every page
                yield Problem(settings.service.database, line, "restore a backup; nothing is repaired silently")
        finally:
            database.close()
    except sa.exc.DBAPIError as error:
        if not (at_start and isinstance(error, sa.exc.OperationalError)):  # `serve` waits for it
            yield Problem(_DATABASE, str(error.orig).strip().splitlines()[0], remedy_of(error))
    except (DatabaseError, sa.exc.SQLAlchemyError) as error:
        yield Problem(_DATABASE, str(error).splitlines()[0])


def _directory(settings: Settings) -> Iterator[Problem]:
    """Intake addresses whose department is not there, and addresses of ours that mail would loop through."""
    try:
        database = composition.open_database(settings)
    except (SettingsError, DatabaseError):
        return  # said before
    try:
        with database.read() as connection:
            known = set(connection.scalars(sa.select(department.c.key)))
            staff = [
                *connection.scalars(sa.select(department.c.address)),
                *connection.scalars(sa.select(agent.c.address)),
            ]
    finally:
        database.close()
    for entry in settings.intake:
        if entry.department not in known:
            yield Problem(
                f"intake {entry.address}",
                f"its department {entry.department!r} is not there: its mail will be held",
                f"casegate department add {entry.department} --name ... --address ...",
            )
    addresses = composition.addresses_of(settings)
    for address in [*staff, settings.service.admin]:
        if addresses.owns(address):
            yield Problem(
                address,
                "mail to it comes back to us: it is an intake address",
                "give the department, agent or admin another one",
            )


def _mailboxes(settings: Settings) -> Iterator[Problem]:
    """Mailboxes that we cannot get into, or whose folder is not there; the done folder is made by the service."""
    for account in accounts_of(settings):
        connection = Connection()
        try:
            connection.open(account)
            connection.select(account.place.folder)
        except ImapError as error:
            yield Problem(f"imap {account.place}", str(error), "its mail waits there until this is right")
        finally:
            connection.close()


def _held(settings: Settings) -> Iterator[Problem]:
    """Mail in known names that is held because nothing proves it, with the exception that would let it in."""
    try:
        database = composition.open_database(settings)
    except (SettingsError, DatabaseError):
        return  # said before
    try:
        with database.read() as connection:
            rows = reports.list_unproved(connection, most=_HELD_SHOWN)
    finally:
        database.close()
    for row in rows:
        yield Problem(
            f"held {row['inbox_id']}",
            f"mail in the name of {shown(row['author'])} is held, for nothing proves it",
            f"'casegate held show {row['inbox_id']}'; if you know the way it came: {shown(row['trust_command'])}",
        )


def _outside(settings: Settings) -> Iterator[Problem]:
    """What only the network can tell."""
    yield from _mailboxes(settings)
    relay = urlsplit(settings.delivery.relay)
    if relay.scheme not in {"smtp", "smtps"}:
        return
    place = (relay.hostname or "", relay.port or (465 if relay.scheme == "smtps" else 25))
    try:
        socket.create_connection(place, _CONNECT_SECONDS).close()
    except OSError as error:
        yield Problem(
            "delivery.relay", f"{place[0]}:{place[1]} cannot be reached: {error}", "notices wait until it can"
        )
