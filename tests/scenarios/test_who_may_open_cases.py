"""Only a main point of contact opens a case by mail, and only as the one strict From says (plans 5)."""

import pytest

from models.organisation import Mode, Role
from tests.builders import ALICE
from tests.scenarios.conftest import OpenWorld
from tests.world import World

EVIL = "mallory@evil.example"


@pytest.mark.parametrize("role", [Role.PRIMARY_MPOC, Role.SECONDARY_MPOC, Role.TECHNICAL])
def test_every_kind_of_mpoc_may(world: World, role: Role) -> None:
    """Primary, secondary and technical contacts have equal rights."""
    world.add_contact("Acme", "bob@acme.example", roles=[role])
    sent = world.send(from_="bob@acme.example")

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


@pytest.mark.parametrize(
    "role",
    [
        Role.MAIN_CASE,
        Role.MAINTENANCE,
        Role.BILLING,
        Role.ESCALATION,
        Role.PERSON_OF_RECORD,
    ],
)
def test_no_other_contact_may(world: World, role: Role) -> None:
    """A contact who is no MPOC is as an end user: held, nobody outside is told."""
    world.add_contact("Acme", "bob@acme.example", roles=[role])
    sent = world.send(from_="bob@acme.example")

    world.settle()

    assert "not_an_mpoc" == world.settled_by(sent)
    assert [] == world.cases()


def test_roles_combine(world: World) -> None:
    """A billing contact who is an MPOC as well is an MPOC."""
    world.add_contact("Acme", "bob@acme.example", roles=[Role.BILLING, Role.SECONDARY_MPOC])
    sent = world.send(from_="bob@acme.example")

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_contact_without_any_role_may_not(world: World) -> None:
    """To be known is not to be entitled."""
    world.add_contact("Acme", "bob@acme.example", roles=[])
    sent = world.send(from_="bob@acme.example")

    world.settle()

    assert "not_an_mpoc" == world.settled_by(sent)


def test_an_mpocs_second_address_is_as_good_as_the_first(world: World) -> None:
    """A contact has as many addresses as the table says."""
    world.add_contact("Acme", "bob@acme.example", "bob@home.example")
    sent = world.send(from_="bob@home.example")

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ["case_opened"] == world.notices_to("bob@home.example")


def test_a_stranger_may_not(world: World) -> None:
    """An unknown address is held."""
    sent = world.send(from_=EVIL)

    world.settle()

    assert "unknown_author" == world.settled_by(sent)
    assert [] == world.cases()


def test_b30_a_colleague_of_an_mpoc_may_not(world: World) -> None:
    """The organisation's domain is never a licence; the agents learn whose end user wrote."""
    sent = world.send(from_="eve@acme.example")

    world.settle()

    assert "end_user" == world.settled_by(sent)
    assert ["Acme"] == [held.organisation for held in world.held()]


def test_b29_a_former_mpoc_may_not(world: World) -> None:
    """Whoever was deactivated is out, at once."""
    world.add_contact("Acme", "bob@acme.example", active=False)
    sent = world.send(from_="bob@acme.example")

    world.settle()

    assert "not_an_mpoc" == world.settled_by(sent)
    assert "former" in world.trail(sent).because


def test_an_agents_mail_is_held(world: World) -> None:
    """An agent's address proves nothing, whatever the mode: agents use the command line."""
    sent = world.send(from_="dana@example.net")

    world.settle()

    assert "agent_unproved" == world.settled_by(sent)
    assert [] == world.cases()


def test_an_agent_who_is_an_mpoc_elsewhere_is_held(world: World) -> None:
    """An agent's name on a mail is never enough, not even where the address is a contact's too."""
    world.add_contact("Acme", "dana@example.net")
    sent = world.send(from_="dana@example.net")

    world.settle()

    assert "agent_unproved" == world.settled_by(sent)


