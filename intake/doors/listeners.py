"""The doors' sockets: opened, handed to sessions, closed without losing what is on its way.

TCP sockets are named `host:port` (IPv6 in brackets, an empty host or `*` for all), Unix
sockets by their path. Sockets that systemd has opened (sd_listen_fds) are taken instead of
opening the same again; a Unix socket, or one with `FileDescriptorName=lmtp`, speaks LMTP.

Closing drains: no new connection, `421 4.3.2` to sessions that wait for a command
(RFC 5321 3.8), time to end for those within DATA, and as long as it takes for a commit.
"""

import asyncio
import contextlib
import errno
import functools
import logging
import os
import socket
import ssl
import stat
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

import structlog

from intake.doors.places import split_place
from intake.doors.reception import Accepts, DoorLimits, Network, Reception
from intake.doors.smtp import LocalMailSession, MailSession
from models import limits as model_limits
from models.intake_address import IntakeAddresses

log = structlog.get_logger("casegate.smtp")

_BACKLOG = 512
_FIRST_INHERITED = 3  # SD_LISTEN_FDS_START
_LMTP_MODE = 0o660
"""The MTA's group may connect; others on the machine may not."""


class CannotListen(OSError):
    """A place is another's, or not to be had by us; the message names it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorSettings:
    """What the configuration says about the doors ([smtp] and [service] of casegate.toml)."""

    hostname: str
    listen: tuple[str, ...] = ()
    lmtp: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    """Addresses or networks of our own mail system."""
    tls_certificate: Path | None = None
    """Chain, PEM; with the key in it where `tls_key` is None."""
    tls_key: Path | None = None
    max_message_bytes: int = model_limits.MESSAGE_BYTES
    lmtp_mode: int = _LMTP_MODE
    spool_directory: Path | None = None
    """Where big messages lie while they arrive; the system's temporary directory where None."""


@dataclass(frozen=True, slots=True)
class Inherited:
    """A listening socket that systemd opened, and the name the socket unit gives it."""

    socket: socket.socket
    name: str = ""


class Doors:
    """All open doors of one process. Made by open_doors(), ended by close()."""

    def __init__(self, reception: Reception) -> None:
        self.reception = reception
        self._servers: list[asyncio.Server] = []
        self._paths: list[tuple[Path, int]] = []

    @property
    def sockets(self) -> list[socket.socket]:
        """The listening sockets, in the order of the settings, inherited ones first."""
        return [listening for server in self._servers for listening in server.sockets]

    def reload(self, settings: DoorSettings, addresses: IntakeAddresses) -> None:
        """Take new intake addresses and certificates (SIGHUP); sessions under way see them at once.

        Raises OSError (ssl.SSLError is one) when the certificate cannot be read; then
        everything stays as it was. Sockets, relays and limits need a restart.
        """
        self.reception.tls_context = _tls_context(settings)
        self.reception.addresses = addresses

    async def close(self) -> None:
        """Drain: see the top of this file. Returns when nothing is left; no commit is cancelled."""
        reception = self.reception
        reception.draining = True
        for server in self._servers:
            server.close()
        for session in tuple(reception.sessions):
            session.drain()
        if not await _emptied(reception, reception.limits.drain_seconds):
            for session in tuple(reception.sessions):
                if not session.committing:
                    session.abort()
        await reception.all_committed()
        if not await _emptied(reception, reception.limits.farewell_seconds):
            for session in tuple(reception.sessions):
                session.abort()
            await reception.empty.wait()
        for path, inode in self._paths:
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == inode:  # not another process's, opened meanwhile
                    path.unlink()

    async def listen(self, listening: socket.socket, *, lmtp: bool) -> None:
        """Serve one listening socket."""
        factory = functools.partial(LocalMailSession if lmtp else MailSession, self.reception)
        listening.settimeout(0)
        loop = asyncio.get_running_loop()
        create = loop.create_unix_server if listening.family == socket.AF_UNIX else loop.create_server
        self._servers.append(await create(factory, sock=listening, backlog=_BACKLOG))

    async def listen_at(self, place: str, *, lmtp: bool, mode: int) -> None:
        """Open and serve what the settings name; raises OSError when that cannot be opened."""
        if place.startswith("/"):
            listening = _unix_socket(Path(place), mode)
            self._paths.append((Path(place), Path(place).stat().st_ino))
            await self.listen(listening, lmtp=lmtp)
        else:
            for listening in _tcp_sockets(place):
                await self.listen(listening, lmtp=lmtp)


