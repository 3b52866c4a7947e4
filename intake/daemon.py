"""The supervisor: one process for each role, and the service's word to systemd.

Crash-only: a role that ends unasked ends the service, and the service manager starts it
anew; what was under way is found in the tables. Each role holds one end of a pipe; an octet
on it says that the role is ready or alive, its end says that the role has ended. Roles die
with the supervisor, however it ends.
"""

import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from intake import log, systemd
from intake.roles import READY
from intake.settings import Settings

ROLES: Final = ("smtp", "worker", "submitter")
_DRAIN_SECONDS: Final = 90
_LOOK_SECONDS: Final = 0.5


@dataclass(slots=True)
class _Child:
    """One role's process, and when its pipe was last heard."""

    role: str
    process: subprocess.Popen[bytes]
    pipe: int
    ready: bool
    heard_at: float


class Supervisor:
    """Starts the roles, watches them, and ends with the first of them."""

    def __init__(self, path: Path, settings: Settings, roles: Sequence[str]) -> None:
        self._path = path
        self._settings = settings
        self._roles = roles
        self._selector = selectors.DefaultSelector()
        self._children: list[_Child] = []
        self._stopping = False
        self._watchdog = systemd.watchdog_seconds()

    def run(self, *, version: str) -> int:
        """Serve until told to stop (0) or a role ends unasked (1)."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        signal.signal(signal.SIGHUP, lambda *_: self._tell(signal.SIGHUP))
        log.started(version=version, roles=list(self._roles))
        self._children = [self._start(role) for role in self._roles]
        status = self._watch()
        self._end()
        log.stopped()
        return status

    def _start(self, role: str) -> _Child:
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        listening = range(3, 3 + int(os.environ.get("LISTEN_FDS", "0"))) if role == "smtp" else range(0)
        process = subprocess.Popen(  # noqa: S603 - our own program, our own arguments
            [sys.executable, "-m", "intake.role", role, str(self._path), str(writer), str(os.getpid())],
            pass_fds=(writer, *listening),
            stdin=subprocess.DEVNULL,
        )
        os.close(writer)
        child = _Child(role, process, reader, ready=False, heard_at=time.monotonic())
        self._selector.register(reader, selectors.EVENT_READ, child)
        return child

    def _watch(self) -> int:
        """Until all have ended because we asked, or one has ended though we did not."""
        announced = False
        while True:
            for key, _ in self._selector.select(_LOOK_SECONDS):
                child: _Child = key.data
                if not self._hear(child):
                    self._selector.unregister(child.pipe)
                    status = child.process.wait()
                    if not self._stopping:
                        log.role_ended(role=child.role, status=status)
                        return 1
            if self._stopping and all(child.process.poll() is not None for child in self._children):
                return 0 if all(child.process.returncode == 0 for child in self._children) else 1
            if not announced and all(child.ready for child in self._children):
                announced = True
                log.ready()
                systemd.notify(f"READY=1\nSTATUS=Serving: {', '.join(self._roles)}")
            self._reassure()

    def _hear(self, child: _Child) -> bool:
        """Take what a role has said; False when its pipe has ended."""
        octets = os.read(child.pipe, 4096)
        child.heard_at = time.monotonic()
        child.ready = child.ready or READY in octets
        return bool(octets)

    def _reassure(self) -> None:
        """Tell the manager that we live, as long as every role's loop goes round (threats X-44)."""
        if self._watchdog is not None:
            oldest = min(child.heard_at for child in self._children)
            if time.monotonic() - oldest < self._watchdog / 2:
                systemd.notify("WATCHDOG=1")

    def _stop(self) -> None:
        self._stopping = True
        systemd.notify("STOPPING=1\nSTATUS=Draining")
        self._tell(signal.SIGTERM)

    def _tell(self, number: signal.Signals) -> None:
        for child in self._children:
            if child.process.poll() is None:
                child.process.send_signal(number)

    def _end(self) -> None:
        """End every role: asked first, made to after a while."""
        self._tell(signal.SIGTERM)
        deadline = time.monotonic() + _DRAIN_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()
            os.close(child.pipe)
        self._selector.close()
