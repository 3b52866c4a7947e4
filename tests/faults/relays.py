"""A relay that is as bad as a test wants it: slow, silent after the final dot, or honest."""

import socketserver
import threading
from collections import Counter
from types import TracebackType
from typing import Self

from tests.faults.accounts import message_id_of
from tests.services import free_port


class BadRelay:
    """Takes mail on a port of its own. `opened` and closed by a `with`; what it heard to the end stands in `heard`."""

    def __init__(self, port: int | None = None, *, answers_the_dot: bool = True, pause: float = 0) -> None:
        """`pause`: seconds before each reply."""
        self.port = port or free_port()
        self.heard: Counter[str] = Counter()
        """How often each message came to its final dot, by Message-ID."""
        self.begun = threading.Event()
        self.answers_the_dot = answers_the_dot
        self.pause = pause
        self.ending = threading.Event()
        self._server: socketserver.ThreadingTCPServer | None = None

    def __enter__(self) -> Self:
        relay = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                relay.converse(self)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True
            block_on_close = False

        self._server = Server(("127.0.0.1", self.port), Session)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.ending.set()
        assert self._server is not None, "it was opened"
        self._server.shutdown()
        self._server.server_close()

    def converse(self, session: socketserver.StreamRequestHandler) -> None:
        """One session, to the client's QUIT or end."""
        self._say(session, b"220 relay.example ESMTP")
        while line := session.rfile.readline():
            verb = line[:4].upper()
            self.begun.set()
            if verb == b"QUIT":
                self._say(session, b"221 2.0.0 bye")
                return
            self._say(session, b"354 go on" if verb == b"DATA" else b"250 2.0.0 ok")
            if verb == b"DATA" and not self._hear(session):
                return

    def _hear(self, session: socketserver.StreamRequestHandler) -> bool:
        lines: list[bytes] = []
        while (line := session.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line)
        if not line:
            return False
        self.heard[message_id_of(b"".join(lines))] += 1
        if not self.answers_the_dot:
            self.ending.wait(600)
            return False
        self._say(session, b"250 2.0.0 taken")
        return True

    def _say(self, session: socketserver.StreamRequestHandler, reply: bytes) -> None:
        if self.pause:
            self.ending.wait(self.pause)
        session.wfile.write(reply + b"\r\n")
