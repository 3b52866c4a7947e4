"""The submitter: offers what is ready to the relay until an outcome is known (design, promise 5).

Many offers are under way at once, each on its own; their outcomes are written in groups, by
the same transaction that takes the next notices. Before the relay is spoken to, a row says
that an offer begins; so whatever is killed, no offer is forgotten:

- submitted, refused: the end.
- deferred: again later, for five days (`responders.retry`).
- unavailable: no relay was reached, or it refuses us, not the message: everything waits a
  minute, one alert.
- unknown: nothing was heard after the final dot: offered once more, the same bytes, the
  same Message-ID; after a second silence it is left as unknown, for an admin to look at.
- interrupted: we ended before we heard the answer: offered again at once; ten times at most. We are
  killed, or told to end, and wait a minute for a relay that is silent or a database that is away.
"""

import asyncio
import contextlib
import time
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from intake import log
from intake.clock import Clock
from intake.outage import Outage
from intake.process import is_dead, own_name
from intake.wake import LOOK_SECONDS, Ear
from models.limits import LEASE_SECONDS, SUBMIT_BYTES, SUBMIT_DRAIN_SECONDS
from models.notice import Notice
from models.policy import Policy
from models.rules.failures import notice_in_vain
from models.rules.mailing import reverse_path
from models.store import outbox
from models.store.ahead import CLOCK_SKEW, make_due
from models.store.claims import Lease, LeaseLost, owners, renew
from models.store.database import Database
from models.store.outbox import Ended, Intent, Ready
from models.store.tables import outbox as outbox_table
from models.submission import SubmissionOutcome, SubmissionResult
from responders.retry import next_attempt, next_attempt_after_unknown
from responders.submission import Submits

AT_ONCE: Final = 100
"""Offers under way at the same time."""
_ENOUGH: Final = AT_ONCE // 2
"""So many ends are a group: as many new offers begin while the others go on."""
_MOMENT_SECONDS: Final = 0.05
"""What ends and what becomes ready within so long is one transaction."""
_IN_VAIN: Final = frozenset({"refused", "unknown", "expired"})
_INTERRUPTIONS: Final = 10
_PAUSE: Final = timedelta(minutes=1)
_RENEWAL: Final = timedelta(seconds=LEASE_SECONDS / 2)


