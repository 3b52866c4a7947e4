"""Our own sender: many SMTP sessions that are reused, and the patience of an MTA.

A mail whose fate is not known, because the connection went or because it was refused for
now, is offered again, the same octets, until it is answered. Everything is written into a
`History`. A share of the mails that were answered is offered once more all the same, as
mail systems do that lose their own notes.
"""

import asyncio
import contextlib
import itertools
import random
import threading
from collections import deque
from collections.abc import Iterator
from typing import Self

from .history import History
from .mails import Mail

_PATIENCE = 30.0
"""Seconds a reply may take before the sender gives a connection up."""
_PAUSE = 0.2
"""Seconds before a connection is tried again."""


class _Lost(Exception):
    """The connection is gone or silent."""


class Sender:
    """Sends mails of a row over some connections; see `send` and `Load` for how it is run."""

    def __init__(
        self,
        port: int,
        mails: Iterator[Mail],
        history: History,
        *,
        connections: int = 10,
        rate: float | None = None,
        resend: float = 0.0,
        seed: int = 0,
    ) -> None:
        """`rate` is in mails a second, all connections together; `resend` a share of answered mails."""
        self._port = port
        self._mails = mails
        self._history = history
        self._connections = connections
        self._interval = 1 / rate if rate else 0.0
        self._resend = resend
        self._random = random.Random(seed)
        self._again: deque[Mail] = deque()
        self._next_at = 0.0
        self._finishing = asyncio.Event()

    def finish(self) -> None:
        """Send no new mail; end when every mail that was begun has its answer."""
        self._finishing.set()

    async def run(self) -> None:
        """Send until the row ends or `finish` is called, and then what is still without an answer."""
        async with asyncio.TaskGroup() as group:
            for _ in range(self._connections):
                group.create_task(self._work())

    async def _work(self) -> None:
        session: _Session | None = None
        mail = await self._next()
        while mail is not None:
            try:
                session = session or await _Session.open(self._port)
                answered = await self._offer(session, mail)
            except (_Lost, OSError):
                answered = False
                session = _closed(session)
            if answered:
                mail = await self._next()
            else:
                await asyncio.sleep(_PAUSE)
        _closed(session)

    async def _next(self) -> Mail | None:
        """The next mail when it is time for it: one that is offered once more, or a new one."""
        if self._interval and not self._finishing.is_set():
            now = asyncio.get_running_loop().time()
            at = self._next_at = max(self._next_at + self._interval, now)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._finishing.wait(), at - now)
        if self._again:
            return self._again.popleft()
        return None if self._finishing.is_set() else next(self._mails, None)

    async def _offer(self, session: "_Session", mail: Mail) -> bool:
        """One transaction; whether the mail has been answered for good."""
        began_at = self._history.begin(mail)
        refused_at: str | None = "MAIL"
        reply: str | None = None
        try:
            refused_at = await session.invite(mail)
            if refused_at is None:
                reply = await session.give(mail)
        finally:
            sending = self._history.end(mail, began_at, reply, refused_at)
        if sending.is_accepted and self._random.random() < self._resend:
            self._again.append(mail)
        if refused_at is not None or not (sending.is_accepted or (reply or "").startswith("5")):
            raise _Lost  # whatever it was: a new connection, and the mail again
        return True


class _Session:
    """One SMTP session after EHLO."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(cls, port: int) -> Self:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        session = cls(reader, writer)
        try:
            await session._reply()
            writer.write(b"EHLO sender.example\r\n")
            await session._reply()
        except BaseException:
            session.close()
            raise
        return session

    async def invite(self, mail: Mail) -> str | None:
        """MAIL, RCPT and DATA in one breath (RFC 2920); the command that was refused, None when data is wanted."""
        self._writer.write(
            f"MAIL FROM:<{mail.reverse_path}> SIZE={len(mail.raw)}\r\nRCPT TO:<{mail.recipient}>\r\nDATA\r\n".encode()
        )
        replies = [(verb, await self._reply()) for verb in ("MAIL", "RCPT", "DATA")]
        for verb, reply in replies:
            if not reply.startswith(("250", "354")):
                return f"{verb}: {reply}"
        return None

    async def give(self, mail: Mail) -> str | None:
        """The message to its final dot; the reply, None when none came."""
        body = mail.raw.replace(b"\r\n.", b"\r\n..")
        try:
            self._writer.write(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
            await self._writer.drain()
            return await self._reply()
        except (_Lost, OSError):
            return None

    async def _reply(self) -> str:
        """One reply, the last line of it."""
        while True:
            try:
                async with asyncio.timeout(_PATIENCE):
                    line = await self._reader.readline()
            except TimeoutError:
                raise _Lost from None
            if not line.endswith(b"\n"):
                raise _Lost
            if line[3:4] != b"-":
                return line.decode("ascii", "replace").rstrip()

    def close(self) -> None:
        self._writer.close()


def _closed(session: _Session | None) -> None:
    if session is not None:
        session.close()


def send(
    port: int, mails: Iterator[Mail], *, count: int, connections: int = 10, history: History | None = None
) -> History:
    """Send `count` mails of a row as fast as they are taken; returns when all are answered."""
    history = history or History()
    asyncio.run(Sender(port, itertools.islice(mails, count), history, connections=connections).run())
    return history


class Load:
    """A sender at work in the background: `with Load(...) as load: ...; load.finish()`."""

    def __init__(self, port: int, mails: Iterator[Mail], history: History, **options: object) -> None:
        self._begun = threading.Event()
        self._failure: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._sender: Sender | None = None
        self._thread = threading.Thread(target=self._run, args=(port, mails, history, options), name="load")

    def _run(self, port: int, mails: Iterator[Mail], history: History, options: dict[str, object]) -> None:
        async def main() -> None:
            self._loop = asyncio.get_running_loop()
            self._sender = Sender(port, mails, history, **options)  # type: ignore[arg-type]
            self._begun.set()
            await self._sender.run()

        try:
            asyncio.run(main())
        except BaseException as error:  # noqa: BLE001 - told to whoever joins
            self._failure = error
            self._begun.set()

    def finish(self, timeout: float = 120) -> None:
        """Send no new mail, wait until each that was begun is answered. The service must be up."""
        assert self._loop is not None, "it has been started"
        assert self._sender is not None, "it has been started"
        with contextlib.suppress(RuntimeError):  # the loop has ended by itself
            self._loop.call_soon_threadsafe(self._sender.finish)
        self._thread.join(timeout)
        if self._thread.is_alive():
            raise TimeoutError(f"not every mail was answered within {timeout:g} s")
        if self._failure is not None:
            raise self._failure

    def __enter__(self) -> Self:
        self._thread.start()
        self._begun.wait()
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        if self._thread.is_alive() and self._loop is not None and kind is not None:
            self._loop.call_soon_threadsafe(self._loop.stop)  # a failed test: no answer is waited for
            self._thread.join()
        elif self._thread.is_alive():
            self.finish()
