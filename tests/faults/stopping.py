"""Processes that are stopped (SIGSTOP), as by a debugger, Ctrl-Z, or a disk that does not answer."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tests.services import wait_until

_WRITER = """
import os, signal, sys
from models.store.database import Database
import sqlalchemy as sa
database = Database(sys.argv[1])
with database.write() as connection:
    connection.execute(sa.text("UPDATE department SET name = name"))
    os.kill(os.getpid(), signal.SIGSTOP)
database.close()
"""


@contextlib.contextmanager
def stopped(pid: int) -> Iterator[None]:
    """A process stands still for the block, and then goes on."""
    os.kill(pid, signal.SIGSTOP)
    try:
        wait_until(lambda: is_stopped(pid), what=f"process {pid} stands still")
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)


_DECIDER = """
import os, signal, sys
from models.store.database import Database
import sqlalchemy as sa
database = Database(sys.argv[1])
with database.decide() as turn:
    turn.looks.execute(sa.text("SELECT name FROM department")).all()
    os.kill(os.getpid(), signal.SIGSTOP)
database.close()
"""


def writer_stopped(url: str) -> AbstractContextManager[int]:
    """Another process is in the middle of a write transaction and stands still; its id. It goes on at the end."""
    return _stopped_in(_WRITER, url)


def decider_stopped(url: str) -> AbstractContextManager[int]:
    """The same, of one that has the turn and has looked, and has not begun to write."""
    return _stopped_in(_DECIDER, url)


@contextlib.contextmanager
def _stopped_in(program: str, url: str) -> Iterator[int]:
    with subprocess.Popen([sys.executable, "-c", program, url]) as process:
        try:
            wait_until(lambda: is_stopped(process.pid), what="the process stands still")
            yield process.pid
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(process.pid, signal.SIGCONT)
    assert process.returncode in {0, -signal.SIGKILL}


def is_stopped(pid: int) -> bool:
    """Whether a process is stopped."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
