"""What the tests of the doors share: doors in a thread of their own, a client, and a ledger of what was accepted."""

import asyncio
import contextlib
import re
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, BinaryIO, Protocol, Self

import uvloop

from intake.doors.listeners import Doors, DoorSettings, Inherited, open_doors
from intake.doors.reception import Accepts, DoorLimits
from models.intake_address import IntakeAddress, IntakeAddresses
from models.mail import Envelope
from tests.services import DEADLINE

PATIENCE = DEADLINE
"""Seconds a test waits for what must happen."""

ADDRESSES = IntakeAddresses(
    [
        IntakeAddress("support@example.net", "support"),
        IntakeAddress("billing@example.net", "billing"),
        IntakeAddress("δοκιμή@example.net", "greek"),
    ]
)

HOSTNAME = "mx.example.net"
_REPLY = re.compile(
    r"(?:[245]\d\d[ -][245]\.\d{1,3}\.\d{1,3} [ -~]+|354 [ -~]+|220 mx\.example\.net (?:ESMTP|LMTP)|250[ -][ -~]+)\r\n"
)


class Ledger:
    """An acceptance that keeps what it took in memory, and can be told to fail or to take its time."""

    def __init__(
        self, *, fault: Exception | None = None, held: bool = False, room: bool = True, paused: bool = False
    ) -> None:
        self.fault = fault
        self.room = room
        self.paused = paused
        self.messages: list[tuple[Envelope, bytes]] = []
        self.begun = 0
        self._changed = threading.Condition()
        self._open = threading.Event()
        if not held:
            self._open.set()

    def has_room(self) -> bool:
        return self.room

    def accept(self, envelope: Envelope, spool: BinaryIO, size: int) -> asyncio.Future[int]:
        return asyncio.get_running_loop().create_task(self._accept(envelope, spool, size))

    async def _accept(self, envelope: Envelope, spool: BinaryIO, size: int) -> int:
        with self._changed:
            self.begun += 1
            self._changed.notify_all()
        if not self._open.is_set():
            await asyncio.get_running_loop().run_in_executor(None, self._open.wait, PATIENCE)
        if self.fault is not None:
            raise self.fault
        raw = spool.read()
        assert size == len(raw)
        with self._changed:
            self.messages.append((envelope, raw))
            self._changed.notify_all()
            return len(self.messages)

    def release(self) -> None:
        """Let held messages be accepted."""
        self._open.set()

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so; fails the test when it never is."""
        with self._changed:
            assert self._changed.wait_for(condition, PATIENCE)

    @property
    def only(self) -> tuple[Envelope, bytes]:
        assert len(self.messages) == 1
        return self.messages[0]


class Acceptor(Accepts, Protocol):
    """What a house needs of an acceptance: to accept, and to let go what it holds."""

    def release(self) -> None: ...


class House:
    """Doors that are open in a thread with a loop of its own."""

    def __init__(
        self,
        settings: DoorSettings,
        ledger: Acceptor,
        *,
        limits: DoorLimits | None = None,
        inherited: tuple[Inherited, ...] = (),
        uv: bool = True,
    ) -> None:
        self.ledger: Any = ledger
        self.doors: Doors
        self._failure: BaseException | None = None
        self._ready = threading.Event()
        self._settings, self._limits, self._inherited = settings, limits, inherited
        self._thread = threading.Thread(
            target=self._live, args=(uvloop.new_event_loop if uv else asyncio.new_event_loop,)
        )

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._ready.wait(PATIENCE)
        if self._failure is not None:
            self._thread.join(PATIENCE)
            raise self._failure
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ledger.release()
        self.begin_to_close()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()

    def begin_to_close(self) -> None:
        """Tell the doors to drain; does not wait."""
        if not self.is_closed:
            self._loop.call_soon_threadsafe(self._closing.set)

    @property
    def is_closed(self) -> bool:
        return not self._thread.is_alive()

    def wait_closed(self) -> None:
        self._thread.join(PATIENCE)
        assert self.is_closed

    def call(self, function: Callable[[], object]) -> None:
        """Run something in the doors' loop."""
        done = threading.Event()

        def run() -> None:
            function()
            done.set()

        self._loop.call_soon_threadsafe(run)
        assert done.wait(PATIENCE)

    def wait_for(self, condition: Callable[[], bool]) -> None:
        """Wait until something is so, asked in the doors' loop; fails the test when it never is."""

        async def ask() -> None:
            async with asyncio.timeout(PATIENCE):
                while not condition():
                    await asyncio.sleep(0.005)

        asyncio.run_coroutine_threadsafe(ask(), self._loop).result()

    def connect(self, index: int = 0) -> "Client":
        """A client at the listening socket of that number, before the greeting is read."""
        listening = self.doors.sockets[index]
        client = socket.socket(listening.family, socket.SOCK_STREAM)
        client.settimeout(PATIENCE)
        client.connect(listening.getsockname())
        return Client(client)

    def greeted(self, index: int = 0) -> "Client":
        """A client that was greeted and has said EHLO, or LHLO."""
        client = self.connect(index)
        client.say("LHLO client.example" if client.reply().endswith("LMTP") else "EHLO client.example")
        return client

    def _live(self, loop_factory: Callable[[], asyncio.AbstractEventLoop]) -> None:
        with asyncio.Runner(loop_factory=loop_factory) as runner:
            runner.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        try:
            self.doors = await open_doors(
                self._settings, self.ledger, ADDRESSES, inherited=self._inherited, limits=self._limits
            )
        except BaseException as error:  # noqa: BLE001 - handed to the test
            self._failure = error
            return
        finally:
            self._ready.set()
        await self._closing.wait()
        await self.doors.close()


class Client:
    """A mail client that sends exactly what it is told, and holds every reply to the rules of all replies."""

    def __init__(self, connection: socket.socket) -> None:
        self.socket = connection
        self._file = connection.makefile("rb")

    def send(self, octets: bytes) -> None:
        self.socket.sendall(octets)

    def reply(self) -> str:
        """One whole reply, lines joined by newlines: ASCII, 512 octets a line at most, enhanced codes (RFC 2034)."""
        lines = []
        while True:
            line = self._file.readline()
            assert line, "closed instead of a reply"
            assert len(line) <= 512
            assert _REPLY.fullmatch(line.decode("ascii")), line
            lines.append(line.decode("ascii").removesuffix("\r\n"))
            if line[3:4] == b" ":
                return "\n".join(lines)

    def say(self, command: str) -> str:
        """Send a line, take the reply."""
        self.send(command.encode() + b"\r\n")
        return self.reply()

    def begin(self, *recipients: str, sender: str = "alice@mpoc.example") -> None:
        """MAIL, RCPT and DATA, up to 354."""
        assert self.say(f"MAIL FROM:<{sender}>").startswith("250 ")
        for recipient in recipients or ("support@example.net",):
            assert self.say(f"RCPT TO:<{recipient}>").startswith("250 ")
        assert self.say("DATA").startswith("354 ")

    def deliver(self, raw: bytes, *recipients: str) -> str:
        """One whole transaction; `raw` needs no dot-stuffing and ends in CRLF."""
        self.begin(*recipients)
        self.send(raw + b".\r\n")
        return self.reply()

    def is_closed_by_peer(self) -> bool:
        """Wait for the end of the connection: True, or False when something came instead."""
        try:
            return self._file.read(1) == b""
        except ConnectionResetError:
            return True

    def use(self, connection: socket.socket) -> None:
        """Go on over another socket object (TLS)."""
        self.socket = connection
        self._file = connection.makefile("rb")

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._file.close()
            self.socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
