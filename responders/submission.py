"""The way out: a relay by SMTP, or a Maildir, behind one signature.

`submit` offers one message to one recipient once (threats G-7: one RCPT per notice) and
answers what became of it; it raises nothing that a network or a relay can cause. When to
offer again is the law's (responders/retry), never decided here.

Connections are reused, bounded, and closed when idle, worn or in doubt. One that the relay
closed while it was idle is replaced once, and only where MAIL was the step that failed:
nothing had been said about the message yet.
"""

import asyncio
import ssl
from collections import deque
from dataclasses import replace
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from models.mail import NULL_REVERSE_PATH
from models.submission import SubmissionOutcome, SubmissionResult
from responders.address import addr_spec
from responders.header import UnsafeNotice
from responders.maildir import Maildir
from responders.relay_failure import Failed, Stage, printable
from responders.relay_session import FINAL_DOT, RelayAddress, RelaySession, Timeouts, TlsMode, Transaction

SMTP_PORT = 25
SMTPS_PORT = 465
_WITHIN_LINES = bytes(octet for octet in range(256) if octet not in b"\r\n")


class Submits(Protocol):
    """Whatever takes a message from us."""

    async def submit(self, raw: bytes, *, reverse_path: str, recipient: str, smtputf8: bool) -> SubmissionResult:
        """Offer `raw` once, as it is, for one recipient; `reverse_path` is "" when null."""
        ...

    async def close(self) -> None:
        """Give up what is kept open; nothing is offered after that."""
        ...


class Relay:
    """An SMTP relay and our few connections to it."""

    def __init__(
        self,
        address: RelayAddress,
        *,
        timeouts: Timeouts | None = None,
        connections: int = 4,
        idle_seconds: float = 30,
        transactions_per_connection: int = 100,
    ) -> None:
        self._address = _with_tls_context(address)
        self._timeouts = timeouts or Timeouts()
        self._slots = asyncio.Semaphore(connections)
        self._idle: deque[tuple[RelaySession, asyncio.TimerHandle]] = deque()
        self._idle_seconds = idle_seconds
        self._transactions_per_connection = transactions_per_connection

    async def submit(self, raw: bytes, *, reverse_path: str, recipient: str, smtputf8: bool) -> SubmissionResult:
        """Offer one message; see Submits."""
        try:
            transaction = _transaction(raw, reverse_path, recipient, smtputf8=smtputf8)
        except UnsafeNotice as unsafe:
            return SubmissionResult(outcome=SubmissionOutcome.REFUSED, reply=printable(f"not offered: {unsafe}"))
        async with self._slots:
            try:
                return await self._offer(transaction)
            except Failed as failed:
                return failed.result

    async def close(self) -> None:
        """Leave every idle session. Those in use are left when their transaction ends."""
        self._transactions_per_connection = 0
        while self._idle:
            session, expiry = self._idle.pop()
            expiry.cancel()
            session.leave()

    async def _offer(self, transaction: Transaction) -> SubmissionResult:
        session = self._reusable()
        if session is not None:
            try:
                return await self._transact(session, transaction)
            except Failed as failed:
                if not failed.lost or failed.stage is not Stage.MAIL:
                    raise
        return await self._transact(await RelaySession.open(self._address, self._timeouts), transaction)

    async def _transact(self, session: RelaySession, transaction: Transaction) -> SubmissionResult:
        try:
            return await session.transact(transaction)
        finally:
            if session.is_usable and session.transactions < self._transactions_per_connection:
                expiry = asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, session)
                self._idle.append((session, expiry))
            else:
                session.leave()

    def _reusable(self) -> RelaySession | None:
        """The session used last, so that the others can grow old."""
        while self._idle:
            session, expiry = self._idle.pop()
            expiry.cancel()
            if session.is_usable:
                return session
            session.leave()
        return None

    def _expire(self, session: RelaySession) -> None:
        self._idle = deque(entry for entry in self._idle if entry[0] is not session)
        session.leave()


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
    line_ends = raw.translate(None, _WITHIN_LINES)
    if line_ends != b"\r\n" * (len(line_ends) // 2):
        raise UnsafeNotice("a bare CR or LF in the message")  # another server could see a second message
    reverse = None if reverse_path == NULL_REVERSE_PATH else addr_spec(reverse_path)
    forward = addr_spec(recipient)
    body = raw.replace(b"\r\n.", b"\r\n..") if b"\r\n." in raw else raw  # to look is cheaper than to replace
    if body.startswith(b"."):
        body = b"." + body
    body += FINAL_DOT if body.endswith(b"\r\n") else b"\r\n" + FINAL_DOT
    return Transaction(
        reverse_path=reverse.text if reverse else "",
        recipient=forward.text,
        smtputf8=smtputf8 or forward.smtputf8 or (reverse is not None and reverse.smtputf8),
        body=body,
    )
