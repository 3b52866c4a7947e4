"""The addresses we answer for, what each means, and a mail to several of them (contract 3)."""

import pytest

from models.intake_address import IntakeAddress, IntakeAddresses
from models.tokens import Purpose, signed_extension
from tests.builders import ALICE, KEYS, a_policy
from tests.scenarios.conftest import OpenWorld
from tests.world import World


@pytest.mark.parametrize(
    ("address", "department"),
    [
        ("support@example.net", "support"),
        ("billing@example.net", "billing"),
        ("Support@Example.NET", "support"),
        ("support+anything@example.net", "support"),
        ("billing+@example.net", "billing"),
        ("support+a+b@example.net", "support"),
    ],
)
def test_an_address_means_a_department(world: World, address: str, department: str) -> None:
    """In any case of letters, and with anything behind a plus."""
    sent = world.send(to=address)

    world.settle()

    assert department == world.cases()[0].department
    assert "mpoc_opens_case" == world.settled_by(sent)


@pytest.mark.parametrize(
    "address", ["sales@example.net", "support@example.org", "support-x@example.net", "su@example.net"]
)
def test_a15_any_other_address_is_unknown_at_the_door(world: World, address: str) -> None:
    """Refused in the session: nothing is stored and nobody is mailed."""
    sent = world.send(to=address)

    assert sent.reply.startswith(("550 5.1.1 ", "550 5.7.1 "))


def test_d11_a_refused_mail_causes_none_of_ours(world: World) -> None:
    """No bounce is ever made here."""
    world.send(to="sales@example.net")

    world.work()

    assert [] == world.relay.taken


@pytest.mark.parametrize(
    "to",
    [
        ("support@example.net", "billing@example.net"),
        ("billing@example.net", "support@example.net"),
        ("billing@example.net", "support+x@example.net"),
    ],
)
def test_one_transaction_to_several_of_ours_is_one_decision(world: World, to: tuple[str, str]) -> None:
    """The department is the first in the order of the configuration, not of the recipients."""
    sent = world.send(to=to)

    world.settle()

    assert ["support"] == [case.department for case in world.cases()]
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_the_order_is_the_configurations(open_world: OpenWorld) -> None:
    """Turned round there, it is turned round here."""
    entries = [IntakeAddress("billing@example.net", "billing"), IntakeAddress("support@example.net", "support")]
    world = open_world(addresses=IntakeAddresses(entries))
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)
    sent = world.send(to=("support@example.net", "billing@example.net"))

    world.settle()

    assert "billing" == world.cases()[0].department
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_one_transaction_to_several_of_ours_is_acknowledged_once(world: World) -> None:
    """One message, one decision, one set of effects."""
    sent = world.send(to=("support@example.net", "billing@example.net", "support+x@example.net"))

    world.settle()

    assert ["case_opened"] == world.notices_to(ALICE)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_desk_comes_before_postmaster(world: World) -> None:
    """A mail to both is a case."""
    sent = world.send(to=("postmaster@example.net", "billing@example.net"))

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_c4_a_bad_reply_token_is_no_reason_to_refuse(world: World) -> None:
    """RCPT is accepted; a token that proves nothing opens a case as any mail does."""
    sent = world.send(to=f"support+c1-{'a' * 26}@example.net")

    world.settle()

    assert sent.accepted
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_c5_a_true_reply_token_lets_no_stranger_in(world: World) -> None:
    """A token names a case, never a person."""
    world.send()
    world.settle()

    extension = signed_extension(KEYS, Purpose.REPLY, 1, ALICE)
    sent = world.send(to=f"support+{extension}@example.net", from_="mallory@evil.example")
    world.settle()

    assert "unknown_author" == world.settled_by(sent)


def test_the_reply_address_is_of_the_address_that_was_written_to(world: World) -> None:
    """Whoever wrote to billing answers to billing."""
    sent = world.send(to="billing@example.net")

    world.work()

    assert str(world.mailbox(ALICE)[0]["Reply-To"]).startswith("billing+c1-")
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_an_address_that_was_taken_away_meanwhile_holds_its_mail(world: World) -> None:
    """What was accepted is not lost when the configuration changes before it is settled."""
    sent = world.send(to="billing@example.net")
    world.worker.obey(a_policy(addresses=IntakeAddresses([IntakeAddress("support@example.net", "support")])))

    world.settle()

    assert "not_addressed_to_us" == world.settled_by(sent)
    assert ["agent_held"] == world.notices_to(world.policy.admin)


def test_a17_a_null_reverse_path_has_one_recipient(world: World) -> None:
    """A delivery status notification goes to one address (RFC 5321 4.5.5)."""
    sent = world.send(to=("support@example.net", "billing@example.net"), reverse_path="")

    assert sent.reply.startswith("550 ")
