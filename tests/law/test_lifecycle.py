"""The lifecycle table: what each event makes of each status, under plans that know them all and plans that do not."""

import pytest

from models.case import ENDED_STATUSES, CaseEvent, CaseStatus
from models.rules.lifecycle import TABLE, IllegalTransition, next_status, possible_events
from tests.builders import plans

S, E = CaseStatus, CaseEvent
OPEN = [status for status in CaseStatus if status not in ENDED_STATUSES]
AGENTS_CHOICES = [
    (E.SET_IN_PROGRESS, S.IN_PROGRESS),
    (E.SET_ESCALATED, S.ESCALATED),
    (E.SET_ON_HOLD, S.ON_HOLD),
    (E.SET_RESEARCHING, S.RESEARCHING),
    (E.SET_SHIPPING, S.SHIPPING),
    (E.AGENT_ASKED, S.WAITING_FOR_DETAILS),
    (E.RESOLVED, S.RESOLVED_FOLLOW_UP),
    (E.CLOSED, S.CLOSED),
    (E.MARKED_DUPLICATE, S.DUPLICATE),
]
PLANS = ["calltower-2021", "calltower-2013", "att-bvoip", "pingtone", "tsc-ip-change"]


@pytest.mark.parametrize(
    ("before", "event", "after"),
    [
        (S.NEW, E.CUSTOMER_REPLIED, S.NEW),
        (S.IN_PROGRESS, E.CUSTOMER_REPLIED, S.IN_PROGRESS),
        (S.ESCALATED, E.CUSTOMER_REPLIED, S.ESCALATED),
        (S.ON_HOLD, E.CUSTOMER_REPLIED, S.ON_HOLD),
        (S.WAITING_FOR_DETAILS, E.CUSTOMER_REPLIED, S.IN_PROGRESS),
        (S.RESEARCHING, E.CUSTOMER_REPLIED, S.RESEARCHING),
        (S.SHIPPING, E.CUSTOMER_REPLIED, S.SHIPPING),
        (S.RESOLVED_FOLLOW_UP, E.CUSTOMER_REPLIED, S.IN_PROGRESS),
        (S.CUSTOMER_REOPENED, E.CUSTOMER_REPLIED, S.CUSTOMER_REOPENED),
        (S.RESOLVED_FOLLOW_UP, E.CUSTOMER_CONFIRMED, S.CLOSED),
        (S.RESOLVED_FOLLOW_UP, E.CUSTOMER_NOT_SOLVED, S.IN_PROGRESS),
        (S.CLOSED, E.CUSTOMER_REOPENED, S.CUSTOMER_REOPENED),
        (S.CLOSED_NO_RESPONSE, E.CUSTOMER_REOPENED, S.CUSTOMER_REOPENED),
        (S.NEW, E.AGENT_REPLIED, S.IN_PROGRESS),
        (S.CUSTOMER_REOPENED, E.AGENT_REPLIED, S.IN_PROGRESS),
        (S.WAITING_FOR_DETAILS, E.AGENT_REPLIED, S.WAITING_FOR_DETAILS),
        (S.ON_HOLD, E.AGENT_REPLIED, S.ON_HOLD),
        (S.RESOLVED_FOLLOW_UP, E.AGENT_REPLIED, S.RESOLVED_FOLLOW_UP),
        (S.CLOSED, E.AGENT_REPLIED, S.CLOSED),
        (S.WAITING_FOR_DETAILS, E.NO_RESPONSE, S.CLOSED_NO_RESPONSE),
        (S.RESOLVED_FOLLOW_UP, E.NO_RESPONSE, S.CLOSED),
        (S.CLOSED, E.REOPENED, S.CUSTOMER_REOPENED),
        (S.CLOSED_NO_RESPONSE, E.REOPENED, S.CUSTOMER_REOPENED),
        (S.RESOLVED_FOLLOW_UP, E.REOPENED, S.IN_PROGRESS),
        (S.DUPLICATE, E.REOPENED, S.IN_PROGRESS),
    ],
    ids=str,
)
def test_what_an_event_makes_of_a_status(before: CaseStatus, event: CaseEvent, after: CaseStatus) -> None:
    """Plans 3 and 4, row by row, under a plan that knows every status."""
    assert after == next_status(before, event)


@pytest.mark.parametrize("before", OPEN, ids=str)
@pytest.mark.parametrize(("event", "after"), AGENTS_CHOICES, ids=str)
def test_an_agent_may_choose_on_any_open_case(before: CaseStatus, event: CaseEvent, after: CaseStatus) -> None:
    """Also the status it has: an On Hold is given another time."""
    assert after == next_status(before, event)


@pytest.mark.parametrize("before", sorted(ENDED_STATUSES), ids=str)
@pytest.mark.parametrize("event", [event for event, _ in AGENTS_CHOICES], ids=str)
def test_an_ended_case_is_reopened_before_anything_else(before: CaseStatus, event: CaseEvent) -> None:
    """No work is done on it, and nothing ends twice."""
    with pytest.raises(IllegalTransition):
        next_status(before, event)


