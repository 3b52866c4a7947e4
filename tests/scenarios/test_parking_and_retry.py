"""Our own failures: three strikes and a message is parked, told to the admin, and comes back by one command.

The failures are real ones: rows that somebody has broken by hand in the database.
"""

from collections.abc import Callable, Sequence
from typing import Any

from intake.loop import nothing
from intake.parse_worker import Raw
from intake.parsing import Parser, Reading, Unreadable, _Death
from intake.worker import Worker
from models.message import Message
from models.store import inbox
from models.store.claims import Lease
from models.store.inbox import Claimed
from tests.builders import ADMIN, ALICE, a_mail
from tests.scenarios.conftest import ON_BOTH_ENGINES, OpenWorld
from tests.world import Sent, World, text_of

pytestmark = ON_BOTH_ENGINES

AGENTS = "agents@example.net"


def break_alice(world: World) -> None:
    """A role that no version of ours knows: the rules cannot be asked about Alice."""
    world.sql("UPDATE contact_role SET role = 'grand-mpoc'")


def mend_alice(world: World) -> None:
    world.sql("UPDATE contact_role SET role = 'primary-mpoc'")


def strike_out(world: World) -> None:
    """Let the worker try as often as it may."""
    for _ in range(3):
        world.settle()
        world.advance(seconds=31)
    world.settle()


def test_e21_the_first_failure_is_a_strike(world: World) -> None:
    """A message that fails alone is tried again later."""
    break_alice(world)
    sent = world.send()

    world.settle()

    assert ("examined", 1) == (world.trail(sent).state, world.trail(sent).strikes)
    assert [] == world.parked()


def test_e21_a_struck_message_waits_before_the_next_try(world: World) -> None:
    """Half a minute, so that a passing trouble can pass."""
    break_alice(world)
    sent = world.send()
    world.settle()
    world.advance(seconds=29)

    world.settle()

    assert 1 == world.trail(sent).strikes


def test_e21_three_strikes_park_a_message(world: World) -> None:
    """It is set aside with the station and the reason, for a programmer."""
    break_alice(world)
    sent = world.send()

    strike_out(world)

    (parked,) = world.parked()
    assert (sent.inbox_id, "settle") == (parked.inbox_id, parked.station)
    assert "grand-mpoc" in parked.because
    assert "parked" == world.trail(sent).state


def test_a_trouble_that_passes_costs_nothing(world: World) -> None:
    """Mended before the third strike, the message opens its case by itself."""
    break_alice(world)
    sent = world.send()
    world.settle()
    mend_alice(world)
    world.advance(seconds=31)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_nobody_elses_message_is_stopped(world: World) -> None:
    """The others of the batch are settled, before it and after it."""
    world.add_organisation("Initech")
    world.add_contact("Initech", "peter@initech.example")
    world.sql("UPDATE contact_role SET role = 'grand-mpoc' WHERE contact_id = 1")
    before = world.send(from_="peter@initech.example")
    broken = world.send()
    after = world.send(from_="peter@initech.example")

    world.settle()

    assert ["mpoc_opens_case"] * 2 == [world.settled_by(before), world.settled_by(after)]
    assert ("examined", 1) == (world.trail(broken).state, world.trail(broken).strikes)


def test_the_admin_is_told_what_is_parked_and_what_helps(world: World) -> None:
    """What, since when, the reason, the command."""
    break_alice(world)
    world.send()
    strike_out(world)

    world.work()

    (told,) = world.mailbox(ADMIN)
    assert "grand-mpoc" in text_of(told)
    assert "casegate parked" in text_of(told)


def test_the_admin_is_told_once_an_hour(world: World) -> None:
    """Five parked messages are one mail; what is parked an hour later is another."""
    break_alice(world)
    for _ in range(5):
        world.send()
    strike_out(world)
    first = world.notices_to(ADMIN)
    world.advance(hours=1)
    world.send()

    strike_out(world)

    assert (["admin_parked"], ["admin_parked"] * 2) == (first, world.notices_to(ADMIN))
    assert 6 == len(world.parked())


def test_the_sender_of_a_parked_message_is_told_nothing(world: World) -> None:
    """Our failures are ours."""
    break_alice(world)
    world.send()

    strike_out(world)

    assert [] == world.notices_to(ALICE)


def test_parked_retry_brings_a_message_back_after_the_repair(world: World) -> None:
    """As if it had just come in, with its strikes forgotten; the promises count from its receipt."""
    break_alice(world)
    sent = world.send()
    strike_out(world)
    mend_alice(world)

    assert world.retry_parked(sent)
    world.work()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert [] == world.parked()
    assert "answer you by Tuesday, November 24, 2026, 9:00 AM" in text_of(world.mailbox(ALICE)[0])


def test_parked_retry_before_the_repair_parks_it_again(world: World) -> None:
    """Three strikes more, and it is where it was."""
    break_alice(world)
    sent = world.send()
    strike_out(world)
    world.retry_parked(sent)

    strike_out(world)

    assert [sent.inbox_id] == [parked.inbox_id for parked in world.parked()]


def test_parked_retry_of_what_is_not_parked_does_nothing(world: World) -> None:
    """A settled message stays settled."""
    sent = world.send()
    world.settle()

    assert not world.retry_parked(sent)
    assert ("mpoc_opens_case", "settled") == (world.settled_by(sent), world.trail(sent).state)


