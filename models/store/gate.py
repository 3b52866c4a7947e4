"""Gates: `flock`s beside a SQLite database, across processes and threads.

There are two (`models.store.database`): the write gate, held by whoever writes, and before it
the turn, held by whoever changes what decisions are made from.

The kernel gives a gate in the order it was asked for, which the busy timeout does not. But
`flock` waits for ever, and a process that was stopped while it wrote (SIGSTOP, a debugger, a
disk that does not answer) would stop everybody with it. So whoever finds the gate taken lets
a thread wait for it, and waits for that thread, `GATE_SECONDS` at most; then it is told, as
of any database that does not answer, who holds the gate. The thread keeps its place in the
queue for the next who asks; with nobody there when the gate comes, it gives it back.
"""

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from models.limits import GATE_SECONDS


class GateTaken(Exception):
    """Another process has held a gate for too long; the message says which."""


class Gate:
    """One such lock; who has it may take it again."""

    def __init__(self, path: Path, *, patience: float = GATE_SECONDS) -> None:
        self._path = path
        self._patience = patience
        self._threads = threading.RLock()
        self._depth = 0
        self._file: int | None = None
        self._waiter: _Waiter | None = None

    @contextmanager
    def held(self) -> Iterator[None]:
        """Wait for the gate, hold it for the block. Raises sqlalchemy's OperationalError when it does not come."""
        if not self._threads.acquire(timeout=self._patience):
            raise _trouble(GateTaken(self._words()))
        try:
            if self._depth == 0:
                self._lock()
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1
                if self._depth == 0 and self._file is not None:
                    fcntl.flock(self._file, fcntl.LOCK_UN)
        finally:
            self._threads.release()

    def close(self) -> None:
        with self._threads:
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _lock(self) -> None:
        try:
            while not self._lock_at_once():
                if self._lock_in_turn():
                    return
        except (OSError, RuntimeError, GateTaken) as error:
            # No descriptor, no room, a read-only file system, no thread to be had, or nobody lets go.
            raise _trouble(error) from error

    def _lock_at_once(self) -> bool:
        """Take the gate where nobody has it; else there is somebody who waits for it."""
        if self._waiter is not None:
            return False
        if self._file is None:
            self._file = self._opened()
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waiter = _Waiter(self._file)
            waiter.start()
            self._file, self._waiter = None, waiter
            return False
        return True

    def _lock_in_turn(self) -> bool:
        """Wait for the waiter. False where it had given the gate back before we asked. Raises GateTaken."""
        assert self._waiter is not None, "there is one where the gate is taken"
        self._file = self._waiter.wait(self._patience)
        if self._file is None and not self._waiter.is_over:
            raise GateTaken(self._words())
        self._waiter = None
        return self._file is not None

    def _opened(self) -> int:
        file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        database = self._path.with_suffix("")
        if os.geteuid() == 0 and database.exists():
            # An admin's command as root must not make the gate before the service can (SQLite does so too).
            owner = database.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)
        return file

    def _words(self) -> str:
        return (
            f"{holder_of(self._path)} has held {self._path} for more than {self._patience:g} s, and others wait "
            "for it: let it go on (kill -CONT) or end it"
        )


def _trouble(error: Exception) -> sa.exc.OperationalError:
    return sa.exc.OperationalError("wait for a gate", None, error)


class _Waiter(threading.Thread):
    """Waits in the queue of a lock for others whose patience has an end; the descriptor is its own meanwhile."""

    def __init__(self, file: int) -> None:
        super().__init__(name="write gate", daemon=True)
        self._file: int | None = file
        self._came = threading.Condition()
        self._has_it = False
        self._wanted = False

    def run(self) -> None:
        assert self._file is not None, "it begins with a descriptor"
        fcntl.flock(self._file, fcntl.LOCK_EX)
        with self._came:
            self._has_it = True
            if not self._wanted:
                self._give_back()
            self._came.notify()

    def _give_back(self) -> None:
        """Nobody waits any more: the gate is the next one's."""
        assert self._file is not None, "it has not been handed over"
        os.close(self._file)
        self._file = None

    @property
    def is_over(self) -> bool:
        """Whether the gate came while nobody waited, and was given back."""
        with self._came:
            return self._has_it and self._file is None

    def wait(self, seconds: float) -> int | None:
        """The descriptor, locked; None when the lock did not come in time, or was given back meanwhile."""
        with self._came:
            self._wanted = True
            self._came.wait_for(lambda: self._has_it, seconds)
            self._wanted = False
            return self._file if self._has_it else None


def holder_of(path: Path) -> str:
    """Which process holds the lock on a file, in words: its id, its name, and whether it is stopped."""
    try:
        inode = path.stat().st_ino
        for line in Path("/proc/locks").read_text().splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5].endswith(f":{inode}"):
                return _described(int(words[4]))
    except (OSError, IndexError, ValueError):  # /proc is not there, or another system's
        pass
    return "another process"


def _described(pid: int) -> str:
    head, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
    name, state = head.partition("(")[2], rest.split()[0]
    return f"process {pid} ({name}{', stopped' if state in 'Tt' else ''})"
