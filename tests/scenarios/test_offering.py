"""What is offered to the relay at once: bounded by number and by octets, the oldest first (design 2)."""

import asyncio
import uuid

import pytest
import sqlalchemy as sa

from intake.process import own_name
from intake.submitter import Submitter
from models.store import outbox
from models.store.claims import Lease
from models.store.tables import attempt
from responders.submission import open_submission
from tests.faults.relays import BadRelay
from tests.scenarios.conftest import ON_BOTH_ENGINES
from tests.services import wait_until
from tests.world import World

pytestmark = ON_BOTH_ENGINES


@pytest.fixture
def owing(world: World) -> World:
    """A desk with six notices that are ready."""
    for number in range(3):
        world.send(subject=f"Telephone {number}")
    world.settle()
    return world


def taken(world: World, *, most: int = 10, octets: int = 1_000_000) -> list[tuple[int, int]]:
    """The notices that one submitter more begins to offer, with their sizes."""
    lease = Lease("another/1/1", uuid.uuid4().hex)
    with world.database.write() as connection:
        ready = outbox.claim_ready(connection, lease, world.now, most=most, octets=octets)
    return [(one.outbox_id, len(one.raw)) for one in ready]


def test_the_oldest_are_taken_up_to_a_number(owing: World) -> None:
    """What is left is another's."""
    assert [1, 2, 3, 4] == [outbox_id for outbox_id, _ in taken(owing, most=4)]
    assert [5, 6] == [outbox_id for outbox_id, _ in taken(owing)]


def test_the_oldest_are_taken_up_to_their_octets(owing: World) -> None:
    """What does not fit is given back whole: nobody has offered it."""
    both = sum(size for _, size in taken(owing, most=2))

    assert [3, 4] == [outbox_id for outbox_id, _ in taken(owing, octets=both)]
    assert [5, 6] == [outbox_id for outbox_id, _ in taken(owing)]


def test_one_that_is_larger_than_that_is_taken_alone(owing: World) -> None:
    """It would never be offered else."""
    assert [1] == [outbox_id for outbox_id, _ in taken(owing, octets=10)]


def outcomes(world: World) -> list[str | None]:
    """Of each offer of each notice, in order."""
    with world.database.read() as connection:
        return list(connection.scalars(sa.select(attempt.c.outcome).order_by(attempt.c.outbox_id, attempt.c.number)))


def test_x43_an_end_waits_a_while_for_a_silent_relay(owing: World) -> None:
    """It knows no more of what was offered than a killed one, and says no more: all of it is offered anew."""
    with BadRelay(answers_the_dot=False) as silent:
        way_out = open_submission(f"smtp://127.0.0.1:{silent.port}", helo="mx.example.net", tls="none", connections=6)
        submitter = Submitter(owing.database, way_out, owing.policy, clock=owing.clock, drain_seconds=0)

        async def offer() -> None:
            running = asyncio.create_task(submitter.run(owing._ear))
            await asyncio.to_thread(wait_until, lambda: len(silent.heard) == 6, what="the relay has heard all")
            submitter.stop()
            await asyncio.wait_for(running, 20)

        asyncio.run(offer())

    assert [None] * 6 == outcomes(owing)
    assert [] == owing.offenders()
    with owing.database.write() as connection:
        assert 6 == outbox.free_interrupted(connection, [own_name()], owing.now)
    owing.deliver()
    assert ["interrupted", "submitted"] * 6 == outcomes(owing)
