"""Mails made before the clock starts, sent by a process of its own that does as little as it can.

`tests.load.send` writes a book about everything; here the sender's CPU time is time that the
service does not have.
"""

import asyncio
import multiprocessing
import random
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from multiprocessing.connection import Connection

import uvloop

from tests.load import Mail, Mails

REPLIES = 0.3
"""Share of the mixed mail that answers an earlier one."""
_EARLIER = 200
"""How many mails lie between a mail and its answer at least: nobody answers within the second."""


def made(mails: Mails, count: int, *, replies: float = 0.0, to: Sequence[tuple[str, str]] = ()) -> list[Mail]:
    """So many mails; a share of them answer an earlier one, or one of `to` (author, Message-ID)."""
    return list(answering(islice(mails, count), replies, to)) if replies else list(islice(mails, count))


def answering(mails: Iterable[Mail], share: float, to: Sequence[tuple[str, str]] = ()) -> Iterator[Mail]:
    """The same mails, a share of them by the author of an earlier one, and in its thread."""
    chance, known = random.Random(7), deque(to)
    for mail in mails:
        if chance.random() < share and len(known) > _EARLIER:
            author, message_id = known[chance.randrange(len(known) - _EARLIER)]
            yield _answer(mail, author, message_id)
        else:
            known.append((mail.author, f"{mail.canary}@{mail.author.partition('@')[2]}"))
            yield mail


def _answer(mail: Mail, author: str, message_id: str) -> Mail:
    thread = f"In-Reply-To: <{message_id}>\r\nReferences: <{message_id}>\r\n".encode()
    raw = mail.raw.replace(mail.author.encode(), author.encode()).replace(b"\r\nSubject: ", b"\r\nSubject: Re: ", 1)
    return replace(mail, author=author, reverse_path=author, raw=thread + raw)


def feed(port: int, mails: Sequence[Mail], *, connections: int = 10) -> list[float]:
    """Send mails as fast as they are taken; the seconds from MAIL to 250 of each. Raises where one is refused."""
    fork = multiprocessing.get_context("fork")
    heard, says = fork.Pipe(duplex=False)
    sender = fork.Process(target=_send, args=(port, mails, connections, says))
    sender.start()
    says.close()
    try:
        answer = heard.recv()
    except EOFError:
        answer = "the sender ended"
    sender.join()
    if isinstance(answer, str):
        raise RuntimeError(answer)
    return list(answer)


def _send(port: int, mails: Sequence[Mail], connections: int, says: Connection) -> None:
    """In the other process."""
    waiting, seconds = deque(mails), list[float]()

    async def send() -> None:
        loop = asyncio.get_running_loop()
        sessions = [_Session(waiting, seconds, loop.create_future()) for _ in range(min(connections, len(mails)))]
        for session in sessions:
            await loop.create_connection(lambda session=session: session, "127.0.0.1", port)  # type: ignore[misc]
        await asyncio.gather(*(session.ended for session in sessions))

    try:
        uvloop.run(send())
    except Exception as error:  # noqa: BLE001 - told to who waits
        says.send(f"{type(error).__name__}: {error}")
    else:
        says.send(seconds)


@dataclass(slots=True)
class _Session(asyncio.Protocol):
    """One SMTP session: envelope in one breath, the message, again. `expected` replies are to come."""

    waiting: deque[Mail]
    seconds: list[float]
    ended: asyncio.Future[None]
    expected: int = 1
    heard: bytes = b""
    step: str = "greeting"
    mail: Mail | None = None
    began_at: float = 0.0
    transport: asyncio.Transport = field(init=False)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]  # uvloop's is none of asyncio's

    def data_received(self, octets: bytes) -> None:
        *lines, self.heard = (self.heard + octets).split(b"\r\n")
        for line in lines:
            if line[:1] not in b"23":
                self._end(RuntimeError(f"refused: {line.decode('ascii', 'replace')}"))
                return
            self.expected -= line[3:4] == b" "
        if lines and self.expected == 0:
            self._go_on()

    def _go_on(self) -> None:
        if self.step == "greeting":
            self.step, self.expected = "hello", 1
            self.transport.write(b"EHLO sender.example\r\n")
        elif self.step == "envelope" and self.mail is not None:
            self.step, self.expected = "message", 1
            body = self.mail.raw.replace(b"\r\n.", b"\r\n..")
            self.transport.write(body + (b".\r\n" if body.endswith(b"\r\n") else b"\r\n.\r\n"))
        else:
            self._next()

    def _next(self) -> None:
        if self.mail is not None:
            self.seconds.append(time.perf_counter() - self.began_at)
        if not self.waiting:
            self._end(None)
            return
        self.mail = mail = self.waiting.popleft()
        self.step, self.expected, self.began_at = "envelope", 3, time.perf_counter()
        envelope = f"MAIL FROM:<{mail.reverse_path}> SIZE={len(mail.raw)}\r\nRCPT TO:<{mail.recipient}>\r\nDATA\r\n"
        self.transport.write(envelope.encode())

    def _end(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_result(None) if error is None else self.ended.set_exception(error)
        self.transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        if not self.ended.done():
            self.ended.set_exception(error or ConnectionError("the service hung up"))
