"""The SMTP and LMTP door: the commands of RFC 5321 and RFC 2033, up to "your message is stored".

What a session promises. A message answered 250 is durably in our database, since the reply
is made from the inbox id that `acceptance.accept` gives after its commit (RFC 5321 6.1).
A session waits for that behind a shield: a client that leaves after the final dot, a deadline
or a closing door end the session, never the commit (M2, A-20). Whatever goes wrong on our side
is a 451 and an incident number (M1). Refused for good are unknown recipients, syntax and
size; nothing is judged here (contract 4).

Who is trusted. Listed relays, and programs that come by a Unix socket, are part of our own
mail system: they may name the client they speak for (XFORWARD), their messages may hold a
lone CR or LF, and what they pipeline is taken as it comes. LMTP is spoken by such programs
only and is as lenient, but naming clients over TCP needs a listed relay.

Pipelining. MAIL, RCPT, DATA may come in one go (RFC 2920), and the next MAIL right after
the final dot. What a stranger may not do is to send anything after EHLO, HELO or DATA
before our reply, or before our greeting: mail programs wait there, while smugglers and
HTTP clients made to speak SMTP do not (A-5; Postfix has refused the same by default since
3.9). After STARTTLS such input is discarded, as RFC 3207 wants it (A-7).

Null reverse path. One recipient (A-17): a DSN goes to one address.

Not offered, on purpose: AUTH (this is no submission service), CHUNKING (it needs a second
end of message, A-25), DSN, VRFY's answer, PROXY and XCLIENT (A-24).
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from typing import Final

import structlog

from intake.doors import xforward
from intake.doors.conversation import Conversation
from intake.doors.data_reader import DataReader, Fate
from intake.doors.incoming import EVERYTHING
from intake.doors.paths import PathError, forward_path, reverse_path
from intake.doors.reception import Reception
from intake.doors.spool import Spool
from models.mail import LOCAL, NULL_REVERSE_PATH, Envelope, Route

log = structlog.get_logger("casegate.smtp")

_HELO_CHARACTERS: Final = 255


class _Transaction:
    """One mail transaction (RFC 5321 3.3) as far as it got."""

    __slots__ = ("forward_paths", "reverse_path", "smtputf8")

    def __init__(self) -> None:
        self.reverse_path: str | None = None
        self.smtputf8 = False
        self.forward_paths: list[str] = []
        """Accepted ones, in order, repetitions included: LMTP owes a reply for each."""


class MailSession(Conversation):
    """An SMTP session: one client's commands, one connection."""

    def __init__(self, reception: Reception) -> None:
        self._transaction = _Transaction()
        self._helo: str | None = None
        self._named_client: xforward.NamedClient | None = None
        super().__init__(reception)

    async def perform(self, verb: str, argument: str) -> None:
        command = self.commands.get(verb)
        if command is None:
            self.reply("500 5.5.1 Command not recognised")
        else:
            await command(self, argument)

    def forget_transaction(self) -> None:
        self._transaction = _Transaction()
        self._named_client = None  # holds for one transaction (Postfix XFORWARD_README)

    @property
    def _may_name_clients(self) -> bool:
        return self.peer.is_trusted

    @property
    def _is_trusted(self) -> bool:
        return self.peer.is_trusted or self.is_lmtp

    # --- who speaks -----------------------------------------------------------------------

    async def smtp_HELO(self, hostname: str) -> None:  # noqa: N802 - aiosmtpd's names
        if self._greets(hostname):
            self.reply(f"250 {self.hostname}")

    async def smtp_EHLO(self, hostname: str) -> None:  # noqa: N802
        if not self._greets(hostname):
            return
        offers = [self.hostname, "PIPELINING", f"SIZE {self.reception.max_message_bytes}", "8BITMIME", "SMTPUTF8"]
        if self.reception.tls_context and not self.over_tls:
            offers.append("STARTTLS")
        if self._may_name_clients:
            offers.append("XFORWARD " + " ".join(xforward.ATTRIBUTES))
        offers.append("ENHANCEDSTATUSCODES")
        self.reply(*[f"250-{offer}" for offer in offers[:-1]], f"250 {offers[-1]}")

    def _greets(self, hostname: str) -> bool:
        if self.incoming.pending and not self._is_trusted:
            self.out_of_step("EHLO")
            return False
        if not (hostname.isascii() and hostname.isprintable() and 0 < len(hostname) <= _HELO_CHARACTERS):
            self.reply("501 5.5.4 Syntax: EHLO hostname")
            return False
        self.forget_transaction()  # RFC 5321 4.1.4
        self._helo = hostname
        return True

    async def smtp_XFORWARD(self, arg: str) -> None:  # noqa: N802
        if not self._may_name_clients:
            log.warning("smtp.xforward_denied", peer=self.peer.address)
            self.reply("550 5.7.1 Not a listed relay")
        elif self._transaction.reverse_path is not None:
            self.reply("503 5.5.1 Mail transaction in progress")
        else:
            try:
                self._named_client = xforward.updated(self._named_client, arg)
            except xforward.XforwardError as refusal:
                self.reply(str(refusal))
            else:
                self.reply("250 2.0.0 Ok")

    async def smtp_STARTTLS(self, arg: str) -> None:  # noqa: N802
        if arg:
            self.reply("501 5.5.4 STARTTLS takes no argument")
        elif self.reception.tls_context is None or self.over_tls:
            self.reply("502 5.5.1 STARTTLS is not offered")
        else:
            self.reply("220 2.0.0 Ready to start TLS")
            await self._start_tls(self.reception.tls_context)

    async def _start_tls(self, context: ssl.SSLContext) -> None:
        await self.flush()
        if self.incoming.pending:
            log.warning("smtp.tls_inject", peer=self.peer.address, octets=self.incoming.pending)
            await self.incoming.read(EVERYTHING)
        if not await self.shake_hands(context):
            log.info("smtp.tls_failed", peer=self.peer.address)
            raise ConnectionResetError
        self.forget_transaction()  # RFC 3207 4.2: nothing said in the clear counts
        self._helo = None

    # --- the transaction --------------------------------------------------------------------

    async def smtp_MAIL(self, arg: str | None) -> None:  # noqa: N802
        if self._helo is None:
            self.reply("503 5.5.1 EHLO first")
            return
        if self._transaction.reverse_path is not None:
            self.reply("503 5.5.1 Mail transaction in progress")
            return
        try:
            path = reverse_path(arg or "", max_bytes=self.reception.max_message_bytes)
        except PathError as refusal:
            self._refuse("MAIL", str(refusal))
            return
        if self.reception.acceptance.paused:
            self.reply("451 4.3.2 Intake is paused; try again later")
        elif not self.reception.acceptance.has_room():
            log.warning("smtp.disk_low", peer=self.peer.address)
            self.reply("452 4.3.1 Not enough room; try again later")
        else:
            self._transaction.reverse_path = path.text
            self._transaction.smtputf8 = "SMTPUTF8" in path.parameters
            self.reply("250 2.1.0 Ok")

    async def smtp_RCPT(self, arg: str | None) -> None:  # noqa: N802
        transaction = self._transaction
        if transaction.reverse_path is None:
            self.reply("503 5.5.1 MAIL first")
            return
        try:
            path = forward_path(arg or "", smtputf8=transaction.smtputf8).text
        except PathError as refusal:
            self._refuse("RCPT", str(refusal))
            return
        if self.reception.addresses.recognise(path) is None:
            log.info("smtp.rcpt_unknown", peer=self.peer.address)
            self.reply("550 5.1.1 No such address here")  # never a relay
        elif len(transaction.forward_paths) >= self.limits.recipients:
            self.reply("452 4.5.3 Too many recipients")  # RFC 5321 4.5.3.1.10
        elif transaction.reverse_path == NULL_REVERSE_PATH and {*transaction.forward_paths} - {path}:
            self._refuse("RCPT", "550 5.7.1 One recipient for a null reverse path")
        else:
            transaction.forward_paths.append(path)
            self.reply("250 2.1.5 Ok")

    def _refuse(self, verb: str, reply: str) -> None:
        log.info("smtp.refused", verb=verb, reply=reply, peer=self.peer.address)
        self.reply(reply)

    async def smtp_RSET(self, arg: str | None) -> None:  # noqa: ARG002, N802
        self.forget_transaction()
        self.reply("250 2.0.0 Ok")
        self.count_idle_command()

    # --- DATA -------------------------------------------------------------------------------

    async def smtp_DATA(self, arg: str | None) -> None:  # noqa: N802
        transaction = self._transaction
        if transaction.reverse_path is None:
            self.reply("503 5.5.1 MAIL first")
        elif not transaction.forward_paths:
            self.reply("503 5.5.1 No valid recipients")  # RFC 5321 3.3, RFC 2033 4.2
        elif arg:
            self.reply("501 5.5.4 DATA takes no argument")
        elif self.incoming.pending and not self._is_trusted:
            self.out_of_step("DATA")
        else:
            await self._take_message(transaction)

    async def _take_message(self, transaction: _Transaction) -> None:
        spool = Spool(self.reception.spool_directory, self.limits.spool_memory_bytes)
        reader = DataReader(spool, max_bytes=self.reception.max_message_bytes, keep_bare=self._is_trusted)
        try:
            ended = await self.receive(reader)
        except BaseException:
            spool.close()
            self.stop()  # nobody knows where the message ends: what follows is no command
            raise
        if ended and reader.fate is Fate.WHOLE:
            reply = await self._store(self._envelope(transaction, reader), spool)
        else:
            spool.close()
            reply = self._refusal(reader)
        if ended:
            self.reply(*self._answers(reply))
        else:  # what follows is no command
            self.hang_up(*self._answers(reply))
            await self.linger()

    async def _store(self, envelope: Envelope, spool: Spool) -> str:
        """Hand the message over and say how that went; the spool is closed when the commit has ended."""
        try:
            content = spool.rewound()
        except OSError:
            spool.close()
            return _REFUSALS[Fate.NO_ROOM][1]
        commit = self.reception.acceptance.accept(envelope, content, spool.size)
        self.reception.keep(commit, spool)
        self.committing = True
        try:
            inbox_id = await asyncio.shield(commit)
        except asyncio.CancelledError:
            log.info("smtp.reply_unsent", peer=self.peer.address)  # it may be offered again
            raise
        except Exception as error:  # noqa: BLE001 - M1: AcceptanceError, or a bug of ours: 451 either way
            return await self.handle_exception(error)
        finally:
            self.committing = False
        self.made_progress()
        return f"250 2.0.0 Accepted as {inbox_id}"

    def _refusal(self, reader: DataReader) -> str:
        event, reply = _REFUSALS[reader.fate]
        log.warning(event, octets=reader.received, peer=self.peer.address)
        return reply

    def _answers(self, reply: str) -> list[str]:
        """End the transaction: one reply, in LMTP one for each accepted recipient, in order (RFC 2033 4.2)."""
        replies = [reply] * len(self._transaction.forward_paths) if self.is_lmtp else [reply]
        self.forget_transaction()
        return replies

    def expire(self) -> None:
        if self.transfer is not None and self.transfer.is_discarding:
            self.farewell(*self._answers(self._refusal(self.transfer.reader)))
        else:
            super().expire()

    def _envelope(self, transaction: _Transaction, reader: DataReader) -> Envelope:
        named = self._named_client
        peer = None if self.peer.is_relay else self.peer.address
        return Envelope(
            route=self.route,
            reverse_path=transaction.reverse_path or NULL_REVERSE_PATH,
            forward_paths=tuple(dict.fromkeys(transaction.forward_paths)),
            peer=named.address if named else peer,
            relay=(self.peer.address or LOCAL) if self.peer.is_trusted else None,
            helo=named.helo if named else self._helo,
            smtputf8=transaction.smtputf8,
            bare_line_ends=reader.bare_line_ends,
        )

    # --- what moves nothing -----------------------------------------------------------------

    async def smtp_NOOP(self, arg: str) -> None:  # noqa: ARG002, N802
        self.reply("250 2.0.0 Ok")
        self.count_idle_command()

    async def smtp_VRFY(self, arg: str) -> None:  # noqa: ARG002, N802
        self.reply("252 2.5.0 Send some mail, and see")  # RFC 5321 7.3, A-18
        self.count_idle_command()

    async def smtp_HELP(self, arg: str) -> None:  # noqa: ARG002, N802
        self.reply("214 2.0.0 See RFC 5321")
        self.count_idle_command()

    async def smtp_QUIT(self, arg: str) -> None:  # noqa: ARG002, N802
        self.hang_up("221 2.0.0 Bye")

    async def not_offered(self, arg: str) -> None:  # noqa: ARG002
        self.reply("502 5.5.1 Not offered")

    route = Route.SMTP
    commands: dict[str, "Command"]


