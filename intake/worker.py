"""The worker: takes messages from the inbox through the journey, in batches, and never stops for one.

Batches, failures and retries are here and nowhere else. A batch that goes well is three
transactions: it is claimed; it is settled, and what was read of it kept; its notices are
frozen. If anything in it fails, that is rolled back and its messages are taken one by one,
each station with its own commit. Where more waits than one batch takes, the next one is
claimed too and read by the parse worker meanwhile.

- A failure of a message that was alone is a strike; three park it (threats E-21).
- A message whose claim was found unfinished at a start was interrupted: it is taken alone,
  and parked after five times. Claims of dead processes of this host are released at once.
- What takes long, as fifty messages that each use the whole limit of the parser, keeps its lease: it is renewed.
- A database that does not answer is nobody's strike: the worker waits and asks again (`intake.outage`).
- Messages of one batch that share their content or their case, or that answer one another,
  wait for one another: they are settled in rounds, so that each finds the earlier one's decision.
"""

import contextlib
import errno
import traceback
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final, TypeAlias

import sqlalchemy as sa

from intake import journey, log
from intake.carried import carried_by
from intake.clock import Clock
from intake.loop import Loop, nothing
from intake.parse_worker import Raw
from intake.parsing import Parser, ParserGone, Unreadable
from intake.process import is_dead, own_name
from intake.wake import Bell, Ear
from models.limits import (
    BATCH_BYTES,
    BATCH_MESSAGES,
    INTERRUPTIONS,
    LEASE_SECONDS,
    STRIKE_PAUSE_SECONDS,
    STRIKES,
)
from models.message import Message
from models.policy import Policy
from models.rules.failures import failure_told
from models.store import inbox, outbox
from models.store.claims import Lease, LeaseLost, owners, release_own, renew
from models.store.database import Database, is_trouble
from models.store.inbox import Claimed
from models.store.outbox import Intended, Intent
from models.store.record import ContentClaimed
from models.store.tables import inbox as inbox_table
from models.store.tables import outbox as outbox_table

_AFTER_STRIKE: Final = timedelta(seconds=STRIKE_PAUSE_SECONDS)
_AFTER_ANOTHER: Final = timedelta(milliseconds=100)
_RENEWAL: Final = timedelta(seconds=LEASE_SECONDS / 6)
"""Between two looks at the clock one message may take most of what is left."""
_SHORTAGES: Final = frozenset(
    {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EAGAIN, errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS}
)
_DETAIL_CHARACTERS: Final = 8_000


def _is_nobodys(error: Exception) -> bool:
    """Whether no message or notice is to blame: the parse worker, database or machine fails, whatever we work on."""
    match error:
        case ParserGone():
            return True
        case OSError():
            return error.errno in _SHORTAGES
        case sa.exc.DBAPIError():
            return is_trouble(error)
    return False


_Answers: TypeAlias = dict[int, Message | Unreadable]


@dataclass
class _Batch:
    """What one lease holds: messages, what is being read of them, notices to be worded at the end."""

    lease: Lease
    held_since: datetime
    messages: list[Claimed] = field(default_factory=list)
    read: Callable[[], _Answers] = dict
    owed: list[Intended] = field(default_factory=list)
    is_full: bool = False