class Submitter:
    """Offers notices until told to stop. One per process."""

    def __init__(
        self,
        database: Database,
        relay: Submits,
        policy: Policy,
        *,
        clock: Clock,
        alive: Callable[[], None] = lambda: None,
        drain_seconds: float = SUBMIT_DRAIN_SECONDS,
    ) -> None:
        self._database = database
        self._relay = relay
        self._policy = policy
        self._clock = clock
        self._alive = alive
        self._lease = Lease(own_name(), uuid.uuid4().hex)
        self._renewed_at = self._clock_said = clock()
        self._under_way: dict[asyncio.Task[None], Ready] = {}
        self._ended: list[tuple[Ready, Ended]] = []
        """What has ended and is not written yet."""
        self._news = asyncio.Event()
        self._enough = asyncio.Event()
        self._has_rung = False
        self._looked_at = float("-inf")
        self._paused_until: datetime | None = None
        self._outage = Outage()
        self._stopping = False
        self._drain_seconds = drain_seconds
        self._stop_by = float("inf")
        self._left: list[Ready] = []
        """What we did not wait for when we ended: its offers have begun, and nobody will know how they ended."""

    def obey(self, policy: Policy) -> None:
        """Follow a new policy from the next look on."""
        self._policy = policy

    def stop(self) -> None:
        """Begin no more offers; end when those under way have ended, or have had their time."""
        self._stop_by = time.monotonic() + self._drain_seconds
        self._stopping = True

    async def run(self, ear: Ear) -> None:
        """Offer until stopped; look at the outbox once a second, or when rung for or when an offer ends."""
        loop = asyncio.get_running_loop()

        def hear() -> None:
            ear.drain()
            self._has_rung = True
            self._news.set()
            if self._stopping:
                self._enough.set()

        loop.add_reader(ear.fileno(), hear)
        try:
            while not self._stopping or self._under_way or self._ended:
                self._alive()
                if time.monotonic() > self._stop_by:
                    self._leave()
                await self._look()
        finally:
            loop.remove_reader(ear.fileno())
            await self._relay.close()

    def _leave(self) -> None:
        """Break off what is under way, as a kill would: what is written of it stays, and it is offered anew.

        So is what has ended, where the database is away: nobody will know how.
        """
        left = list(self._under_way.values())
        if self._outage:
            left += [offer for offer, _ in self._ended]
            self._ended.clear()
        if left:
            self._left += left
            log.offers_left(count=len(left))
        for task in self._under_way:
            task.cancel()

    async def _look(self) -> None:
        """Write what has ended, take what is due, begin to offer it; then wait for something to happen."""
        ended, self._ended = self._ended, []
        self._has_rung = False  # whatever rings from now on is looked at next
        self._news.clear()
        self._enough.clear()
        try:
            if self._outage:
                await asyncio.to_thread(self._free_interrupted, [offer for offer, _ in ended])
            lost, taken = await asyncio.to_thread(self._exchange, [outcome for _, outcome in ended])
        except sa.exc.DBAPIError as error:
            self._outage.met(error)
            self._ended = ended + self._ended
            await asyncio.sleep(LOOK_SECONDS)
            return
        self._outage.over()
        self._looked_at = asyncio.get_running_loop().time()
        self._tell(ended, lost)
        for offer in taken:
            task = asyncio.create_task(self._offer(offer))
            self._under_way[task] = offer
            task.add_done_callback(self._let_go)
        await self._something()

    def _tell(self, ended: Sequence[tuple[Ready, Ended]], lost: set[int]) -> None:
        with log.together():
            for offer, outcome in ended:
                if outcome.outbox_id in lost:  # another submitter has it now, and offers it again
                    why = LeaseLost(f"the lease on notice {outcome.outbox_id} ran out")
                    log.lease_lost(role="submitter", error=why)
                else:
                    log.attempted(offer, outcome)

    async def _something(self) -> None:
        """Wait until a bell rings, an offer ends, or a second has passed; then a moment for what else does."""
        await _until(self._news, LOOK_SECONDS)
        await _until(self._enough, self._looked_at + _MOMENT_SECONDS - asyncio.get_running_loop().time())

    async def _offer(self, offer: Ready) -> None:
        result = await self._result_of(offer)
        self._ended.append((offer, self._end(offer, result)))
        self._news.set()

    def _let_go(self, task: asyncio.Task[None]) -> None:
        """An offer has ended; whether there is enough to write, or nothing more to wait for."""
        del self._under_way[task]
        if len(self._ended) >= _ENOUGH or not (self._under_way or self._has_rung):
            self._enough.set()

    async def _result_of(self, offer: Ready) -> SubmissionResult:
        if offer.interrupted >= _INTERRUPTIONS:
            return SubmissionResult(outcome=SubmissionOutcome.UNKNOWN, reply="we ended too often while offering it")
        try:
            return await self._relay.submit(
                offer.raw,
                reverse_path=reverse_path(self._policy, offer.kind, offer.outbox_id, offer.recipient),
                recipient=offer.recipient,
                smtputf8=offer.smtputf8,
            )
        except Exception as error:  # noqa: BLE001 - a library's surprise is this offer's alone; it may have been heard
            log.crashed(error)
            reply = f"our own failure: {type(error).__name__}"
            return SubmissionResult(outcome=SubmissionOutcome.UNKNOWN, reply=reply)

    # --- in a thread: the database ----------------------------------------------------

    def _exchange(self, ended: list[Ended]) -> tuple[set[int], list[Ready]]:
        """One transaction: ends of offers in, offers that are due out; and which ends came too late."""
        now = self._clock()
        room = SUBMIT_BYTES - sum(len(offer.raw) for offer in self._under_way.values())
        free = AT_ONCE - len(self._under_way) if room > 0 and self._may_begin(now) else 0
        # abs: a clock that went back must not have us take what we are offering for somebody else's, an hour long
        renewing = (self._under_way or ended) and abs(now - self._renewed_at) > _RENEWAL
        went_back, self._clock_said = now < self._clock_said - CLOCK_SKEW, now
        if not ended and not renewing and not went_back and not self._any_due(now, free):
            return set(), []
        with self._database.write_meanwhile() as connection:
            if went_back:
                make_due(connection, now)
            if renewing:
                renew(connection, outbox_table, self._lease, now)
                self._renewed_at = now
            lost = outbox.record_attempts(connection, self._lease, ended, now)
            for end in ended:
                if end.state in _IN_VAIN and end.outbox_id not in lost:
                    outbox.intend(connection, [Intent(self._alert(end, now))])
            taken = outbox.claim_ready(connection, self._lease, now, most=free, octets=room) if free > 0 else []
            return lost, taken

    def _any_due(self, now: datetime, free: int) -> bool:
        """Whether a look is worth a write transaction."""
        if free <= 0:
            return False
        with self._database.read() as connection:
            return outbox.is_any_due(connection, now)

    def _may_begin(self, now: datetime) -> bool:
        """Whether new offers may begin."""
        return not (self._stopping or self._is_paused(now))

    def _is_paused(self, now: datetime) -> bool:
        """Whether the relay is left alone; a pause that ends later than any was made by a clock that was ahead."""
        return self._paused_until is not None and now < self._paused_until <= now + _PAUSE

    def _free_interrupted(self, ended: Sequence[Ready]) -> None:
        """Release what dead processes of this host had claimed, and what we have claimed without knowing it."""
        with self._database.write_meanwhile() as connection:
            known = (*self._under_way.values(), *(offer for offer, _ in self._ended), *ended, *self._left)
            outbox.withdraw(connection, self._lease, [offer.outbox_id for offer in known])
            dead = [owner for owner in owners(connection, outbox_table) if is_dead(owner)]
            if dead:
                log.interrupted(table="outbox", count=outbox.free_interrupted(connection, dead, self._clock()))

    def _alert(self, end: Ended, now: datetime) -> Notice:
        """Word to the admin that a notice of ours ended in vain (promise 5)."""
        because = f"{end.state}: {end.reply}"
        return notice_in_vain(self._policy, end.outbox_id, station="submit", because=because, now=now)

    # --- outcomes ------------------------------------------------------------------------

    def _end(self, offer: Ready, result: SubmissionResult) -> Ended:
        """What a notice is after this offer."""
        now = self._clock()
        number = offer.attempts + 1
        state, again_at = self._state_after(offer, result, number, now)
        return Ended(
            outbox_id=offer.outbox_id,
            number=number,
            outcome=result.outcome.value,
            reply=result.reply,
            state=state,
            not_before=again_at or now,
        )

    def _state_after(
        self, offer: Ready, result: SubmissionResult, number: int, now: datetime
    ) -> tuple[str, datetime | None]:
        match result.outcome:
            case SubmissionOutcome.SUBMITTED:
                return "submitted", None
            case SubmissionOutcome.REFUSED:
                return "refused", None
            case SubmissionOutcome.UNKNOWN:
                again_at = next_attempt_after_unknown(offer.unknown + 1, now)
                return ("ready", again_at) if again_at and offer.interrupted < _INTERRUPTIONS else ("unknown", None)
            case SubmissionOutcome.UNAVAILABLE:
                if not self._is_paused(now):
                    log.relay_unavailable(reply=result.reply, seconds=_PAUSE.total_seconds())
                self._paused_until = now + _PAUSE
                number = 1  # it says nothing about this notice: its own pause does not grow
        again_at = next_attempt(offer.offered_since, number, now)
        return ("ready", again_at) if again_at else ("expired", None)


async def _until(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, at most so long."""
    if seconds <= 0:
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
