"""The fixture of the system tests: `desk`, which makes installations with people in them and ends them all."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.system.service import Desk

MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk() -> Iterator[MakeDesk]:
    """Makes desks; keywords are those of Desk. None is started."""
    made: list[Desk] = []

    def make(**keywords: Any) -> Desk:
        desk = Desk(**keywords)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.close()


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """A desk that is served, with a Maildir for a relay."""
    return make_desk().start()
