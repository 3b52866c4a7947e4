"""The connection of a session that is ready for MAIL: octets out, replies in.

aiosmtplib opens a session (greeting, EHLO, STARTTLS, AUTH) and lends its transport; from
then on this protocol has it. It may hold several replies, because commands are sent in
groups (RFC 2920), and it tells when every octet that was written has left this process,
because the outcome of an offer depends on whether the final dot has (threats X-27, X-28).

One timer serves all waits: it fires at the earliest end it was told, looks at the present
one, and arms itself again, so that an answer in time costs none.
"""

import asyncio
import re
from typing import Final, NamedTuple

_REPLY_OCTETS: Final = 65_536
"""Longest reply that is read (threats X-31)."""
_LINE: Final = re.compile(rb"(\d\d\d)(?:([ -])([^\n]*))?\r?\n")  # RFC 5321 4.2.1; a bare code is a reply, too


class Reply(NamedTuple):
    """What the relay answered: a code and its words, those of many lines with a line end between them."""

    code: int
    text: str


class Malformed(ValueError):
    """What the relay said is no reply."""


class Wire(asyncio.Protocol):
    """One connection. Its octets are what is written, its replies are read once each, in order."""

    def __init__(self, transport: asyncio.Transport, unread: bytes) -> None:
        """Take over `transport`; `unread` is what was received and belongs to no reply that was asked for."""
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._unread = bytearray(unread)
        self._news: asyncio.Future[None] | None = None
        self._until = float("inf")
        self._timer: asyncio.TimerHandle | None = None
        self._is_holding_back = False
        self._is_lost = False
        # Writing pauses as soon as anything is held back; asyncio's TLS transport does so at
        # `size >= high`, the plain one at `size > high`.
        transport.set_write_buffer_limits(high=1 if transport.get_extra_info("sslcontext") is not None else 0)
        transport.set_protocol(self)

    @property
    def is_open(self) -> bool:
        return not self._is_lost and not self._transport.is_closing()

    @property
    def has_unread(self) -> bool:
        """Whether the relay has said something that nobody has read yet."""
        return bool(self._unread)

    def write(self, octets: bytes | memoryview) -> None:
        """Give octets to the kernel, and to the transport what does not fit. Raises OSError: none of them was sent."""
        if self.is_open:
            self._transport.write(octets)
        if not self.is_open:  # it fails at once where the connection is gone
            raise ConnectionResetError("connection lost")

    async def drained(self, seconds: float) -> None:
        """Wait until the kernel has all that was written. Raises OSError: it never had the last octets."""
        until = self._loop.time() + seconds
        while self._is_holding_back:
            await self._something(until)

    async def reply(self, seconds: float) -> Reply:
        """The next reply. Raises OSError when none comes, Malformed when what comes is none."""
        until = self._loop.time() + seconds
        while (reply := self._parsed()) is None:
            await self._something(until)
        return reply

    def leave(self, farewell: bytes) -> None:
        """Say a last word and close; its answer changes nothing (threats M24)."""
        if self.is_open:
            self._transport.write(farewell)
            self._transport.close()

    def abort(self) -> None:
        """Close at once: nothing that is held back may be sent any more."""
        self._transport.abort()

    def _parsed(self) -> Reply | None:
        """The first reply of what was received, taken out of it; None while it is not whole."""
        if len(self._unread) > _REPLY_OCTETS:
            raise Malformed("a reply that is too long")
        texts = []
        end = 0
        while line := _LINE.match(self._unread, end):
            code, more, text = line.groups(default=b"")
            texts.append(text.strip(b" \t\r"))
            end = line.end()
            if more != b"-":
                del self._unread[:end]
                return Reply(int(code), b"\n".join(texts).decode("utf-8", "surrogateescape"))
        if b"\n" in self._unread[end:]:
            raise Malformed(bytes(self._unread[end:]).decode("utf-8", "replace").splitlines()[0])
        return None

    async def _something(self, until: float) -> None:
        """Wait until anything happens to the connection. Raises OSError where nothing can, or did in time."""
        if not self.is_open:
            raise ConnectionResetError("connection lost")
        self._news = self._loop.create_future()
        self._until = until
        if self._timer is None or self._timer.when() > until:
            self._watch()
        try:
            await self._news
        finally:
            self._news = None

    def _tell(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)

    def _watch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_at(self._until, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._news is None or self._news.done():
            return
        if self._loop.time() < self._until:
            self._watch()
        else:
            self._news.set_exception(TimeoutError())

    # --- told by the transport ------------------------------------------------------------

    def data_received(self, data: bytes) -> None:
        """Octets came."""
        if len(self._unread) <= _REPLY_OCTETS:
            self._unread += data
        self._tell()

    def eof_received(self) -> None:
        """The relay has closed: what is held back would not be answered, so it must not be sent."""
        self._is_lost = True
        self._transport.abort()
        self._tell()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - inherited
        """Nothing comes any more, and nothing goes."""
        self._is_lost = True
        if self._timer is not None:
            self._timer.cancel()
        self._tell()

    def pause_writing(self) -> None:
        """Something is held back."""
        self._is_holding_back = True

    def resume_writing(self) -> None:
        """Nothing is held back any more."""
        self._is_holding_back = False
        self._tell()
