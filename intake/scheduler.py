"""The scheduler: what is owed is done when it is due, once, whatever happens to machine or clock (design 6).

What is owed stands in rows with their due time in UTC (`models.store.obligations`). The
scheduler looks once a second; takes what is due, one thing of a case at a time; asks the law
what doing it means (`models.rules.keeping`); and writes case, notices and the end of the
obligation in one transaction. So:

- killed in between, nothing is written, and it is done again after the lease;
- after down time, each thing owed is done once, said to be late, and the next counts from
  then: never a burst (threats X-33);
- a clock that goes back repeats nothing, for what was done has ended; one that goes forward
  makes due what it makes due, once each; and once it is right again, clocks of cases that
  it left counting from the future count from now;
- a clock that cannot be right, because it is before this version was made or more than an
  hour before what we know has been, sends nothing that is scheduled (threats X-36). Mail is
  taken and answered all the same; the first that comes in tells what time it is.

Once a day the admin is told what waits for a person (`intake.daily`).

A failure of ours alone with one obligation puts it off for an hour and tells the admin; it
stays owed, and the others go on.
"""

import contextlib
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from intake import log
from intake.clock import Clock
from intake.daily import Daily
from intake.loop import Loop, nothing
from intake.process import is_dead, own_name
from intake.version import MADE_AT
from intake.wake import Bell
from models.case import Case, case_number
from models.limits import BATCH_OBLIGATIONS, CLOCK_BACK_SECONDS, PROMISE_PAUSE_SECONDS
from models.policy import Policy
from models.rules.clocks import not_ahead
from models.rules.effects import CaseChange, Consequences, changed
from models.rules.failures import failure_told
from models.rules.keeping import carry_out, cause_of, is_late
from models.rules.telling import LastNote
from models.store import ahead, held, obligations, outbox
from models.store.case_changes import Cause, write_changes
from models.store.claims import Lease, LeaseLost, owners, release_own
from models.store.database import Database, is_trouble
from models.store.obligations import Owed
from models.store.outbox import Intent
from models.store.tables import obligation as obligation_table
from models.store.threads import dossiers

_AFTER_FAILURE: Final = timedelta(seconds=PROMISE_PAUSE_SECONDS)
_NO_NOTE: Final = LastNote()


