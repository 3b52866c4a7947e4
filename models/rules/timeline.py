"""What a plan makes of an imagined case: every time something is due, by the clocks that real cases have.

Nothing is computed here that `models.rules.clocks` does not decide: the case is led from one
due time to the next as if everything were done exactly then, with what happens to it in between.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from models.case import Case, CaseStatus, Priority
from models.obligation import Obligation, ObligationKind
from models.plan import SupportPlan
from models.rules.clocks import due, kept, respond_by, resumed


class What(StrEnum):
    """What happens to the imagined case, and the due times that no obligation stands for."""

    OPENED = "opened"
    RESPONDED = "responded"
    ETR_SET = "etr_set"
    WAITING = "waiting"
    ANSWERED = "answered"
    CLOSED = "closed"
    FIRST_RESPONSE = "first_response"
    REOPEN_ENDS = "reopen_ends"


@dataclass(frozen=True, slots=True, order=True)
class Moment:
    """One line of a timeline."""

    at: datetime
    what: What | ObligationKind


@dataclass(frozen=True, slots=True)
class Happening:
    """Something that is done to the case at a time; `etr` with ETR_SET alone."""

    at: datetime
    what: What
    etr: datetime | None = None


def imagined(plan: SupportPlan, priority: Priority, opened_at: datetime) -> Case:
    """A case that was opened then and on which nothing has happened."""
    return Case(
        case_id=0,
        organisation_id=0,
        contact_id=0,
        department_id=0,
        agent_id=None,
        subject="",
        priority=priority,
        status=CaseStatus.NEW,
        standing="",
        plan=plan.name,
        opened_at=opened_at,
        respond_from=opened_at,
        update_from=opened_at,
        resolve_from=opened_at,
    )


def timeline(case: Case, plan: SupportPlan, happenings: Iterable[Happening], until: datetime) -> Iterator[Moment]:
    """Everything that happens and falls due on a case through `until`, in its order."""
    waiting = sorted(happenings, key=lambda happening: happening.at)
    now, told = case.opened_at, set[Moment]()
    yield Moment(now, What.OPENED)
    while True:
        owed = next((one for one in _owed(case, plan) if one not in told), None)
        if waiting and (owed is None or waiting[0].at <= owed.at):
            happening = waiting.pop(0)
            now, case = happening.at, _after(case, plan, happening)
            moment = Moment(now, happening.what)
        elif owed is None:
            break
        else:
            told.add(owed)
            now = max(now, owed.at)  # what fell due before it was known to be owed, such as an ETR that had passed
            moment = Moment(now, owed.what)
            case = _done(case, owed, plan, now)
        if now > until:
            return
        yield moment
    yield from (moment for moment in _end(case, plan) if moment.at <= until)


def _owed(case: Case, plan: SupportPlan) -> list[Moment]:
    response = respond_by(case, plan)
    promised = [] if response is None else [Moment(response, What.FIRST_RESPONSE)]
    return sorted([*promised, *(Moment(one.due_at, one.kind) for one in due(case, plan))])


def _done(case: Case, owed: Moment, plan: SupportPlan, now: datetime) -> Case:
    if isinstance(owed.what, ObligationKind):
        return kept(case, Obligation(owed.at, owed.what), plan, now)
    return case


def _after(case: Case, plan: SupportPlan, happening: Happening) -> Case:
    match happening.what:
        case What.RESPONDED:
            return replace(case, responded_at=happening.at, update_from=happening.at)
        case What.ETR_SET:
            return replace(case, etr=happening.etr, update_from=happening.at)
        case What.WAITING:
            answered = case.responded_at or happening.at
            return replace(case, waiting_since=happening.at, responded_at=answered, update_from=happening.at)
        case What.ANSWERED:
            return resumed(case, plan, happening.at)
        case What.CLOSED:
            return replace(case, status=CaseStatus.CLOSED, closed_at=happening.at)
    return case


def _end(case: Case, plan: SupportPlan) -> Iterator[Moment]:
    """The end of the last day on which the customer can re-open it, where there is one."""
    if case.closed_at is None or not plan.may_reopen(case.status, case.closed_at, case.closed_at):
        return
    last = plan.reopen_until(case.closed_at)
    if last is not None:
        yield Moment(datetime.combine(last + timedelta(days=1), time(), plan.zone), What.REOPEN_ENDS)
