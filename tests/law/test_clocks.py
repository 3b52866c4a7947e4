"""What is owed when: the clocks of plans 2 and 4 on cases in every situation, and that down time makes no burst."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.case import ENDED_STATUSES, Case, CaseStatus, Priority
from models.obligation import Obligation, ObligationKind
from models.plan import SupportPlan
from models.rules.clocks import closes_at, due, kept, next_update, reprioritised, resolve_by, respond_by, resumed
from tests.builders import plans

K, S, P = ObligationKind, CaseStatus, Priority
MONDAY = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""09:00 in Denver, 08:00 in Los Angeles."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PLAN = plans()["calltower-2021"]
OLD_PLAN = plans()["calltower-2013"]


def a_case(*, opened_at: datetime = MONDAY, **changes: object) -> Case:
    """A case just opened by mail under the 2021 plan."""
    case = Case(
        case_id=1,
        organisation_id=1,
        contact_id=1,
        department_id=1,
        agent_id=1,
        subject="No dial tone",
        priority=Priority.P4,
        status=CaseStatus.NEW,
        standing="unproved",
        plan="calltower-2021",
        opened_at=opened_at,
        respond_from=opened_at,
        update_from=opened_at,
        resolve_from=opened_at,
    )
    return replace(case, **changes)  # type: ignore[arg-type]


def owed(case: Case, plan: SupportPlan = PLAN) -> dict[ObligationKind, datetime]:
    return {obligation.kind: obligation.due_at for obligation in due(case, plan)}


def test_a_new_case_owes_a_response_and_an_update() -> None:
    """P4 of 2021: the agent is reminded two hours before the first response's business day is over."""
    assert {
        K.FIRST_RESPONSE_REMINDER: MONDAY + DAY - 2 * HOUR,
        K.SCHEDULED_UPDATE: MONDAY + 2 * DAY,
    } == owed(a_case())


@pytest.mark.parametrize(
    ("priority", "reminder", "update"),
    [
        (P.P1G, None, HOUR),
        (P.P1, timedelta(minutes=11, seconds=15), HOUR),
        (P.P2, timedelta(minutes=22, seconds=30), 2 * HOUR),
        (P.P3, 3 * HOUR, DAY),
    ],
)
def test_each_priority_has_its_own_clocks(priority: Priority, reminder: timedelta | None, update: timedelta) -> None:
    """A reminder takes at most a quarter of the time that was promised; "at once" has no timer."""
    found = owed(a_case(priority=priority))

    assert (None if reminder is None else MONDAY + reminder, MONDAY + update) == (
        found.get(K.FIRST_RESPONSE_REMINDER),
        found[K.SCHEDULED_UPDATE],
    )


def test_an_answered_case_owes_no_reminder() -> None:
    """The first response was given; updates go on."""
    case = a_case(responded_at=MONDAY + HOUR)

    assert ({K.SCHEDULED_UPDATE}, None) == (set(owed(case)), respond_by(case, PLAN))


def test_2013_promises_no_update_of_p4_but_a_target() -> None:
    """The agent is warned before the two business days are over, and the customer told if they are missed."""
    target = MONDAY + 2 * DAY

    assert {K.RESOLUTION_REMINDER: target - 2 * HOUR, K.RESOLUTION_MISSED: target} == owed(a_case(), OLD_PLAN)


@pytest.mark.parametrize("plan", ["att-bvoip", "pingtone", "tsc-ip-change"])
@pytest.mark.parametrize("priority", Priority)
def test_a_plan_without_clocks_owes_nothing(plan: str, priority: Priority) -> None:
    """None is invented."""
    assert {} == owed(a_case(priority=priority), plans()[plan])


@pytest.mark.parametrize("status", sorted(ENDED_STATUSES))
def test_an_ended_case_owes_nothing(status: CaseStatus) -> None:
    """Whatever was promised before, and whatever it waited for."""
    case = a_case(status=status, closed_at=MONDAY, waiting_since=MONDAY, etr=MONDAY, warned_at=MONDAY)

    assert ({}, None, None, None) == (
        owed(case),
        next_update(case, PLAN),
        respond_by(case, PLAN),
        closes_at(case, PLAN),
    )


