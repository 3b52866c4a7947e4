"""Keeping at one mailbox for good: connect, look, rest, and come back after every failure.

One thread each, so that a mailbox that hangs or fails stops no other. The pauses after
failures double; a refused login pauses much longer at once, since asking again is what
locks accounts. They are spread a little by the mailbox's name, so that many mailboxes of
one server do not come back together, and can still be worked out by hand.
"""

import contextlib
import threading
import zlib
from dataclasses import replace
from typing import Final

import sqlalchemy as sa

from intake import log
from intake.doors.imap.account import Account
from intake.doors.imap.folder import FolderDoor, House, MoveRefused
from intake.doors.imap.wire import Connection, ImapError, LoginDenied, words_of
from models.limits import IMAP_IDLE_SECONDS, IMAP_LOGIN_PAUSE_SECONDS, IMAP_PAUSE_SECONDS
from models.store import imap_ledger

_LONGEST_LOGIN_PAUSE: Final = 3_600
_ALARM: Final = 2
"""The failure of a row that is an error in the log: a server that restarts is none."""


class Keeper:
    """Keeps at one mailbox in a thread of its own. `start`, then `watch` now and then, then `stop` and `join`."""

    def __init__(self, account: Account, house: House) -> None:
        self.account = account
        self._house = house
        self._stopping = threading.Event()
        self._connection = Connection()
        self._failures = 0
        self._unmoved = 0
        self._thread = threading.Thread(target=self._keep, name=f"imap {account.place}", daemon=True)

    # --- for the role's own thread ----------------------------------------------------------

    def start(self) -> None:
        self._thread.start()

    def watch(self) -> None:
        """Cut a connection whose server takes too long; raises when the thread has ended unasked."""
        if self._connection.cut_if_late():
            log.imap_cut(mailbox=str(self.account.place))
        if not self._thread.is_alive() and not self._stopping.is_set():
            raise RuntimeError(f"the thread of {self.account.place} has ended")

    def stop(self) -> None:
        """End soon: what has been fetched whole is still stored."""
        self._stopping.set()
        self._connection.cut()

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    # --- in the thread ----------------------------------------------------------------------

    def _keep(self) -> None:
        while not self._stopping.is_set():
            if self._house.is_closed():  # intake is paused: the mailbox is left alone
                self._stopping.wait(1)
                continue
            try:
                self._visit()
            except ImapError as error:
                self._fail(str(error), is_login=isinstance(error, LoginDenied))
            except Exception as error:  # noqa: BLE001 - the database's trouble or our own bug must not end the others
                self._fail(f"{type(error).__name__}: {words_of(error)}", is_login=False)

    def _visit(self) -> None:
        """Connect, and look again and again until intake is closed. Raises when anything fails."""
        self._connection = Connection()
        if self._stopping.is_set():
            return
        try:
            self._connection.open(self.account)
            door = FolderDoor(self.account, replace(self._house, is_closed=self._is_closed))
            undecided = 0
            while not self._is_closed():
                undecided = undecided + 1 if self._look(door) else 0
                if not self._is_closed():
                    self._rest(undecided)
        finally:
            self._connection.close()

    def _look(self, door: FolderDoor) -> bool:
        """One look; a server that will not move what is ours must not slow down what comes in."""
        try:
            waits = door.look(self._connection)
        except MoveRefused as error:
            self._unmoved += 1
            self._note(str(error), self._unmoved, is_alarm=self._unmoved == 1, again_in=self.account.poll_seconds)
            return False
        if self._failures or self._unmoved:
            log.imap_back(mailbox=str(self.account.place), failures=self._failures or self._unmoved)
        self._failures = self._unmoved = 0
        return waits

    def _is_closed(self) -> bool:
        return self._stopping.is_set() or self._house.is_closed()

    def _rest(self, undecided: int) -> None:
        """Wait for the next look; not long while messages wait for our own decision."""
        seconds = float(self.account.poll_seconds)
        if undecided:
            self._stopping.wait(min(seconds, 2.0 ** min(undecided - 1, 12)))
        elif self._connection.can_idle():
            self._connection.idle(min(seconds, IMAP_IDLE_SECONDS))
        else:
            self._stopping.wait(seconds)

    def _fail(self, why: str, *, is_login: bool) -> None:
        """Record a failure, and wait."""
        if self._stopping.is_set():
            return
        self._failures += 1
        again_in = pause_after(self._failures, str(self.account.place), is_login=is_login)
        self._note(why, self._failures, is_alarm=self._failures == (1 if is_login else _ALARM), again_in=again_in)
        self._stopping.wait(again_in)

    def _note(self, why: str, failures: int, *, is_alarm: bool, again_in: float) -> None:
        """Tell a failure to the log, and to the ledger, where `imap status` finds it."""
        log.imap_failed(
            mailbox=str(self.account.place), why=why, failures=failures, again_in=again_in, is_alarm=is_alarm
        )
        with contextlib.suppress(sa.exc.DBAPIError), self._house.database.write_meanwhile() as database:
            imap_ledger.failed(database, self.account.place, why, self._house.clock())


def pause_after(failures: int, name: str, *, is_login: bool) -> float:
    """Seconds until a mailbox that failed so often in a row is tried again."""
    first, longest = (IMAP_LOGIN_PAUSE_SECONDS, _LONGEST_LOGIN_PAUSE) if is_login else (1, IMAP_PAUSE_SECONDS)
    pause = min(first * 2.0 ** min(failures - 1, 16), longest)
    spread: float = 1 + zlib.crc32(name.encode()) % 100 / 500
    return round(pause * spread, 2)
