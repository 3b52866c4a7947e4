"""A small honest SMTP server that a test scripts stage by stage.

A script says what is answered at a stage: octets, DROP (the connection is reset), SILENCE
(nothing), or a list of these for one connection after another. What it took stands in
`taken`; a message counts as taken only if the answer to its final dot began with 2.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from typing import Final

DROP: Final = b"(drop)"
SILENCE: Final = b"(silence)"
HONEST: Final[dict[str, bytes]] = {
    "greeting": b"220 relay.example ESMTP\r\n",
    "EHLO": b"250-relay.example\r\n250-ENHANCEDSTATUSCODES\r\n250 8BITMIME\r\n",
    "STARTTLS": b"220 2.0.0 go ahead\r\n",
    "AUTH": b"235 2.7.0 welcome\r\n",
    "MAIL": b"250 2.1.0 ok\r\n",
    "RCPT": b"250 2.1.5 ok\r\n",
    "DATA": b"354 go on\r\n",
    "dot": b"250 2.0.0 queued as 7F3A\r\n",
    "RSET": b"250 2.0.0 ok\r\n",
    "QUIT": b"221 2.0.0 bye\r\n",
}
LOOP: Final[ContextVar[Callable[[], asyncio.AbstractEventLoop]]] = ContextVar("LOOP", default=asyncio.new_event_loop)
"""Makes the loop of the next conversation."""
Script = Mapping[str, bytes | Sequence[bytes]]


class ScriptedRelay:
    """What one test's relay answers, and what it saw."""

    def __init__(self, script: Script, *, tls: ssl.SSLContext | None = None, body_octets: int | None = None) -> None:
        self.script: dict[str, bytes | Sequence[bytes]] = {**HONEST, **script}
        self._is_strict = "DATA" not in script
        self._refused = False
        self.tls = tls
        self.body_octets = body_octets
        self.connections = 0
        self.commands: list[str] = []
        self.taken: list[bytes] = []
        self.body_read = asyncio.Event()
        self.closed = asyncio.Event()

    def answer(self, stage: str) -> bytes:
        if stage == "DATA" and self._refused and self._is_strict:
            return b"554 5.5.1 no valid recipients\r\n"  # RFC 5321 3.3
        answer = self.script[stage]
        return answer if isinstance(answer, bytes) else answer[min(self.connections, len(answer)) - 1]

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        self.connections += 1
        try:
            await self._converse(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            writer.transport.abort()
            self.closed.set()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "greeting")
        while line := await reader.readline():
            command = line.decode().rstrip("\r\n")
            self.commands.append(command)
            verb = command.split(" ")[0].upper()
            answer = await self._say(writer, verb)
            if verb in {"MAIL", "RCPT"}:
                self._refused = (self._refused and verb == "RCPT") or answer[:1] in {b"4", b"5"}
            if verb == "STARTTLS" and answer.startswith(b"220") and self.tls is not None:
                await writer.start_tls(self.tls)
            elif verb == "DATA" and answer.startswith(b"354"):
                await self._read_body(reader, writer)
            elif verb == "QUIT":
                return

    async def _read_body(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.body_octets is not None:
            await reader.readexactly(self.body_octets)
            raise ConnectionResetError
        body = await reader.readuntil(b"\r\n.\r\n")
        self.body_read.set()
        raw = body.removesuffix(b".\r\n")
        raw = raw.removeprefix(b".") if raw.startswith(b"..") else raw
        answer = self.answer("dot")
        if answer.startswith(b"2"):
            self.taken.append(raw.replace(b"\r\n..", b"\r\n."))
        await self._say(writer, "dot")

    async def _say(self, writer: asyncio.StreamWriter, stage: str) -> bytes:
        answer = self.answer(stage)
        if answer == DROP:
            raise ConnectionResetError
        if answer != SILENCE:
            writer.write(answer)
            await writer.drain()
        return answer


@asynccontextmanager
async def listening(relay: ScriptedRelay, *, implicit_tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """The port the relay listens on, on loopback, until the end of the block."""
    server = await asyncio.start_server(relay.serve, "127.0.0.1", 0, ssl=implicit_tls, limit=2**24)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