@pytest.mark.parametrize("address", ["support@example.net", "billing+x@example.net", "postmaster@example.net"])
def test_d9_mail_in_our_own_name_is_held(world: World, address: str) -> None:
    """Nobody writes to us as us."""
    sent = world.send(from_=address)

    world.settle()

    assert "claims_to_be_us" == world.settled_by(sent)


# --- who is meant by the message -----------------------------------------------------------


@pytest.mark.parametrize("field", ["Sender", "Reply-To", "Return-Path", "Resent-From", "X-Original-From"])
def test_b13_no_other_field_is_an_identity(world: World, field: str) -> None:
    """Identity is From and nothing else."""
    sent = world.send(from_=EVIL, headers={field: ALICE})

    world.settle()

    assert "unknown_author" == world.settled_by(sent)


def test_b14_the_reverse_path_is_no_identity(world: World) -> None:
    """What the client says at MAIL FROM opens nothing."""
    sent = world.send(from_=EVIL, reverse_path=ALICE)

    world.settle()

    assert "unknown_author" == world.settled_by(sent)


def test_b1_the_reverse_path_spoils_no_identity_either(world: World) -> None:
    """In mode `address` the plans' own rule holds: the known From address is believed."""
    sent = world.send(reverse_path="bounces+42@mailer.example")

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


@pytest.mark.parametrize(
    "from_",
    [
        f"{EVIL}\r\nFrom: {ALICE}",
        f"{ALICE}\r\nFrom: {EVIL}",
        f"{ALICE}\r\nfrom: {ALICE}",
        f"{ALICE}\r\nFrom : {EVIL}",
    ],
)
def test_b2_two_from_fields_name_nobody(world: World, from_: str) -> None:
    """Neither the first nor the last."""
    sent = world.send(from_=from_)

    world.settle()

    assert "no_strict_author" == world.settled_by(sent)


@pytest.mark.parametrize(
    "from_",
    [
        f"{ALICE}, {EVIL}",
        f"Group: {ALICE};",
        "",
        f"{ALICE} <{EVIL}>",
        f"{ALICE}]<{EVIL}>",
        "alice(x)@acme.example",
        f"<@evil.example:{ALICE}>",
        "=?utf-8?q?alice=40acme.example?=",
    ],
)
def test_b3_to_b7_a_from_that_is_not_one_plain_mailbox_names_nobody(world: World, from_: str) -> None:
    """Whatever a lenient reader would make of it."""
    sent = world.send(from_=from_)

    world.settle()

    assert "no_strict_author" == world.settled_by(sent)


def test_b4_no_from_field_at_all_names_nobody(world: World) -> None:
    """A mail without From is held."""
    sent = world.send(from_=None)

    world.settle()

    assert "no_strict_author" == world.settled_by(sent)


def test_b5_a_name_that_looks_like_an_mpocs_address_is_a_name(world: World) -> None:
    """A quoted display name is legal and never used."""
    sent = world.send(from_=f'"{ALICE}" <{EVIL}>')

    world.settle()

    assert "unknown_author" == world.settled_by(sent)


def test_b10_the_case_of_ascii_letters_does_not_matter(world: World) -> None:
    """Alice@ACME.example is Alice."""
    sent = world.send(from_="ALICE@Acme.EXAMPLE")

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


@pytest.mark.parametrize("address", ["alıce@acme.example", "alice@аcme.example", "alicé@acme.example"])
def test_b9_b10_letters_that_look_alike_are_others(world: World, address: str) -> None:
    """Dotless i, Cyrillic a, an accent: no folding, no confusables."""
    sent = world.send(from_=address)

    world.settle()

    assert world.settled_by(sent) in {"end_user", "unknown_author"}


@pytest.mark.parametrize("address", ["ａlice@acme.example", "alice＠acme.example", "ſupport@acme.example"])
def test_b11_compatibility_forms_name_nobody(world: World, address: str) -> None:
    """Fullwidth letters and the long s, which NFKC would turn into ASCII, are no part of an address."""
    sent = world.send(from_=address)

    world.settle()

    assert "no_strict_author" == world.settled_by(sent)


