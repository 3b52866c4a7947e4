"""Accepted means stored: many mail transactions share one durable commit.

The doors are asynchronous and many; the database is synchronous and one. Between them
stands a thread: while it commits one group, the next arrivals gather, and they are its
next group. So a lone message waits for nobody, and a crowd shares the flush (RFC 5321 6.1
asks that responsibility be taken before 250, not that it be taken one by one).

A commit that fails is an unknown outcome (threats M11, X-16): it is looked up whether the
messages are there, by their ids and octet for octet, for an id may be given to another one
after a crash. Where they are not, or nobody can tell, the group is answered 451 and the client
offers the messages again; should the commit happen after all, the second copy has the same
content key and settles as a duplicate.
"""

import asyncio
import queue
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import sqlalchemy as sa

from intake import log
from intake.clock import Clock
from intake.pause import is_paused
from intake.room import room_in
from intake.wake import Bell
from models.limits import BATCH_BYTES, BATCH_MESSAGES
from models.mail import Envelope
from models.store import inbox
from models.store.database import Database, is_trouble
from models.store.inbox import Arrival


class AcceptanceError(Exception):
    """We could not store the message: our own fault, so the client is told to try again (451)."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An arrival whose session waits for the commit."""

    arrival: Arrival
    answer: asyncio.Future[int]


class Acceptance:
    """Takes responsibility for messages, in groups. One per door process; start() and stop() it."""

    def __init__(
        self, database: Database, *, clock: Clock, bell: Bell, state_directory: Path, max_message_bytes: int
    ) -> None:
        self._database = database
        self._clock = clock
        self._bell = bell
        self._directory = state_directory
        self._max_message_bytes = max_message_bytes
        self._had_room = True
        self._arrivals: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._commit_groups, name="acceptance", daemon=True)

    @property
    def paused(self) -> bool:
        """Whether an admin has closed the door for a while (`casegate intake pause`)."""
        return is_paused(self._directory)

    def has_room(self) -> bool:
        """Whether the disk can take what sessions may bring (452 4.3.1 at MAIL)."""
        room = room_in(self._directory, self._max_message_bytes)
        if room.is_enough != self._had_room:  # each client that is sent away is a line of its own; this is the reason
            self._had_room = room.is_enough
            if room.is_enough:
                log.disk_back(free=room.free)
            else:
                log.disk_low(directory=self._directory, free=room.free, wanted=room.wanted)
        return room.is_enough

    def start(self) -> None:
        """Begin to commit."""
        self._thread.start()

    def stop(self) -> None:
        """Commit what has gathered, then end."""
        self._arrivals.put(None)
        self._thread.join()

    def accept(self, envelope: Envelope, spool: BinaryIO, size: int) -> asyncio.Future[int]:
        """Begin to store one message durably; the result is its inbox id.

        It comes only after the commit, and is AcceptanceError when that failed. The commit
        reads `spool`, whoever waits or not: shield the result (threats M2).
        """
        answer: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._arrivals.put(_Waiting(Arrival(envelope, self._clock(), spool, size), answer))
        return answer

    def _commit_groups(self) -> None:
        while (first := self._arrivals.get()) is not None:
            group, last = self._gather(first)
            self._commit(group)
            if last:
                return

    def _gather(self, first: _Waiting) -> tuple[list[_Waiting], bool]:
        """Everything that has arrived by now, within the limits of a batch; and whether to end."""
        group, octets = [first], first.arrival.size
        while len(group) < BATCH_MESSAGES and octets < BATCH_BYTES:
            try:
                waiting = self._arrivals.get_nowait()
            except queue.Empty:
                break
            if waiting is None:
                return group, True
            group.append(waiting)
            octets += waiting.arrival.size
        return group, False

    def _commit(self, group: list[_Waiting]) -> None:
        ids: list[int] = []
        try:
            with self._database.write_meanwhile() as connection:
                ids = inbox.accept(connection, [waiting.arrival for waiting in group])
        except Exception as error:  # noqa: BLE001 - whatever it was, every session gets its answer and the door lives on
            if not ids or not self._are_stored(ids, group):
                self._refuse(group, error)
                return
        with log.together():
            for inbox_id, waiting in zip(ids, group, strict=True):
                log.accepted(inbox_id=inbox_id, envelope=waiting.arrival.envelope, size=waiting.arrival.size)
        _tell(group, ids)
        self._bell.ring("worker")

    def _are_stored(self, ids: list[int], group: list[_Waiting]) -> bool:
        """Whether the commit happened though it seemed to fail; what cannot be known is not so."""
        try:
            with self._database.read() as connection:
                return inbox.are_stored(connection, ids, [waiting.arrival for waiting in group])
        except (sa.exc.DBAPIError, OSError):  # it is refused with the failure that came first
            return False

    def _refuse(self, group: list[_Waiting], error: Exception) -> None:
        """A group failed: each of it once more alone, unless it was the database's own failure."""
        if len(group) > 1 and not (isinstance(error, sa.exc.DBAPIError) and is_trouble(error)):
            for waiting in group:
                self._commit([waiting])
            return
        for waiting in group:
            log.accept_failed(envelope=waiting.arrival.envelope, size=waiting.arrival.size, error=error)
        _tell(group, [AcceptanceError("the message could not be stored")] * len(group))


def _tell(group: list[_Waiting], outcomes: Sequence[int | AcceptanceError]) -> None:
    """Tell the sessions of a group at once, unless their loop has ended meanwhile: there is one a process."""
    loop = group[0].answer.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(_settle, [waiting.answer for waiting in group], outcomes)


def _settle(answers: list[asyncio.Future[int]], outcomes: Sequence[int | AcceptanceError]) -> None:
    for answer, outcome in zip(answers, outcomes, strict=True):
        if answer.done():
            continue
        if isinstance(outcome, AcceptanceError):
            answer.set_exception(outcome)
        else:
            answer.set_result(outcome)
