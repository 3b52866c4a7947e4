"""Wake-ups between the roles of one machine: a datagram on a socket in the state directory.

A wake-up is a hint and nothing else. Every loop looks at its tables once a second anyway,
so a bell that is lost, late or rung too often costs at most that second.
"""

import contextlib
import errno
import os
import select
import socket
from pathlib import Path

LOOK_SECONDS = 1.0
"""How long a loop waits without a hint before it looks by itself."""


class Bell:
    """Rings the loops of this machine."""

    def __init__(self, state_directory: Path) -> None:
        self._directory = os.open(state_directory, os.O_PATH | os.O_DIRECTORY)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)

    def ring(self, role: str) -> None:
        """Tell a role that there may be work. Nobody there, or too many rings: no matter."""
        with contextlib.suppress(OSError):
            self._socket.sendto(b"1", _address(self._directory, role))

    def close(self) -> None:
        self._socket.close()
        os.close(self._directory)


class Ear:
    """What a role's loop waits on between two looks at its tables."""

    def __init__(self, state_directory: Path, role: str) -> None:
        self._directory = os.open(state_directory, os.O_PATH | os.O_DIRECTORY)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        if not self._is_answered(role):  # never take the bell from a process that listens; looking is enough
            (state_directory / f"{role}.wake").unlink(missing_ok=True)
            self._listen(role)
        self._stop_reader, self._stop_writer = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def _listen(self, role: str) -> None:
        try:
            self._socket.bind(_address(self._directory, role))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:  # another one of this role, who began at the same moment, listens
                raise

    def _is_answered(self, role: str) -> bool:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as probe:
            return probe.connect_ex(_address(self._directory, role)) == 0

    def wait(self, seconds: float = LOOK_SECONDS) -> None:
        """Wait for a ring, at most so long; all rings so far count as one."""
        sources = [self._socket.fileno(), self._stop_reader]
        readable, _, _ = select.select(sources, [], [], seconds)
        if self._socket.fileno() in readable:
            with contextlib.suppress(BlockingIOError):
                while self._socket.recv(16):
                    pass

    def fileno(self) -> int:
        """For an event loop that watches the socket itself."""
        return self._socket.fileno()

    def drain(self) -> None:
        """Forget the rings so far."""
        self.wait(0)

    def stop(self) -> None:
        """End the present wait and every later one at once; safe in a signal handler."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._stop_writer, b"1")

    def close(self) -> None:
        self._socket.close()
        for descriptor in (self._directory, self._stop_reader, self._stop_writer):
            os.close(descriptor)


def _address(directory: int, role: str) -> str:
    # Through the open directory: the path of a state directory may be longer than the 108
    # octets a socket address may have.
    return f"/proc/self/fd/{directory}/{role}.wake"
