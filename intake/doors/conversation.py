"""The machinery of one SMTP session: lines in, replies out, deadlines, and an end that loses nothing.

Theory of operation. aiosmtpd gives the protocol object, its session and the task that
serves it; what it does with octets is replaced here, since stock aiosmtpd (1.4.6) grows
without bound, takes LF for a line end, cancels a commit when the client leaves, measures
time in total, and answers our faults with 500 and their text (threats M1 to M8).

*Lines.* A command is read up to LF and must end in CRLF (RFC 5321 2.3.8; A-4).
*Replies* gather and go out in one write when nothing is left to read (RFC 2920 3.2).
*Time.* One timer a session. It fires at the earliest deadline it was told, looks at the
present one, and arms itself again: moving a deadline costs an assignment.
*Blocks.* During DATA octets go from the transport straight to the reader of the message
(transfer.py, data_reader.py); the task sleeps until the end came.
*The end.* EOF is the client's "no more commands", not a cancellation: what it pipelined is
answered first. A lost connection cancels the task, and the task never holds a commit
(reception.py does). A reply may be our last: what is closed after it is drained first, or
the kernel would throw the reply away together with the unread input.
"""

import asyncio
import re
import secrets
import ssl
import traceback

import structlog
from aiosmtpd.smtp import SMTP

from intake.doors.data_reader import DataReader
from intake.doors.incoming import EVERYTHING, STREAM_LIMIT, DoorReader
from intake.doors.reception import Peer, Reception
from intake.doors.transfer import Transfer

log = structlog.get_logger("casegate.smtp")

_REPLY_BUFFER = 4_096
_TRACE_CHARACTERS = 2_000
_FOREIGN = re.compile(
    rb"(?:GET|POST|HEAD|PUT|DELETE|OPTIONS|PATCH|TRACE|CONNECT|PROXY) |PRI \* |[A-Za-z][A-Za-z0-9-]*:|\x16\x03",
    re.IGNORECASE,
)
"""First words of HTTP, of a header field, of PROXY, of TLS: not a mail client (A-6, A-24)."""


