"""A release vouches for a message, and makes nobody an agent (contract 3, B-1, H-1)."""

from typing import Final

import pytest

from models.authentication import Authentication
from models.organisation import Mode
from tests.builders import ALICE, NETWORK_OF_RELAYS
from tests.scenarios.conftest import OpenWorld
from tests.world import AUTHSERV_ID, World

DANA: Final = "dana@example.net"
PROVED: Final = "dmarc=pass header.from=acme.example"


@pytest.fixture(params=[Mode.ALIGNED, Mode.ADDRESS], ids=["aligned", "address"])
def desk(request: pytest.FixtureRequest, open_world: OpenWorld) -> World:
    """A case of Alice's of which Dana was told, at a desk of either mode."""
    authentication = Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS)
    world = open_world(mode=request.param, authentication=authentication)
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    world.send(results=PROVED)
    world.work()
    return world


def test_b1_a_released_forgery_is_no_agents_mail(desk: World) -> None:
    """Whoever releases a mail by mistake that only claims to be an agent's closes no case with it."""
    (told,) = desk.mailbox(DANA)
    forged = desk.send(from_=DANA, to=str(told["Reply-To"]), body="#close\nGo away.", results="")
    desk.work()

    desk.release(forged)
    desk.work()

    assert ("agent_unproved", "held") == (desk.settled_by(forged), desk.trail(forged).state)
    assert ["New"] == [case.status for case in desk.cases()]
    assert ["case_opened"] == desk.notices_to(ALICE)


def test_b1_a_released_forgery_opens_no_case_for_others(desk: World) -> None:
    """Nor does its `#for`."""
    forged = desk.send(from_=DANA, body=f"#for {ALICE}\nThe phones are dead.", results="")
    desk.work()

    desk.release(forged)
    desk.work()

    assert "agent_unproved" == desk.settled_by(forged)
    assert 1 == len(desk.cases())


@pytest.mark.parametrize("results", ["dmarc=pass header.from=example.net", ""], ids=["proved", "unproved"])
def test_b1_an_agents_mail_released_in_a_contacts_name_is_the_contacts(desk: World, results: str) -> None:
    """As what is held proposes: it opens a case for the contact, and is not held again for its author."""
    sent = desk.send(from_=DANA, body="#close\nAlice called: her phone is dead.", results=results)
    desk.work()
    assert [] != desk.held()

    desk.release(sent, as_=(ALICE, "Acme"))
    desk.work()

    assert "mpoc_opens_case" == desk.settled_by(sent)
    assert ["New", "New"] == [case.status for case in desk.cases()]
    assert ["case_opened", "case_opened"] == desk.notices_to(ALICE)