def test_a_copy_of_a_parked_message_is_decided_and_the_parked_one_then_is_the_duplicate(world: World) -> None:
    """Nothing was decided of what is parked; what is decided first has the effects."""
    break_alice(world)
    first = world.send_raw(a_mail())
    strike_out(world)
    mend_alice(world)
    second = world.send_raw(a_mail())
    world.settle()
    world.retry_parked(first)

    world.settle()

    assert ("mpoc_opens_case", "same_content_decided_before") == (world.settled_by(second), world.settled_by(first))


class DeadReader(Parser):
    """A parse process that no message leaves alive."""

    def __init__(self) -> None:
        """Start nothing."""

    def begin(self, raws: Sequence[Raw], meanwhile: Callable[[], None] = nothing) -> Reading:  # noqa: ARG002
        return lambda: [Unreadable("the parse worker ended (SIGKILL)") for _ in raws]


def settle_with_a_dead_reader(world: World) -> None:
    worker = Worker(world.database, world.policy, DeadReader(), clock=world.clock, bell=world.bell)
    while worker.step():
        pass


def test_e21_a_message_whose_header_kills_the_reader_is_parked_at_once(world: World) -> None:
    """No strike is needed: it was read twice already, the second time by its header alone."""
    sent = world.send()

    settle_with_a_dead_reader(world)

    (parked,) = world.parked()
    assert ("examine", "the parse worker ended (SIGKILL)") == (parked.station, parked.because)
    assert 0 == world.trail(sent).strikes


class SlowReader(Parser):
    """Several messages at once use up its limit, and each alone takes 20 s of the world's time."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.taken_by_others: list[Claimed] = []
        super().__init__()

    def begin(self, raws: Sequence[Raw], meanwhile: Callable[[], None] = nothing) -> Reading:
        reading = super().begin(raws, meanwhile)

        def answers() -> list[Message | Unreadable]:
            if len(raws) == 1:
                self.world.advance(seconds=20)
                with self.world.database.write() as connection:
                    self.taken_by_others += inbox.claim(connection, Lease("another", "x"), self.world.now, most=50)
            return reading()

        return answers

    def _hand_over(self, raws: Sequence[Raw], *, headers_only: bool) -> Any:
        if len(raws) > 1:
            return _Death("it took more than 2 s of CPU time", by_the_message=True)
        return super()._hand_over(raws, headers_only=headers_only)


def test_x20_a_batch_that_is_read_for_longer_than_a_lease_stays_ours(world: World) -> None:
    """Else two workers could take it from one another for ever."""
    sent = [world.send(message_id=f"{number}@client.example") for number in range(5)]
    reader = SlowReader(world)
    worker = Worker(world.database, world.policy, reader, clock=world.clock, bell=world.bell)

    worker.step()
    reader.close()

    assert [] == reader.taken_by_others
    assert {"settled"} == {world.trail(one).state for one in sent}


def test_an_unread_message_is_read_anew_after_parked_retry(world: World) -> None:
    """Retry begins where the failure was."""
    sent = world.send()
    settle_with_a_dead_reader(world)
    world.retry_parked(sent)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


# --- notices ---------------------------------------------------------------------------------------


def broken_department(open_world: OpenWorld) -> tuple[World, Sent]:
    """A desk whose department has an address that is none, and a mail that this department is told of."""
    world = open_world()
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)
    world.sql("UPDATE agent SET on_duty = false")
    world.sql("UPDATE department SET address = 'the support desk' WHERE key = 'support'")
    return world, world.send()


def test_x40_a_notice_that_cannot_be_worded_is_parked_and_its_case_is_there(open_world: OpenWorld) -> None:
    """The notice waits for an admin; the case and its number are the customer's."""
    world, sent = broken_department(open_world)

    world.settle()

    assert ("agent_new_case", "the support desk", "parked") in world.notices()
    assert "mpoc_opens_case" == world.settled_by(sent)
    assert 1 == len(world.cases())


def test_x40_the_other_notices_of_the_case_are_sent(open_world: OpenWorld) -> None:
    """The acknowledgement goes out."""
    world, sent = broken_department(open_world)

    world.work()

    assert 1 == len(world.mailbox(ALICE))
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_plan_that_is_gone_is_replaced_by_the_default_one(world: World) -> None:
    """A plan file that somebody removed parks no customer's mail."""
    world.sql("UPDATE organisation SET plan = 'vanished'")
    sent = world.send()

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert "calltower-2021" == world.cases()[0].plan


def test_a_zone_that_is_none_costs_no_acknowledgement(world: World) -> None:
    """Times are then shown in UTC, named as such."""
    world.sql("UPDATE organisation SET zone = 'Mars/Olympus'")
    sent = world.send()

    world.work()

    assert "Tuesday, November 24, 2026, 4:00 PM Coordinated Universal Time" in text_of(world.mailbox(ALICE)[0])
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_language_that_is_none_costs_no_acknowledgement(world: World) -> None:
    """A missing translation falls back to English."""
    world.sql("UPDATE organisation SET language = 'tlh'")
    sent = world.send()

    world.work()

    assert "Thank you for writing to us." in text_of(world.mailbox(ALICE)[0])
    assert "mpoc_opens_case" == world.settled_by(sent)
