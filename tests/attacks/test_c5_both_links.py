"""A mail to both links of a resolved case says nothing about it (C-5, C-6)."""

import pytest

from models.acts import Resolve
from models.tokens import Purpose, signed_extension
from tests.builders import ALICE, KEYS
from tests.world import World


@pytest.mark.parametrize("turned", [False, True])
def test_c6_yes_and_no_at_once_confirms_nothing(world: World, turned: bool) -> None:
    """Whichever stands first: the case is not closed by it, and a person reads it."""
    world.send()
    world.work()
    world.act(1, Resolve(summary="Cable."))
    links = [
        f"support+{signed_extension(KEYS, purpose, 1, ALICE)}@example.net"
        for purpose in (Purpose.CONFIRM, Purpose.NOT_SOLVED)
    ]

    sent = world.send(to=links[::-1] if turned else links)
    world.work()

    assert "replies_to_open_case" == world.settled_by(sent)
    assert ["In Progress"] == [case.status for case in world.cases()]