async def open_doors(
    settings: DoorSettings,
    acceptance: Accepts,
    addresses: IntakeAddresses,
    *,
    inherited: Iterable[Inherited] = (),
    limits: DoorLimits | None = None,
) -> Doors:
    """Open every door of the settings in the running loop.

    Raises OSError when a socket or certificate cannot be opened, ValueError for a relay or
    place that is none; then no door is open.
    """
    logging.getLogger("mail.log").setLevel(logging.WARNING)  # aiosmtpd writes there what clients say
    doors = Doors(
        Reception(
            hostname=settings.hostname,
            addresses=addresses,
            acceptance=acceptance,
            max_message_bytes=settings.max_message_bytes,
            relays=tuple(_network(relay) for relay in settings.relays),
            tls_context=_tls_context(settings),
            spool_directory=settings.spool_directory,
            limits=limits or DoorLimits(),
        )
    )
    try:
        taken = set()
        for one in inherited:
            await doors.listen(one.socket, lmtp=one.name == "lmtp" or one.socket.family == socket.AF_UNIX)
            taken.add(_name_of(one.socket))
        for places, lmtp in ((settings.listen, False), (settings.lmtp, True)):
            for place in places:
                if place not in taken:
                    await doors.listen_at(place, lmtp=lmtp, mode=settings.lmtp_mode)
    except BaseException:
        await doors.close()
        raise
    log.info("smtp.listening", doors=[_name_of(listening) for listening in doors.sockets])
    return doors


def inherited_sockets(environment: Mapping[str, str]) -> list[Inherited]:
    """The sockets systemd hands over (sd_listen_fds(3)), none where they are meant for another process."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(environment.get("LISTEN_FDS", "0"))
    names = environment.get("LISTEN_FDNAMES", "").split(":")
    names += [""] * (count - len(names))
    found = []
    for number, name in zip(range(_FIRST_INHERITED, _FIRST_INHERITED + count), names, strict=False):
        os.set_inheritable(number, False)  # noqa: FBT003
        found.append(Inherited(socket.socket(fileno=number), name))
    return found


async def _emptied(reception: Reception, seconds: float) -> bool:
    if not reception.sessions:
        return True
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(reception.empty.wait(), seconds)
    return not reception.sessions


def _network(relay: str) -> Network:
    return ip_network(relay, strict=False)


def _tls_context(settings: DoorSettings) -> ssl.SSLContext | None:
    if settings.tls_certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION  # costs us more than the client
    context.load_cert_chain(settings.tls_certificate, settings.tls_key)
    return context


def _tcp_sockets(place: str) -> list[socket.socket]:
    host, port = split_place(place)
    found = []
    flags = socket.AI_PASSIVE | socket.AI_NUMERICSERV
    for family, _, _, _, address in dict.fromkeys(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=flags)):
        try:
            listening = socket.socket(family, socket.SOCK_STREAM)
        except OSError:
            continue  # a machine without IPv6
        found.append(listening)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        try:
            listening.bind(address)
        except OSError as error:
            for each in found:
                each.close()
            raise CannotListen(error.errno, f"cannot listen on {place}: {error.strerror}") from error
    return found


def _unix_socket(path: Path, mode: int) -> socket.socket:
    """A Unix socket at `path`; one that nobody serves any more is replaced, one in use is an OSError."""
    with contextlib.suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise CannotListen(errno.EEXIST, f"cannot listen on {path}: it exists and is no socket")
        with socket.socket(socket.AF_UNIX) as probe:
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink()
            else:
                raise CannotListen(errno.EADDRINUSE, f"cannot listen on {path}: another process does")
    listening = socket.socket(socket.AF_UNIX)
    try:
        os.fchmod(listening.fileno(), 0o600)  # Linux gives the path this mode: never open to others, not for a moment
        listening.bind(str(path))
        path.chmod(mode)
    except OSError:
        listening.close()
        raise
    return listening


def _name_of(listening: socket.socket) -> str:
    name = listening.getsockname()
    if not isinstance(name, tuple):
        return str(name)
    return f"[{name[0]}]:{name[1]}" if ":" in name[0] else f"{name[0]}:{name[1]}"
