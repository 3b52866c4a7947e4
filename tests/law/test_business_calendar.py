"""Business days: the figures of plans, weekends, holidays, and clock changes both ways."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.rules.business_calendar import BusinessCalendar

DENVER = BusinessCalendar(ZoneInfo("America/Denver"))
CAIRO = BusinessCalendar(ZoneInfo("Africa/Cairo"))
"""Its clocks change on the night to Friday: on business days."""
ZONES = ["America/Denver", "America/Los_Angeles", "America/Chicago", "Europe/Vienna", "Asia/Kolkata", "UTC"]


def denver(text: str) -> datetime:
    """A moment by the wall clock of Denver, as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=DENVER.zone).astimezone(UTC)


def cairo(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CAIRO.zone).astimezone(UTC)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-11-23 09:00", 1, "2026-11-24 09:00"),
        ("2026-11-23 09:00", 2, "2026-11-25 09:00"),
        ("2026-11-26 17:30", 1, "2026-11-27 17:30"),
        ("2026-11-27 17:30", 1, "2026-11-30 17:30"),
        ("2026-11-27 17:30", 2, "2026-12-01 17:30"),
        ("2026-11-27 23:59", 1, "2026-11-30 23:59"),
        ("2026-11-28 00:00", 1, "2026-12-01 00:00"),
        ("2026-11-28 12:00", 1, "2026-12-01 00:00"),
        ("2026-11-29 23:59", 1, "2026-12-01 00:00"),
        ("2026-11-28 12:00", 2, "2026-12-02 00:00"),
        ("2026-11-30 00:00", 1, "2026-12-01 00:00"),
        ("2026-11-23 09:00", 5, "2026-11-30 09:00"),
        ("2026-11-23 09:00", 10, "2026-12-07 09:00"),
        ("2026-12-31 09:00", 1, "2027-01-01 09:00"),
        ("2028-02-28 09:00", 1, "2028-02-29 09:00"),
        ("2026-11-23 09:00", 0, "2026-11-23 09:00"),
        ("2026-11-28 12:00", 0, "2026-11-30 00:00"),
    ],
)
def test_business_days_are_whole_days_monday_to_friday(start: str, days: int, due: str) -> None:
    """N business days is the same local time N business days later; a weekend counts from Monday 00:00."""
    assert DENVER.add_business_days(denver(start), days) == denver(due)


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-12-24 09:00", 1, "2026-12-28 09:00"),
        ("2026-12-25 09:00", 1, "2026-12-29 00:00"),
        ("2026-12-23 09:00", 2, "2026-12-28 09:00"),
        ("2026-12-30 09:00", 2, "2027-01-04 09:00"),
    ],
)
def test_holidays_are_no_business_days(start: str, days: int, due: str) -> None:
    """Days that the plan lists are skipped, and count from 00:00 of the next business day."""
    calendar = BusinessCalendar(DENVER.zone, frozenset({date(2026, 12, 25), date(2027, 1, 1)}))

    assert calendar.add_business_days(denver(start), days) == denver(due)


def test_the_shipped_calendar_knows_no_holiday() -> None:
    """No plan names any."""
    assert DENVER.is_business_day(date(2026, 12, 25))


@pytest.mark.parametrize(
    ("moment", "is_one"),
    [("2026-11-27", True), ("2026-11-28", False), ("2026-11-29", False), ("2026-11-30", True)],
)
def test_weekends_are_no_business_days(moment: str, is_one: bool) -> None:
    """Saturday and Sunday."""
    assert DENVER.is_business_day(date.fromisoformat(moment)) == is_one


def test_the_day_is_the_plans_not_utcs() -> None:
    """Saturday 03:00 UTC is Friday evening in Denver: a business day."""
    assert DENVER.add_business_days(datetime(2026, 11, 28, 3, 0, tzinfo=UTC), 1) == denver("2026-11-30 20:00")


