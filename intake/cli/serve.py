"""The service itself, and the ways an MTA on this machine hands mail to it."""

import getpass
import sys
import tempfile
import time
from enum import StrEnum
from typing import Annotated, BinaryIO

import sqlalchemy as sa
import typer

from intake import composition, log, systemd
from intake.cli.context import ConfigOption, configuration_path, opened, settings_of
from intake.cli.errors import CONFIGURATION, TRY_AGAIN, Refused
from intake.cli.output import escaped
from intake.clock import system_clock
from intake.daemon import ROLES, Supervisor
from intake.outage import Outage
from intake.pause import is_paused
from intake.settings import Settings
from intake.version import VERSION
from intake.wake import LOOK_SECONDS, Bell
from models.limits import CHUNK_BYTES, START_WAITS_SECONDS
from models.mail import Envelope, Route, is_wire_safe
from models.store import inbox
from models.store.inbox import Arrival

_EX_DATAERR, _EX_NOUSER, _EX_TEMPFAIL = 65, 67, TRY_AGAIN


class RoleName(StrEnum):
    """The roles of the service."""

    SMTP = "smtp"
    IMAP = "imap"
    WORKER = "worker"
    SUBMITTER = "submitter"
    SCHEDULER = "scheduler"


def serve(
    role: Annotated[
        list[RoleName] | None,
        typer.Option(help="Serve this role only; may be given several times.", show_default=False),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Serve: take mail in, decide, send what is owed. Ends on SIGTERM, after what is under way."""
    path = configuration_path(config)
    settings = settings_of(config)
    composition.policy_of(settings)
    log.configure(role="supervisor", level=settings.service.log_level)
    _await_database(settings)
    if role and RoleName.IMAP in role and not settings.imap:
        raise Refused("there is no [[imap]] in the configuration: nothing to fetch", status=CONFIGURATION)
    wanted = role or [name for name in RoleName if name is not RoleName.IMAP or settings.imap]
    roles = [name for name in ROLES if RoleName(name) in wanted]
    raise typer.Exit(Supervisor(path, settings, roles).run(version=VERSION))


def _await_database(settings: Settings) -> None:
    """Wait for a database that does not answer, for a while: a machine's services start in any order (threats X-15).

    What waiting cannot mend raises DatabaseError or SettingsError at once.
    """
    until = time.monotonic() + START_WAITS_SECONDS
    outage = Outage()
    while True:
        try:
            composition.open_database(settings).close()
        except sa.exc.OperationalError as error:
            outage.met(error)
            if time.monotonic() > until:
                raise
            systemd.notify(f"STATUS=Waiting for the database: {error.orig}".splitlines()[0])
            time.sleep(LOOK_SECONDS)
        else:
            outage.over()
            return


def ingest(
    recipient: Annotated[
        list[str] | None,
        typer.Argument(help="The recipients, as the envelope has them (default: the first intake address)."),
    ] = None,
    sender: Annotated[
        str | None,
        typer.Option("--from", help="The reverse path; empty or <> when null (default: this user, as sendmail does)."),
    ] = None,
    config: ConfigOption = None,
) -> None:
    """Take one message on standard input, for an MTA's pipe; line ends become CRLF.

    Exit codes of sysexits: 0 it is ours, 67 a recipient is not, 65 it is too big, 75 try again.
    """
    settings = settings_of(config)
    addresses = composition.addresses_of(settings)
    recipients = recipient or [settings.intake[0].address]
    # Without --from we do not know the path, and must not take it for the null one, which wants no answer.
    given = f"{getpass.getuser()}@{settings.service.hostname}" if sender is None else sender
    reverse_path = given.strip().removeprefix("<").removesuffix(">")
    strangers = [path for path in recipients if not is_wire_safe(path) or addresses.recognise(path) is None]
    if strangers or not is_wire_safe(reverse_path):
        stranger = escaped(strangers[0] if strangers else reverse_path)
        _say(f"{stranger}: no address of ours; casegate postfix-map lists them")
        raise typer.Exit(_EX_NOUSER)
    with tempfile.TemporaryFile(dir=settings.state_directory) as spool:
        size, bare = _normalised(spool, settings.smtp.max_message_bytes)
        if size > settings.smtp.max_message_bytes:
            _say(f"the message is larger than {settings.smtp.max_message_bytes} octets (smtp.max_message_bytes)")
            raise typer.Exit(_EX_DATAERR)
        envelope = Envelope(
            route=Route.PIPE, reverse_path=reverse_path, forward_paths=tuple(recipients), bare_line_ends=bare
        )
        with opened(config) as database:
            if is_paused(settings.state_directory):
                _say("intake is paused; try again")
                raise typer.Exit(_EX_TEMPFAIL)
            with database.write_meanwhile() as connection:
                inbox_id = inbox.accept(connection, [Arrival(envelope, system_clock(), spool, size)])[0]
    bell = Bell(settings.state_directory)
    bell.ring("worker")
    bell.close()
    print(f"accepted as {inbox_id}")


def _normalised(spool: BinaryIO, most: int) -> tuple[int, bool]:
    """Copy standard input with CRLF line ends; its size, and whether a CR stood alone in it."""
    size, bare, pending = 0, False, b""
    while size <= most and (octets := sys.stdin.buffer.read(CHUNK_BYTES)):
        octets = pending + octets
        pending = b"\r" if octets.endswith(b"\r") else b""
        unified = octets[: len(octets) - len(pending)].replace(b"\r\n", b"\n")
        bare = bare or b"\r" in unified
        size += spool.write(unified.replace(b"\n", b"\r\n"))
    size += spool.write(pending)
    return size, bare or bool(pending)


def postfix_map(config: ConfigOption = None) -> None:
    """Print the recipient table for Postfix, so that the relay itself refuses unknown recipients."""
    settings = settings_of(config)
    addresses = composition.addresses_of(settings)
    print("# relay_recipient_maps = texthash:/etc/postfix/casegate_recipients")
    print("# recipient_delimiter = +      (signed reply addresses look like support+token@...)")
    for entry in addresses.entries:
        print(f"{entry.address}\tx")
    for domain in sorted(addresses.domains):
        print(f"postmaster@{domain}\tx")


def _say(line: str) -> None:
    sys.stderr.write(f"casegate: {line}\n")
