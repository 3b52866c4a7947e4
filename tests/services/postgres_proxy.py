"""A TCP proxy before PostgreSQL that loses the answer of a COMMIT, or the COMMIT itself.

It reads as much of the protocol as that takes (PostgreSQL's documentation, "Message Formats"):
a message is a letter, a length and a body; only the first of a connection has no letter. There
is no TLS: to who asks for it the proxy says no.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from enum import StrEnum
from typing import Final, Self

from .ports import free_port

_TLS_REQUEST, _GSS_REQUEST = 80877103, 80877104
_COMMIT: Final = b"COMMIT\0"
_BLOCK: Final = 65_536


class Fate(StrEnum):
    """What becomes of a COMMIT."""

    LOST = "it does not arrive, and the connection is cut"
    UNANSWERED = "it is done, its answer is swallowed, and the connection is cut"
    OVERTAKEN = "it is passed on, and the connection is cut before it is done"
    SILENT = "it is done, its answer is swallowed, and the connection stays"


class PostgresProxy:
    """Passes everything on, but for the COMMITs it has an order for; `port` is ours."""

    def __init__(self, target: int) -> None:
        self.port = free_port()
        self.done: list[tuple[str, Fate]] = []
        """The orders that were carried out, with the application whose COMMIT it was."""
        self._target = target
        self._orders: dict[str, Fate] = {}
        self._lock = threading.Lock()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._sockets: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def order(self, application: str, fate: Fate) -> None:
        """Have the next COMMIT of an application (its `application_name`) end so."""
        with self._lock:
            self._orders[application] = fate

    def is_obeyed(self, application: str) -> bool:
        """Whether the last order for an application was carried out."""
        with self._lock:
            return application not in self._orders

    def withdraw(self, application: str) -> bool:
        """Take an order back; False when it was carried out."""
        with self._lock:
            return self._orders.pop(application, None) is not None

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        _shut(self._listener)
        for one in list(self._sockets):
            _shut(one)
        for thread in self._threads:
            thread.join(10)
        for one in (self._listener, *self._sockets):
            one.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.append(client)
            thread = threading.Thread(target=self._begin, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _begin(self, client: socket.socket) -> None:
        """The beginning of a connection, then both directions of it."""
        try:
            server = socket.create_connection(("127.0.0.1", self._target), 10)
        except OSError:
            _shut(client)
            return
        server.settimeout(None)
        self._sockets.append(server)
        with contextlib.suppress(OSError):
            conversation = _Conversation(client, server)
            self._threads.append(threading.Thread(target=conversation.answer, daemon=True))
            self._threads[-1].start()
            application = conversation.open()
            for message in conversation.messages():
                fate = self._fate_of(application) if message[:1] == b"Q" and message[5:].upper() == _COMMIT else None
                if fate is not None:
                    conversation.end(message, fate)
                    with self._lock:
                        self.done.append((application, fate))
                    return
                server.sendall(message)
        _shut(client)
        _shut(server)

    def _fate_of(self, application: str) -> Fate | None:
        with self._lock:
            return self._orders.pop(application, None)


class _Conversation:
    """One connection of a client, and ours to the server for it."""

    def __init__(self, client: socket.socket, server: socket.socket) -> None:
        self._client = client
        self._server = server
        self._read = b""
        self._is_silent = False
        self._has_answered = threading.Event()

    def open(self) -> str:
        """Pass the first message on; the application it names."""
        while True:
            (length,) = struct.unpack("!I", self._take(4))
            body = self._take(length - 4)
            (code,) = struct.unpack("!I", body[:4])
            if code not in {_TLS_REQUEST, _GSS_REQUEST}:
                break
            self._client.sendall(b"N")
        self._server.sendall(struct.pack("!I", length) + body)
        words = body[4:].split(b"\0")
        named = dict(zip(words[::2], words[1::2], strict=False))
        return named.get(b"application_name", b"").decode()

    def messages(self) -> Iterator[bytes]:
        """What the client says, message by message, until it has gone."""
        while True:
            head = self._take(5)
            (length,) = struct.unpack("!I", head[1:])
            yield head + self._take(length - 4)

    def _take(self, octets: int) -> bytes:
        while len(self._read) < octets:
            more = self._client.recv(_BLOCK)
            if not more:
                raise ConnectionResetError("the client has gone")
            self._read += more
        taken, self._read = self._read[:octets], self._read[octets:]
        return taken

    def answer(self) -> None:
        """Pass on what the server says, unless nothing is to be heard any more."""
        with contextlib.suppress(OSError):
            while octets := self._server.recv(_BLOCK):
                if self._is_silent:
                    self._has_answered.set()
                else:
                    self._client.sendall(octets)
        self._has_answered.set()
        if not self._is_silent:
            _shut(self._client)

    def end(self, commit: bytes, fate: Fate) -> None:
        """Let the conversation end with this COMMIT; returns when the server has done it, or will not."""
        self._is_silent = True
        if fate is Fate.OVERTAKEN:
            _shut(self._client)
        if fate is not Fate.LOST:
            self._server.sendall(commit)
            self._has_answered.wait(30)
        _shut(self._server)
        if fate is not Fate.SILENT:
            _shut(self._client)


def _shut(one: socket.socket) -> None:
    """End a connection so that both ends notice; who waits on it returns."""
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