def test_x34_into_summer_time_the_local_time_stays() -> None:
    """Friday 09:00 MST to Monday 09:00 MDT: 71 hours, and no promise is moved."""
    start = denver("2026-03-06 09:00")

    due = DENVER.add_business_days(start, 1)

    assert (due, due - start) == (denver("2026-03-09 09:00"), timedelta(hours=71))


def test_x34_into_winter_time_the_local_time_stays() -> None:
    """Friday 09:00 MDT to Monday 09:00 MST: 73 hours."""
    start = denver("2026-10-30 09:00")

    due = DENVER.add_business_days(start, 1)

    assert (due, due - start) == (denver("2026-11-02 09:00"), timedelta(hours=73))


@pytest.mark.parametrize("minute", [0, 1, 30, 59])
def test_x34_a_local_time_that_does_not_exist_becomes_the_first_that_does(minute: int) -> None:
    """In Cairo, Friday 24 April 2026 begins at 01:00: what was due in the hour before is due then."""
    due = CAIRO.add_business_days(cairo(f"2026-04-23 00:{minute:02}"), 1)

    assert due == cairo("2026-04-24 01:00")


def test_x34_seconds_do_not_move_the_first_that_exists() -> None:
    """Not 01:00:59."""
    due = CAIRO.add_business_days(cairo("2026-04-23 00:30:59.123456"), 1)

    assert due == cairo("2026-04-24 01:00")


def test_x34_a_local_time_that_occurs_twice_is_the_first() -> None:
    """In Cairo, Thursday 29 October 2026 has the hour from 23:00 twice: the first, still in summer time, counts."""
    due = CAIRO.add_business_days(cairo("2026-10-28 23:30"), 1)

    assert due == datetime(2026, 10, 29, 20, 30, tzinfo=UTC)


def test_x34_from_the_second_of_two_equal_local_times() -> None:
    """What arrived in the second pass of the repeated hour is due at that local time of the next day."""
    start = datetime(2026, 10, 29, 21, 30, tzinfo=UTC)

    assert CAIRO.add_business_days(start, 1) == cairo("2026-10-30 23:30")


def test_x34_days_after_a_missing_hour_keep_their_own_time() -> None:
    """The shift on one day is not carried to the next business day."""
    assert CAIRO.add_business_days(cairo("2026-04-23 00:30"), 2) == cairo("2026-04-27 00:30")


def test_x34_a_day_that_never_was_becomes_the_next_that_is() -> None:
    """Samoa left out Friday 30 December 2011."""
    samoa = BusinessCalendar(ZoneInfo("Pacific/Apia"))
    start = datetime(2011, 12, 29, 9, 0, tzinfo=samoa.zone).astimezone(UTC)

    assert samoa.add_business_days(start, 1) == datetime(2011, 12, 31, tzinfo=samoa.zone).astimezone(UTC)


MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds
CALENDARS = st.builds(
    BusinessCalendar,
    st.sampled_from(ZONES).map(ZoneInfo),
    st.frozensets(st.dates(date(2020, 1, 1), date(2035, 1, 1)), max_size=5),
)
DAYS = st.integers(1, 30)
PROPERTY = settings(deadline=None, max_examples=200)


@pytest.mark.parametrize(
    ("start", "since", "now", "counts_from"),
    [
        ("2026-11-23 09:00", "2026-11-24 10:00", "2026-11-26 10:00", "2026-11-25 09:00"),
        ("2026-11-23 09:00", "2026-11-24 10:00", "2026-11-30 10:00", "2026-11-27 09:00"),
        ("2026-11-27 18:00", "2026-11-28 12:00", "2026-11-30 09:00", "2026-11-30 03:00"),
        ("2026-11-28 12:00", "2026-11-30 09:00", "2026-12-01 09:00", "2026-12-01 00:00"),
        ("2026-11-23 00:00", "2026-11-24 00:00", "2026-11-25 00:00", "2026-11-24 00:00"),
        ("2026-11-24 12:00", "2026-11-23 09:00", "2026-11-25 09:00", "2026-11-25 09:00"),
        ("2026-11-23 09:00", "2026-11-24 10:00", "2026-11-24 09:00", "2026-11-23 09:00"),
    ],
)
def test_of_a_pause_business_days_alone_are_taken_out(start: str, since: str, now: str, counts_from: str) -> None:
    """As much is over at its end as was at its beginning; what began within it begins anew, and no time goes back."""
    assert denver(counts_from) == DENVER.without(denver(start), denver(since), denver(now))