class Scheduler(Loop):
    """Keeps promises."""

    def __init__(
        self,
        database: Database,
        policy: Policy,
        *,
        clock: Clock,
        bell: Bell,
        alive: Callable[[], None] = nothing,
    ) -> None:
        super().__init__(policy, alive=alive)
        self._database = database
        self._clock = clock
        self._bell = bell
        self._owner = own_name()
        self._daily = Daily(database)
        self._believes_clock = True
        self._looked_at: datetime | None = None

    def step(self) -> bool:
        """One batch; whether there was anything to do."""
        now = self._clock()
        with self._database.read() as connection:
            if not self._clock_is_right(connection, now):
                return False
            is_any_due = obligations.is_any_due(connection, now)
        if self._looked_at is None or now < self._looked_at - ahead.CLOCK_SKEW:
            self._forget_the_future(now)
            is_any_due = True
        self._looked_at = now
        self._expire(now)
        if is_any_due and self._keep_due(now):
            return True
        if self._daily.tell(self._policy, now):  # after down time what is late is done first, and told as done
            self._bell.ring("worker")
        return False

    def _keep_due(self, now: datetime) -> bool:
        """Take what is due and do it; whether there was anything."""
        lease = Lease(self._owner, uuid.uuid4().hex)
        with self._database.write() as connection:
            owed = obligations.claim_due(connection, lease, now, most=BATCH_OBLIGATIONS)
        if owed:
            self._work(lease, owed)
        return bool(owed)

    def _expire(self, now: datetime) -> None:
        """Settle held mail that nobody decided about in time (plans 5)."""
        with self._database.read() as connection:
            if not held.is_any_over(connection, now):
                return
        with self._database.write() as connection:
            expired = held.expire(connection, now)
        for one in expired:
            log.expired(inbox_id=one.inbox_id)

    def _work(self, lease: Lease, owed: Sequence[Owed]) -> None:
        try:
            self._keep_or_put_off(lease, owed)
        except LeaseLost as error:
            log.lease_lost(role="scheduler", error=error)
            self._release(lease)

    def _keep_or_put_off(self, lease: Lease, owed: Sequence[Owed]) -> None:
        """Whatever fails, the other promises are kept; alone it is put off. Raises LeaseLost."""
        try:
            self._keep(lease, owed)
        except LeaseLost:
            raise
        except Exception as error:
            if isinstance(error, sa.exc.DBAPIError) and is_trouble(error):
                self._release(lease)
                raise
            if len(owed) > 1:
                for one in owed:
                    self._work(lease, [one])
            else:
                self._put_off(lease, owed[0], error)

    def _keep(self, lease: Lease, owed: Sequence[Owed]) -> None:
        """Do what is due: case, notices and the end of each obligation in one transaction."""
        now = self._clock()
        with self._database.write() as connection:
            found = dossiers(connection, {one.case_id for one in owed})  # locks the cases: what is owed stands still
            ours = obligations.still_ours(connection, lease, owed)
            notes = obligations.last_notes(connection, {one.case_id for one in ours})
            made = [
                carry_out(one.obligation, found[one.case_id], notes.get(one.case_id, _NO_NOTE), self._policy, now)
                for one in ours
            ]
            causes = [Cause(cause_of(one.case_id, one.obligation)) for one in ours]
            write_changes(connection, list(zip(made, causes, strict=True)), now)
            notices = [
                Intent(notice, case_id=one.case_id)
                for one, what in zip(ours, made, strict=True)
                for notice in what.notices
            ]
            outbox.intend(connection, notices)
        for one, what in zip(ours, made, strict=True):
            _log_end(one, what, now)
        if notices:
            self._bell.ring("worker")

    def _put_off(self, lease: Lease, one: Owed, error: Exception) -> None:
        """Our own failure: it stays owed, the admin hears of it once an hour."""
        now = self._clock()
        log.promise_failed(case_id=one.case_id, kind=one.obligation.kind, error=error)
        number = case_number(one.case_id)
        told = failure_told(
            self._policy,
            "promise_failed",
            what=f"{one.obligation.kind.value} of {number} (tried again every hour)",
            look=f"casegate case show {number}",
            retry="casegate check",
            station="scheduler",
            because=f"{type(error).__name__}: {error}",
            now=now,
        )
        with self._database.write() as connection:
            obligations.postpone(connection, lease, one.obligation_id, now + _AFTER_FAILURE)
            outbox.intend(connection, [Intent(told)])
        self._bell.ring("worker")

    def _clock_is_right(self, connection: sa.Connection, now: datetime) -> bool:
        """Whether the clock can be believed; a change of that is logged once."""
        known = obligations.last_known_moment(connection) or MADE_AT
        earliest = max(MADE_AT, known - timedelta(seconds=CLOCK_BACK_SECONDS))
        if (now >= earliest) != self._believes_clock:
            self._believes_clock = now >= earliest
            if self._believes_clock:
                log.clock_believed(now=now)
            else:
                log.clock_behind(now=now, earliest=earliest)
        return self._believes_clock

    def _forget_the_future(self, now: datetime) -> None:
        """At the start, and after the clock went back: nothing counts from a time still to come (threats X-33)."""
        self._hasten(now)
        while True:
            with self._database.read() as connection:
                case_ids = obligations.cases_ahead_of(connection, now + ahead.CLOCK_SKEW, most=BATCH_OBLIGATIONS)
            if not case_ids:
                return
            with self._database.write() as connection:
                found = dossiers(connection, set(case_ids))
                changes = [self._not_ahead(found[case_id].case, now) for case_id in case_ids]
                made = [(Consequences(changes=(change,)), Cause(f"clock:{now.isoformat()}")) for change in changes]
                write_changes(connection, made, now)
            log.clock_was_ahead(now=now, cases=len(case_ids))

    def _hasten(self, now: datetime) -> None:
        """What was put off by a clock that was ahead waits for its hour no longer."""
        with self._database.read() as connection:
            if not ahead.is_any_ahead(connection, now):
                return
        with self._database.write() as connection:
            hastened = ahead.make_due(connection, now)
        if hastened:
            log.clock_was_ahead(now=now, retries=hastened)
            for role in ("worker", "submitter"):
                self._bell.ring(role)

    def _not_ahead(self, case: Case, now: datetime) -> CaseChange:
        plan = self._policy.plan(case.plan)
        return changed(case, not_ahead(case, now), None, plan, because="the clock had been ahead")

    def _release(self, lease: Lease) -> None:
        """Give back what this batch still holds; where that fails too, the lease runs out by itself."""
        with contextlib.suppress(sa.exc.DBAPIError), self._database.write() as connection:
            obligations.release(connection, lease)

    def free_interrupted(self) -> None:
        with self._database.write() as connection:
            release_own(connection, obligation_table, self._owner)
            dead = [owner for owner in owners(connection, obligation_table) if is_dead(owner)]
            if dead:
                log.interrupted(table="obligation", count=obligations.free_interrupted(connection, dead))


def _log_end(one: Owed, what: Consequences, now: datetime) -> None:
    if what.changes[-1].carried_out is None:
        log.promise_waived(case_id=one.case_id, kind=one.obligation.kind)
    else:
        late = is_late(one.obligation, now)
        log.promise_kept(case_id=one.case_id, obligation=one.obligation, late=late, notices=len(what.notices))
