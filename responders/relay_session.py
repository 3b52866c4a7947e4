"""One session with the relay: greeting, TLS, AUTH, then one mail transaction after another.

How an outcome is told (models/submission, threats X-23 to X-31) depends on when a thing
happens, so every step runs under a Stage. What decides most is the final dot: the body is
written without it and drained to the last octet, then the dot is written. Until then a
lost connection means that the relay took nothing (RFC 5321 4.1.1.4: DEFERRED); from the
write of the dot on, silence means that nobody knows (UNKNOWN).

aiosmtplib gives connection, STARTTLS, AUTH and the reply parser by its public methods.
DATA is ours, with the public `protocol.write` and `read_response`; the draining is
asyncio's StreamWriter over its protocol, which is made for that. One private name is
read, `_buffer`: only there stands a reply that nobody asked for yet (tests guard it).
"""

import asyncio
import ssl
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from typing import Literal, Self, cast

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import SMTPConnectError, SMTPException, SMTPResponseException
from aiosmtplib.protocol import SMTPProtocol

from models.submission import SubmissionOutcome, SubmissionResult
from responders.relay_failure import Failed, Stage, printable, refusal

TlsMode = Literal["required", "opportunistic", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """How long to wait, in seconds (RFC 5321 4.5.3.2)."""

    connect: float = 30
    command: float = 300
    final_dot: float = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayAddress:
    """Where the relay is and how we show ourselves; `implicit_tls` is TLS from the first octet (RFC 8314)."""

    host: str
    port: int
    helo: str
    tls: TlsMode = "opportunistic"
    implicit_tls: bool = False
    tls_context: ssl.SSLContext | None = None
    user: str | None = None
    password: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """One mail transaction (RFC 5321 3.3): valid paths, the body as it is on the wire without the final dot."""

    reverse_path: str
    recipient: str
    smtputf8: bool
    body: bytes


class RelaySession:
    """A session that is ready for MAIL. `is_usable` tells whether another transaction may follow."""

    def __init__(self, client: SMTP, timeouts: Timeouts) -> None:
        self._client = client
        self._timeouts = timeouts
        self._writer: asyncio.StreamWriter | None = None
        self._is_clean = True
        self.transactions = 0

    @property
    def is_usable(self) -> bool:
        return self._is_clean and self._client.is_connected

    @property
    def _is_encrypted(self) -> bool:
        transport = self._client.transport
        return transport is not None and transport.get_extra_info("sslcontext") is not None

    @classmethod
    async def open(cls, address: RelayAddress, timeouts: Timeouts) -> Self:
        """Connect, greet, secure, authenticate; raises Failed."""
        try:
            return await cls._open(address, timeouts)
        except Failed as failed:
            # RFC 7435 3: opportunistic TLS that fails falls back to none, but never with credentials
            if failed.stage is not Stage.STARTTLS or address.tls != "opportunistic" or address.user is not None:
                raise
        return await cls._open(replace(address, tls="none"), timeouts)

    @classmethod
    async def _open(cls, address: RelayAddress, timeouts: Timeouts) -> Self:
        client = SMTP(
            hostname=address.host,
            port=address.port,
            local_hostname=address.helo,
            timeout=timeouts.command,
            use_tls=address.implicit_tls,
            start_tls=False,
            tls_context=address.tls_context,
        )
        session = cls(client, timeouts)
        try:
            await session._run(Stage.CONNECT, client.connect(timeout=timeouts.connect))
            await session._run(Stage.EHLO, client.ehlo())
            await session._secure(address)
            await session._authenticate(address)
        except BaseException:
            client.close()
            raise
        return session

    async def _secure(self, address: RelayAddress) -> None:
        """STARTTLS as the mode wants it (RFC 3207; threats A-8: required means never a word in the clear)."""
        if address.implicit_tls or address.tls == "none":
            return
        if self._client.supports_extension("starttls"):
            await self._run(Stage.STARTTLS, self._client.starttls(timeout=self._timeouts.connect))
            await self._run(Stage.EHLO, self._client.ehlo())
        elif address.tls == "required":
            raise Failed(Stage.STARTTLS, SubmissionOutcome.DEFERRED, "the relay offers no TLS and TLS is required")

    async def _authenticate(self, address: RelayAddress) -> None:
        if address.user is None:
            return
        if address.tls != "none" and not self._is_encrypted:
            raise Failed(Stage.AUTH, SubmissionOutcome.DEFERRED, "no TLS, and credentials are not sent without it")
        if not set(self._client.AUTH_METHODS) & set(self._client.server_auth_methods):
            raise Failed(Stage.AUTH, SubmissionOutcome.UNAVAILABLE, "the relay offers no AUTH method we know")
        await self._run(Stage.AUTH, self._client.login(address.user, address.password or ""))

    async def transact(self, transaction: Transaction) -> SubmissionResult:
        """Offer one message to one recipient; SUBMITTED, or Failed is raised."""
        self._is_clean = False
        self.transactions += 1
        options: tuple[bytes, ...] = ()
        if transaction.smtputf8:
            if not self._client.supports_extension("smtputf8"):
                self._is_clean = True
                raise Failed(Stage.MAIL, SubmissionOutcome.REFUSED, "the relay lacks SMTPUTF8, needed for this address")
            options = (b"BODY=8BITMIME", b"SMTPUTF8")  # RFC 6531 3.4 and 3.6
        try:
            await self._ask(Stage.MAIL, b"MAIL", f"FROM:<{transaction.reverse_path}>".encode(), *options)
            await self._ask(Stage.RCPT, b"RCPT", f"TO:<{transaction.recipient}>".encode())
            await self._ask(Stage.DATA, b"DATA", wanted=range(354, 355))
            await self._write_body(transaction.body)
            reply = await self._write_dot()
        except Failed as failed:
            await self._reset(failed)
            raise
        self._is_clean = True
        return SubmissionResult(outcome=SubmissionOutcome.SUBMITTED, reply=printable(f"{reply.code} {reply.message}"))

    def leave(self) -> None:
        """QUIT without waiting: its answer changes nothing (threats M24)."""
        protocol = self._client.protocol
        if self.is_usable and protocol is not None:
            protocol.write(b"QUIT\r\n")
        self._client.close()

    async def _write_body(self, body: bytes) -> None:
        """Everything but the final dot, to the last octet: whatever fails here, the relay has taken nothing."""
        protocol = self._quiet(Stage.BODY)
        try:
            async with asyncio.timeout(self._timeouts.command):
                protocol.write(body)
                await self._drained(protocol)
        except (SMTPException, OSError) as error:
            raise Failed(Stage.BODY, SubmissionOutcome.DEFERRED, _words(error), lost=True) from error

    async def _write_dot(self) -> SMTPResponse:
        protocol = self._quiet(Stage.DOT)
        try:
            protocol.write(b".\r\n")
        except SMTPException as error:  # the connection was gone already: the dot was not written
            raise Failed(Stage.DOT, SubmissionOutcome.DEFERRED, _words(error), lost=True) from error
        try:
            reply = await protocol.read_response(timeout=self._timeouts.final_dot)
        except SMTPResponseException as error:
            raise refusal(Stage.DOT, error.code, error.message) from error
        except (SMTPException, OSError) as error:
            raise Failed(Stage.DOT, SubmissionOutcome.UNKNOWN, _words(error), lost=True) from error
        if reply.code // 100 != 2:
            raise refusal(Stage.DOT, reply.code, reply.message)
        return reply

    def _quiet(self, stage: Stage) -> SMTPProtocol:
        """The protocol, if it is alive and the relay has said nothing out of turn (threats X-31)."""
        protocol = self._client.protocol
        if protocol is None:
            raise Failed(stage, SubmissionOutcome.DEFERRED, "connection lost", lost=True)
        if protocol._buffer:  # noqa: SLF001 - see the module's head
            raise Failed(stage, SubmissionOutcome.DEFERRED, "the relay answered before it was asked", lost=True)
        return protocol

    async def _drained(self, protocol: SMTPProtocol) -> None:
        """Wait until the transport holds nothing back. The writer lives as long as the session: dropped, it closes."""
        if self._writer is None:
            transport = cast(asyncio.WriteTransport, protocol.transport)
            # asyncio's TLS transport pauses at `size >= high`, the plain one at `size > high`
            transport.set_write_buffer_limits(high=1 if self._is_encrypted else 0)
            self._writer = asyncio.StreamWriter(transport, protocol, None, asyncio.get_running_loop())
        await self._writer.drain()

    async def _ask(self, stage: Stage, *words: bytes, wanted: range = range(200, 300)) -> None:
        """One command and its reply; any reply but a wanted one is Failed."""
        self._quiet(stage)
        reply = await self._run(stage, self._client.execute_command(*words))
        if reply.code not in wanted:
            raise refusal(stage, reply.code, reply.message)

    async def _run(self, stage: Stage, step: Coroutine[None, None, SMTPResponse]) -> SMTPResponse:
        try:
            return await step
        except SMTPResponseException as error:
            if isinstance(error, SMTPConnectError):
                stage = Stage.GREETING
            raise refusal(stage, error.code, error.message) from error
        except (SMTPException, OSError, ValueError) as error:
            raise Failed(stage, SubmissionOutcome.DEFERRED, _words(error), lost=True) from error

    async def _reset(self, failed: Failed) -> None:
        """After a refusal the session can go on if the relay forgets the transaction (RFC 5321 4.1.1.5)."""
        if failed.lost or not self._client.is_connected:
            return
        try:
            reply = await self._client.execute_command(b"RSET")
        except (SMTPException, OSError):
            return
        self._is_clean = reply.code == 250


def _words(error: Exception) -> str:
    return str(error) or type(error).__name__
