"""A TCP proxy on loopback that cuts connections: after so many octets, or when it is told to."""

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
