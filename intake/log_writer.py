"""The way of a line of log to standard error, which stops no mail whatever becomes of its reader (threats X-41).

Standard error is a socket of journald's, a pipe, a file or a terminal. A reader that was
stopped, or is gone, lets a socket or a pipe fill up; a plain write then waits for ever, and
with it the door. So nothing here waits: a line that does not go at once is dropped and
counted, and the count is told once lines go again. A line that went in part is finished
first, so that the log stays one event a line.

Lines of one thread that belong together go out together, in pieces that a pipe takes whole:
every role writes into the same one, and a call for each line is most of what a line costs.

A pipe is shared with whoever made it, and O_NONBLOCK would be theirs too; so it is opened
once more, by its name in /proc, and where that is forbidden it is asked whether it has room.
"""

import contextlib
import os
import select
import socket
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

_PIECE: Final = 4096
"""PIPE_BUF: as much goes into a pipe that has room without waiting (pipe(7))."""


class LineWriter:
    """Writes lines, or drops them."""

    def __init__(self, on_return: Callable[[int], None]) -> None:
        """`on_return` is told how many lines were dropped, when one goes again."""
        self._on_return = on_return
        self._put = _way_out()
        self._one_at_a_time = threading.RLock()  # the door logs from two threads
        self._rest = b""
        self._dropped = 0
        self._of_this_thread = threading.local()

    def msg(self, line: str) -> None:
        """Write a line if it goes at once, or keep it for those it goes with. Raises nothing."""
        group: list[str] | None = getattr(self._of_this_thread, "group", None)
        if group is None:
            self._write([line])
            return
        if sum(map(len, group)) + len(group) + len(line) >= _PIECE:
            full = group.copy()
            group.clear()  # before they are written: to be told of what was dropped is a line too
            self._write(full)
        group.append(line)

    log = debug = info = warn = warning = error = critical = exception = fatal = msg

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """What this thread writes goes out together, in the end at the latest."""
        group: list[str] = []
        self._of_this_thread.group = group
        try:
            yield
        finally:
            del self._of_this_thread.group
            if group:
                self._write(group)

    def _write(self, lines: list[str]) -> None:
        with self._one_at_a_time:
            begun = self._went(self._rest) and (self._went(_octets(lines)) or self._rest)
            if not begun:
                self._dropped += len(lines)
            elif self._dropped and not self._rest:
                dropped, self._dropped = self._dropped, 0
                self._on_return(dropped)

    def _went(self, octets: bytes) -> bool:
        """Write octets, and keep what did not go of a line that began to."""
        written = 0
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # no room, or nobody there
            while written < len(octets):
                written += self._put(octets[written : written + _PIECE])
        if written or octets == self._rest:
            self._rest = octets[written:]
        return written == len(octets)


def _octets(lines: list[str]) -> bytes:
    return "".join([f"{line}\n" for line in lines]).encode("utf-8", "backslashreplace")


def _way_out() -> Callable[[bytes], int]:
    """What takes some octets without waiting and says how many; raises OSError when it takes none."""
    try:
        descriptor = sys.stderr.fileno()
        kind = os.fstat(descriptor).st_mode
    except (AttributeError, OSError, ValueError):  # io.UnsupportedOperation is both
        return _written
    if stat.S_ISSOCK(kind):
        connection = socket.socket(fileno=os.dup(descriptor))
        return lambda octets: connection.send(octets, socket.MSG_DONTWAIT)
    if stat.S_ISFIFO(kind):
        try:
            own = os.open(f"/proc/self/fd/{descriptor}", os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError:  # it was made by another user
            return lambda octets: _written_if_there_is_room(descriptor, octets)
        return lambda octets: os.write(own, octets)
    return _written


def _written_if_there_is_room(descriptor: int, octets: bytes) -> int:
    pipe = select.poll()
    pipe.register(descriptor, select.POLLOUT)
    if not pipe.poll(0):
        raise BlockingIOError
    return os.write(descriptor, octets)


def _written(octets: bytes) -> int:
    """To a file, a terminal, or what a test has put there; a piece may end within a character."""
    sys.stderr.write(octets.decode("utf-8", "replace"))
    sys.stderr.flush()
    return len(octets)
