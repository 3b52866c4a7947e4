"""The shipped plans say what plans says, and a plan file that cannot be is refused by name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from models.case import CaseStatus, Priority
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
    """In which its business days are days; one that names none has the service's, UTC where nothing is said."""
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
    "text",
    [
        "",
        "1",
        "0 h",
        "0 b.d.",
        "1 bd",
        "one h",
        "-1 h",
        "1.5 h",
        "1  h",
        " 1 h",
        "1 h ",
        "1 d",
        "1 H",
        "١ h",
        "99999 h",
        "1 h\n",
    ],
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


@pytest.mark.parametrize("plan", ["att-bvoip", "pingtone"])
def test_a_plan_without_a_zone_of_its_own_has_the_services(plan: str) -> None:
    """As a case of that desk is read."""
    assert ZoneInfo("Europe/Vienna") == shipped_plans(service_zone="Europe/Vienna")[plan].zone


@pytest.mark.parametrize(("plan", "assigns"), [("att-bvoip", False), ("pingtone", False), ("tsc-ip-change", False)])
def test_other_plans_leave_a_case_unassigned(plan: str, assigns: bool) -> None:
    """Somebody takes it."""
    assert assigns == shipped_plans()[plan].assigns


@pytest.mark.parametrize(
    ("plan", "ways"),
    [("calltower-2021", ("phone", "chat")), ("calltower-2013", ("phone",)), ("tsc-ip-change", ("phone",))],
)
def test_urgent_needs_go_where_the_plan_has_them(plan: str, ways: tuple[str, ...]) -> None:
    """Since no mail speeds anything."""
    assert ways == shipped_plans()[plan].urgent_by


def local(text: str, zone: str = "America/Denver") -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("received", "may"),
    [
        ("2026-12-01 09:00:01", True),
        ("2026-12-08 00:00", True),
        ("2026-12-08 23:59:59", True),
        ("2026-12-09 00:00", False),
        ("2027-12-09 00:00", False),
        ("2026-12-01 08:59", True),
    ],
)
def test_closed_on_the_1st_is_reopened_through_the_end_of_the_8th(received: str, may: bool) -> None:
    """Calendar days in the plan's zone (plans 4); what came before the closing counts, too."""
    plan = shipped_plans()["calltower-2021"]

    assert may == plan.may_reopen(CaseStatus.CLOSED, local("2026-12-01 09:00"), local(received))


def test_the_day_of_closing_is_the_plans_day() -> None:
    """Closed on the 1st at 23:30 in Denver, when it was the 2nd in UTC already."""
    plan = shipped_plans()["calltower-2021"]

    assert date(2026, 12, 8) == plan.reopen_until(local("2026-12-01 23:30"))


def test_x34_a_window_over_a_clock_change_ends_at_midnight() -> None:
    """Neither an hour earlier nor later."""
    plan, closed = shipped_plans()["calltower-2021"], local("2026-10-30 09:00")

    assert (True, False) == (
        plan.may_reopen(CaseStatus.CLOSED, closed, local("2026-11-06 23:59:59")),
        plan.may_reopen(CaseStatus.CLOSED, closed, local("2026-11-07 00:00")),
    )


def test_2013_reopens_for_ever_and_after_silence_too() -> None:
    """On any reply, and no limit is stated."""
    plan = shipped_plans()["calltower-2013"]

    assert (True, True, None) == (
        plan.may_reopen(CaseStatus.CLOSED, MONDAY, after(days=4000)),
        plan.may_reopen(CaseStatus.CLOSED_NO_RESPONSE, MONDAY, after(days=4000)),
        plan.reopen_until(MONDAY),
    )


@pytest.mark.parametrize("plan", ["calltower-2021", "att-bvoip", "pingtone", "tsc-ip-change"])
def test_closed_for_silence_is_not_reopened_where_nothing_is_stated(plan: str) -> None:
    """A linked case is opened instead, at any age."""
    assert not shipped_plans()[plan].may_reopen(CaseStatus.CLOSED_NO_RESPONSE, MONDAY, MONDAY)


@pytest.mark.parametrize(
    "status", sorted(set(CaseStatus) - {CaseStatus.CLOSED, CaseStatus.CLOSED_NO_RESPONSE}), ids=str
)
def test_only_what_was_closed_is_reopened(status: CaseStatus) -> None:
    """An open case is open, and mail on a duplicate goes to its main case."""
    assert not shipped_plans()["calltower-2013"].may_reopen(status, MONDAY, MONDAY)


