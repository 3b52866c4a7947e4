"""What all sessions of a door process share: whom we are, who is in the house, what is being committed.

The caps of A-13 are kept here: so many sessions at once in all, and so many from one
client. A client is an IPv4 address or an IPv6 network of 64 bits, which is what one
machine usually has. Listed relays, loopback and Unix sockets count only in all.
"""

import asyncio
import ssl
import time
from collections import Counter
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import BinaryIO, Protocol

import structlog

from intake.doors.spool import Spool
from models import limits
from models.intake_address import IntakeAddresses
from models.mail import Envelope

log = structlog.get_logger("casegate.smtp")

Network = IPv4Network | IPv6Network

_BUSY_LOG_SECONDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorLimits:
    """The limits of a session, from models/limits.py; tests shorten them."""

    connections: int = limits.CONNECTIONS
    connections_per_peer: int = limits.CONNECTIONS_PER_PEER
    recipients: int = limits.RECIPIENTS
    command_bytes: int = limits.COMMAND_BYTES
    command_seconds: float = limits.COMMAND_SECONDS
    session_seconds: float = limits.SESSION_SECONDS
    idle_commands: int = limits.SESSION_IDLE_COMMANDS
    errors: int = limits.SESSION_ERRORS
    data_grace_seconds: float = limits.DATA_GRACE_SECONDS
    data_minimum_rate: int = limits.DATA_MINIMUM_RATE
    data_seconds: float = limits.DATA_SECONDS
    discard_seconds: float = limits.DISCARD_SECONDS
    spool_memory_bytes: int = limits.SPOOL_MEMORY_BYTES
    drain_seconds: float = limits.DRAIN_SECONDS
    farewell_seconds: float = limits.FAREWELL_SECONDS


class Accepts(Protocol):
    """Who takes responsibility for a message (intake/acceptance.py)."""

    @property
    def paused(self) -> bool:
        """Whether an admin has closed the door for a while."""

    def has_room(self) -> bool:
        """Whether the disk can take what sessions may bring (A-21)."""

    def accept(self, envelope: Envelope, spool: BinaryIO, size: int) -> asyncio.Future[int]:
        """Begin to store durably; the result is the inbox id, or AcceptanceError where that failed."""


class Session(Protocol):
    """What the reception needs of a session."""

    peer: "Peer"
    committing: bool

    def drain(self) -> None:
        """End after the transaction in hand."""

    def abort(self) -> None:
        """End now."""


@dataclass(frozen=True, slots=True)
class Peer:
    """Who is at the other end of a connection; no address means a Unix socket."""

    address: str | None
    is_relay: bool = False

    @property
    def is_trusted(self) -> bool:
        """Whether it is our own mail system: a listed relay, or a program on this machine by a Unix socket."""
        return self.is_relay or self.address is None


@dataclass(slots=True, kw_only=True)
class Reception:
    """The common part of all sessions. `addresses` and `tls_context` may be replaced while it runs."""

    hostname: str
    addresses: IntakeAddresses
    acceptance: Accepts
    max_message_bytes: int
    relays: tuple[Network, ...] = ()
    tls_context: ssl.SSLContext | None = None
    spool_directory: Path | None = None
    limits: DoorLimits = field(default_factory=DoorLimits)
    draining: bool = False
    sessions: set[Session] = field(default_factory=set)
    empty: asyncio.Event = field(default_factory=asyncio.Event)
    _commits: set[asyncio.Future[int]] = field(default_factory=set)
    _per_client: Counter[str] = field(default_factory=Counter)
    _busy_logged_at: float = float("-inf")

    def peer_at(self, peername: object) -> Peer:
        """Who a socket's peer name is: (address, port, ...) for TCP, something else for a Unix socket."""
        if not isinstance(peername, tuple):
            return Peer(None)
        address = ip_address(peername[0].partition("%")[0])  # without the scope of a link-local one
        if isinstance(address, IPv6Address) and address.ipv4_mapped:  # a dual-stack socket from systemd
            address = address.ipv4_mapped
        return Peer(str(address), any(address in network for network in self.relays))

    def admit(self, session: Session) -> bool:
        """Count a session in, or say that there are too many (A-13). Pair with leave()."""
        client = _client(session.peer)
        full = len(self.sessions) >= self.limits.connections
        if full or (client and self._per_client[client] >= self.limits.connections_per_peer):
            self._log_busy(session.peer)
            return False
        self.sessions.add(session)
        self.empty.clear()
        if client:
            self._per_client[client] += 1
        return True

    def leave(self, session: Session) -> None:
        """Count a session out; one that was not admitted does not count."""
        if session not in self.sessions:
            return
        self.sessions.remove(session)
        client = _client(session.peer)
        if client:
            self._per_client[client] -= 1
            if not self._per_client[client]:
                del self._per_client[client]
        if not self.sessions:
            self.empty.set()

    def keep(self, commit: asyncio.Future[int], spool: Spool) -> None:
        """Keep a commit and what it reads until it has ended, for a session may end before (M2, A-20)."""
        self._commits.add(commit)

        def ended(commit: asyncio.Future[int]) -> None:
            self._commits.discard(commit)
            spool.close()
            if not commit.cancelled():
                commit.exception()  # the session reports it; here it counts as seen

        commit.add_done_callback(ended)

    async def all_committed(self) -> None:
        """Wait until every commit under way has ended, whichever way."""
        while self._commits:
            await asyncio.wait(self._commits)

    def _log_busy(self, peer: Peer) -> None:
        now = time.monotonic()
        if now - self._busy_logged_at >= _BUSY_LOG_SECONDS:  # a flood must not fill the log as well
            self._busy_logged_at = now
            log.warning("smtp.busy", peer=peer.address, sessions=len(self.sessions))


def _client(peer: Peer) -> str | None:
    """What the cap for one client counts, None where it does not apply."""
    if peer.address is None or peer.is_relay:
        return None
    address = ip_address(peer.address)
    if address.is_loopback:
        return None
    return str(ip_network((address, 64), strict=False)) if address.version == 6 else peer.address
