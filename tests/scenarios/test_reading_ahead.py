"""Where more waits than one batch takes, the next batch is claimed and read while the first is settled."""

from pathlib import Path

import sqlalchemy as sa

from intake.wake import Ear
from models.limits import BATCH_MESSAGES
from models.store.tables import inbox
from tests.builders import ALICE
from tests.scenarios.conftest import ON_BOTH_ENGINES
from tests.world import Sent, World

pytestmark = ON_BOTH_ENGINES

WAITING = BATCH_MESSAGES + 5


def claims(world: World) -> int:
    with world.database.read() as connection:
        return connection.scalar(sa.select(sa.func.count()).where(inbox.c.claim_token.is_not(None))) or 0


def subject(nth: int) -> str:
    """In letters: subjects that differ in numbers alone are alike, and too many of those are held."""
    return "Trouble with " + "".join(chr(ord("a") + int(digit)) for digit in str(nth))


def send_many(world: World, number: int = WAITING) -> list[Sent]:
    return [world.send(subject=subject(nth)) for nth in range(number)]


def test_the_next_batch_is_in_hand_already(world: World) -> None:
    """It is settled by the next step, in the order in which it came."""
    sent = send_many(world)

    world.worker.step()
    assert (BATCH_MESSAGES, WAITING - BATCH_MESSAGES) == (len(world.cases()), claims(world))
    world.settle()

    assert [subject(nth) for nth in range(WAITING)] == [case.subject for case in world.cases()]
    assert {"settled"} == {world.trail(one).state for one in sent}


def test_a_reply_read_ahead_joins_the_case_that_was_opened_meanwhile(world: World) -> None:
    """What is known is looked up when it is settled, not when it is read."""
    first, *_ = send_many(world, BATCH_MESSAGES)
    reply = world.send(subject=f"Re: {subject(0)}", headers={"In-Reply-To": f"<{first.message_id}>"})

    world.settle()

    assert BATCH_MESSAGES == len(world.cases())
    assert "CG-000001" == world.trail(reply).case


def test_what_is_in_hand_at_a_stop_is_given_back(world: World, directory: Path) -> None:
    """It bears no mark: nobody has to wait for a lease, and nothing counts as interrupted."""
    send_many(world)
    world.worker.step()

    ear = Ear(directory, "worker")
    world.worker.stop()
    world.worker.run(ear)
    ear.close()

    assert 0 == claims(world)
    with world.database.read() as connection:
        assert 0 == connection.scalar(sa.select(sa.func.max(inbox.c.interruptions)))


def test_what_was_in_hand_before_an_outage_is_claimed_anew(world: World) -> None:
    """Nobody knows what became of the claims; each message is settled once all the same."""
    send_many(world)
    world.worker.step()

    world.worker.free_interrupted()
    assert 0 == claims(world)
    world.settle()

    assert WAITING == len(world.cases())
    assert WAITING == len(world.notices_to(ALICE))
