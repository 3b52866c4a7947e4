"""A new case goes to the least loaded agent on duty, and is told to that agent, else to the department."""

import re

from models.acts import Close
from models.plan import parse_plan
from models.reply_marker import REPLY_MARKER
from tests.builders import ALICE, a_multipart, plans
from tests.scenarios.conftest import OpenWorld
from tests.world import World, text_of

DANA = "dana@example.net"
AGENTS = "agents@example.net"


def test_the_agent_on_duty_gets_the_case(world: World) -> None:
    """Under the CallTower plans a case is assigned at once and stays New until it is picked up."""
    sent = world.send()

    world.settle()

    (case,) = world.cases()
    assert ("dana", "New") == (case.agent, case.status)
    assert ["agent_new_case"] == world.notices_to(DANA)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_cases_go_to_whoever_has_the_fewest_open(world: World) -> None:
    """One by one, each case goes to the least loaded."""
    world.add_agent("erik")
    for number in range(4):
        world.send(subject=f"Phone {number}")
        world.settle()

    assert ["dana", "erik", "dana", "erik"] == [case.agent for case in world.cases()]


def test_cases_of_one_batch_are_spread_as_well(world: World) -> None:
    """Cases that are given in the same transaction count."""
    world.add_agent("erik")
    for number in range(4):
        world.send(subject=f"Phone {number}")

    world.settle()

    assert ["dana", "erik", "dana", "erik"] == [case.agent for case in world.cases()]


def test_closed_cases_are_no_load(world: World) -> None:
    """Only open cases count."""
    world.add_agent("erik")
    for number in range(3):
        world.send(subject=f"Phone {number}")
    world.settle()
    world.act(1, Close())
    world.act(3, Close())

    sent = world.send()
    world.settle()

    assert "dana" == world.cases()[-1].agent
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_nobody_off_duty_gets_a_case(world: World) -> None:
    """Whoever is off duty, or has left, is passed over, however little they have to do."""
    world.send()
    world.add_agent("frida", on_duty=False)
    world.add_agent("gerd", active=False)

    sent = world.send()
    world.settle()

    assert "dana" == world.cases()[-1].agent
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_an_agent_of_another_department_gets_no_case(world: World) -> None:
    """Cases are assigned within the department that the mail was for."""
    world.add_agent("bill", department="billing")

    sent = world.send(to="billing@example.net")
    world.settle()

    assert ("bill", "billing") == (world.cases()[0].agent, world.cases()[0].department)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_where_nobody_is_on_duty_the_department_is_told(world: World) -> None:
    """The case is opened all the same, unassigned."""
    sent = world.send(to="billing@example.net")

    world.settle()

    assert world.cases()[0].agent is None
    assert ["agent_new_case"] == world.notices_to("accounts@example.net")
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_where_the_plan_does_not_assign_the_department_is_told(open_world: OpenWorld) -> None:
    """Whether a case is assigned is data of the plan (tsc-ip-change leaves it unassigned)."""
    unassigned = parse_plan("queue", 'version = "1"\nzone = "America/Chicago"\n[priorities.P4]\n')
    world = open_world(plans={**plans(), "queue": unassigned})
    world.add_organisation("Acme", plan="queue")
    world.add_contact("Acme", ALICE)
    sent = world.send()

    world.settle()

    assert world.cases()[0].agent is None
    assert ["agent_new_case"] == world.notices_to(AGENTS)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_one_agent_is_told_once(world: World) -> None:
    """The agent or the department, never both."""
    sent = world.send()

    world.work()
    world.work()

    assert [(k, who) for k, who, _ in world.notices() if k != "case_opened"] == [("agent_new_case", DANA)]
    assert 1 == len(world.mailbox(DANA))
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_the_agent_learns_who_wrote_and_what(world: World) -> None:
    """Number, organisation, writer and text are in the mail."""
    sent = world.send(body="Three phones are dead.", subject="No dial tone")

    world.work()

    said = text_of(world.mailbox(DANA)[0])
    assert "CG-000001 (P4) Organisation: Acme From: Alice Anders <alice@acme.example>" in said
    assert "Three phones are dead." in said
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_the_agent_learns_of_attachments_by_name(world: World) -> None:
    """The files stay where they are; their names travel."""
    content_type, body = a_multipart(("text/plain", "See."), ('application/pdf; name="plan.pdf"', "12345"))
    sent = world.send(body=body, headers={"Content-Type": content_type})

    world.work()

    answer = world.mailbox(DANA)[0]
    assert "Attachments: 1 - plan.pdf (5 bytes)" in text_of(answer)
    assert ["text/plain", "text/html"] == [part.get_content_type() for part in answer.iter_parts()]
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_the_agent_is_warned_of_an_unproved_sender(world: World) -> None:
    """Under mode `address` everybody is only believed; the subject and the first line of ours say it."""
    sent = world.send()

    world.work()

    answer = world.mailbox(DANA)[0]
    assert "[#CG-000001] New case, SENDER UNPROVED, Acme: No dial tone" == answer["Subject"]
    assert text_of(answer).startswith(f"{REPLY_MARKER['en']} !! THE SENDER IS NOT PROVED !!")
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_the_agent_is_told_what_was_odd(world: World) -> None:
    """A mark on the message stands in the agent's mail."""
    sent = world.send_raw(
        b"From: alice@acme.example\r\nSubject: odd\r\nno field at all\r\nTo: support@example.net\r\n\r\nx\r\n"
    )

    world.work()

    assert "Note: a line in the header was no field" in text_of(world.mailbox(DANA)[0])
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_long_text_is_cut_for_the_agent_and_kept_for_the_case(world: World) -> None:
    """Twenty thousand characters by mail; the rest is one command away."""
    sent = world.send(body="0123456789\n" * 3000)

    world.work()

    assert "The text goes on; the command above shows the rest." in text_of(world.mailbox(DANA)[0])
    assert 32_999 == len(world.cases()[0].correspondence[0]["text"])
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_the_agents_mail_is_generated_by_a_machine_and_says_so(world: World) -> None:
    """It answers nobody's message: auto-generated, and in no thread of the customer's."""
    sent = world.send()

    world.work()

    answer = world.mailbox(DANA)[0]
    assert ("auto-generated", None) == (answer["Auto-Submitted"], answer["In-Reply-To"])
    assert re.fullmatch(r"support\+c1-[a-z2-7]{26}@example\.net", answer["Reply-To"])
    assert "mpoc_opens_case" == world.settled_by(sent)
