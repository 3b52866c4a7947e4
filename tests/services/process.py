"""What every private service has in common: a directory, one foreground process, a log, an end."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Self

from .waiting import wait_until

live: list["PrivateService"] = []
"""Services of this process that were started and not closed; tests/conftest.py shows their logs."""

TAIL_LINES = 60


def short_directory() -> Path:
    """A new directory every user may pass, with a path short enough for the Unix sockets in it (107 octets)."""
    directory = Path(tempfile.mkdtemp(prefix="cg-", dir="/tmp"))
    directory.chmod(0o755)
    return directory


def find_program(name: str, *places: str) -> str | None:
    """The path of a program on PATH, in sbin, or in one of `places`; None if it is not installed."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/local/sbin", "/usr/sbin", "/sbin", *places])
    return shutil.which(name, path=path)


def program_version(*command: str) -> str:
    """The first word that begins with a digit of what a program says of its version."""
    answer = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    return next((word for word in answer.split() if word[0].isdigit()), "unknown")


def as_user(user: str | None, at_parents_end: signal.Signals | None = None) -> list[str]:
    """What goes before a command to run it as `user` if we are root, and to signal it when the starting thread ends."""
    prefix = ["setpriv"]
    if user is not None and os.geteuid() == 0:
        prefix += [f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--init-groups"]
    if at_parents_end is not None:
        prefix += ["--pdeathsig", at_parents_end.name.removeprefix("SIG")]
    return [*prefix, "--"] if len(prefix) > 1 else []


class PrivateService(ABC):
    """A real server of our own: started in `directory`, on loopback, gone at `close()`.

    The main process runs in the foreground in a session of its own and is told to end when
    the thread that started it ends, so nothing is left even when the tests are killed.
    `start`, `stop` and `kill` may be called in turn; ports, queues and data stay.
    """

    name: str
    user: str | None = None
    """Whom the main process runs as when we are root; None: as ourselves."""
    stop_signal = signal.SIGTERM

    def __init__(self, directory: Path | None = None) -> None:
        self.directory = directory or short_directory()
        self.keep = False
        """Whether `close` leaves the directory for a look: set when a test failed."""
        self._process: subprocess.Popen[bytes] | None = None

    @staticmethod
    @abstractmethod
    def missing() -> str:
        """Why it cannot be started here; "" if it can."""

    @staticmethod
    @abstractmethod
    def version() -> str:
        """Which version would be started."""

    @abstractmethod
    def command(self) -> list[str]:
        """The command of the main process; it must stay in the foreground."""

    @abstractmethod
    def is_ready(self) -> bool:
        """Whether the service answers."""

    @property
    def log_path(self) -> Path:
        """Where the service writes its log."""
        return self.directory / f"{self.name}.log"

    @property
    def log(self) -> str:
        """All it has logged, and what it said on standard output."""
        paths = (self.directory / f"{self.name}.out", self.log_path)
        return "".join(path.read_text(errors="backslashreplace") for path in paths if path.exists())

    @property
    def log_tail(self) -> str:
        """The end of the log, and where the rest is."""
        return "\n".join([f"[{self.directory}]", *self.log.splitlines()[-TAIL_LINES:]])

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> Self:
        """Start and wait until the service answers."""
        if self.is_running:
            return self
        if self not in live:
            live.append(self)
        with (self.directory / f"{self.name}.out").open("ab") as output:
            self._process = subprocess.Popen(
                [*as_user(self.user, self.stop_signal), *self.command()],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                start_new_session=True,
            )
        try:
            wait_until(self._is_up, what=f"{self.name} starts")
        except BaseException as error:
            self.kill()
            error.add_note(self.log_tail)
            raise
        return self

    def _is_up(self) -> bool:
        if not self.is_running:
            raise RuntimeError(f"{self.name} ended while it started")
        return self.is_ready()

    def stop(self) -> None:
        """Ask the service to end as an admin would, and wait until nothing of it is left."""
        if self._process is not None:
            self._process.send_signal(self.stop_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(timeout=10)
        self.kill()

    def kill(self) -> None:
        """End the service with all its processes at once (SIGKILL)."""
        if self._process is None:
            return
        main = self._process.pid
        family = _family({main})

        def is_gone() -> bool:
            remaining = _family(family)
            for member in remaining:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(member, signal.SIGKILL)
            family.update(remaining)
            return not remaining

        wait_until(is_gone, what=f"all processes of {self.name} are gone")
        self._process.wait()
        self._process = None

    def close(self) -> None:
        """Stop for good and remove the directory, unless a test failed meanwhile."""
        self.stop()
        if self in live:
            live.remove(self)
        if not self.keep:
            shutil.rmtree(self.directory, ignore_errors=True)


def _family(known: set[int]) -> set[int]:
    """The processes that run among `known`, their children, and those in sessions `known` lead (no zombies)."""
    table = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                state, parent, _group, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
                if state != "Z":
                    table.append((int(entry.name), int(parent), int(session)))
    family: set[int] = set()
    while more := {
        pid
        for pid, parent, session in table
        if pid not in family and (pid in known or {parent, session} & (known | family))
    }:
        family |= more
    return family


def answers(port: int, greeting: bytes) -> bool:
    """Whether a server on a loopback port says `greeting` first."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            return connection.recv(256).startswith(greeting)
    except OSError:
        return False
