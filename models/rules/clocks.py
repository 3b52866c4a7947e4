"""What is owed for a case as it stands, and what becomes of the case when it is done (plans 2 and 4).

Nothing here remembers anything: `due` reads a case and its plan and says everything that is
owed, each kind at most once. What has been done is known by the case having changed
(`kept`), or, for a reminder that changes nothing, by its row: an obligation is unique by
case, kind and due time.

That is also why down time never makes a burst. The next update is one cadence after the
last one, however long ago that was; once it was given, late, the one after counts from then.
The announcement that a silent case will be closed leaves the customer the whole lead, even
when the announcement itself was late.

What stops what. Waiting for the customer pauses the updates and the resolution target; when
the answer comes, as much of them is left as was when we asked (`resumed`). An ETR stands in
the place of updates until it passes; it was named to the customer, so its passing is owed
even while we wait. A held case is not closed for want of an answer: the agent holds it. An
ended case owes nothing.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from models.case import Case, CaseEvent, CaseStatus, Priority
from models.obligation import Obligation, ObligationKind
from models.plan import Clock, SupportPlan
from models.rules.lifecycle import next_status

_PUNCTUAL: Final = timedelta(minutes=1)
"""An update given within this counts as given when it was due: the cadence does not drift by our seconds."""


def due(case: Case, plan: SupportPlan) -> tuple[Obligation, ...]:
    """Everything owed for a case as it stands, earliest first."""
    if not case.is_open:
        return ()
    moments = {
        ObligationKind.FIRST_RESPONSE_REMINDER: _before(case.respond_from, respond_by(case, plan), plan),
        ObligationKind.SCHEDULED_UPDATE: next_update(case, plan),
        ObligationKind.ETR_PASSED: case.etr,
        ObligationKind.RESOLUTION_REMINDER: _before(case.resolve_from, resolve_by(case, plan), plan),
        ObligationKind.RESOLUTION_MISSED: resolve_by(case, plan),
        **_no_response(case, plan),
    }
    return tuple(sorted(Obligation(moment, kind) for kind, moment in moments.items() if moment is not None))


def kept(case: Case, obligation: Obligation, plan: SupportPlan, now: datetime) -> Case:
    """The case after something that `due` names was done at `now`.

    Raises IllegalTransition for a closing of a case that silence cannot close.
    """
    match obligation.kind:
        case ObligationKind.SCHEDULED_UPDATE:
            punctual = timedelta() <= now - obligation.due_at <= _PUNCTUAL
            return replace(case, update_from=obligation.due_at if punctual else now)
        case ObligationKind.ETR_PASSED:
            return replace(case, etr=None, update_from=now)
        case ObligationKind.RESOLUTION_MISSED:
            return replace(case, update_from=now)
        case ObligationKind.NO_RESPONSE_WARNING:
            return replace(case, warned_at=now)
        case ObligationKind.NO_RESPONSE_CLOSE:
            status = next_status(case.status, CaseEvent.NO_RESPONSE, plan)
            return replace(case, status=status, closed_at=now, waiting_since=None, warned_at=None, etr=None)
    return case


def resumed(case: Case, plan: SupportPlan, now: datetime) -> Case:
    """The customer answered: nothing waits any more, and the paused clocks go on where they stood.

    A target that was missed before we waited was missed: it is not set anew, to be missed again.
    """
    since = case.waiting_since
    if since is None:
        return case
    promise = plan.promise(case.priority)
    target = plan.resolution_due(case.priority, case.resolve_from)
    ran_out = target is not None and target <= since

    def rested(clock: Clock | None, start: datetime) -> datetime:
        return (clock or Clock()).without(start, since, now, plan.calendar)

    return replace(
        case,
        waiting_since=None,
        warned_at=None,
        update_from=rested(promise.scheduled_update, case.update_from),
        resolve_from=case.resolve_from if ran_out else rested(promise.resolution, case.resolve_from),
    )


def begun_anew(case: Case, status: CaseStatus, since: datetime) -> Case:
    """A closed case that is open again: the same number and priority, its clocks start again (plans 4)."""
    return replace(
        case,
        status=status,
        respond_from=since,
        responded_at=None,
        update_from=since,
        resolve_from=since,
        waiting_since=None,
        warned_at=None,
        etr=None,
        closed_at=None,
        duplicate_of=None,
    )


def reprioritised(case: Case, priority: Priority, now: datetime) -> Case:
    """An agent gave it another priority: the new figures count from the change (plans 2)."""
    if priority is case.priority:
        return case
    return replace(case, priority=priority, respond_from=now, update_from=now, resolve_from=now)


def not_ahead(case: Case, now: datetime) -> Case:
    """The case with no clock that counts from a time still to come: what a clock that was ahead left (threats X-33)."""

    def been(moment: datetime | None) -> datetime | None:
        return None if moment is None else min(moment, now)

    return replace(
        case,
        respond_from=min(case.respond_from, now),
        update_from=min(case.update_from, now),
        resolve_from=min(case.resolve_from, now),
        waiting_since=been(case.waiting_since),
        warned_at=been(case.warned_at),
    )


def respond_by(case: Case, plan: SupportPlan) -> datetime | None:
    """When an agent's first response is owed; None where it was given, none is promised, or the case has ended."""
    if case.responded_at is not None or plan.acknowledgement_fulfils(case.priority) or not case.is_open:
        return None
    return plan.first_response_due(case.priority, case.respond_from)


def next_update(case: Case, plan: SupportPlan) -> datetime | None:
    """When the next scheduled update is owed; None while we wait, while an ETR stands, and after the end."""
    if case.waiting_since is not None or case.etr is not None or not case.is_open:
        return None
    return plan.update_due(case.priority, case.update_from)


def resolve_by(case: Case, plan: SupportPlan) -> datetime | None:
    """When the work should be done; None where no target is stated, while we wait, and once it is done."""
    if case.waiting_since is not None or not case.is_open or case.status is CaseStatus.RESOLVED_FOLLOW_UP:
        return None
    return plan.resolution_due(case.priority, case.resolve_from)


def closes_at(case: Case, plan: SupportPlan) -> datetime | None:
    """When silence will close the case: certain once it was announced, expected before; None where it will not."""
    warned_at = case.warned_at or _warning_due(case, plan)
    if warned_at is None or _warning_due(case, plan) is None:
        return None
    return plan.no_response_lead.due(warned_at, plan.calendar)


def _no_response(case: Case, plan: SupportPlan) -> dict[ObligationKind, datetime | None]:
    """The announcement first; once it was made, the closing."""
    if case.warned_at is None:
        return {ObligationKind.NO_RESPONSE_WARNING: _warning_due(case, plan)}
    return {ObligationKind.NO_RESPONSE_CLOSE: closes_at(case, plan)}


def _warning_due(case: Case, plan: SupportPlan) -> datetime | None:
    if case.waiting_since is None or plan.no_response_after is None:
        return None
    if not case.is_open or case.status is CaseStatus.ON_HOLD:
        return None
    return plan.no_response_after.due(case.waiting_since, plan.calendar)


def _before(start: datetime, end: datetime | None, plan: SupportPlan) -> datetime | None:
    """When an agent is reminded of something due: the plan's lead before it, at most a quarter of its time."""
    return None if end is None else end - min(plan.remind_before.elapsed, (end - start) / 4)
