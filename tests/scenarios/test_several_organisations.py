"""One address can be an MPOC of several organisations: an agent says for which (plans 5, B-28)."""

from datetime import date

import pytest

from models.organisation import Mode, Role
from tests.builders import ALICE
from tests.scenarios.conftest import OpenWorld
from tests.world import World


@pytest.fixture
def desk(open_world: OpenWorld) -> World:
    """Two organisations without contacts."""
    world = open_world()
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_organisation("Initech", domains=["initech.example"])
    return world


def test_b28_an_mpoc_of_two_is_held(desk: World) -> None:
    """Nobody guesses for whom it is; the reason names both."""
    desk.add_contact("Initech", ALICE)
    desk.add_contact("Acme", ALICE)
    sent = desk.send()

    desk.settle()

    assert "organisation_ambiguous" == desk.settled_by(sent)
    assert "its author is an MPOC of several organisations: Acme, Initech" == desk.trail(sent).because


def test_b28_agents_are_told_and_the_mpoc_is_not(desk: World) -> None:
    """It is acknowledged after an agent has said for whom."""
    desk.add_contact("Initech", ALICE)
    desk.add_contact("Acme", ALICE)
    sent = desk.send()

    desk.settle()

    assert [("agent_held", "agents@example.net")] == [notice[:2] for notice in desk.notices()]
    assert "organisation_ambiguous" == desk.settled_by(sent)


def test_an_mpoc_of_one_who_is_billing_contact_of_another_is_not_ambiguous(desk: World) -> None:
    """Only where both let this address open cases there is a doubt."""
    desk.add_contact("Acme", ALICE, roles=[Role.BILLING])
    desk.add_contact("Initech", ALICE)
    sent = desk.send()

    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)
    assert ["Initech"] == [case.organisation for case in desk.cases()]


@pytest.mark.parametrize("former", [{"active": False}, {"valid_until": date(2026, 11, 22)}])
def test_who_has_left_one_is_not_ambiguous(desk: World, former: dict[str, object]) -> None:
    """What was, does not count."""
    desk.add_contact("Acme", ALICE, **former)  # type: ignore[arg-type]
    desk.add_contact("Initech", ALICE)
    sent = desk.send()

    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)
    assert ["Initech"] == [case.organisation for case in desk.cases()]


def test_g5_an_acknowledgement_names_one_organisation(desk: World) -> None:
    """Of the other one nothing is said."""
    desk.add_contact("Acme", ALICE, roles=[Role.BILLING])
    desk.add_contact("Initech", ALICE)
    sent = desk.send()

    desk.work()

    (posted,) = [posted for posted in desk.relay.taken if posted.recipient == ALICE]
    assert b"Acme" not in posted.raw
    assert "mpoc_opens_case" == desk.settled_by(sent)


def test_a_stranger_mode_of_one_does_not_decide_for_the_other(desk: World) -> None:
    """Each organisation's mode is its own: Acme asks for proof, the mail is for Initech."""
    desk.sql("UPDATE organisation SET mode = 'aligned', mode_because = 'as agreed' WHERE name = 'Acme'")
    desk.add_contact("Acme", ALICE, roles=[Role.BILLING])
    desk.add_contact("Initech", ALICE)
    sent = desk.send()

    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)


def test_an_mpoc_of_two_of_which_one_asks_for_proof_is_held(open_world: OpenWorld) -> None:
    """A looser mode does not settle for whom a mail is."""
    world = open_world(mode=Mode.ALIGNED)
    world.add_organisation("Acme", mode=Mode.ADDRESS)
    world.add_organisation("Initech")
    world.add_contact("Acme", ALICE)
    world.add_contact("Initech", ALICE)
    sent = world.send()

    world.settle()

    assert "organisation_ambiguous" == world.settled_by(sent)


def test_a_machine_of_two_organisations_is_held(desk: World) -> None:
    """The same for system contacts."""
    for organisation in ("Acme", "Initech"):
        desk.add_contact(organisation, "monitor@noc.example", roles=[Role.SYSTEM])
    sent = desk.send(from_="monitor@noc.example", headers={"Auto-Submitted": "auto-generated"})

    desk.settle()

    assert "hold" == desk.trail(sent).fate
    assert "automatic_mail" == desk.settled_by(sent)


def test_an_end_user_of_a_shared_domain_is_of_both_or_none(desk: World) -> None:
    """Both names are in the reason, neither on the held message."""
    desk.sql("UPDATE organisation_domain SET domain = 'group.example'")
    sent = desk.send(from_="eve@group.example")

    desk.settle()

    assert "its author is an end user of Acme, Initech, no MPOC" == desk.trail(sent).because
    assert [None] == [held.organisation for held in desk.held()]
    assert "end_user" == desk.settled_by(sent)


def test_two_contacts_of_two_organisations_open_cases_for_their_own(desk: World) -> None:
    """I-13: what is said for one never shows at the other."""
    desk.add_contact("Acme", ALICE)
    desk.add_contact("Initech", "peter@initech.example")
    first, second = desk.send(), desk.send(from_="peter@initech.example")

    desk.settle()

    assert ["Acme", "Initech"] == [case.organisation for case in desk.cases()]
    assert ["mpoc_opens_case"] * 2 == [desk.settled_by(first), desk.settled_by(second)]