class Worker(Loop):
    """Works on the inbox."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        parser: Parser,
        *,
        clock: Clock,
        bell: Bell,
        alive: Callable[[], None] = nothing,
    ) -> None:
        super().__init__(policy, alive=alive)
        self._database = database
        self._parser = parser
        self._clock = clock
        self._bell = bell
        self._owner = own_name()
        self._is_idle = False
        self._next: _Batch | None = None

    def run(self, ear: Ear) -> None:
        try:
            super().run(ear)
        finally:
            if self._next is not None:
                self._release(self._next.lease)

    def step(self) -> bool:
        """One batch through the stations; whether there was anything to do."""
        batch, self._next = self._next or self._claim(), None
        if batch.is_full:
            self._next = self._claim()
        if batch.messages:
            self._work(batch)
        if batch.owed:
            self._word(batch)
        self._database.checkpoint()
        return bool(batch.messages or batch.owed)

    # --- claims ------------------------------------------------------------------------------

    def _claim(self) -> _Batch:
        """Messages that wait, and notices that others owe; after a claim in vain only where a look finds some."""
        now = self._clock()
        batch = _Batch(Lease(self._owner, uuid.uuid4().hex), now)
        if self._is_idle:
            with self._database.read() as connection:
                if not inbox.is_any_waiting(connection, now) and not outbox.is_any_intended(connection, now):
                    return batch
        with self._database.write_meanwhile() as connection:
            batch.messages = inbox.claim(connection, batch.lease, now, most=BATCH_MESSAGES)
            raws = _raws_of_unread(connection, batch.messages)
            batch.owed = outbox.claim_intended(connection, batch.lease, now, most=2 * BATCH_MESSAGES)
        self._is_idle = not (batch.messages or batch.owed)
        batch.is_full = len(batch.messages) == BATCH_MESSAGES or sum(map(len, raws.values())) > BATCH_BYTES // 2
        batch.read = self._begin_to_read(batch.messages, raws, meanwhile=lambda: self._hold(batch))
        return batch

    def _hold(self, batch: _Batch) -> None:
        """Keep what this batch holds, and the next one, from running out where work on this one takes long."""
        now = self._clock()
        for one in filter(None, (batch, self._next)):
            if abs(now - one.held_since) > _RENEWAL:  # abs: a clock that went back must not keep us from it
                with self._database.write_meanwhile() as connection:
                    renew(connection, inbox_table, one.lease, now)
                    renew(connection, outbox_table, one.lease, now)
                one.held_since = now

    def free_interrupted(self) -> None:
        """Release at once what dead processes of this host had claimed, and what we have claimed without knowing it."""
        self._next = None
        with self._database.write() as connection:
            release_own(connection, inbox_table, self._owner)
            release_own(connection, outbox_table, self._owner)
            dead = [
                owner for owner in owners(connection, inbox_table) + owners(connection, outbox_table) if is_dead(owner)
            ]
            if dead:
                log.interrupted(table="inbox", count=inbox.free_interrupted(connection, dead))
                log.interrupted(table="outbox", count=outbox.free_interrupted(connection, dead, self._clock()))

    def _release(self, lease: Lease) -> None:
        """Give back what this batch still holds; where that fails too, the lease runs out by itself."""
        with contextlib.suppress(sa.exc.DBAPIError), self._database.write_meanwhile() as connection:
            inbox.release(connection, lease)
            outbox.release(connection, lease)

    # --- messages ---------------------------------------------------------------------

    def _work(self, batch: _Batch) -> None:
        try:
            self._settle(batch)
        except LeaseLost as error:
            log.lease_lost(role="worker", error=error)
            self._release(batch.lease)

    def _settle(self, batch: _Batch) -> None:
        """Whatever fails, the other messages go on; alone it is a strike. Raises LeaseLost."""
        try:
            self._journey(batch)
        except LeaseLost:
            raise
        except Exception as error:
            if _is_nobodys(error):
                self._release(batch.lease)
                raise
            if len(batch.messages) == 1:
                self._strike(batch.lease, batch.messages[0], error)
            else:
                self._one_by_one(batch)

    def _one_by_one(self, batch: _Batch) -> None:
        for one in batch.messages:
            self._hold(batch)
            with self._database.write() as connection:
                again = inbox.still_ours(connection, batch.lease, one.inbox_id)
                raws = _raws_of_unread(connection, again)
            if again:
                read = self._begin_to_read(again, raws, meanwhile=nothing)
                self._work(_Batch(batch.lease, batch.held_since, again, read, batch.owed))

    def _journey(self, batch: _Batch) -> None:
        lease = batch.lease
        going = [one for one in batch.messages if not self._parked_for_interruptions(lease, one)]
        answers = batch.read()
        self._park_unreadable(lease, answers)
        waiting = _understood(going, answers)
        examined = {one.inbox_id: one.examined for one in waiting if one.inbox_id in answers}
        if examined and len(waiting) == 1:  # alone: that it could be read is kept, whatever becomes of it then
            with self._database.write_meanwhile() as connection:
                inbox.record_examinations(connection, lease, examined, self._clock())
            examined = {}
        while waiting:
            with self._database.decide() as turn:
                settled = journey.settle(
                    turn, lease, _first_round(waiting), self._policy, self._clock(), examined=examined
                )
            examined = {}
            batch.owed += settled.owed
            with log.together():
                for settling in settled.settlings:
                    log.settled(settling)
            done = {settling.file.inbox_id for settling in settled.settlings}
            waiting = [one for one in waiting if one.inbox_id not in done]
            if waiting and not done:
                self._put_off(lease, waiting)
                return

    def _put_off(self, lease: Lease, waiting: Sequence[Claimed]) -> None:
        """Another worker has the cases of all of these in hand, or what they answer: whoever is free asks again."""
        with self._database.write() as connection:
            inbox.postpone(connection, lease, [one.inbox_id for one in waiting], self._clock() + _AFTER_ANOTHER)

    def _begin_to_read(
        self, claimed: Sequence[Claimed], raws: Mapping[int, bytes], *, meanwhile: Callable[[], None]
    ) -> Callable[[], _Answers]:
        """Have read what nobody has read yet; what is returned waits for what those messages say."""
        unread = [one for one in claimed if one.message is None and one.interruptions < INTERRUPTIONS]
        if not unread:
            return dict
        asked = [Raw(raws[one.inbox_id], one.accepted.envelope.bare_line_ends) for one in unread]
        answers = journey.examine(asked, self._parser, meanwhile)
        return lambda: dict(zip((one.inbox_id for one in unread), answers(), strict=True))

    def _park_unreadable(self, lease: Lease, answers: _Answers) -> None:
        """Those that could not even be read in part are parked."""
        unreadable = {inbox_id: answer for inbox_id, answer in answers.items() if isinstance(answer, Unreadable)}
        if unreadable:
            with self._database.write() as connection:
                for inbox_id, answer in unreadable.items():
                    self._park(connection, lease, inbox_id, station="examine", because=answer.why, detail="")

    def _parked_for_interruptions(self, lease: Lease, one: Claimed) -> bool:
        if one.interruptions < INTERRUPTIONS:
            return False
        because = f"the worker ended {one.interruptions} times while it had this message"
        with self._database.write() as connection:
            self._park(connection, lease, one.inbox_id, station="worker", because=because, detail="")
        return True

    def _strike(self, lease: Lease, one: Claimed, error: Exception) -> None:
        now = self._clock()
        with self._database.write() as connection:
            if isinstance(error, ContentClaimed):  # nobody's failure: the other one's decision is known now
                inbox.postpone(connection, lease, [one.inbox_id], now)
                return
            station = "examine" if inbox.load(connection, [one.inbox_id])[0].message is None else "settle"
            log.struck(inbox_id=one.inbox_id, station=station, strikes=one.strikes + 1, error=error)
            if one.strikes + 1 >= STRIKES:
                detail = "".join(traceback.format_exception(error))[-_DETAIL_CHARACTERS:]
                because = f"{type(error).__name__}: {error}"
                self._park(connection, lease, one.inbox_id, station=station, because=because, detail=detail)
            else:
                inbox.strike(connection, lease, one.inbox_id, now + _AFTER_STRIKE)

    def _park(
        self, connection: sa.Connection, lease: Lease, inbox_id: int, *, station: str, because: str, detail: str
    ) -> None:
        """Set a message aside and owe the admin word of it, in the caller's transaction."""
        inbox.park(connection, lease, inbox_id, self._clock(), station=station, because=because, detail=detail)
        self._tell_admin(connection, "message", inbox_id, "parked", station=station, because=because)
        log.parked(inbox_id=inbox_id, station=station, because=because)

    def _tell_admin(
        self, connection: sa.Connection, what: str, number: int, noun: str, *, station: str, because: str
    ) -> None:
        """Owe the admin a mail that something is parked."""
        told = failure_told(
            self._policy,
            "parked",
            what=f"{what} {number}",
            look=f"casegate {noun} show {number}",
            retry=f"casegate {noun} retry {number}",
            station=station,
            because=because,
            now=self._clock(),
        )
        outbox.intend(connection, [Intent(told)])

    # --- notices -------------------------------------------------------------------------

    def _word(self, batch: _Batch) -> None:
        """Word what is owed and keep the words for good."""
        worded: dict[int, tuple[bytes, bool]] = {}
        failed: list[tuple[int, Exception]] = []
        octets = 0
        for one in batch.owed:
            try:
                if one.notice is None:
                    raise ValueError("it was stored by another version and cannot be read")
                composed = journey.compose(one.notice, self._policy, carried_by(one.notice, self._database))
            except Exception as error:  # a template may raise anything; its notice is parked, never its case
                if _is_nobodys(error):
                    raise
                failed.append((one.outbox_id, error))
            else:
                worded[one.outbox_id] = (composed.raw, composed.smtputf8)
                octets += len(composed.raw)
            if octets > BATCH_BYTES:  # files of agents are carried
                self._freeze(batch.lease, worded, failed)
                worded, failed, octets = {}, [], 0
        self._freeze(batch.lease, worded, failed)

    def _freeze(self, lease: Lease, worded: dict[int, tuple[bytes, bool]], failed: list[tuple[int, Exception]]) -> None:
        try:
            with self._database.write_meanwhile() as connection:
                outbox.freeze(connection, lease, worded, self._clock())
                for outbox_id, error in failed:
                    because = f"{type(error).__name__}: {error}"
                    outbox.park(connection, lease, outbox_id, because)
                    self._tell_admin(connection, "notice", outbox_id, "outbox", station="compose", because=because)
        except LeaseLost as error:
            log.lease_lost(role="worker", error=error)
            self._release(lease)
            return
        for outbox_id, failure in failed:
            log.notice_parked(outbox_id=outbox_id, error=failure)
        self._bell.ring("submitter")


def _raws_of_unread(connection: sa.Connection, claimed: Sequence[Claimed]) -> dict[int, bytes]:
    """The raw messages of those that nobody has read yet."""
    return inbox.raws(connection, [one.inbox_id for one in claimed if one.message is None])


def _understood(claimed: Sequence[Claimed], answers: Mapping[int, Message | Unreadable]) -> list[Claimed]:
    """The messages with what they say, as far as they could be read."""
    read: list[Claimed] = []
    for one in claimed:
        answer = answers.get(one.inbox_id, one.message)
        if answer is not None and not isinstance(answer, Unreadable):
            read.append(one.with_message(answer))
    return read


def _first_round(waiting: Sequence[Claimed]) -> list[Claimed]:
    """The messages that neither have the content of an earlier one nor answer one, in order."""
    chosen: list[Claimed] = []
    contents: set[str] = set()
    ids: set[str] = set()
    for one in waiting:
        message = one.examined
        if message.content_key not in contents and not ids.intersection(message.references):
            chosen.append(one)
        contents.add(message.content_key)
        if message.message_id is not None:
            ids.add(message.message_id)
    return chosen
