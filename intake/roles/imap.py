"""The process that fetches mail: one thread for each mailbox (`intake.doors.imap`)."""

import signal
import threading
import time
from pathlib import Path
from typing import Final

from intake import composition, log
from intake.clock import Clock
from intake.doors.imap.account import accounts_of
from intake.doors.imap.folder import House
from intake.doors.imap.keeper import Keeper
from intake.pause import is_paused
from intake.roles.life import Pulse, on_signals, reloaded
from intake.settings import Settings
from intake.wake import LOOK_SECONDS, Bell
from models.limits import DRAIN_SECONDS
from models.store.database import Database

_RELOAD_SECONDS: Final = 5
_SIGNALS: Final = {signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


def serve(path: Path, settings: Settings, pulse: Pulse, clock: Clock) -> None:
    """Fetch until told to stop."""
    database = composition.open_database(settings)
    bell = Bell(settings.state_directory)
    mailboxes = Mailboxes(database, bell, clock, settings)
    awake, stopping, reload_wanted = threading.Event(), threading.Event(), threading.Event()

    def stop() -> None:
        stopping.set()
        awake.set()

    def reload() -> None:
        reload_wanted.set()
        awake.set()

    on_signals(stop, reload)
    mailboxes.start()
    pulse.ready()
    try:
        while not stopping.is_set():
            if reload_wanted.is_set():
                reload_wanted.clear()
                reloaded(path, mailboxes.obey)
            mailboxes.watch()
            pulse.beat()
            awake.wait(LOOK_SECONDS)
            awake.clear()
        log.stopping(why="asked to")
    finally:
        mailboxes.stop(DRAIN_SECONDS)
        database.close()
        bell.close()


class Mailboxes:
    """The keepers of all mailboxes of a configuration."""

    def __init__(self, database: Database, bell: Bell, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._bell = bell
        self._clock = clock
        self._settings = settings
        self._keepers: list[Keeper] = []

    def start(self) -> None:
        """Begin to keep at every mailbox."""
        self._keepers = [Keeper(account, self._house()) for account in accounts_of(self._settings)]
        # A signal is for the thread that waits for it, not for one that reads from a server.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        for keeper in self._keepers:
            keeper.start()
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def watch(self) -> None:
        for keeper in self._keepers:
            keeper.watch()

    def stop(self, within: float) -> None:
        """End all; what was fetched whole is stored first. Waits so many seconds at most."""
        until = time.monotonic() + within
        for keeper in self._keepers:
            keeper.stop()
        for keeper in self._keepers:
            keeper.join(max(0.0, until - time.monotonic()))

    def obey(self, settings: Settings) -> None:
        """Go on with the mailboxes and addresses of another configuration.

        One that is still connecting ends by itself later: two at one mailbox do no harm.
        """
        self.stop(_RELOAD_SECONDS)
        self._settings = settings
        self.start()

    def _house(self) -> House:
        directory = self._settings.state_directory
        return House(
            database=self._database,
            policy=composition.policy_of(self._settings),
            clock=self._clock,
            bell=self._bell,
            state_directory=directory,
            max_message_bytes=self._settings.smtp.max_message_bytes,
            is_closed=lambda: is_paused(directory),
        )