@pytest.mark.parametrize("event", CaseEvent, ids=str)
def test_only_reopening_leaves_an_end(event: CaseEvent) -> None:
    """Whatever else happens, what has ended stays ended."""
    after = [TABLE[before, event] for before in ENDED_STATUSES if (before, event) in TABLE]

    assert all(status in ENDED_STATUSES for status in after) != (event in {E.CUSTOMER_REOPENED, E.REOPENED})


@pytest.mark.parametrize("before", [S.NEW, S.ON_HOLD, S.CLOSED, S.DUPLICATE], ids=str)
def test_only_finished_work_is_confirmed(before: CaseStatus) -> None:
    """There is nothing to confirm on any other case."""
    with pytest.raises(IllegalTransition):
        next_status(before, E.CUSTOMER_CONFIRMED)


@pytest.mark.parametrize("before", [S.ON_HOLD, *sorted(ENDED_STATUSES)], ids=str)
def test_silence_closes_no_held_and_no_ended_case(before: CaseStatus) -> None:
    """An agent holds it, or it is over."""
    with pytest.raises(IllegalTransition):
        next_status(before, E.NO_RESPONSE)


@pytest.mark.parametrize("before", CaseStatus, ids=str)
def test_no_case_is_opened_twice(before: CaseStatus) -> None:
    """A case begins as New, and that is no transition."""
    assert E.OPENED not in possible_events(before)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (S.NEW, S.IN_PROGRESS),
        (S.CUSTOMER_REOPENED, S.IN_PROGRESS),
        (S.IN_PROGRESS, S.IN_PROGRESS),
        (S.SHIPPING, S.SHIPPING),
        (S.ON_HOLD, S.ON_HOLD),
    ],
    ids=str,
)
def test_a_question_under_a_plan_without_waiting_for_details(before: CaseStatus, after: CaseStatus) -> None:
    """Waiting is a fact of the case; the status is as after an answer."""
    assert after == next_status(before, E.AGENT_ASKED, plans()["calltower-2021"])


@pytest.mark.parametrize("before", [S.IN_PROGRESS, S.SHIPPING, S.NEW], ids=str)
def test_a_case_that_waits_is_closed_by_silence_whatever_its_status(before: CaseStatus) -> None:
    """The 2021 plan knows no Waiting for Details, and closes for want of an answer."""
    assert S.CLOSED_NO_RESPONSE == next_status(before, E.NO_RESPONSE, plans()["calltower-2021"])


def test_finished_work_closes_where_no_status_asks_for_confirmation() -> None:
    """2013 has no Resolved, Follow-up Required; any reply re-opens."""
    assert S.CLOSED == next_status(S.IN_PROGRESS, E.RESOLVED, plans()["calltower-2013"])


@pytest.mark.parametrize(
    ("plan", "event", "status"),
    [
        ("calltower-2013", E.MARKED_DUPLICATE, "Duplicate"),
        ("calltower-2013", E.SET_SHIPPING, "Shipping"),
        ("calltower-2021", E.SET_ESCALATED, "Escalated"),
        ("calltower-2021", E.SET_RESEARCHING, "Researching"),
    ],
)
def test_a_status_that_a_plan_does_not_know_is_refused_by_name(plan: str, event: CaseEvent, status: str) -> None:
    """The refusal names plan and status, and what is possible instead."""
    with pytest.raises(IllegalTransition, match=f"^the plan {plan} has no status '{status}'; possible are '.*'closed'"):
        next_status(S.IN_PROGRESS, event, plans()[plan])


def test_a_refusal_says_what_is_possible() -> None:
    """In words."""
    with pytest.raises(IllegalTransition) as refused:
        next_status(S.DUPLICATE, E.AGENT_REPLIED)

    assert "a case in status 'Duplicate' cannot be 'agent replied'; possible are 're-opened'" == str(refused.value)


def test_a_case_in_a_status_its_plan_has_lost_goes_on() -> None:
    """A plan was changed while cases stood in the status."""
    plan = plans()["calltower-2021"]

    assert S.ESCALATED not in plan.statuses
    assert (S.ESCALATED, S.CLOSED) == (
        next_status(S.ESCALATED, E.CUSTOMER_REPLIED, plan),
        next_status(S.ESCALATED, E.CLOSED, plan),
    )


@pytest.mark.parametrize("plan", PLANS)
def test_a_plan_leads_to_its_own_statuses_only_and_to_all_of_them(plan: str) -> None:
    """From New, by whatever can happen: every status of the plan and no other; and each can be left."""
    known = plans()[plan]
    reached, new = {S.NEW}, {S.NEW}
    while new:
        new = {next_status(s, event, known) for s in new for event in possible_events(s, known)} - reached
        reached |= new

    assert set(known.statuses) == reached
    assert [] == [status for status in reached if not possible_events(status, known)]
