"""A promise that is moved is made once and kept once: what histories of the desk found out (plans 2)."""

from datetime import timedelta

import pytest

from models.acts import Act, Close, Reopen, Reply, SetEtr, SetPriority
from models.case import Priority
from tests.builders import ALICE
from tests.scenarios.conftest import OpenWorld
from tests.scenarios.promises import act
from tests.world import World

DANA = "dana@example.net"


@pytest.fixture
def old_desk(open_world: OpenWorld) -> World:
    """Alice's case under the 2013 plan, opened on Monday at 08:00 in Los Angeles."""
    world = open_world()
    world.add_organisation("Acme", plan="calltower-2013")
    world.add_contact("Acme", ALICE)
    world.send()
    world.work()
    return world


def later(world: World, address: str, **duration: float) -> list[str]:
    """The clock moves, the scheduler looks at it: the kinds of what somebody got since."""
    before = len(world.notices_to(address))
    world.advance(**duration)
    world.tick()
    return world.notices_to(address)[before:]


def estimate(world: World) -> Act:
    return SetEtr(etr=world.now + timedelta(days=30))


@pytest.mark.parametrize(
    ("on_saturday", "on_sunday"),
    [(lambda _: Close(), Reopen()), (estimate, SetEtr(etr=None))],
    ids=["closed and re-opened", "estimated and taken back"],
)
def test_what_an_act_kept_early_is_owed_anew_at_the_same_moment(
    world: World, on_saturday: type[Act], on_sunday: Act
) -> None:
    """All of a weekend counts from Monday 00:00, so that the update promised on Sunday is due when Saturday's was."""
    world.send()
    world.work()
    later(world, ALICE, days=5)
    act(world, "CG-000001", Reply(text="We replace the gateway."), on_saturday(world))
    world.advance(days=1)
    act(world, "CG-000001", on_sunday)
    world.work()

    assert ([], ["scheduled_update"]) == (
        later(world, ALICE, days=2, hours=14, minutes=59),
        later(world, ALICE, minutes=1),
    )


def test_a_target_that_was_missed_is_told_once(old_desk: World) -> None:
    """Wednesday it was missed; a question on Thursday and its answer on Friday set no new one."""
    missed = later(old_desk, ALICE, days=2)
    old_desk.advance(days=1)
    act(old_desk, "CG-000001", Reply(text="Which phones are it?", asks=True))
    old_desk.work()
    old_desk.advance(days=1)
    old_desk.send(subject="Re: [#CG-000001] No dial tone")
    old_desk.work()

    assert (["resolution_missed"], []) == (missed, later(old_desk, ALICE, days=14))


def test_the_acknowledgement_is_no_first_response_of_what_an_agent_makes_p3(old_desk: World) -> None:
    """It fulfils P4's alone: the hour of P3 counts from the change, and the agent is reminded of it."""
    old_desk.advance(hours=1)
    act(old_desk, "CG-000001", SetPriority(priority=Priority.P3))

    assert ([], ["agent_reminder"]) == (later(old_desk, DANA, minutes=44), later(old_desk, DANA, minutes=1))


def test_a_second_question_does_not_forget_the_first(old_desk: World) -> None:
    """Asked on Monday and on Friday, answered the Tuesday after: the two business days of the target are all left."""
    for _ in range(2):
        act(old_desk, "CG-000001", Reply(text="Which phones are it?", asks=True))
        old_desk.work()
        old_desk.advance(days=4)
    old_desk.send(subject="Re: [#CG-000001] No dial tone")
    old_desk.work()

    assert ([], ["resolution_missed"]) == (later(old_desk, ALICE, days=1, hours=23), later(old_desk, ALICE, hours=1))
