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
_SAYS, _SAID = b"\x02", b"\x03"
_MOST_OCTETS: Final = 400
"""A whole word fits into the pipe at once (PIPE_BUF), so that it arrives whole."""


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

    def say(self, words: str) -> None:
        """What is going on, in a line; the last word of a role counts."""
        self._write(_SAYS + words.encode("ascii", "replace")[:_MOST_OCTETS] + _SAID)

    def _write(self, octet: bytes) -> None:
        if self._descriptor is not None:
            try:
                os.write(self._descriptor, octet)
            except BlockingIOError:  # the supervisor is behind; it will see what is there
                return


class Listener:
    """The supervisor's end of a role's pipe: whether it was ever ready, and what it said last."""

    def __init__(self) -> None:
        self.ready = False
        self.words = ""
        self._rest = b""

    def hear(self, octets: bytes) -> None:
        """Take octets as they come; a word may be cut by a read."""
        *spoken, self._rest = (self._rest + octets).split(_SAID)
        for piece in spoken:
            beats, _, words = piece.partition(_SAYS)
            self._hear_beats(beats)
            self.words = words.decode("ascii", "replace")
        beats, said, words = self._rest.partition(_SAYS)
        self._hear_beats(beats)
        self._rest = said + words

    def _hear_beats(self, beats: bytes) -> None:
        self.ready = self.ready or READY in beats


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