@pytest.mark.parametrize(
    ("plan", "status", "language", "name"),
    [
        ("calltower-2021", CaseStatus.NEW, "de", "Neuer Fall"),
        ("calltower-2021", CaseStatus.IN_PROGRESS, "de", "In Bearbeitung"),
        ("calltower-2021", CaseStatus.DUPLICATE, "de", "Duplikat"),
        ("calltower-2021", CaseStatus.ON_HOLD, "de", "In der Warteschleife"),
        ("calltower-2021", CaseStatus.SHIPPING, "de", "Versand"),
        ("calltower-2021", CaseStatus.RESOLVED_FOLLOW_UP, "de", "Resolved, Follow-up Required"),
        ("calltower-2021", CaseStatus.CUSTOMER_REOPENED, "de", "Kunde wiedereröffnet"),
        ("calltower-2021", CaseStatus.CLOSED_NO_RESPONSE, "de", "Geschlossen, keine Antwort"),
        ("calltower-2021", CaseStatus.CLOSED, "de", "Abgeschlossen"),
        ("calltower-2021", CaseStatus.CLOSED, "de-AT", "Abgeschlossen"),
        ("calltower-2021", CaseStatus.CLOSED, "en-GB", "Closed"),
        ("calltower-2021", CaseStatus.CLOSED, "fr", "Closed"),
        ("calltower-2021", CaseStatus.RESEARCHING, "de", "Researching"),
    ],
)
def test_a_status_has_its_name_in_the_readers_language(plan: str, status: CaseStatus, language: str, name: str) -> None:
    """As the German edition has them; English where none is known."""
    assert name == shipped_plans()[plan].status_name(status, language)


@pytest.mark.parametrize(
    ("plan", "unknown"),
    [
        (
            "calltower-2013",
            {CaseStatus.SHIPPING, CaseStatus.RESOLVED_FOLLOW_UP, CaseStatus.DUPLICATE},
        ),
        ("calltower-2021", {CaseStatus.ESCALATED, CaseStatus.WAITING_FOR_DETAILS, CaseStatus.RESEARCHING}),
        ("att-bvoip", set()),
        ("pingtone", set()),
        ("tsc-ip-change", set()),
    ],
)
def test_a_plan_knows_its_statuses(plan: str, unknown: set[CaseStatus]) -> None:
    """Per plan (plans 3)."""
    assert unknown == set(CaseStatus) - set(shipped_plans()[plan].statuses)


def test_2013s_p4_has_a_target_and_no_updates() -> None:
    """Two business days."""
    plan = shipped_plans()["calltower-2013"]

    assert (after(days=2), None) == (plan.resolution_due(Priority.P4, MONDAY), plan.update_due(Priority.P4, MONDAY))


@pytest.mark.parametrize(
    ("plan", "priority", "words"),
    [
        ("calltower-2013", Priority.P1G, "at once"),
        ("calltower-2013", Priority.P1, "live handoff"),
        ("calltower-2013", Priority.P2, "live handoff"),
        ("calltower-2021", Priority.P1G, "at once"),
    ],
)
def test_a_first_response_without_a_timer_is_said_in_words(plan: str, priority: Priority, words: str) -> None:
    """ "Live handoff" and "at once" have none."""
    assert words == shipped_plans()[plan].promise(priority).response_by


def test_macd_figures_are_data() -> None:
    """2021: their own hours, and a fee whose amount the plan does not state."""
    macd = shipped_plans()["calltower-2021"].macd
    assert macd is not None
    assert macd.expedited is not None

    assert ("Mon-Fri 07:00-19:00", "1 b.d.", "2 b.d.", "4 h", "1 b.d.") == (
        str(macd.hours),
        str(macd.standard.first_response),
        str(macd.standard.done_in),
        str(macd.expedited.first_response),
        str(macd.expedited.done_in),
    )


def test_the_escalation_levels_are_data() -> None:
    """att-bvoip alone has intervals; the others rise on request."""
    levels = shipped_plans()["att-bvoip"].escalation.levels

    assert [("1 h", "2 h"), ("2 h", "4 h"), ("3 h", "6 h"), ("4 h", "8 h")] == [
        (str(level.intervals[Priority.P1]), str(level.intervals[Priority.P2])) for level in levels
    ]
    assert [5, 4] == [len(shipped_plans()[name].escalation.levels) for name in ("calltower-2013", "calltower-2021")]


