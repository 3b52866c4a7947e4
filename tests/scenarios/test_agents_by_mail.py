"""An agent answers a mail of the case: words to the customer, notes and commands, no more (plans 5, 6)."""

import pytest

from tests.builders import ALICE
from tests.world import World, text_of

DANA = "dana@example.net"
ERIK = "erik@example.net"
AGENTS = "agents@example.net"
DANAS = f"Dana Reyes <{DANA}>"
OURS = "dkim=pass header.d=example.net"


def answered(world: World, body: str, *, results: str = OURS, from_: str = DANAS, **more: object) -> list[str]:
    """The kinds of mail the customer gets because an agent answers the mail of the new case with these words."""
    before = len(world.notices_to(ALICE))
    world.reply(world.mailbox(DANA)[-1], from_=from_, body=body, results=results, **more)  # type: ignore[arg-type]
    world.work()
    return world.notices_to(ALICE)[before:]


def test_an_agents_answer_goes_to_the_customer(desk: World) -> None:
    """As the agent's own mail: no mark of a machine, and nothing of the notice it answered."""
    assert ["agent_reply"] == answered(desk, "Which floor is it?")

    mail = desk.mailbox(ALICE)[-1]
    assert (None, None) == (mail["Auto-Submitted"], mail["X-Auto-Response-Suppress"])
    assert "Which floor is it?" in text_of(mail)
    for internal in ("Standing", "casegate case show", "Department", "what the customer wrote"):
        assert internal not in text_of(mail)
    assert "In Progress" == desk.case(1).status


def test_a_note_stays_among_agents(desk: World) -> None:
    """The customer hears nothing; the agent hears that it was done."""
    assert [] == answered(desk, "#note\nThe customer is wrong about the floor.")

    assert ["note"] == [entry["kind"] for entry in desk.case(1).correspondence[1:]]
    assert "agent_commands" in desk.notices_to(DANA)


def test_commands_are_done_in_their_order(desk: World) -> None:
    """The words below them go with the last that has words."""
    assert ["status_changed"] == answered(desk, "#priority P2\n#status On Hold\nWe wait for the vendor.")

    assert ("P2", "On Hold") == (desk.case(1).priority, desk.case(1).status)
    assert "We wait for the vendor." in text_of(desk.mailbox(ALICE)[-1])


def test_what_cannot_be_is_refused_with_its_reason(desk: World) -> None:
    """And the rest is done."""
    assert [] == answered(desk, "#priority P9\n#note\nSeen.")

    told = text_of(desk.mailbox(DANA)[-1])
    assert "#priority P9" in told
    assert "P1, P2, P3 or P4" in told
    assert ["note"] == [entry["kind"] for entry in desk.case(1).correspondence[1:]]


def test_closing_by_mail(desk: World) -> None:
    """One mail to the customer, with the summary."""
    assert ["case_closed"] == answered(desk, "#close\nThe cable was loose.")

    assert "Closed" == desk.case(1).status
    assert "The cable was loose." in text_of(desk.mailbox(ALICE)[-1])


@pytest.mark.parametrize("results", ["", "dkim=none", "dkim=pass header.d=evil.example"])
def test_an_agent_who_proves_nothing_is_held_whatever_the_mode(desk: World, results: str) -> None:
    """A token and a From line are not enough, even where customers' addresses are believed (contract 3)."""
    assert [] == answered(desk, "#close", results=results)

    assert "New" == desk.case(1).status
    assert ["agent_unproved"] == [held.rule for held in desk.held()]


def test_another_agents_token_is_not_ones_own(desk: World) -> None:
    """The address was signed for Dana; Erik answers with it, and a person looks."""
    desk.add_agent("erik", on_duty=False)

    assert [] == answered(desk, "#close", from_=f"Erik <{ERIK}>")

    assert "New" == desk.case(1).status
    assert ["agent_opens_case"] == [held.rule for held in desk.held()]


def test_an_agent_opens_a_case_for_an_mpoc(desk: World) -> None:
    """By a first line that names the MPOC, who gets the acknowledgement."""
    desk.send(from_=DANAS, subject="Called in", body=f"#for {ALICE}\nHer fax is dead.", results=OURS)
    desk.work()

    case = desk.cases()[-1]
    assert ("CG-000002", "Acme", "Called in", "P4") == (case.case, case.organisation, case.subject, case.priority)
    assert ["case_opened", "case_opened"] == desk.notices_to(ALICE)
    assert [] == desk.offenders()


def test_an_out_of_office_of_an_agent_does_nothing(desk: World) -> None:
    """It is nobody's word."""
    assert [] == answered(desk, "I am away.", headers={"Auto-Submitted": "auto-replied"})

    assert ("New", 1) == (desk.case(1).status, len(desk.case(1).correspondence))
