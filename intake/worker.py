"""The worker: takes messages from the inbox through the journey, in batches, and never stops for one.

Batches, failures and retries are here and nowhere else. A batch is one transaction a
station; if anything in it fails, it is rolled back and its messages are taken one by one.

- A failure of a message that was alone is a strike; three park it (threats E-21).
- A message whose claim was found unfinished at a start was interrupted: it is taken alone,
  and parked after five times. Claims of dead processes of this host are released at once.
- A database that does not answer is nobody's strike: the worker waits and asks again.
- Messages of one batch that share their content or their case, or that answer one another,
  wait for one another: they are settled in rounds, so that each finds the earlier one's decision.
"""

import contextlib
import traceback
import uuid
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import sqlalchemy as sa

from intake import journey, log
from intake.carried import carried_by
from intake.clock import Clock
from intake.outage import Outage
from intake.parse_worker import Raw
from intake.parsing import Parser, ParserGone, Unreadable
from intake.process import is_dead, own_name
from intake.wake import Bell, Ear
from models.limits import BATCH_MESSAGES, INTERRUPTIONS, STRIKES
from models.notice import AdminParked
from models.policy import Policy
from models.rules.mailing import parked_notice
from models.store import inbox, outbox
from models.store.claims import Lease, LeaseLost, owners, release_own, renew
from models.store.database import Database, is_trouble
from models.store.inbox import Claimed
from models.store.record import ContentClaimed
from models.store.tables import inbox as inbox_table
from models.store.tables import outbox as outbox_table

_AFTER_STRIKE: Final = timedelta(seconds=30)
_DETAIL_CHARACTERS: Final = 8_000


def _nothing() -> None:
    """What is done when nothing is asked for."""


