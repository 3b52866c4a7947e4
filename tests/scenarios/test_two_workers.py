"""Two workers on one database: what depends on a message that the other one has in hand waits for it."""

import pytest

from intake.worker import Worker
from models.limits import BATCH_MESSAGES
from tests.scenarios.conftest import ON_BOTH_ENGINES
from tests.world import Sent, World

pytestmark = ON_BOTH_ENGINES


def letters(nth: int) -> str:
    """Subjects that differ in numbers alone are alike, and too many of those are held."""
    return "".join(chr(ord("a") + int(digit)) for digit in str(nth))


@pytest.fixture
def other(world: World) -> Worker:
    return world.new_worker()


@pytest.fixture
def sent(world: World) -> list[Sent]:
    """More messages than one batch takes: the first worker has decided all but the last, which is in its hand."""
    sent = [world.send(subject=f"Trouble with {letters(nth)}") for nth in range(BATCH_MESSAGES + 1)]
    world.worker.step()
    assert "accepted" == world.trail(sent[-1]).state
    return sent


def answer(world: World, message_id: str | None) -> Sent:
    return world.send(subject="More about it", headers={"In-Reply-To": f"<{message_id}>"})


def test_a_reply_to_a_message_in_the_other_ones_hand_joins_its_case(
    world: World, other: Worker, sent: list[Sent]
) -> None:
    reply = answer(world, sent[-1].message_id)

    other.step()
    assert world.settled_by(reply) is None
    world.worker.step()
    world.advance(seconds=1)
    other.step()

    assert "replies_to_open_case" == world.settled_by(reply)
    assert world.trail(sent[-1]).case == world.trail(reply).case


def test_other_messages_of_the_same_batch_do_not_wait(world: World, other: Worker, sent: list[Sent]) -> None:
    """Nor does one that answers what is known."""
    answer(world, sent[-1].message_id)
    independent = world.send(subject="A new matter")
    known = answer(world, sent[0].message_id)

    other.step()

    assert "mpoc_opens_case" == world.settled_by(independent)
    assert "replies_to_open_case" == world.settled_by(known)


@pytest.mark.usefixtures("sent")
def test_what_answers_mail_we_never_saw_waits_no_longer_than_the_hand_is_full(world: World, other: Worker) -> None:
    """Then it is decided for itself."""
    reply = answer(world, "never.seen@acme.example")

    other.step()
    assert world.settled_by(reply) is None
    world.worker.step()
    world.advance(seconds=1)
    other.step()

    assert "mpoc_opens_case" == world.settled_by(reply)


def test_a_worker_that_ended_without_a_word_is_waited_for_until_its_lease_ends(
    world: World, other: Worker, sent: list[Sent]
) -> None:
    """Then the other one has both messages, and decides them in their order."""
    reply = answer(world, sent[-1].message_id)

    other.step()
    world.advance(minutes=30)
    while other.step():
        pass

    assert world.trail(sent[-1]).case == world.trail(reply).case
