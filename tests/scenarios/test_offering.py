"""What is offered to the relay at once: bounded by number and by octets, the oldest first (design 2)."""

import uuid

import pytest

from models.store import outbox
from models.store.claims import Lease
from tests.scenarios.conftest import ON_BOTH_ENGINES
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
