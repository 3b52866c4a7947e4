"""The way out: a relay by SMTP, or a Maildir, behind one signature.

`submit` offers one message to one recipient once (threats G-7: one RCPT per notice) and
answers what became of it; it raises nothing that a network or a relay can cause. When to
offer again is the law's (responders/retry), never decided here.

What waits is offered in order over a few lanes (relay_lane).
"""

import asyncio
import ssl
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from models.mail import NULL_REVERSE_PATH, LineEnds
from models.submission import SubmissionOutcome, SubmissionResult
from responders.address import addr_spec
from responders.header import UnsafeNotice
from responders.maildir import Maildir
from responders.relay_failure import printable
from responders.relay_lane import Offer, RelayLane
from responders.relay_session import FINAL_DOT, RelayAddress, Timeouts, TlsMode, Transaction

SMTP_PORT = 25
SMTPS_PORT = 465


class Submits(Protocol):
    """Whatever takes a message from us."""

    async def submit(self, raw: bytes, *, reverse_path: str, recipient: str, smtputf8: bool) -> SubmissionResult:
        """Offer `raw` once, as it is, for one recipient; `reverse_path` is "" when null."""
        ...

    async def close(self) -> None:
        """Give up what is kept open; nothing is offered after that."""
        ...


class Relay:
    """An SMTP relay and our few lanes to it."""

    def __init__(
        self,
        address: RelayAddress,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 4,
        idle_seconds: float = 30,
        transactions_per_connection: int = 100,
    ) -> None:
        address, timeouts = _with_tls_context(address), timeouts or Timeouts()
        self._waiting: deque[Offer] = deque()
        self._lanes = [
            RelayLane(address, timeouts, self._waiting, transactions=transactions_per_connection)
            for _ in range(connections)
        ]
        self._resting = [*self._lanes]
        """The lane used last is the last one, so that the others can grow old."""
        self._working: set[asyncio.Task[None]] = set()
        self._idle_seconds = idle_seconds

    async def submit(self, raw: bytes, *, reverse_path: str, recipient: str, smtputf8: bool) -> SubmissionResult:
        """Offer one message; see Submits."""
        try:
            transaction = _transaction(raw, reverse_path, recipient, smtputf8=smtputf8)
        except UnsafeNotice as unsafe:
            return SubmissionResult(outcome=SubmissionOutcome.REFUSED, reply=printable(f"not offered: {unsafe}"))
        offer = Offer(transaction, asyncio.get_running_loop().create_future())
        self._waiting.append(offer)
        if self._resting:
            task = asyncio.create_task(self._work(self._resting.pop()))
            self._working.add(task)  # the loop itself holds tasks only weakly
            task.add_done_callback(self._working.discard)
        try:
            return await offer.outcome
        except asyncio.CancelledError:
            if offer.lane is not None and offer.outcome.cancelled():
                offer.lane.abandon()
            raise

    async def close(self) -> None:
        """Leave every idle session. Those in use are left when their transaction ends."""
        for lane in self._lanes:
            lane.close()

    async def _work(self, lane: RelayLane) -> None:
        try:
            await lane.work()
            lane.rest(self._idle_seconds)
        finally:
            self._resting.append(lane)


def open_submission(
    url: str,
    *,
    helo: str,
    tls: TlsMode = "opportunistic",
    user: str | None = None,
    password: str | None = None,
    tls_context: ssl.SSLContext | None = None,
    timeouts: Timeouts | None = None,
    connections: int = 4,
) -> Submits:
    """The way out that `[delivery] relay` names: "smtp://host:port", "smtps://host:port" or "maildir:PATH".

    Raises ValueError on any other, and on a password in the URL (contract 3).
    """
    scheme, _, path = url.partition(":")
    if scheme == "maildir" and path:
        return Maildir(Path(path))
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError(f"not a relay: {url!r} (smtp://host:port, smtps://host:port or maildir:PATH)")
    if parts.username is not None or parts.password is not None:
        raise ValueError("a user or password does not belong into the relay's URL")
    implicit_tls = parts.scheme == "smtps"
    address = RelayAddress(
        host=parts.hostname,
        port=parts.port or (SMTPS_PORT if implicit_tls else SMTP_PORT),
        helo=helo,
        tls=tls,
        implicit_tls=implicit_tls,
        tls_context=tls_context,
        user=user,
        password=password,
    )
    return Relay(address, timeouts=timeouts, connections=connections)


def _with_tls_context(address: RelayAddress) -> RelayAddress:
    """Where no context is given: certificates are verified when TLS is required or credentials depend on it.

    Opportunistic TLS takes any certificate (RFC 7435): what is encrypted to a stranger is
    no worse than what is not encrypted.
    """
    if address.tls_context is not None or (address.tls == "none" and not address.implicit_tls):
        return address
    context = ssl.create_default_context()
    if address.tls != "required" and address.user is None and not address.implicit_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return replace(address, tls_context=context)


def _transaction(raw: bytes, reverse_path: str, recipient: str, *, smtputf8: bool) -> Transaction:
    """The paths checked (G-7), the body dot-stuffed and ended with its dot (RFC 5321 4.5.2); raises UnsafeNotice."""
    line_ends = LineEnds()
    line_ends.see(raw)
    if line_ends.are_bare:
        raise UnsafeNotice("a bare CR or LF in the message")  # another server could see a second message
    reverse = None if reverse_path == NULL_REVERSE_PATH else addr_spec(reverse_path)
    forward = addr_spec(recipient)
    body = b"\r\n..".join(raw.split(b"\r\n."))  # `replace` looks for each twice
    if body.startswith(b"."):
        body = b"." + body
    body += FINAL_DOT if body.endswith(b"\r\n") else b"\r\n" + FINAL_DOT
    return Transaction(
        reverse_path=reverse.text if reverse else "",
        recipient=forward.text,
        smtputf8=smtputf8 or forward.smtputf8 or (reverse is not None and reverse.smtputf8),
        body=body,
    )
