"""One session with the relay: greeting, TLS, AUTH, then one mail transaction after another.

How an outcome is told (models/submission, threats X-23 to X-31) depends on when a thing
happens, so every step runs under a Stage. What decides most is the final dot: until the
kernel has it, a lost connection means that the relay took nothing (RFC 5321 4.1.1.4:
DEFERRED); from then on, silence means that nobody knows (UNKNOWN).

A relay that offers PIPELINING (RFC 2920) is told MAIL, RCPT and DATA in one segment, and
these of the next notice behind the final dot of the last one (3.1): one round trip a
notice, not five. Replies are read in order, and the first refusal is the outcome. Should
DATA be granted all the same, the session is given up: a body without a recipient, even an
empty one, is never sent.

aiosmtplib opens the session by its public methods; then the connection is a Wire's. One
private name is read, `_buffer`: only there stands a reply that nobody asked for yet (tests
guard it).
"""

import asyncio
import ssl
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, replace
from typing import Final, Literal, Self, cast

from aiosmtplib import SMTP, SMTPResponse
from aiosmtplib.errors import SMTPConnectError, SMTPException, SMTPResponseException

from models.submission import SubmissionOutcome, SubmissionResult
from responders.relay_failure import Failed, Stage, printable, refusal
from responders.relay_wire import Malformed, Reply, Wire

FINAL_DOT: Final = b".\r\n"
SHORT_BODY: Final = 32_768
"""Octets of a body that is written together with its dot; every kernel's buffer holds as many."""
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
    """One mail transaction (RFC 5321 3.3): valid paths, the body as it is on the wire with the final dot."""

    reverse_path: str
    recipient: str
    smtputf8: bool
    body: bytes