def test_a_holiday_in_a_pause_is_not_taken_out() -> None:
    """From Wednesday 10:00 to Monday 10:00 lie two business days, for Thursday is Thanksgiving."""
    closed = BusinessCalendar(DENVER.zone, frozenset({date(2026, 11, 26)}))
    start, since, now = map(denver, ("2026-11-24 09:00", "2026-11-25 10:00", "2026-11-30 10:00"))

    assert denver("2026-11-27 09:00") == closed.without(start, since, now)


def test_x34_a_pause_is_taken_out_by_the_wall_clock() -> None:
    """On the night to Friday the clocks of Cairo go forward: 23 hours, and a business day as any other."""
    start, since, now = map(cairo, ("2026-04-22 09:00", "2026-04-22 18:00", "2026-04-24 18:00"))

    assert cairo("2026-04-24 09:00") == CAIRO.without(start, since, now)


@PROPERTY
@given(CALENDARS, MOMENTS, DAYS, DAYS)
def test_adding_is_additive(calendar: BusinessCalendar, start: datetime, a: int, b: int) -> None:
    """a days after b days are a + b days, in zones whose clocks change at weekends only."""
    assert calendar.add_business_days(calendar.add_business_days(start, b), a) == calendar.add_business_days(
        start, a + b
    )


@PROPERTY
@given(CALENDARS, MOMENTS, DAYS)
def test_what_is_due_is_due_on_a_business_day(calendar: BusinessCalendar, start: datetime, days: int) -> None:
    """Never in closed time."""
    assert calendar.is_business_day(calendar.add_business_days(start, days).astimezone(calendar.zone).date())


@PROPERTY
@given(CALENDARS, MOMENTS, DAYS)
def test_one_day_more_is_later(calendar: BusinessCalendar, start: datetime, days: int) -> None:
    """Strictly monotone in the number of days, and always after the start."""
    due = calendar.add_business_days(start, days)

    assert start < due < calendar.add_business_days(start, days + 1)


@PROPERTY
@given(CALENDARS, MOMENTS, st.timedeltas(timedelta(0), timedelta(days=10)), DAYS)
def test_who_writes_later_is_not_due_earlier(
    calendar: BusinessCalendar, start: datetime, later: timedelta, days: int
) -> None:
    """Monotone in the start, but for the hour that a clock change repeats."""
    first = calendar.add_business_days(start, days)
    second = calendar.add_business_days(start + later, days)

    assert second >= first - timedelta(hours=1)


@PROPERTY
@given(CALENDARS, MOMENTS, DAYS)
def test_a_business_day_keeps_the_local_time(calendar: BusinessCalendar, start: datetime, days: int) -> None:
    """From a business day the wall clock shows the same time; from any other it shows 00:00."""
    local = start.astimezone(calendar.zone)
    wanted = local.time() if calendar.is_business_day(local.date()) else time(0)

    assert calendar.add_business_days(start, days).astimezone(calendar.zone).time() == wanted


@PROPERTY
@given(CALENDARS, MOMENTS)
def test_the_answer_is_in_utc(calendar: BusinessCalendar, start: datetime) -> None:
    """UTC inside, whatever the zone of the question."""
    asked = start.astimezone(ZoneInfo("Asia/Kolkata"))

    assert calendar.add_business_days(asked, 1) == calendar.add_business_days(start, 1)
    assert calendar.add_business_days(asked, 1).tzinfo is UTC