def test_waiting_for_the_customer_pauses_updates() -> None:
    """What is owed instead is the word that the case will be closed, after two business days."""
    case = a_case(responded_at=MONDAY, waiting_since=MONDAY)

    assert {K.NO_RESPONSE_WARNING: MONDAY + 2 * DAY} == owed(case)


def test_waiting_for_the_customer_pauses_the_target() -> None:
    """2013's P4, and 2013 closes nothing for silence."""
    assert {} == owed(a_case(waiting_since=MONDAY), OLD_PLAN)


def test_work_that_is_done_misses_no_target() -> None:
    """The customer only has to confirm."""
    assert None is resolve_by(a_case(status=S.RESOLVED_FOLLOW_UP), OLD_PLAN)


def test_silence_is_announced_then_closes_with_the_whole_lead() -> None:
    """Announced late by a day, it closes a business day after the announcement."""
    case = a_case(responded_at=MONDAY, waiting_since=MONDAY)
    (warning,) = due(case, PLAN)

    warned = kept(case, warning, PLAN, MONDAY + 3 * DAY)

    assert (MONDAY + 3 * DAY, {K.NO_RESPONSE_CLOSE: MONDAY + 4 * DAY}) == (closes_at(case, PLAN), owed(warned))


@pytest.mark.parametrize(
    ("status", "closed"), [(S.IN_PROGRESS, S.CLOSED_NO_RESPONSE), (S.RESOLVED_FOLLOW_UP, S.CLOSED)]
)
def test_a_case_closed_for_silence(status: CaseStatus, closed: CaseStatus) -> None:
    """It has ended, waits for nobody, and owes nothing."""
    case = a_case(status=status, waiting_since=MONDAY, warned_at=MONDAY + DAY)
    closing = Obligation(MONDAY + 2 * DAY, K.NO_RESPONSE_CLOSE)

    after = kept(case, closing, PLAN, MONDAY + 2 * DAY)

    assert (closed, MONDAY + 2 * DAY, None, None, {}) == (
        after.status,
        after.closed_at,
        after.waiting_since,
        after.warned_at,
        owed(after),
    )


def test_a_held_case_is_not_closed_for_silence() -> None:
    """The agent holds it; its clock shows again once it is held no longer."""
    case = a_case(status=S.ON_HOLD, waiting_since=MONDAY)

    assert (None, {}) == (closes_at(case, PLAN), owed(replace(case, responded_at=MONDAY)))


def test_an_etr_stands_in_the_place_of_updates() -> None:
    """Until it has passed; then an update is owed at once and the cadence starts anew."""
    etr = MONDAY + 8 * DAY
    case = a_case(responded_at=MONDAY, etr=etr)
    (passed,) = due(case, PLAN)

    after = kept(case, passed, PLAN, etr)

    assert Obligation(etr, K.ETR_PASSED) == passed
    assert (None, etr, etr + 2 * DAY) == (after.etr, after.update_from, next_update(after, PLAN))


def test_an_etr_was_named_to_the_customer_and_passes_also_while_we_wait() -> None:
    """A time that was said is never silently over."""
    case = a_case(responded_at=MONDAY, waiting_since=MONDAY, etr=MONDAY + HOUR)

    assert {K.ETR_PASSED: MONDAY + HOUR, K.NO_RESPONSE_WARNING: MONDAY + 2 * DAY} == owed(case)


def test_an_answer_lets_paused_clocks_go_on_where_they_stood() -> None:
    """Half an hour of P1's hour had run when the agent asked; half an hour is left."""
    case = a_case(priority=P.P1, responded_at=MONDAY, waiting_since=MONDAY + HOUR / 2, warned_at=MONDAY + HOUR)

    after = resumed(case, PLAN, MONDAY + 5 * HOUR)

    assert (None, None, MONDAY + 5.5 * HOUR) == (after.waiting_since, after.warned_at, next_update(after, PLAN))


def test_of_business_days_as_much_is_left_as_was_when_we_asked() -> None:
    """2013's P4, opened on a Friday at 14:50: two hours of its two days were left on Tuesday, and are on Friday.

    That we asked a second time changes nothing, nor does the weekend that lay in what was over.
    """
    friday = datetime(2027, 11, 5, 22, 50, tzinfo=UTC)
    asked, asked_again, answered = (datetime(2027, 11, day, 21, 50, tzinfo=UTC) for day in (9, 11, 12))
    assert asked + 2 * HOUR == resolve_by(a_case(opened_at=friday), OLD_PLAN)

    once = resumed(a_case(opened_at=friday, waiting_since=asked), OLD_PLAN, asked_again)
    after = resumed(replace(once, waiting_since=asked_again), OLD_PLAN, answered)

    assert answered + 2 * HOUR == resolve_by(after, OLD_PLAN)


