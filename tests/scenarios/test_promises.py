"""What a plan promises comes by mail at its time, and not before (plans 2 and 4)."""

from datetime import timedelta

import pytest

from models.acts import Close, PutOnHold, Reply, Resolve, SetEtr, SetPriority
from models.case import Priority
from tests.builders import ALICE, NOW
from tests.scenarios.conftest import ON_BOTH_ENGINES, OpenWorld
from tests.scenarios.promises import act, owed
from tests.world import World, text_of

pytestmark = ON_BOTH_ENGINES

DANA = "dana@example.net"
ANSWERED = Reply(text="We replace the gateway.")
ASKED = Reply(text="Which phones are it?", asks=True)


@pytest.fixture
def number(world: World) -> str:
    """Alice's case, opened on Monday at 09:00 in Denver: P4 under the 2021 plan."""
    return opened(world)


def opened(world: World) -> str:
    world.send()
    world.work()
    world.relay.taken.clear()
    return str(world.cases()[-1].case)


def later(world: World, **duration: float) -> None:
    """The clock moves, and the scheduler looks at it."""
    world.advance(**duration)
    world.tick()


def kinds(world: World, address: str = ALICE) -> list[str]:
    """What the relay took for somebody, by the kind of notice, oldest first."""
    return world.notices_to(address)[-len(world.mailbox(address)) :] if world.mailbox(address) else []


def test_a_scheduled_update_comes_when_it_is_due(world: World, number: str) -> None:
    """Two business days after Monday 09:00: Wednesday 09:00, in thread, and it names the next one."""
    act(world, number, ANSWERED)
    later(world, days=2, seconds=-1)
    before = kinds(world)
    later(world, seconds=1)

    assert (["agent_reply"], ["agent_reply", "scheduled_update"]) == (before, kinds(world))
    update = world.mailbox(ALICE)[-1]
    assert "We replace the gateway." in text_of(update)
    assert f"[#{number}]" in str(update["Subject"])
    assert "<1@client.example>" in str(update["References"])
    assert "2026-11-27" in text_of(update) or "27" in text_of(update)


def test_updates_go_on_at_their_cadence(world: World, number: str) -> None:
    """P1: every hour, on the hour that the agent's last word set, one mail each."""
    act(world, number, ANSWERED, SetPriority(priority=Priority.P1))
    world.work()
    world.relay.taken.clear()
    for _ in range(5 * 60):
        world.advance(minutes=1)
        world.scheduler.step()
    world.work()

    assert ["scheduled_update"] * 5 == kinds(world)


@pytest.mark.usefixtures("number")
def test_the_agent_is_reminded_before_the_first_response_is_due(world: World) -> None:
    """Two hours before Tuesday 09:00; the customer hears nothing of it."""
    later(world, hours=22)

    assert (["agent_reminder"], []) == (kinds(world, DANA), kinds(world))


def test_an_answered_case_reminds_nobody(world: World, number: str) -> None:
    """The agent's word was the first response."""
    act(world, number, ANSWERED)
    later(world, days=1)

    assert [] == kinds(world, DANA)
    assert ("first_response_reminder", "Tue 14:00", "kept") in owed(world)


def test_an_update_counts_from_what_the_customer_last_saw(world: World, number: str) -> None:
    """Answered on Tuesday 09:00, the next is due on Thursday, not on Wednesday."""
    later(world, days=1)
    act(world, number, ANSWERED)
    world.tick()
    world.relay.taken.clear()
    later(world, days=1)
    on_wednesday = kinds(world)
    later(world, days=1)

    assert ([], ["scheduled_update"]) == (on_wednesday, kinds(world))


def test_no_update_while_we_wait_for_the_customer(world: World, number: str) -> None:
    """What comes after two business days is the word that it will be closed, and when."""
    act(world, number, ASKED)
    later(world, days=2)

    assert ["agent_reply", "no_response_warning"] == kinds(world)
    assert "26" in text_of(world.mailbox(ALICE)[-1])


def test_silence_closes_after_the_announcement(world: World, number: str) -> None:
    """A business day later, and the customer hears how to come back."""
    act(world, number, ASKED)
    later(world, days=2)
    later(world, days=1)

    assert ["agent_reply", "no_response_warning", "closed_no_response"] == kinds(world)
    assert "Closed, No Response" == world.cases()[0].status
    later(world, days=30)
    assert 3 == len(world.mailbox(ALICE))


def test_any_real_reply_stops_the_closing(world: World, number: str) -> None:
    """Updates go on from the answer."""
    act(world, number, ASKED)
    later(world, days=2)
    answer(world)
    later(world, days=1)

    assert "In Progress" == world.cases()[0].status
    assert "closed_no_response" not in kinds(world)
    later(world, days=3)
    assert "scheduled_update" == kinds(world)[-1]


