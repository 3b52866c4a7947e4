"""Promises when time is not as it should be: down time, clocks that jump, kills, failures of our own (design 6)."""

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from intake.scheduler import Scheduler
from models.acts import Reply, SetPriority
from models.case import Priority
from models.limits import BATCH_OBLIGATIONS, LATE_SECONDS, LEASE_SECONDS
from models.store import obligations
from models.store.claims import Lease
from models.store.tables import obligation
from tests.builders import ADMIN, ALICE, NOW, a_policy
from tests.scenarios.conftest import ON_BOTH_ENGINES
from tests.scenarios.promises import act, owed
from tests.world import World, text_of

pytestmark = ON_BOTH_ENGINES

LATE = "It is late, and we are sorry for that."


@pytest.fixture
def number(world: World) -> str:
    """An answered P1 of Alice's, whose next update is due an hour after 09:00 in Denver."""
    world.send()
    world.work()
    number = str(world.cases()[0].case)
    act(world, number, SetPriority(priority=Priority.P1), Reply(text="We replace the gateway."))
    world.work()
    world.relay.taken.clear()
    return number


def later(world: World, **duration: float) -> list[str]:
    """The clock moves, the scheduler looks at it: the kinds of what Alice got since."""
    before = len(world.notices_to(ALICE))
    world.advance(**duration)
    world.tick()
    return world.notices_to(ALICE)[before:]


@pytest.mark.usefixtures("number")
def test_x33_a_day_of_down_time_gives_one_update_and_it_says_that_it_is_late(world: World) -> None:
    """Not twenty-three; and the next comes an hour after that one."""
    after_a_day = later(world, days=1, minutes=17)
    at_the_old_hour = later(world, minutes=43)
    an_hour_after = later(world, minutes=17)

    assert (["scheduled_update"], [], ["scheduled_update"]) == (after_a_day, at_the_old_hour, an_hour_after)
    late, punctual = (text_of(mail) for mail in world.mailbox(ALICE))
    assert (True, False) == (LATE in late, LATE in punctual)
    assert [("scheduled_update", "late"), ("scheduled_update", "kept"), ("scheduled_update", "owed")] == [
        (kind, state) for kind, _, state in owed(world) if kind == "scheduled_update" and state != "waived"
    ][-3:]


@pytest.mark.parametrize(("seconds", "state"), [(LATE_SECONDS, "kept"), (LATE_SECONDS + 1, "late")])
@pytest.mark.usefixtures("number")
def test_late_is_what_comes_more_than_ten_minutes_after_its_time(world: World, seconds: int, state: str) -> None:
    """And the row says it as the mail does."""
    later(world, hours=1, seconds=seconds)

    assert (LATE in text_of(world.mailbox(ALICE)[0]), True) == (
        state == "late",
        ("scheduled_update", "Mon 17:00", state) in owed(world),
    )


@pytest.mark.usefixtures("number")
def test_x33_a_clock_that_goes_back_an_hour_repeats_nothing(world: World) -> None:
    """What was done has ended; what is due next waits for its time."""
    sent = later(world, hours=1)
    back = later(world, minutes=-59)
    again = later(world, minutes=59)

    assert (["scheduled_update"], [], []) == (sent, back, again)
    assert ["scheduled_update"] == later(world, hours=1)


@pytest.mark.usefixtures("number")
def test_x33_a_clock_that_goes_forward_a_year_makes_each_thing_due_once(world: World) -> None:
    """And back again: nothing is repeated, and promises count from then, not from a year ahead."""
    ahead = later(world, days=365)
    back = later(world, days=-365, minutes=5)
    world.send(from_="Bob <bob@stranger.example>")  # the first message that comes in tells what time it is
    world.settle()
    world.tick()
    soon = later(world, minutes=59)
    an_hour_after = later(world, minutes=1)

    assert (["scheduled_update"], [], [], ["scheduled_update"]) == (ahead, back, soon, an_hour_after)


@pytest.mark.usefixtures("number")
def test_x33_a_clock_that_was_ahead_while_we_were_down_is_forgotten_at_the_start(world: World) -> None:
    """The next process finds clocks that count from the future, and lets them count from now."""
    later(world, days=365)
    world.advance(days=-365, minutes=5)
    world.send(from_="Bob <bob@stranger.example>")
    world.settle()
    world.restart_scheduler()
    world.tick()

    assert ([], ["scheduled_update"]) == (later(world, minutes=59), later(world, minutes=1))