class Conversation(SMTP):
    """One session's machinery; subclasses bring the commands.

    The limits and everything shared come from `reception`. Ends by itself: when the client
    leaves, is too slow, errs too often, or when drained.
    """

    greeting = "220 {} ESMTP"
    is_lmtp = False

    def __init__(self, reception: Reception) -> None:
        # aiosmtpd's own __init__ inspects every method for each connection and sets up AUTH,
        # PROXY and hooks, none of which are used here. What its remaining methods need is set
        # below; tests/doors/test_aiosmtpd_internals.py guards the list.
        self.loop = asyncio.get_running_loop()
        self.reception = reception
        self.limits = reception.limits
        self.incoming = DoorReader(limit=STREAM_LIMIT, loop=self.loop)
        super(SMTP, self).__init__(self.incoming, client_connected_cb=self._cb_client_connected, loop=self.loop)
        self.event_handler = None
        self.session = None
        self.envelope = None
        self.transport = None
        self.hostname = reception.hostname
        self._timeout_handle = None
        self._original_transport = None
        self._handler_coroutine = None

        self.peer = Peer(None)
        self.over_tls = False
        self.committing = False
        self.transfer: Transfer | None = None
        self._clear_writer: asyncio.StreamWriter | None = None
        self._gone: asyncio.Future[None] | None = None
        self._replies = bytearray()
        self._hung_up = False
        self._awaiting_command = False
        self._spoken_to = False
        self._errors = 0
        self._idle_commands = 0
        self._until = float("inf")
        self._progress_at = self.loop.time()

    # --- what asyncio tells -------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        transfer = self.transfer
        if transfer is None:
            super().data_received(data)
        elif transfer.ended.done():
            return  # beyond all limits: forgotten until we have closed
        elif transfer.take(data):
            if transfer.is_discarding:
                self._watch()
        elif transfer.ended.result():
            self.transfer = None
            self.incoming.unread(transfer.rest)  # commands after the final dot (RFC 2920 3.1)

    def eof_received(self) -> bool:
        """The client will send no more; it may still read (a half-closed connection)."""
        self.incoming.feed_eof()
        if self.transfer is not None:
            self.transfer.cut()
        if self._gone is not None and not self._gone.done():
            self._gone.set_result(None)
        return not self.over_tls  # TLS cannot be half closed

    def connection_lost(self, error: Exception | None) -> None:
        self.reception.leave(self)
        if self._timeout_handle is None:
            self._timeout_handle = self.loop.call_later(0, _nothing)  # aiosmtpd cancels one
        super().connection_lost(error)

    def _reset_timeout(self, duration: float | None = None) -> None:
        self.allow(duration or self.limits.command_seconds)

    def forget_transaction(self) -> None:
        """A mail transaction has ended or was given up."""

    def _set_rset_state(self) -> None:  # aiosmtpd calls it for each connection
        self.forget_transaction()

    # --- the dialogue -------------------------------------------------------------------

    async def perform(self, verb: str, argument: str) -> None:
        """Answer one command; `argument` is decoded with surrogateescape."""
        raise NotImplementedError

    async def _handle_client(self) -> None:
        try:
            await self._greet()
            while not self._hung_up:
                await self._answer_one_command()
        except (OSError, asyncio.IncompleteReadError):
            pass  # the client is gone; whatever it was promised is in the store
        finally:
            self._close()

    async def _greet(self) -> None:
        self.peer = self.reception.peer_at(self._writer.get_extra_info("peername"))
        if self.reception.draining or not self.reception.admit(self):
            self.hang_up("421 4.3.2 Too busy; try again later")
            return
        if not (self.peer.is_trusted or self.is_lmtp):
            await asyncio.sleep(0)  # what was sent before we spoke has arrived by now
            if self.incoming.pending:
                self.out_of_step("banner")
                return
        self.reply(self.greeting.format(self.hostname))

    async def _answer_one_command(self) -> None:
        line = await self._read_command()
        if line is None:
            return
        verb, _, argument = line.decode("utf-8", errors="surrogateescape").partition(" ")
        try:
            await self.perform(verb.upper(), argument.strip(" "))
        except (ConnectionError, asyncio.IncompleteReadError):
            raise
        except Exception as error:  # noqa: BLE001 - M1: our own bug is never the sender's
            await self.push(await self.handle_exception(error))

    async def _read_command(self) -> bytes | None:
        """The next command without its CRLF, or None when it was answered (or is not to be) already."""
        now = self.loop.time()
        self.allow_until(min(now + self.limits.command_seconds, self._progress_at + self.limits.session_seconds))
        if self._replies and (len(self._replies) > _REPLY_BUFFER or not self.incoming.has_line):
            await self.flush()
        if self.reception.draining:
            self.hang_up("421 4.3.2 Closing; try again later")
            return None
        self._awaiting_command = True
        try:
            line = await self.incoming.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            line = await self._skip_line()
        finally:
            self._awaiting_command = False
        if not self._spoken_to and _FOREIGN.match(line):
            self._leave_foreigner()
            return None
        self._spoken_to = True
        if len(line) > self.limits.command_bytes:
            self.reply("500 5.5.2 Line too long")
        elif not line.endswith(b"\r\n"):
            self.reply("500 5.5.2 Lines end in CRLF")
        else:
            return line[:-2]
        return None

    async def _skip_line(self) -> bytes:
        """Read an endless line to its end, keeping its beginning; the deadline bounds it."""
        start = b""
        while True:
            try:
                line = await self.incoming.readuntil(b"\n")
            except asyncio.LimitOverrunError as overrun:
                block = await self.incoming.read(overrun.consumed)
                start = start or block
            else:
                return start + line

    async def handle_exception(self, error: Exception) -> str:
        """The reply to any fault of ours: temporary, and nothing of it on the wire (M1, A-19)."""
        incident = secrets.token_hex(4)
        trace = "".join(traceback.format_exception(error))[-_TRACE_CHARACTERS:]
        log.error("smtp.fault", incident=incident, peer=self.peer.address, error=type(error).__name__, trace=trace)
        return f"451 4.3.0 Temporary internal error (incident {incident})"

    async def receive(self, reader: DataReader) -> bool:
        """Invite a message and read it. False when it is beyond all limits and its end did not come.

        Raises ConnectionResetError when the client left before the end of data: then there
        is no message (RFC 5321 4.1.1.4). The clock stands still when this returns.
        """
        self.allow_until(float("inf"))
        transfer = self.transfer = Transfer(reader, self.limits, self.loop)
        if self.incoming.pending:  # only trusted clients come here with some
            self.data_received(await self.incoming.read(EVERYTHING))
        if self.incoming.at_eof():
            transfer.cut()
        self.reply("354 End data with <CR><LF>.<CR><LF>")
        await self.flush()
        self._watch()
        ended = await transfer.ended
        if not ended and not reader.overrun:
            log.info("smtp.lost", peer=self.peer.address, octets=reader.received)
            raise ConnectionResetError
        return ended

    async def shake_hands(self, context: ssl.SSLContext) -> bool:
        """Go on over TLS, or say that the handshake failed or took too long; then the connection is closed."""
        clear = self._clear_writer = self._writer  # kept: asyncio's writers close what they wrote to when they go
        self.allow_until(float("inf"))  # the handshake has a deadline of its own
        try:
            # the public way; aiosmtpd's own STARTTLS builds on private parts of asyncio.sslproto
            secured = await self.loop.start_tls(
                clear.transport, self, context, server_side=True, ssl_handshake_timeout=self.limits.command_seconds
            )
            if secured is not None and not clear.is_closing():  # aborted half-way: asyncio says None, uvloop nothing
                self.transport = secured
                self._writer = asyncio.StreamWriter(secured, self, self.incoming, self.loop)
                self.over_tls = True
        except OSError:
            pass  # ssl.SSLError is one
        finally:
            if not self.over_tls:
                clear.transport.abort()
                self.reception.leave(self)  # asyncio then tells us of no lost connection
        return self.over_tls

    # --- replies ------------------------------------------------------------------------

    def reply(self, *lines: str) -> None:
        """Say something; it leaves when there is nothing more to read. Counts errors (A-11)."""
        for line in lines:
            self._replies += line.encode("ascii") + b"\r\n"
        if lines[-1].startswith("5"):
            self._errors += 1
            if self._errors >= self.limits.errors and not self._hung_up:
                log.warning("smtp.errors", peer=self.peer.address)
                self.hang_up("421 4.7.0 Too many errors")

    async def push(self, status: str | bytes) -> None:
        """aiosmtpd's way to reply; used by what is left of it."""
        self.reply(status if isinstance(status, str) else status.decode("ascii"))

    async def flush(self) -> None:
        """Send what was said, and wait while the client does not read it (the deadline runs)."""
        octets = bytes(self._replies)
        self._replies.clear()
        self._writer.write(octets)
        await self._writer.drain()

    def stop(self) -> None:
        """End the session after what was said so far."""
        self._hung_up = True

    def hang_up(self, *lines: str) -> None:
        """Say the last word and end the session."""
        self.stop()
        self.reply(*lines)

    def out_of_step(self, where: str) -> None:
        """Input came before it was invited: somebody talks through the client (A-5, RFC 2920 3.1)."""
        if not self._spoken_to and _FOREIGN.match(self.incoming.beginning):
            self._leave_foreigner()
            return
        log.warning("smtp.sync", peer=self.peer.address, where=where)
        self.hang_up("554 5.5.0 SMTP protocol synchronization")

    def _leave_foreigner(self) -> None:
        """Not a mail client: close, and not one octet of what it said goes back (A-6)."""
        log.warning("smtp.nonsmtp", peer=self.peer.address)
        self._hung_up = True

    def count_idle_command(self) -> None:
        """Count a command that moves nothing forward (A-11)."""
        self._idle_commands += 1
        if self._idle_commands > self.limits.idle_commands:
            log.warning("smtp.idle", peer=self.peer.address)
            self.hang_up("421 4.7.0 Too many commands without mail")

    def made_progress(self) -> None:
        """A message was accepted: patience begins anew (after Postfix, which forgets errors then)."""
        self._errors = self._idle_commands = 0
        self._progress_at = self.loop.time()

    # --- time ---------------------------------------------------------------------------

    def allow(self, seconds: float) -> None:
        """Let the client take so long from now."""
        self.allow_until(self.loop.time() + seconds)

    def allow_until(self, deadline: float) -> None:
        """Let the client take until then, on the loop's clock; infinity stops the clock."""
        self._until = deadline
        self._watch()

    def deadline(self) -> float:
        """The present deadline. During a commit there is none (M2)."""
        return self.transfer.deadline() if self.transfer else self._until

    def expire(self) -> None:
        """The deadline has passed."""
        log.warning("smtp.slow", peer=self.peer.address)
        self.farewell("421 4.4.2 Timeout")

    def _watch(self) -> None:
        deadline = self.deadline()
        if self._timeout_handle is not None:
            if self._timeout_handle.when() <= deadline:
                return  # it fires earlier, looks, and comes back
            self._timeout_handle.cancel()
            self._timeout_handle = None
        if deadline != float("inf"):
            self._timeout_handle = self.loop.call_at(deadline, self._tick)

    def _tick(self) -> None:
        self._timeout_handle = None
        if self.loop.time() < self.deadline():
            self._watch()
        else:
            self.expire()

    # --- the end ------------------------------------------------------------------------

    def drain(self) -> None:
        """The door closes: a session that waits for a command ends, one in DATA goes on (RFC 5321 3.8)."""
        if self._awaiting_command:
            self.farewell("421 4.3.2 Closing; try again later")

    def abort(self) -> None:
        """End now, whatever is being said."""
        self._writer.transport.abort()

    def farewell(self, *lines: str) -> None:
        """Say the last word from outside the session's task, and end it; a second time, at once."""
        if self._hung_up:
            self.abort()
        else:
            self.hang_up(*lines)
            self._close()

    async def linger(self) -> None:
        """Read and forget until the client has read our last word and left, for a short while."""
        await self.flush()
        if self._writer.can_write_eof():
            self._gone = self.loop.create_future()
            self._writer.write_eof()
            self.loop.call_later(self.limits.farewell_seconds, self.eof_received)
            await self._gone

    def _close(self) -> None:
        transport = self._writer.transport
        if transport.is_closing():
            return
        if self._replies:
            transport.write(bytes(self._replies))
            self._replies.clear()
        transport.close()
        if transport.get_write_buffer_size():  # a client that never reads must not keep us
            self.loop.call_later(self.limits.farewell_seconds, transport.abort)


def _nothing(*_: object) -> None:
    """Forget it."""
