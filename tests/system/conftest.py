"""The fixtures of the system tests: desks that are served, and a Postfix in front of one."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.conftest import require
from tests.services import PrivatePostfix
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


@pytest.fixture(scope="session")
def desk() -> Iterator[Desk]:
    """A desk that is served, with a Maildir for a relay; shared, so a test asks after its own mails only."""
    desk = Desk()
    yield desk.start()
    desk.close()


@dataclass(frozen=True)
class Front:
    """A Postfix in front of the shared desk, and by which route it hands mail on."""

    postfix: PrivatePostfix
    route: str

    @property
    def port(self) -> int:
        return self.postfix.port


@pytest.fixture(scope="module", params=["lmtp", "smtp"])
def front(request: pytest.FixtureRequest, desk: Desk) -> Iterator[Front]:
    """A Postfix that knows our recipients and hands mail on: by LMTP on a Unix socket, then by SMTP on TCP."""
    require("postfix")
    table = desk.casegate("postfix-map").stdout
    settings = {"cleanup_replace_stray_cr_lf": "no"}  # it would make a lone CR a space
    postfix = PrivatePostfix.in_front(
        door_of(desk, request.param), ["example.net"], recipients=table, settings=settings
    )
    yield Front(postfix.start(), request.param)
    postfix.close()


def door_of(desk: Desk, route: str) -> str:
    """The next hop that Postfix is given for a desk."""
    return f"lmtp:unix:{desk.lmtp}" if route == "lmtp" else f"smtp:[127.0.0.1]:{desk.smtp_port}"
