"""TCP proxies on loopback: one cuts connections, the other is as far away as it is told to be."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable
from typing import Self

from .ports import free_port

_BLOCK = 4096


class CuttingProxy:
    """Passes connections on to a port of this machine.

    `from_server` and `from_client` say after how many octets of a direction, over all
    connections, everything is cut. `on_client` sees what a client is about to say; when it
    answers False the connection is cut and the words are not passed on. `port` is ours.
    """

    def __init__(
        self,
        target: int,
        *,
        from_server: int | None = None,
        from_client: int | None = None,
        on_client: Callable[[bytes], bool] | None = None,
    ) -> None:
        self.port = free_port()
        self.passed = {"server": 0, "client": 0}
        self._target = target
        self._most = {"server": from_server, "client": from_client}
        self._on_client = on_client
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []

    def __enter__(self) -> Self:
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.cut()
        for thread in self._threads:
            thread.join(10)
        for pair in self._pairs:
            for one in pair:
                one.close()

    def cut(self) -> None:
        """End every connection."""
        for pair in list(self._pairs):
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self._target), 10)
            except OSError:
                client.close()
                continue
            server.settimeout(None)
            self._pairs.append((client, server))
            for side, source, sink in (("client", client, server), ("server", server, client)):
                thread = threading.Thread(target=self._pump, args=(side, source, sink), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _pump(self, side: str, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while octets := source.recv(_BLOCK):
                if side == "client" and self._on_client is not None and not self._on_client(octets):
                    break
                most = self._most[side]
                room = len(octets) if most is None else max(0, most - self.passed[side])
                self.passed[side] += len(octets[:room])
                sink.sendall(octets[:room])
                if room < len(octets) or most == self.passed[side]:
                    break
        for one in (source, sink):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)


class DistantProxy:
    """Passes connections on to a port of this machine as if it were `seconds` of round trip away.

    What comes from the server waits that long, in its order; what the client says passes at
    once. `flights` counts what clients said that the server had to answer before they went on:
    the round trips of clients that wait for each answer. `port` is ours.
    """

    def __init__(self, target: int, seconds: float) -> None:
        self.port = free_port()
        self.flights = 0
        self.target = target
        self.seconds = seconds
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._listen(), self._loop).result(10)
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    async def _listen(self) -> None:
        await self._loop.create_server(lambda: _NearEnd(self, self._loop), "127.0.0.1", self.port)


class _NearEnd(asyncio.Protocol):
    """The client's side of one connection through a DistantProxy; it connects to the server."""

    def __init__(self, proxy: DistantProxy, loop: asyncio.AbstractEventLoop) -> None:
        self.proxy, self.loop = proxy, loop
        self.is_answered = True
        self._waiting: list[bytes] = []
        self._far: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]  # of a stream
        self._connecting = self.loop.create_task(self._connect())

    async def _connect(self) -> None:
        far, _ = await self.loop.create_connection(lambda: _FarEnd(self), "127.0.0.1", self.proxy.target)
        self._far = far
        for octets in self._waiting:
            far.write(octets)

    def data_received(self, octets: bytes) -> None:
        self.proxy.flights += self.is_answered
        self.is_answered = False
        if self._far is None:
            self._waiting.append(octets)
        else:
            self._far.write(octets)

    def connection_lost(self, _: Exception | None) -> None:
        if self._far is not None:
            self._far.close()


class _FarEnd(asyncio.Protocol):
    """The server's side: what it says is passed on later."""

    def __init__(self, near: _NearEnd) -> None:
        self._near = near

    def data_received(self, octets: bytes) -> None:
        self._later(self._pass_on, octets)

    def connection_lost(self, _: Exception | None) -> None:
        self._later(self._near.transport.close)

    def _later(self, act: Callable[..., None], *arguments: bytes) -> None:
        self._near.loop.call_later(self._near.proxy.seconds, act, *arguments)

    def _pass_on(self, octets: bytes) -> None:
        self._near.is_answered = True
        self._near.transport.write(octets)