@pytest.mark.parametrize("address", ["alice+x@acme.example", "a.lice@acme.example"])
def test_b12_a_sub_address_is_another_address(world: World, address: str) -> None:
    """Only listed addresses count."""
    sent = world.send(from_=address)

    world.settle()

    assert "end_user" == world.settled_by(sent)


# --- how far an address is believed ---------------------------------------------------------


def test_b1_under_mode_aligned_an_unproved_mpoc_is_held(open_world: OpenWorld) -> None:
    """A name on a message is not enough where the mode asks for proof; nobody outside is told."""
    world = open_world(mode=Mode.ALIGNED)
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)
    sent = world.send()

    world.settle()

    assert "author_unproved" == world.settled_by(sent)
    assert [("agent_held", "agents@example.net")] == [notice[:2] for notice in world.notices()]


def test_an_organisation_may_believe_addresses_though_the_desk_does_not(open_world: OpenWorld) -> None:
    """The organisation's own mode, with its reason, wins."""
    world = open_world(mode=Mode.ALIGNED)
    world.add_organisation("Acme", mode=Mode.ADDRESS)
    world.add_contact("Acme", ALICE)
    sent = world.send()

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_an_organisation_may_ask_for_proof_though_the_desk_does_not(open_world: OpenWorld) -> None:
    """And the other way about."""
    world = open_world(mode=Mode.ADDRESS)
    world.add_organisation("Acme", mode=Mode.ALIGNED)
    world.add_contact("Acme", ALICE)
    sent = world.send()

    world.settle()

    assert "author_unproved" == world.settled_by(sent)


# --- machines of a customer -------------------------------------------------------------------


def test_a_system_contact_opens_a_case_and_is_not_answered(world: World) -> None:
    """A customer's machine may open cases by automatic mail; a machine gets no acknowledgement."""
    world.add_contact("Acme", "monitor@acme.example", roles=[Role.SYSTEM], name="Monitor")
    sent = world.send(from_="monitor@acme.example", headers={"Auto-Submitted": "auto-generated"})

    world.settle()

    assert "system_contact" == world.settled_by(sent)
    assert 1 == len(world.cases())
    assert ["dana@example.net"] == [recipient for _, recipient, _ in world.notices()]


def test_a_system_contacts_unmarked_mail_opens_a_case_and_is_not_answered(world: World) -> None:
    """Few monitoring programs say that they are machines; the table of contacts does."""
    world.add_contact("Acme", "monitor@acme.example", roles=[Role.SYSTEM], name="Monitor")
    sent = world.send(from_="monitor@acme.example")

    world.settle()

    assert "system_contact" == world.settled_by(sent)
    assert 1 == len(world.cases())
    assert ["dana@example.net"] == [recipient for _, recipient, _ in world.notices()]


def test_a_system_contact_is_subject_to_the_mode(open_world: OpenWorld) -> None:
    """A machine's address proves as little as a person's."""
    world = open_world(mode=Mode.ALIGNED)
    world.add_organisation("Acme")
    world.add_contact("Acme", "monitor@acme.example", roles=[Role.SYSTEM])
    sent = world.send(from_="monitor@acme.example", headers={"Auto-Submitted": "auto-generated"})

    world.settle()

    assert ("system_contact", "hold") == (world.settled_by(sent), world.trail(sent).fate)


def test_a_machine_at_an_mpocs_address_opens_nothing(world: World) -> None:
    """An MPOC writes; what a machine writes in the MPOC's name is for a person to look at."""
    sent = world.send(headers={"Auto-Submitted": "auto-generated"})

    world.settle()

    assert ("automatic_mail", "hold") == (world.settled_by(sent), world.trail(sent).fate)
    assert [] == world.notices_to(ALICE)