@pytest.mark.usefixtures("number")
def test_x36_a_clock_before_this_version_was_made_sends_nothing_scheduled(world: World) -> None:
    """Mail is taken and answered all the same; once the time is right, what is owed is done."""
    world.now = datetime(1970, 1, 1, tzinfo=UTC)
    with world.database.write() as connection:
        due = datetime(1960, 1, 1, tzinfo=UTC)
        owed_now = sa.update(obligation).where(obligation.c.state == "owed")
        connection.execute(owed_now.values(due_at=due, not_before=due))
    in_1970 = later(world, seconds=1)
    taken = world.send(subject="Another").accepted
    world.settle()
    world.now = NOW + timedelta(minutes=1)

    assert ([], True) == (in_1970, taken)
    assert 2 == len(world.cases())
    assert [] == [kind for kind in later(world, seconds=1) if kind == "scheduled_update"][1:]


@pytest.mark.usefixtures("number")
def test_x36_a_clock_well_before_the_last_message_waits_for_the_next(world: World) -> None:
    """More than an hour behind what has been cannot be right."""
    world.advance(hours=3)
    world.send(from_="Bob <bob@stranger.example>")
    world.settle()

    assert [] == later(world, hours=-1, minutes=-1)
    assert ["scheduled_update"] == later(world, minutes=1, seconds=1)


@pytest.mark.usefixtures("number")
def test_two_schedulers_keep_a_promise_once(world: World) -> None:
    """What one has taken the other leaves alone."""
    world.advance(hours=1)
    other = Scheduler(world.database, world.policy, clock=world.clock, bell=world.bell)

    assert [True, False] == [world.scheduler.step(), other.step()]
    world.work()
    assert 1 == len(world.mailbox(ALICE))


@pytest.mark.usefixtures("number")
def test_a_scheduler_killed_after_its_claim_is_followed_by_another(world: World) -> None:
    """Nothing was written; after the lease the promise is kept, once."""
    world.advance(hours=1)
    with world.database.write() as connection:
        assert 1 == len(obligations.claim_due(connection, Lease("elsewhere", "t"), world.now, most=10))

    assert ([], ["scheduled_update"]) == (later(world, seconds=1), later(world, seconds=LEASE_SECONDS))


def test_a_case_that_changes_after_the_claim_is_asked_about_again(world: World, number: str) -> None:
    """The agent wrote in the same second: the update is not owed any more, and none is sent."""
    world.advance(hours=1)
    scheduler, lease = world.scheduler, Lease("this", "t")
    with world.database.write() as connection:
        taken = obligations.claim_due(connection, lease, world.now, most=10)
    act(world, number, Reply(text="It works again."))
    scheduler._work(lease, taken)
    world.work()

    assert "scheduled_update" not in world.notices_to(ALICE)


@pytest.mark.usefixtures("number")
def test_our_failure_with_one_case_puts_that_one_off_and_tells_the_admin(world: World) -> None:
    """The others are kept at their time; it stays owed, and is done once it can be."""
    world.send(subject="Another")
    world.settle()
    other = str(world.cases()[-1].case)
    act(world, other, SetPriority(priority=Priority.P1), Reply(text="We look at it."))
    world.sql("UPDATE cases SET status = 'Nonsense' WHERE id = 1")

    kept = later(world, hours=1)
    world.sql("UPDATE cases SET status = 'In Progress' WHERE id = 1")

    assert [("scheduled_update", other)] == [(kind, other) for kind in kept if kind == "scheduled_update"]
    assert ["admin_parked"] == world.notices_to(ADMIN)
    assert "scheduled_update of CG-000001" in text_of(world.mailbox(ADMIN)[0])
    assert 2 == later(world, hours=1).count("scheduled_update")


def test_many_promises_at_once_are_all_kept_and_once_each(world: World) -> None:
    """More than a batch, due at the same moment."""
    many = BATCH_OBLIGATIONS + 7
    for number in range(many):
        world.send(subject=f"Trouble {number}")
    world.settle()

    assert many == later(world, days=2).count("scheduled_update")
    assert [] == later(world, minutes=1)


@pytest.mark.usefixtures("number")
def test_a_promise_to_nobody_ends_all_the_same(world: World) -> None:
    """The only correspondent is an MPOC no more: nobody is mailed, and the row does not wait for ever."""
    world.sql("UPDATE contact SET active = false")

    assert [] == later(world, hours=1)
    assert ("scheduled_update", "Mon 17:00", "kept") in owed(world)


@pytest.mark.usefixtures("number")
def test_a_plan_that_was_changed_moves_what_is_owed(world: World) -> None:
    """SIGHUP with another cadence: at the old time the law is asked, and what it says now is owed."""
    slower = a_policy(plans={**world.policy.plans, "calltower-2021": world.policy.plans["att-bvoip"]})
    world.scheduler.obey(slower)

    assert [] == later(world, hours=1)
    assert [] == [row for row in owed(world) if row[2] == "owed"]