def test_a_weekend_in_which_we_waited_gives_no_time() -> None:
    """Asked on Friday at 18:00, answered on Sunday: what rested are Friday's last six hours, and no more."""
    friday = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)
    case = a_case(opened_at=friday, waiting_since=friday + 10 * HOUR)

    after = resumed(case, OLD_PLAN, friday + 2 * DAY)

    assert friday + 4 * DAY + 6 * HOUR == resolve_by(after, OLD_PLAN)


def test_an_update_given_while_we_wait_is_not_paid_for_twice() -> None:
    """The cadence goes on from the answer, not from some time in the future."""
    case = a_case(priority=P.P1, responded_at=MONDAY, waiting_since=MONDAY, update_from=MONDAY + 3 * HOUR)

    assert MONDAY + 5 * HOUR == resumed(case, PLAN, MONDAY + 5 * HOUR).update_from


def test_an_answer_to_nothing_changes_no_clock() -> None:
    """Nobody waited for it."""
    assert a_case() == resumed(a_case(), PLAN, MONDAY + HOUR)


def test_a_clock_that_went_back_moves_nothing_back() -> None:
    """X-33: the answer seems to come before the question."""
    case = a_case(waiting_since=MONDAY + HOUR)

    assert MONDAY == resumed(case, PLAN, MONDAY).update_from


def test_after_a_change_of_priority_the_new_figures_count_from_the_change() -> None:
    """Not from receipt: P1's fifteen minutes were not over before anybody knew that it is one."""
    after = reprioritised(a_case(), P.P1, MONDAY + 5 * HOUR)

    assert (MONDAY + 5.25 * HOUR, MONDAY + 6 * HOUR) == (respond_by(after, PLAN), next_update(after, PLAN))


def test_the_same_priority_again_is_no_change() -> None:
    """And buys no time."""
    assert a_case() == reprioritised(a_case(), P.P4, MONDAY + HOUR)


def test_a_punctual_update_does_not_drift() -> None:
    """Given some seconds after it was due, the next is due a cadence after that due time."""
    case = a_case(priority=P.P1, responded_at=MONDAY)
    (update,) = due(case, PLAN)

    after = kept(case, update, PLAN, update.due_at + timedelta(seconds=4))

    assert MONDAY + 2 * HOUR == next_update(after, PLAN)


@pytest.mark.parametrize("reminder", [K.FIRST_RESPONSE_REMINDER, K.RESOLUTION_REMINDER])
def test_a_reminder_changes_nothing(reminder: ObligationKind) -> None:
    """Its row is what says that it was given."""
    assert a_case() == kept(a_case(), Obligation(MONDAY, reminder), PLAN, MONDAY)


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
SPANS = st.timedeltas(timedelta(0), timedelta(days=400))
SHIPPED = st.sampled_from(sorted(plans())).map(plans().__getitem__)
MAYBE = st.none() | SPANS
PROPERTY = settings(deadline=None, max_examples=200)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A case in any situation that can be, opened at any time of two years."""
    opened = draw(MOMENTS)

    def later(maybe: timedelta | None) -> datetime | None:
        return None if maybe is None else opened + maybe

    waiting = draw(MAYBE)
    return a_case(
        opened_at=opened,
        priority=draw(st.sampled_from(Priority)),
        status=draw(st.sampled_from(CaseStatus)),
        responded_at=later(draw(MAYBE)),
        update_from=opened + draw(SPANS),
        resolve_from=opened + draw(SPANS),
        waiting_since=later(waiting),
        warned_at=None if waiting is None else later(draw(MAYBE)),
        etr=later(draw(MAYBE)),
    )


@PROPERTY
@given(cases(), SHIPPED)
def test_nothing_is_owed_twice_nor_by_an_ended_case(case: Case, plan: SupportPlan) -> None:
    """Each kind once, earliest first; nothing after the end."""
    found = due(case, plan)

    assert len({obligation.kind for obligation in found}) == len(found)
    assert tuple(sorted(found)) == found
    assert case.is_open or () == found


@PROPERTY
@given(cases(), SHIPPED)
def test_nothing_is_due_before_what_it_counts_from(case: Case, plan: SupportPlan) -> None:
    """Whatever the zone's clock does in between."""
    starts = {
        K.FIRST_RESPONSE_REMINDER: case.respond_from,
        K.SCHEDULED_UPDATE: case.update_from,
        K.ETR_PASSED: case.etr,
        K.NO_RESPONSE_WARNING: case.waiting_since,
        K.NO_RESPONSE_CLOSE: case.warned_at,
        K.RESOLUTION_REMINDER: case.resolve_from,
        K.RESOLUTION_MISSED: case.resolve_from,
    }

    for obligation in due(case, plan):
        start = starts[obligation.kind]
        assert start is not None
        assert start <= obligation.due_at


