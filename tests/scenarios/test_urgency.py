"""Nothing a mail says speeds anything: a case opened by mail is P4 until an agent reviews it (plans 2)."""

import pytest

from tests.builders import ALICE
from tests.world import World, text_of


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Priority": "1 (Highest)"},
        {"Importance": "high"},
        {"Priority": "urgent"},
        {"X-MSMail-Priority": "High"},
        {"X-Casegate-Priority": "P1"},
        {"Precedence": "first-class"},
        {"Sensitivity": "Company-Confidential"},
    ],
    ids=lambda headers: next(iter(headers)),
)
def test_no_field_makes_a_case_urgent(world: World, headers: dict[str, str]) -> None:
    """Fields that mail programs set for urgency are read by nobody."""
    sent = world.send(headers=headers)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ["P4"] == [case.priority for case in world.cases()]


@pytest.mark.parametrize(
    "subject", ["URGENT: total outage", "[P1] site down", "!!! NOTFALL !!!", "P1G", "Re: [#CG-000001] set priority P1"]
)
def test_no_subject_makes_a_case_urgent(world: World, subject: str) -> None:
    """Words of a subject are words."""
    sent = world.send(subject=subject)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ["P4"] == [case.priority for case in world.cases()]


@pytest.mark.parametrize("body", ["#priority P1\nall phones are down", "Severity: 1", "#for alice@acme.example\n#p1"])
def test_h1_no_command_in_a_customers_mail_is_one(world: World, body: str) -> None:
    """Only agents command, and not by these mails."""
    sent = world.send(body=body)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ["P4"] == [case.priority for case in world.cases()]


def test_an_urgent_mail_is_promised_what_every_mail_is(world: World) -> None:
    """The times in the acknowledgement are P4's, and it says how to reach somebody now."""
    sent = world.send(subject="URGENT", headers={"X-Priority": "1"})

    world.work()

    said = text_of(world.mailbox(ALICE)[0])
    assert "An agent will answer you by Tuesday, November 24, 2026, 9:00 AM Mountain Standard Time." in said
    assert "Please call us: +1 303 555 0100" in said
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_writing_again_speeds_nothing(world: World) -> None:
    """A second mail is a second case at P4; the first one keeps its priority."""
    first = world.send(subject="Phones")
    world.settle()
    second = world.send(subject="Phones, still, urgent")

    world.settle()

    assert ["P4", "P4"] == [case.priority for case in world.cases()]
    assert ["mpoc_opens_case"] * 2 == [world.settled_by(first), world.settled_by(second)]
