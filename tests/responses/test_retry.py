"""When a notice is offered again: strictly later each time, and it ends (threats X-23, X-28)."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from models.limits import GIVE_UP_DAYS
from responders.retry import next_attempt, next_attempt_after_unknown
from tests.responses.builders import NOW

MINUTE = timedelta(minutes=1)


def test_x23_the_pause_doubles_from_a_minute_to_four_hours() -> None:
    pauses = [next_attempt(NOW, attempts, NOW) for attempts in range(1, 12)]

    assert [NOW + pause * MINUTE for pause in (1, 2, 4, 8, 16, 32, 64, 128, 240, 240, 240)] == pauses


def test_x23_after_five_days_it_is_given_up_and_the_last_offer_is_on_the_last_moment() -> None:
    end = NOW + timedelta(days=GIVE_UP_DAYS)

    assert end == next_attempt(NOW, 30, end - MINUTE)
    assert next_attempt(NOW, 31, end) is None


def test_what_was_never_offered_is_offered_now_however_old() -> None:
    """A service that was down for a week still sends what it owes."""
    late = NOW + timedelta(days=30)

    assert late == next_attempt(NOW, 0, late)


@given(st.lists(st.timedeltas(min_value=timedelta(0), max_value=timedelta(hours=1)), max_size=100))
def test_times_strictly_increase_and_end(delays: list[timedelta]) -> None:
    """Whatever each attempt takes, the next one is later, and after at most 50 there is none."""
    now, attempts = NOW, 0
    for delay in [*delays, *[timedelta(0)] * 50]:
        attempts += 1
        due = next_attempt(NOW, attempts, now)
        if due is None:
            break
        assert due > now
        now = due + delay

    assert next_attempt(NOW, attempts, NOW + timedelta(days=GIVE_UP_DAYS)) is None
    assert attempts <= 50


def test_x28_an_unknown_outcome_is_offered_once_more_after_ten_minutes() -> None:
    assert next_attempt_after_unknown(1, NOW) == NOW + 10 * MINUTE
    assert next_attempt_after_unknown(2, NOW) is None
