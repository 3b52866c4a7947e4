"""What every role's process has: a pulse for the supervisor, and an ear for signals."""

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Final

from intake import composition, configuration, log
from intake.settings import Settings

READY: Final = b"R"
ALIVE: Final = b"A"


class Pulse:
    """Tells the supervisor that this role is ready, and then that it lives."""

    def __init__(self, descriptor: int | None) -> None:
        self._descriptor = descriptor
        if descriptor is not None:
            os.set_blocking(descriptor, False)

    def ready(self) -> None:
        self._write(READY)

    def beat(self) -> None:
        self._write(ALIVE)

    def _write(self, octet: bytes) -> None:
        if self._descriptor is not None:
            try:
                os.write(self._descriptor, octet)
            except BlockingIOError:  # the supervisor is behind; it will see what is there
                return


def on_signals(stop: Callable[[], None], reload: Callable[[], None]) -> None:
    """End on SIGTERM and SIGINT, read the configuration again on SIGHUP."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop())
    signal.signal(signal.SIGHUP, lambda *_: reload())


def reloaded(path: Path, take: Callable[[Settings], None]) -> None:
    """Read the configuration again and take what may change; a bad one changes nothing (threats X-45)."""
    try:
        fresh = configuration.load(path)
        composition.policy_of(fresh)  # every role asks the same, so that all take it or none
        take(fresh)
    except (configuration.SettingsError, OSError) as error:
        log.reload_refused(error=error)
    else:
        log.reloaded()