@PROPERTY
@given(cases(), SHIPPED, SPANS)
def test_down_time_of_any_length_gives_exactly_one_update(case: Case, plan: SupportPlan, down: timedelta) -> None:
    """After whatever was overdue was done once at the same moment, nothing is due at that moment any more."""
    obligations = [one for one in due(case, plan) if one.kind is K.SCHEDULED_UPDATE]
    for update in obligations:
        now = update.due_at + down

        again = [one for one in due(kept(case, update, plan, now), plan) if one.kind is K.SCHEDULED_UPDATE]

        assert [True] == [one.due_at > now for one in again]


@PROPERTY
@given(MOMENTS, st.sampled_from(["calltower-2021", "calltower-2013"]), st.integers(2, 30))
def test_x34_clock_changes_neither_lose_nor_double_an_update(opened: datetime, name: str, many: int) -> None:
    """A chain of punctual updates, in elapsed hours, is spaced by the cadence whatever the wall clock does."""
    plan = plans()[name]
    case = a_case(opened_at=opened, priority=P.P2, responded_at=opened)
    given_at = []
    for _ in range(many):
        (update,) = due(case, plan)
        given_at.append(update.due_at)
        case = kept(case, update, plan, update.due_at)

    cadence = plan.promise(P.P2).scheduled_update
    assert cadence is not None
    assert [opened + cadence.elapsed * (step + 1) for step in range(many)] == given_at


@PROPERTY
@given(MOMENTS, st.integers(2, 20))
def test_x34_business_day_updates_come_on_every_business_day_once(opened: datetime, many: int) -> None:
    """P3 of 2021: one update on each business day in a row, never two, none left out."""
    case, days = a_case(opened_at=opened, priority=P.P3, responded_at=opened), []
    for _ in range(many):
        (update,) = due(case, PLAN)
        days.append(update.due_at.astimezone(PLAN.zone).date())
        case = kept(case, update, PLAN, update.due_at)

    between = [days[0] + timedelta(days=step) for step in range((days[-1] - days[0]).days + 1)]
    assert [day for day in between if PLAN.calendar.is_business_day(day)] == days


@PROPERTY
@given(cases(), SPANS)
def test_an_answer_never_moves_a_clock_into_the_future_or_back(case: Case, after: timedelta) -> None:
    """What counts from then counts from the answer at the latest, and never from earlier than before."""
    now = max(case.update_from, case.resolve_from, case.waiting_since or case.opened_at) + after

    answered = resumed(case, PLAN, now)

    assert case.update_from <= answered.update_from <= now
    assert case.resolve_from <= answered.resolve_from <= now
    assert (None, None) == (answered.waiting_since, answered.warned_at if case.waiting_since else None)


@PROPERTY
@given(cases(), SPANS)
def test_an_answer_misses_no_target_that_was_not_missed_before(case: Case, after: timedelta) -> None:
    """Time in which we waited is nobody's: a target that lay ahead of the question lies ahead of the answer."""
    waiting = replace(case, priority=P.P4, status=S.IN_PROGRESS, waiting_since=None)
    target = resolve_by(waiting, OLD_PLAN)
    assert target is not None
    asked = target - min(HOUR, (target - case.resolve_from) / 2)
    now = asked + after

    answered = resumed(replace(waiting, waiting_since=asked), OLD_PLAN, now)

    by = resolve_by(answered, OLD_PLAN)
    assert by is not None
    assert by > now
