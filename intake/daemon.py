"""The supervisor: a process for each role, or several, and the service's word to systemd.

Everything is imported before the roles are forked, so that a start costs the imports once;
at that moment there is no thread, no loop and no open database in the process.

What is going on is said by the scheduler, which looks into the database, through its pipe.

Crash-only: a role that ends unasked ends the service, and the service manager starts it
anew; what was under way is found in the tables. Each role holds one end of a pipe; an octet
on it says that the role is ready or alive, its end says that the role has ended. Roles die
with the supervisor, however it ends.
"""

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from pathlib import Path
from typing import Final

from intake import log, systemd
from intake.clock import Clock, system_clock
from intake.doors.listeners import CannotListen
from intake.process import call_yourself, die_with_parent, keep_freed_memory
from intake.roles import imap, scheduler, smtp, submitter, worker
from intake.roles.life import Listener, Pulse
from intake.settings import Settings
from models.limits import SERVICE_DRAIN_SECONDS

_ROLES: Final[dict[str, Callable[[Path, Settings, Pulse, Clock], None]]] = {
    "smtp": smtp.serve,
    "imap": imap.serve,
    "worker": worker.serve,
    "submitter": submitter.serve,
    "scheduler": scheduler.serve,
}
ROLES: Final = tuple(_ROLES)
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
_ASKED: Final = (0, -signal.SIGTERM, -signal.SIGINT)
"""Exit statuses of a role that was asked to end, before it could listen or after."""
_LOOK_SECONDS: Final = 0.5
_POLL_SECONDS: Final = 0.02


@dataclass(slots=True)
class _Child:
    """One role's process, and when its pipe was last heard."""

    role: str
    pid: int
    pipe: int
    heard_at: float
    listener: Listener = field(default_factory=Listener)
    status: int | None = None

    def ended(self) -> bool:
        """Whether the process has ended; its exit status is known then (negative: the signal)."""
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status is not None

    def tell(self, number: signal.Signals) -> None:
        if not self.ended():
            os.kill(self.pid, number)


class Supervisor:
    """Starts the roles, watches them, and ends with the first of them."""

    def __init__(self, path: Path, settings: Settings, roles: Sequence[str]) -> None:
        self._path = path
        self._settings = settings
        self._roles = roles
        self._selector = selectors.DefaultSelector()
        self._children: list[_Child] = []
        self._stopping = False
        self._stop_by = float("inf")
        self._watchdog = systemd.watchdog_seconds()

    def run(self, *, version: str) -> int:
        """Serve until told to stop (0) or a role ends unasked (1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._tell(signal.SIGHUP))
        _keep_only_our_sockets(os.environ)
        log.started(version=version, roles=list(self._roles))
        for role in self._processes():
            if not self._stopping:
                self._start(role)
        status = self._watch()
        self._end()
        log.stopped()
        return status

    def _processes(self) -> Iterator[str]:
        """The role of each process that is to be: one for each role, but as many workers as are wanted."""
        for role in self._roles:
            yield from repeat(role, self._settings.workers if role == "worker" else 1)

    def _start(self, role: str) -> None:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        supervisor = os.getpid()
        # A signal that comes between the fork and the role's own handlers waits for those.
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        pid = os.fork()
        if pid == 0:
            os.close(reader)
            os._exit(self._be(role, Pulse(writer), supervisor))
        os.close(writer)
        child = _Child(role, pid, reader, heard_at=time.monotonic())
        self._children.append(child)
        self._selector.register(reader, selectors.EVENT_READ, child)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _be(self, role: str, pulse: Pulse, supervisor: int) -> int:
        """In the new process: do the role's work; the exit status."""
        try:
            for number in _SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)
            die_with_parent(supervisor)
            call_yourself(f"casegate-{role}")
            keep_freed_memory()
            self._selector.close()
            for sibling in self._children:
                os.close(sibling.pipe)
            os.umask(0o077)
            log.configure(role=role, level=self._settings.service.log_level)
            _ROLES[role](self._path, self._settings, pulse, system_clock)
            log.stopped()
        except CannotListen as error:
            log.cannot_listen(error)
            return 1
        except BaseException as error:  # noqa: BLE001 - the end of the process: told to the log, then to the supervisor
            log.crashed(error)
            return 1
        return 0

    def _watch(self) -> int:
        """Until all have ended because we asked, or one has ended though we did not."""
        told = ""
        while True:
            for key, _ in self._selector.select(_LOOK_SECONDS):
                child: _Child = key.data
                if not self._hear(child):
                    self._selector.unregister(child.pipe)
                    _wait(child)
                    if not self._stopping:
                        log.role_ended(role=child.role, status=child.status)
                        return 1
            if self._stopping and all(child.ended() for child in self._children):
                return 0 if all(child.status in _ASKED for child in self._children) else 1
            if self._stopping and time.monotonic() > self._stop_by:
                log.stopping(why=f"a role did not end within {SERVICE_DRAIN_SECONDS} s, and is made to")
                return 1
            if not self._stopping and all(child.listener.ready for child in self._children):
                told = self._tell_manager(told)
            self._reassure()

    def _tell_manager(self, told: str) -> str:
        """Say that we are ready, once, and what is going on whenever that is news; what was said."""
        words = [f"Serving: {', '.join(self._roles)}", *(child.listener.words for child in self._children)]
        status = f"STATUS={'; '.join(word for word in words if word)}"
        if not told:
            log.ready()
            systemd.notify(f"READY=1\n{status}")
        elif status != told:
            systemd.notify(status)
        return status

    def _hear(self, child: _Child) -> bool:
        """Take what a role has said; False when its pipe has ended."""
        octets = os.read(child.pipe, 4096)
        child.heard_at = time.monotonic()
        child.listener.hear(octets)
        return bool(octets)

    def _reassure(self) -> None:
        """Tell the manager that we live, as long as every role's loop goes round (threats X-44)."""
        if self._watchdog is not None:
            oldest = min(child.heard_at for child in self._children)
            if self._stopping or time.monotonic() - oldest < self._watchdog / 2:
                systemd.notify("WATCHDOG=1")

    def _stop(self) -> None:
        self._stopping = True
        self._stop_by = time.monotonic() + SERVICE_DRAIN_SECONDS
        systemd.notify("STOPPING=1\nSTATUS=Draining")
        self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for child in self._children:
            child.tell(number)

    def _end(self) -> None:
        """End every role: asked first, made to after a while."""
        self._tell(signal.SIGTERM)
        deadline = min(self._stop_by, time.monotonic() + SERVICE_DRAIN_SECONDS)
        while not all(child.ended() for child in self._children) and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        self._tell(signal.SIGKILL)
        for child in self._children:
            _wait(child)
            os.close(child.pipe)
        self._selector.close()


def _keep_only_our_sockets(environment: MutableMapping[str, str]) -> None:
    """Forget sockets that systemd opened for another process (sd_listen_fds(3))."""
    if environment.get("LISTEN_PID") != str(os.getpid()):
        for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
            environment.pop(name, None)


def _wait(child: _Child) -> None:
    """Until a process that is ending has ended."""
    while not child.ended():
        time.sleep(_POLL_SECONDS)
