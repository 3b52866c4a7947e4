"""Robots that answer our mail without a mark are bounded on open cases too (D-1, D-4, I-21)."""

from typing import Final

import pytest

from models.acts import Close, MarkDuplicate, Reply
from models.authentication import Authentication
from models.limits import MAILS_ON_A_CASE_AN_HOUR
from tests.builders import ADMIN, ALICE, NETWORK_OF_RELAYS
from tests.scenarios.conftest import OpenWorld
from tests.world import AUTHSERV_ID, World

DANA: Final = "dana@example.net"
OF_AGENT: Final = "dmarc=pass header.from=example.net"


@pytest.fixture
def desk(open_world: OpenWorld) -> World:
    """A case of Alice's that Dana has answered."""
    world = open_world(authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS))
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    world.send()
    world.work()
    world.act(1, Reply(text="We look."))
    world.work()
    return world


def robot_answers(world: World, times: int) -> None:
    """Alice's robot, which marks nothing and words each answer anew."""
    mail = world.mailbox(ALICE)[-1]
    for number in range(times):
        world.send(
            to=str(mail["Reply-To"]), subject=f"Re: {mail['Subject']}", body=f"We got your mail, ticket {number}."
        )
    world.settle()


def agents_robot_answers(world: World, times: int, *, body: str) -> None:
    mail = world.mailbox(DANA)[-1]
    for number in range(times):
        to, subject = str(mail["Reply-To"]), f"Re: {mail['Subject']}"
        world.send(from_=DANA, to=to, subject=subject, body=body.format(number), results=OF_AGENT)
    world.settle()


def test_d4_a_robot_on_a_case_mails_its_agent_a_few_times(desk: World) -> None:
    """All it writes is on the case; its agent hears of the first, the admin once of the rest."""
    before = len(desk.notices_to(DANA))

    robot_answers(desk, MAILS_ON_A_CASE_AN_HOUR + 20)

    assert MAILS_ON_A_CASE_AN_HOUR - 1 == len(desk.notices_to(DANA)) - before  # its first mail opened the case
    assert MAILS_ON_A_CASE_AN_HOUR + 22 == len(desk.case(1).correspondence)
    assert ["admin_breaker"] == desk.notices_to(ADMIN)


def test_d4_an_hour_later_its_agent_hears_again(desk: World) -> None:
    """The breaker closes by itself."""
    robot_answers(desk, MAILS_ON_A_CASE_AN_HOUR + 5)
    before = len(desk.notices_to(DANA))

    desk.advance(hours=1, minutes=1)
    robot_answers(desk, 1)

    assert before + 1 == len(desk.notices_to(DANA)), desk.notices_to(DANA)


@pytest.mark.parametrize("body", ["I am away, number {}.", "> An answer to this mail goes to the customer {}"])
def test_d4_an_agents_robot_writes_a_few_times(desk: World, body: str) -> None:
    """To the customer, or to be refused: then it is held, and the admin hears it once."""
    customer, agent = len(desk.notices_to(ALICE)), len(desk.notices_to(DANA))

    agents_robot_answers(desk, MAILS_ON_A_CASE_AN_HOUR + 10, body=body)

    mails = len(desk.notices_to(ALICE)) - customer + len(desk.notices_to(DANA)) - agent
    assert (MAILS_ON_A_CASE_AN_HOUR, 10) == (mails, len(desk.held()))
    assert ["admin_breaker"] == desk.notices_to(ADMIN)


def test_d4_a_robot_on_a_duplicate_is_answered_a_few_times(desk: World) -> None:
    """It answers one old mail about the duplicate on and on; what it writes counts on the main case."""
    desk.send(subject="Phones dead")
    desk.work()
    desk.act(2, MarkDuplicate(main=desk.as_law_sees_it(1)))
    desk.work()
    before = len(desk.notices_to(DANA))

    robot_answers(desk, MAILS_ON_A_CASE_AN_HOUR + 20)

    told = MAILS_ON_A_CASE_AN_HOUR - 2  # its first two mails opened the cases
    assert (told, told) == (desk.notices_to(ALICE).count("added_to_main_case"), len(desk.notices_to(DANA)) - before)
    assert ["admin_breaker"] == desk.notices_to(ADMIN)


def test_d4_a_robot_on_a_case_that_is_continued_mails_its_agent_a_few_times(desk: World) -> None:
    """It answers the closed case on and on; what it writes counts on the open follow-up."""
    desk.act(1, Close())
    desk.work()
    desk.advance(days=30)
    robot_answers(desk, 1)
    before = len(desk.notices_to(DANA))

    robot_answers(desk, MAILS_ON_A_CASE_AN_HOUR + 20)

    assert MAILS_ON_A_CASE_AN_HOUR - 1 == len(desk.notices_to(DANA)) - before, "its first mail opened the follow-up"
    assert ["admin_breaker"] == desk.notices_to(ADMIN)


def test_d4_i21_a_robot_with_a_pass_code_in_its_signature_hears_of_it_once(desk: World) -> None:
    """It would answer each word of the code with the code."""
    desk.sql("UPDATE organisation SET pass_code = 'kestrel4417' WHERE name = 'Acme'")
    for number in range(5):
        mail = desk.mailbox(ALICE)[-1]
        body = f"Ticket {number}.\n-- \nkestrel4417"
        desk.send(to=str(mail["Reply-To"]), subject=f"Re: {mail['Subject']}", body=body)
        desk.work()

    assert 1 == desk.notices_to(ALICE).count("pass_code_seen")