def test_an_automatic_reply_stops_nothing(world: World, number: str) -> None:
    """It is no reply."""
    act(world, number, ASKED)
    later(world, days=2)
    answer(world, headers={"Auto-Submitted": "auto-replied"})
    later(world, days=1)

    assert "Closed, No Response" == world.cases()[0].status


def answer(world: World, headers: dict[str, str] | None = None) -> None:
    """Alice answers the last mail she got."""
    last = world.mailbox(ALICE)[-1]
    world.send(to=str(last["Reply-To"]), headers={**(headers or {}), "In-Reply-To": str(last["Message-ID"])})
    world.work()


def test_finished_work_is_closed_by_silence_as_closed(world: World, number: str) -> None:
    """Resolved, Follow-up Required becomes Closed, which a reply may re-open."""
    act(world, number, Resolve(summary="The gateway was replaced."))
    later(world, days=2)
    later(world, days=1)

    assert ["case_resolved", "no_response_warning", "closed_no_response"] == kinds(world)
    assert "Closed" == world.cases()[0].status


def test_an_etr_stands_in_the_place_of_updates_until_it_passes(world: World, number: str) -> None:
    """Then the customer is told at once, and the cadence starts anew."""
    act(world, number, SetEtr(etr=NOW + timedelta(days=8)))
    later(world, days=7)
    resting = kinds(world)
    later(world, days=1)
    later(world, days=2)

    assert (["etr_set"], ["etr_set", "etr_passed", "scheduled_update"]) == (resting, kinds(world))


def test_a_hold_with_a_time_counts_as_an_etr(world: World, number: str) -> None:
    """Held until Thursday: nothing on Wednesday, word on Thursday."""
    act(world, number, PutOnHold(until=NOW + timedelta(days=3)))
    later(world, days=2)
    later(world, days=1)

    assert ["status_changed", "etr_passed"] == kinds(world)


def test_a_hold_without_a_time_lets_updates_go_on(world: World, number: str) -> None:
    """The promise stands."""
    act(world, number, PutOnHold())
    later(world, days=2)

    assert ["status_changed", "scheduled_update"] == kinds(world)


def test_a_closed_case_owes_nothing(world: World, number: str) -> None:
    """What was promised is waived, and the rows say why."""
    act(world, number, Close(summary="Done."))
    later(world, days=10)

    assert ["case_closed"] == kinds(world)
    assert [] == [row for row in owed(world) if row[2] == "owed"]


def test_2013s_p4_is_not_updated_but_told_when_the_target_is_missed(open_world: OpenWorld) -> None:
    """The agent is warned two hours before; the customer is told when the two business days are over."""
    world = open_world()
    world.add_organisation("Acme", plan="calltower-2013")
    world.add_contact("Acme", ALICE)
    opened(world)
    later(world, hours=46)
    reminded = (kinds(world, DANA), kinds(world))
    later(world, hours=2)

    assert (["agent_reminder"], []) == reminded
    assert (["agent_reminder"], ["resolution_missed"]) == (kinds(world, DANA), kinds(world))
    later(world, days=30)
    assert ["resolution_missed"] == kinds(world)


@pytest.mark.parametrize("plan", ["att-bvoip", "pingtone", "tsc-ip-change"])
def test_a_plan_without_clocks_sends_nothing_by_time(open_world: OpenWorld, plan: str) -> None:
    """None is invented."""
    world = open_world()
    world.add_organisation("Acme", plan=plan)
    world.add_contact("Acme", ALICE)
    opened(world)
    later(world, days=30)

    assert ([], []) == (kinds(world), owed(world))


def test_an_answer_to_an_update_joins_its_case(world: World, number: str) -> None:
    """Also to our plain address, by the Message-ID alone; and `case show` lists what was sent."""
    later(world, days=2)
    update = world.mailbox(ALICE)[-1]
    answer = world.send(subject="Thanks", headers={"In-Reply-To": str(update["Message-ID"])})
    world.settle()

    assert ("replies_to_open_case", number) == (world.settled_by(answer), world.trail(answer).case)
    assert "scheduled_update" in [notice["kind"] for notice in world.cases()[0].notices]


def test_every_mpoc_who_wrote_hears_and_no_one_else(world: World, number: str) -> None:
    """One mail each, with an address signed for each."""
    world.add_contact("Acme", "bob@acme.example", name="Bob Berg")
    world.add_contact("Acme", "carol@acme.example", name="Carol Cole")
    world.send(from_="Bob Berg <bob@acme.example>", subject=f"Re: [#{number}] No dial tone")
    world.work()
    later(world, days=2)

    to = {
        address: [str(mail["Reply-To"]) for mail in world.mailbox(address)] for address in (ALICE, "bob@acme.example")
    }
    assert [1, 1, 0] == [len(to[ALICE]), len(to["bob@acme.example"]), len(world.mailbox("carol@acme.example"))]
    assert to[ALICE] != to["bob@acme.example"]
