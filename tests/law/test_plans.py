"""The shipped plans say what plans says, and a plan file that cannot be is refused by name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.case import Priority
from models.plan import Clock, PlanError, parse_plan, shipped_plans
from tests.builders import a_policy

MONDAY = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
SMALL = 'version = "1"\nzone = "UTC"\n[priorities.P4]\n'


def after(**duration: float) -> datetime:
    return MONDAY + timedelta(**duration)


@pytest.mark.parametrize(
    ("plan", "priority", "response", "update"),
    [
        ("calltower-2013", Priority.P1G, None, None),
        ("calltower-2013", Priority.P1, None, after(minutes=30)),
        ("calltower-2013", Priority.P2, None, after(hours=1)),
        ("calltower-2013", Priority.P3, after(hours=1), after(hours=24)),
        ("calltower-2013", Priority.P4, None, None),
        ("calltower-2021", Priority.P1G, None, after(hours=1)),
        ("calltower-2021", Priority.P1, after(minutes=15), after(hours=1)),
        ("calltower-2021", Priority.P2, after(minutes=30), after(hours=2)),
        ("calltower-2021", Priority.P3, after(hours=4), after(days=1)),
        ("calltower-2021", Priority.P4, after(days=1), after(days=2)),
    ],
)
def test_a_shipped_plan_promises_what_the_domain_says(
    plan: str, priority: Priority, response: datetime | None, update: datetime | None
) -> None:
    """First response and scheduled update from a Monday 09:00 in Denver."""
    promised = shipped_plans()[plan]

    assert (promised.first_response_due(priority, MONDAY), promised.update_due(priority, MONDAY)) == (response, update)


@pytest.mark.parametrize(
    ("plan", "zone"), [("calltower-2013", "America/Los_Angeles"), ("calltower-2021", "America/Denver")]
)
def test_a_shipped_plan_has_its_zone(plan: str, zone: str) -> None:
    """In which its business days are days."""
    assert shipped_plans()[plan].zone == ZoneInfo(zone)


@pytest.mark.parametrize("plan", ["calltower-2013", "calltower-2021"])
def test_the_calltower_plans_assign(plan: str) -> None:
    """A case opened by mail goes to the least loaded agent."""
    assert shipped_plans()[plan].assigns


@pytest.mark.parametrize(("plan", "fulfils"), [("calltower-2013", True), ("calltower-2021", False)])
def test_the_acknowledgement_responds_under_2013_alone(plan: str, fulfils: bool) -> None:
    """For 2013's P4; else an agent's act does."""
    assert shipped_plans()[plan].acknowledgement_responds == fulfils


def test_hours_run_round_the_clock() -> None:
    """Every minute and hour figure is elapsed time: Friday 23:00 plus 4 h is Saturday 03:00."""
    friday = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)

    assert shipped_plans()["calltower-2021"].first_response_due(Priority.P3, friday) == friday + timedelta(hours=4)


def test_business_days_skip_the_plans_weekend() -> None:
    """Friday 09:00 in Denver plus 1 b.d. is Monday 09:00."""
    friday = datetime(2026, 11, 27, 16, 0, tzinfo=UTC)

    assert shipped_plans()["calltower-2021"].first_response_due(Priority.P4, friday) == friday + timedelta(days=3)


def test_a_plans_holidays_count() -> None:
    """An admin adds a country's."""
    text = SMALL.replace("[priorities.P4]", "holidays = [2026-11-24]\n[priorities.P4]") + 'first_response = "1 b.d."\n'

    assert parse_plan("own", text).first_response_due(Priority.P4, MONDAY) == after(days=2)


@pytest.mark.parametrize(
    ("text", "clock"),
    [
        ("1 b.d.", Clock(business_days=1)),
        ("10 b.d.", Clock(business_days=10)),
        ("4 h", Clock(elapsed=timedelta(hours=4))),
        ("30 min", Clock(elapsed=timedelta(minutes=30))),
    ],
)
def test_a_clock_is_written_in_one_of_three_ways(text: str, clock: Clock) -> None:
    """Business days, hours, minutes."""
    assert Clock.parse(text) == clock


@pytest.mark.parametrize(
    "text", ["", "1", "1 bd", "one h", "-1 h", "1.5 h", "1  h", " 1 h", "1 h ", "1 d", "1 H", "١ h", "99999 h", "1 h\n"]
)
def test_anything_else_is_no_clock(text: str) -> None:
    """And the refusal says how to write one."""
    with pytest.raises(PlanError, match=r"write '1 b\.d\.', '4 h' or '30 min'"):
        Clock.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "version =",
        'zone = "UTC"\n[priorities.P4]\n',
        'version = "1"\n[priorities.P4]\n',
        'version = "1"\nzone = "Mars/Olympus"\n[priorities.P4]\n',
        'version = "1"\nzone = "../../etc/passwd"\n[priorities.P4]\n',
        'version = "1"\nzone = ""\n[priorities.P4]\n',
        'version = "1"\nzone = 1\n[priorities.P4]\n',
        'version = "1"\nzone = "UTC"\n',
        'version = "1"\nzone = "UTC"\npriorities = 1\n',
        'version = "1"\nzone = "UTC"\npriorities.P4 = 1\n',
        'version = "1"\nzone = "UTC"\n[priorities.P9]\n',
        SMALL + 'first_response = "soon"\n',
        SMALL + "first_response = 4\n",
        SMALL.replace("[p", 'holidays = ["2026-12-25"]\n[p'),
        SMALL.replace("[p", "holidays = [2026-12-25T00:00:00]\n[p"),
        SMALL.replace("[p", "holidays = 2026-12-25\n[p"),
    ],
)
def test_a_plan_file_that_cannot_be_is_refused_by_name(text: str) -> None:
    """One error that names the plan; nothing else comes out of a file."""
    with pytest.raises(PlanError, match=r"^plan own: "):
        parse_plan("own", text)


@pytest.mark.parametrize(
    "text", [SMALL.replace("[p", "holiday = [2026-12-25]\n[p"), SMALL + 'first_responce = "1 h"\n']
)
def test_a_key_that_no_plan_has_is_refused(text: str) -> None:
    """A misspelt promise is not silently no promise (contract 3: unknown keys are errors)."""
    with pytest.raises(PlanError, match=r"^plan own: "):
        parse_plan("own", text)


def test_a_priority_that_a_plan_does_not_name_is_promised_nothing() -> None:
    """Plans without clocks create none."""
    plan = parse_plan("own", SMALL)

    assert (None, None) == (plan.first_response_due(Priority.P1, MONDAY), plan.update_due(Priority.P1, MONDAY))


def test_a_plan_that_was_removed_is_replaced_by_the_default() -> None:
    """So that no mail waits for a file."""
    policy = a_policy()

    assert policy.plan("vanished") is policy.plans["calltower-2021"]


def test_holidays_are_dates() -> None:
    """Kept as such in the calendar."""
    text = SMALL.replace("[p", "holidays = [2026-12-25, 2027-01-01]\n[p")

    assert parse_plan("own", text).calendar.holidays == {date(2026, 12, 25), date(2027, 1, 1)}