class RelaySession:
    """A session that is ready for MAIL. `is_usable` tells whether another transaction may follow."""

    def __init__(self, client: SMTP, timeouts: Timeouts) -> None:
        self._client = client
        self._timeouts = timeouts
        self._wire: Wire
        self._pipelines = False
        self._announced: Transaction | None = None
        self._unanswered = 0
        self._is_clean = True
        self.transactions = 0

    @property
    def is_usable(self) -> bool:
        """Whether any transaction may come next."""
        return self._is_clean and self._wire.is_open and self._announced is None and not self._wire.has_unread

    @property
    def is_whole(self) -> bool:
        """Whether some transaction may come next, if only the one that is announced."""
        return self.is_usable or (self._is_clean and self._wire.is_open and self._announced is not None)

    def is_ready_for(self, transaction: Transaction) -> bool:
        """Whether this transaction may come next."""
        return self.is_usable or (self.is_whole and self._announced is transaction)

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
            session._take_over()
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

    def _take_over(self) -> None:
        """The session is open: its connection is ours."""
        protocol, transport = self._client.protocol, self._client.transport
        if protocol is None or transport is None or transport.is_closing():
            raise Failed(Stage.MAIL, SubmissionOutcome.DEFERRED, "connection lost", lost=True)
        unread = bytes(protocol._buffer)  # noqa: SLF001 - see the module's head
        self._wire = Wire(cast(asyncio.Transport, transport), unread)
        self._pipelines = self._client.supports_extension("pipelining")

    async def transact(
        self, transaction: Transaction, following: Callable[[], Transaction | None] = lambda: None
    ) -> SubmissionResult:
        """Offer one message to one recipient; SUBMITTED, or Failed is raised.

        `following` tells what this session will offer next; it is asked when that can be announced.
        """
        self.transactions += 1
        if not self._can_take(transaction):
            raise Failed(Stage.MAIL, SubmissionOutcome.REFUSED, "the relay lacks SMTPUTF8, needed for this address")
        self._is_clean = False
        try:
            await self._command(transaction)
            await self._give(transaction.body, self._announcement(following))
            reply = await self._answer_to_dot()
        except Failed as failed:
            await self._reset(failed)
            raise
        self._is_clean = True
        return SubmissionResult(outcome=SubmissionOutcome.SUBMITTED, reply=printable(f"{reply.code} {reply.text}"))

    def _can_take(self, transaction: Transaction) -> bool:
        return not transaction.smtputf8 or self._client.supports_extension("smtputf8")

    def _announcement(self, following: Callable[[], Transaction | None]) -> bytes:
        """The commands of what follows, empty where they must wait."""
        announced = following() if self._pipelines else None
        if announced is None or not self._can_take(announced):
            return b""
        self._announced = announced
        return b"".join(_commands(announced).values())

    def abandon(self) -> None:
        """Break off whatever is under way."""
        self._wire.abort()

    def leave(self) -> None:
        """QUIT where that is an answer to something; else nothing that is held back may be sent any more."""
        if self.is_usable:
            self._wire.leave(b"QUIT\r\n")
        else:
            self._wire.abort()
        self._client.close()

    def _write(self, stage: Stage, octets: bytes | memoryview) -> None:
        """Write, if the connection is alive and the relay has said nothing out of turn (threats X-31)."""
        if self._wire.has_unread:
            raise Failed(stage, SubmissionOutcome.DEFERRED, "the relay answered before it was asked", lost=True)
        try:
            self._wire.write(octets)
        except OSError as error:
            raise Failed(stage, SubmissionOutcome.DEFERRED, _words(error), lost=True) from error

    async def _command(self, transaction: Transaction) -> None:
        """Give the commands, all at once where the relay takes that (RFC 2920), and demand the wanted replies."""
        commands = _commands(transaction)
        if self._pipelines and self._announced is None:
            self._write(Stage.MAIL, b"".join(commands.values()))
        self._announced = None
        self._unanswered = len(commands) if self._pipelines else 0
        for stage, command in commands.items():
            if not self._pipelines:
                self._write(stage, command)
                self._unanswered = 1
            await self._answer(stage)

    async def _answer(self, stage: Stage) -> None:
        """The reply to the command of this stage; any but a wanted one is Failed."""
        try:
            reply = await self._next_reply()
        except (OSError, Malformed) as error:
            raise Failed(stage, SubmissionOutcome.DEFERRED, _words(error), lost=True) from error
        is_wanted = reply.code == 354 if stage is Stage.DATA else reply.code // 100 == 2
        if not is_wanted:
            raise refusal(stage, reply.code, reply.text)

    async def _give(self, body: bytes, announcement: bytes) -> None:
        """The body, the final dot and what is announced behind it.

        A body that may not fit into the kernel's buffer goes without its dot: a relay that
        answers in the midst of it shall never see the end.
        """
        if len(body) > SHORT_BODY:
            self._write(Stage.BODY, memoryview(body)[: -len(FINAL_DOT)])
            await self._drained(Stage.BODY)
            self._write(Stage.DOT, FINAL_DOT + announcement)
            await self._drained(Stage.DOT, has_dot=bool(announcement))
        else:
            self._write(Stage.BODY, body + announcement)
            await self._drained(Stage.BODY, has_dot=bool(announcement))

    async def _next_reply(self) -> Reply:
        reply = await self._wire.reply(self._timeouts.command)
        self._unanswered -= 1
        return reply

    async def _drained(self, stage: Stage, *, has_dot: bool = False) -> None:
        """Wait until the kernel has everything. If it fails, it never had the last octet, and nothing was taken.

        `has_dot`: something stands behind the dot, so that the kernel may have had that.
        """
        try:
            await self._wire.drained(self._timeouts.command)
        except OSError as error:
            outcome = SubmissionOutcome.UNKNOWN if has_dot else SubmissionOutcome.DEFERRED
            raise Failed(stage, outcome, _words(error), lost=True) from error

    async def _answer_to_dot(self) -> Reply:
        try:
            reply = await self._wire.reply(self._timeouts.final_dot)
        except Malformed as error:
            raise Failed(Stage.DOT, SubmissionOutcome.DEFERRED, _words(error), lost=True) from error
        except OSError as error:
            raise Failed(Stage.DOT, SubmissionOutcome.UNKNOWN, _words(error), lost=True) from error
        if reply.code // 100 != 2:
            raise refusal(Stage.DOT, reply.code, reply.text)
        return reply

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
        """After a refusal the session can go on if the relay forgets the transaction (RFC 5321 4.1.1.5).

        What was said after the refused command is answered first. What follows was announced
        behind a final dot, and with that the relay has forgotten by itself (4.1.1.4).
        """
        if failed.lost:
            return
        if self._announced is not None:
            self._is_clean = True
            return
        try:
            while self._unanswered:
                if (await self._next_reply()).code == 354:
                    return
            self._write(Stage.MAIL, b"RSET\r\n")
            reply = await self._wire.reply(self._timeouts.command)
        except (OSError, Malformed, Failed):
            return
        self._is_clean = reply.code == 250


def _commands(transaction: Transaction) -> Mapping[Stage, bytes]:
    """What comes before the body; DATA must be the last of its group (RFC 2920 3.1)."""
    options = " BODY=8BITMIME SMTPUTF8" if transaction.smtputf8 else ""  # RFC 6531 3.4 and 3.6
    return {
        Stage.MAIL: f"MAIL FROM:<{transaction.reverse_path}>{options}\r\n".encode(),
        Stage.RCPT: f"RCPT TO:<{transaction.recipient}>\r\n".encode(),
        Stage.DATA: b"DATA\r\n",
    }


def _words(error: Exception) -> str:
    match error:
        case Malformed():
            return f"malformed reply: {error}"
        case TimeoutError():
            return "no answer in time"
        case _:
            return str(error) or type(error).__name__
