"""The fixtures of the fault tests: desks that are served, each for one test."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.system.service import Desk

MakeDesk = Callable[..., Desk]


@pytest.fixture
def make_desk() -> Iterator[MakeDesk]:
    """Makes desks for one test; keywords are those of Desk. None is started."""
    made: list[Desk] = []

    def make(**keywords: Any) -> Desk:
        desk = Desk(**keywords)
        made.append(desk)
        return desk

    yield make
    for desk in made:
        desk.close()