class LocalMailSession(MailSession):
    """The same by LMTP (RFC 2033): LHLO instead of EHLO, a reply for each recipient."""

    greeting = "220 {} LMTP"
    is_lmtp = True
    route = Route.LMTP


Command = Callable[[MailSession, str], Awaitable[None]]

_COMMANDS: Final[dict[str, Command]] = {
    "MAIL": MailSession.smtp_MAIL,
    "RCPT": MailSession.smtp_RCPT,
    "DATA": MailSession.smtp_DATA,
    "RSET": MailSession.smtp_RSET,
    "NOOP": MailSession.smtp_NOOP,
    "VRFY": MailSession.smtp_VRFY,
    "HELP": MailSession.smtp_HELP,
    "QUIT": MailSession.smtp_QUIT,
    "STARTTLS": MailSession.smtp_STARTTLS,
    "XFORWARD": MailSession.smtp_XFORWARD,
    **dict.fromkeys(("AUTH", "BDAT", "ETRN", "EXPN", "TURN", "XCLIENT"), MailSession.not_offered),
}
MailSession.commands = _COMMANDS | {"HELO": MailSession.smtp_HELO, "EHLO": MailSession.smtp_EHLO}
LocalMailSession.commands = _COMMANDS | {"LHLO": MailSession.smtp_EHLO}

_REFUSALS: Final = {
    Fate.TOO_BIG: ("smtp.too_big", "552 5.3.4 Message is larger than we take"),
    Fate.BARE_LINE_END: ("smtp.bare_eol", "550 5.5.2 Message has a bare CR or LF"),  # contract 4
    Fate.NO_ROOM: ("smtp.disk_low", "452 4.3.1 Not enough room; try again later"),
}
"""What became of a message that is not handed over: the event in the log, and the reply."""