class Worker:
    """Works on the inbox until told to stop. One per process."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        parser: Parser,
        *,
        clock: Clock,
        bell: Bell,
        alive: Callable[[], None] = _nothing,
    ) -> None:
        self._database = database
        self._policy = policy
        self._parser = parser
        self._clock = clock
        self._bell = bell
        self._alive = alive
        self._owner = own_name()
        self._outage = Outage()
        self._stopping = False
        self._has_freed = False
        self._next_act: Callable[[], None] = _nothing

    def stop(self) -> None:
        """Finish the batch at hand, then end; safe in a signal handler."""
        self._stopping = True

    def obey(self, policy: Policy) -> None:
        """Follow a new policy from the next batch on."""
        self._policy = policy

    def between_batches(self, act: Callable[[], None]) -> None:
        """Have something done before the next batch; safe in a signal handler, which must do nothing itself."""
        self._next_act = act

    def run(self, ear: Ear) -> None:
        """Work until stopped; look at the inbox once a second, or when rung for."""
        while not self._stopping:
            self._alive()
            act, self._next_act = self._next_act, _nothing
            act()
            try:
                if not self._has_freed:
                    self.free_interrupted()
                if self._outage.lasts:
                    self._give_back()
                worked = self.step()
                self._database.checkpoint()
            except sa.exc.DBAPIError as error:
                self._outage.met(error)
                worked = False
            else:
                self._outage.over()
            if not worked and not self._stopping:
                ear.wait()

    def step(self) -> bool:
        """One batch of each kind; whether there was anything to do."""
        lease = self._lease()
        with self._database.write() as connection:
            claimed = inbox.claim(connection, lease, self._clock(), most=BATCH_MESSAGES)
        if claimed:
            self._work(lease, claimed)
        return self._compose() or bool(claimed)

    # --- messages ---------------------------------------------------------------------

    def _work(self, lease: Lease, claimed: Sequence[Claimed]) -> None:
        try:
            self._journey(lease, [one for one in claimed if not self._parked_for_interruptions(lease, one)])
        except LeaseLost as error:
            log.lease_lost(role="worker", error=error)
            self._release(lease)
        except Exception as error:
            # Whatever it was, the other messages go on; alone it is a strike.
            if isinstance(error, ParserGone) or (isinstance(error, sa.exc.DBAPIError) and is_trouble(error)):
                self._release(lease)
                raise
            if len(claimed) == 1:
                self._strike(lease, claimed[0], error)
            else:
                self._one_by_one(lease, claimed)

    def _one_by_one(self, lease: Lease, claimed: Sequence[Claimed]) -> None:
        for one in claimed:
            with self._database.write() as connection:
                renew(connection, inbox_table, lease, self._clock())
                again = inbox.still_ours(connection, lease, one.inbox_id)
            if again:
                self._work(lease, again)

    def _journey(self, lease: Lease, claimed: Sequence[Claimed]) -> None:
        waiting = self._examined(lease, claimed)
        while waiting:
            with self._database.write() as connection:
                settlings = journey.settle(connection, lease, _first_round(waiting), self._policy, self._clock())
            for settling in settlings:
                log.settled(settling)
            settled = {settling.file.inbox_id for settling in settlings}
            waiting = [one for one in waiting if one.inbox_id not in settled]

    def _examined(self, lease: Lease, claimed: Sequence[Claimed]) -> list[Claimed]:
        """The messages with what they say; those that could not even be read in part are parked."""
        unread = [one for one in claimed if one.message is None]
        if not unread:
            return list(claimed)
        with self._database.read() as connection:
            raws = inbox.raws(connection, [one.inbox_id for one in unread])
        asked = [Raw(raws[one.inbox_id], one.accepted.envelope.bare_line_ends) for one in unread]
        answers = dict(zip((one.inbox_id for one in unread), journey.examine(asked, self._parser), strict=True))
        messages = {inbox_id: answer for inbox_id, answer in answers.items() if not isinstance(answer, Unreadable)}
        with self._database.write() as connection:
            inbox.record_examinations(connection, lease, messages, self._clock())
            for inbox_id, answer in answers.items():
                if isinstance(answer, Unreadable):
                    self._park(connection, lease, inbox_id, station="examine", because=answer.why, detail="")
        return [
            one.with_message(messages.get(one.inbox_id, one.message))
            for one in claimed
            if one.inbox_id in messages or one.message
        ]

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
                inbox.postpone(connection, lease, one.inbox_id, now)
                return
            station = "examine" if inbox.load(connection, [one.inbox_id])[0].message is None else "settle"
            log.struck(inbox_id=one.inbox_id, station=station, strikes=one.strikes + 1, error=error)
            if one.strikes + 1 >= STRIKES:
                detail = "".join(traceback.format_exception(error))[-_DETAIL_CHARACTERS:]
                because = f"{type(error).__name__}: {error}"
                self._park(connection, lease, one.inbox_id, station=station, because=because, detail=detail)
            else:
                inbox.strike(connection, lease, one.inbox_id, now + _AFTER_STRIKE)

    def _release(self, lease: Lease) -> None:
        """Give back what this batch still holds; where that fails too, the lease runs out by itself."""
        with contextlib.suppress(sa.exc.DBAPIError), self._database.write() as connection:
            inbox.release(connection, lease)
            outbox.release(connection, lease)

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
        """Owe the admin a mail that something is parked: one an hour, the rest is listed."""
        now = self._clock()
        context = AdminParked(
            desk=self._policy.desk,
            what=f"{what} {number}",
            look=f"casegate {noun} show {number}",
            retry=f"casegate {noun} retry {number}",
            station=station,
            because=because,
            parked_at=now,
        )
        outbox.intend(
            connection, [(parked_notice(self._policy, context, cause=f"parked:{now:%Y-%m-%dT%H}", now=now), None, None)]
        )

    # --- notices -------------------------------------------------------------------------

    def _compose(self) -> bool:
        """Word what is owed; whether there was anything."""
        lease = self._lease()
        with self._database.write() as connection:
            intended = outbox.claim_intended(connection, lease, self._clock(), most=2 * BATCH_MESSAGES)
        if not intended:
            return False
        worded: dict[int, tuple[bytes, bool]] = {}
        failed: list[tuple[int, Exception]] = []
        for one in intended:
            try:
                if one.notice is None:
                    raise ValueError("it was stored by another version and cannot be read")
                composed = journey.compose(one.notice, self._policy, carried_by(one.notice, self._database))
            except Exception as error:  # noqa: BLE001 - a template may raise anything; its notice is parked, never its case
                failed.append((one.outbox_id, error))
            else:
                worded[one.outbox_id] = (composed.raw, composed.smtputf8)
        self._freeze(lease, worded, failed)
        return True

    def _freeze(self, lease: Lease, worded: dict[int, tuple[bytes, bool]], failed: list[tuple[int, Exception]]) -> None:
        try:
            with self._database.write() as connection:
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

    # --- claims ------------------------------------------------------------------------------

    def free_interrupted(self) -> None:
        """Release at once what dead processes of this host had claimed."""
        with self._database.write() as connection:
            dead = [
                owner for owner in owners(connection, inbox_table) + owners(connection, outbox_table) if is_dead(owner)
            ]
            if dead:
                log.interrupted(table="inbox", count=inbox.free_interrupted(connection, dead))
                log.interrupted(table="outbox", count=outbox.free_interrupted(connection, dead, self._clock()))
        self._has_freed = True

    def _give_back(self) -> None:
        """After an outage: what we had claimed when it began could not be released then."""
        with self._database.write() as connection:
            release_own(connection, inbox_table, self._owner)
            release_own(connection, outbox_table, self._owner)

    def _lease(self) -> Lease:
        return Lease(self._owner, uuid.uuid4().hex)


def _first_round(waiting: Sequence[Claimed]) -> list[Claimed]:
    """The messages that neither have the content of an earlier one nor answer one, in order."""
    chosen: list[Claimed] = []
    contents: set[str] = set()
    ids: set[str] = set()
    for one in waiting:
        message = one.message
        assert message is not None, "only examined messages are settled"
        if message.content_key not in contents and not ids.intersection(message.references):
            chosen.append(one)
        contents.add(message.content_key)
        if message.message_id is not None:
            ids.add(message.message_id)
    return chosen