def test_an_ip_change_is_data() -> None:
    """Its hours, its notice and its fee."""
    change = shipped_plans()["tsc-ip-change"].ip_change
    assert change is not None

    assert ("Mon-Fri 09:00-17:00", "48 h", "USD 250") == (str(change.hours), str(change.notice), change.fee)


def test_no_shipped_plan_names_a_real_person_or_host() -> None:
    """Owners are roles at .example, phones are fictional."""
    owners = [owner for plan in shipped_plans().values() for level in plan.escalation.levels for owner in level.owners]

    assert [] == [owner for owner in owners if owner.address and not owner.address.endswith("@provider.example")]
    assert [] == [owner for owner in owners if owner.phone and " 555 01" not in owner.phone]


def test_an_old_plan_file_stays_valid() -> None:
    """Every key that came later has what holds where nothing is said."""
    plan = parse_plan("own", SMALL)

    assert (7, False, None, "1 b.d.", "2 h", tuple(CaseStatus), ("phone",)) == (
        plan.reopen_days,
        plan.no_response_reopens,
        plan.no_response_after,
        str(plan.no_response_lead),
        str(plan.remind_before),
        plan.statuses,
        plan.urgent_by,
    )


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("reopen_days = -1", 'reopen_days = -1: write days from 0 to 3650, or "unlimited"'),
        ('reopen_days = "never"', "reopen_days = 'never': write days from 0 to 3650, or \"unlimited\""),
        ("reopen_days = true", 'reopen_days = True: write days from 0 to 3650, or "unlimited"'),
        ("reopen_day = 7", "unknown key reopen_day; did you mean reopen_days?"),
        ('assigns = "yes"', "assigns = 'yes': input should be a valid boolean"),
        ("version = 2", "version = 2: input should be a valid string"),
        ('no_response_after = "2 bd"', "no_response_after: '2 bd' is no clock: write '1 b.d.', '4 h' or '30 min'"),
        ("no_response_lead = 1", "no_response_lead: 1 is no clock: write '1 b.d.', '4 h' or '30 min'"),
        (
            'remind_before = "1 b.d."',
            "remind_before: '1 b.d.' is in business days: write an elapsed time such as '2 h'",
        ),
        ('statuses = ["New"]', "statuses: no plan can do without In Progress, Customer Re-opened, Closed"),
        ('hours.chat = ["Fri-Mon 09:00-17:00"]', "hours.chat: 'Fri-Mon 09:00-17:00': the end is before the beginning"),
        ('hours.chat = ["9-5"]', "hours.chat: '9-5' are no hours: write 'Mon-Fri 09:00-17:00' or 'Sat 08:00-12:00'"),
        ('hours.caht = "always"', "unknown key hours.caht; did you mean chat?"),
        ("priorities.P1.first_responce = 1", "unknown key priorities.P1.first_responce; did you mean first_response?"),
        ('priorities.P1.meaning = {de = "x"}', "priorities.P1.meaning: say it in English"),
        ('escalation.levels = [{name = "x", nam = "x"}]', "unknown key escalation.levels.0.nam; did you mean name?"),
        (
            'escalation.levels = [{name = "a", intervals = {P1 = "2 h"}}, {name = "b", intervals = {P1 = "1 h"}}]',
            "escalation: the intervals of P1 do not rise from level to level",
        ),
    ],
)
def test_each_problem_names_its_key(line: str, problem: str) -> None:
    """And what to write instead."""
    base = 'zone = "UTC"\npriorities.P4 = {}\n' + ("" if line.startswith("version") else 'version = "1"\n')

    with pytest.raises(PlanError) as refused:
        parse_plan("own", base + line)

    assert str(refused.value).startswith(f"plan own: {problem}")
    assert 1 == len(str(refused.value).splitlines())


def test_everything_that_is_wrong_is_told_at_once() -> None:
    """One line each."""
    with pytest.raises(PlanError) as refused:
        parse_plan("own", 'zone = "Mars"\nholidays = ["2026-12-25"]\nreopen_days = -1\n[priorities.P9]\n')

    assert ["version", "zone", "holidays", "reopen_days", "priorities.P9"] == sorted(
        (line.split()[2].rstrip(":") for line in str(refused.value).splitlines()),
        key=["version", "zone", "holidays", "reopen_days", "priorities.P9"].index,
    )
