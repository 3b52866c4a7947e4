"""An MPOC's mail opens a P4 case; what was written and what came with it is in the case."""

from tests.builders import ALICE, NOW, a_mail, a_multipart
from tests.scenarios.conftest import ON_BOTH_ENGINES
from tests.world import World

pytestmark = ON_BOTH_ENGINES


def test_an_mpocs_mail_opens_a_case(world: World) -> None:
    """A mail from a main point of contact, with no thread, becomes a new P4 case of the organisation."""
    sent = world.send(subject="No dial tone")

    world.settle()

    (case,) = world.cases()
    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ("Acme", "P4", "New", "No dial tone") == (case.organisation, case.priority, case.status, case.subject)


def test_the_door_says_250_before_anybody_has_read_the_mail(world: World) -> None:
    """Accepted means stored, and no more: the decision comes later."""
    sent = world.send()

    assert sent.accepted
    assert "accepted" == world.trail(sent).state


def test_a_case_has_a_number_for_people(world: World) -> None:
    """The first case of a desk is CG-000001, and the message leads to it."""
    sent = world.send()

    world.settle()

    assert "CG-000001" == world.cases()[0].case == world.trail(sent).case


def test_the_text_is_in_the_case(world: World) -> None:
    """What the customer wrote stands in the case, under the contact's stored address."""
    sent = world.send(body="Three phones are dead.\nAll in Denver.")

    world.settle()

    (entry,) = world.cases()[0].correspondence
    assert (entry["text"], entry["author_address"]) == ("Three phones are dead.\nAll in Denver.", ALICE)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_attachments_are_in_the_case_by_name(world: World) -> None:
    """What came with the mail is listed with its name and its size."""
    content_type, body = a_multipart(
        ("text/plain", "See the plan."), ('application/pdf; name="floor plan.pdf"', "twelve bytes")
    )
    sent = world.send(body=body, headers={"Content-Type": content_type})

    world.settle()

    (attachment,) = world.cases()[0].correspondence[0]["attachments"]
    assert ("floor plan.pdf", 12) == (attachment["name"], attachment["size"])
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_html_alone_is_read_as_text(world: World) -> None:
    """A mail that has only HTML loses nothing that its writer saw."""
    sent = world.send(
        body="<p>Phones <b>dead</b></p><ul><li>Graz</li></ul>", headers={"Content-Type": "text/html; charset=utf-8"}
    )

    world.settle()

    assert "Phones dead\n\n- Graz" == world.cases()[0].correspondence[0]["text"]
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_mail_without_subject_opens_a_case(world: World) -> None:
    """No subject is no obstacle; the case says so."""
    sent = world.send(subject=None)

    world.settle()

    assert "(no subject)" == world.cases()[0].subject
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_a_mail_without_text_opens_a_case(world: World) -> None:
    """An empty mail of an MPOC is a case all the same: a person asks what was meant."""
    sent = world.send(body="")

    world.settle()

    assert "" == world.cases()[0].correspondence[0]["text"]
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_c10_a_mail_without_message_id_opens_a_case(world: World) -> None:
    """A missing Message-ID costs the thread in the customer's program, not the case."""
    sent = world.send(message_id=None)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert 1 == len(world.cases())


def test_a_mail_over_a_limit_is_read_in_safe_mode_and_opens_a_case(world: World) -> None:
    """Over a limit a message is decided as usual, and marked."""
    deep = "".join(f'--b{n}\nContent-Type: multipart/mixed; boundary="b{n + 1}"\n\n' for n in range(40))
    sent = world.send(body=deep, headers={"Content-Type": 'multipart/mixed; boundary="b0"'})

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert world.trail(sent).message["safe_mode"]


def test_the_case_names_the_plan_and_its_version(world: World) -> None:
    """By which plan the times were computed stands in the case for ever."""
    sent = world.send()

    world.settle()

    (case,) = world.cases()
    assert ("calltower-2021", "2") == (case.plan, case.plan_version)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_mode_address_shows_on_the_case(world: World) -> None:
    """A case whose sender was only believed says so, in its standing and as an event."""
    sent = world.send()

    world.settle()

    (case,) = world.cases()
    assert "unproved" == case.standing
    assert ["mark"] == [event["kind"] for event in case.events]
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_c8_the_same_subject_opens_another_case(world: World) -> None:
    """Mails are never joined because their subjects are alike."""
    first, second = world.send(subject="Help"), world.send(subject="Re: Help")

    world.settle()

    assert ["Help", "Re: Help"] == [case.subject for case in world.cases()]
    assert ["mpoc_opens_case"] * 2 == [world.settled_by(first), world.settled_by(second)]


def test_c11_the_date_field_decides_nothing(world: World) -> None:
    """A mail counts by when it was received here, never by its Date field."""
    sent = world.send_raw(a_mail(date=NOW.replace(year=1999)))

    world.settle()

    assert world.cases()[0].opened_at == NOW
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_c16_control_fields_from_outside_have_no_effect(world: World) -> None:
    """A header of our own name that a mail brings along opens nothing else and changes nothing."""
    sent = world.send(
        headers={"X-Casegate-Case": "CG-000077", "X-Casegate-Priority": "P1", "X-Casegate-Status": "Closed"}
    )

    world.settle()

    (case,) = world.cases()
    assert ("CG-000001", "P4", "New") == (case.case, case.priority, case.status)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_c14_nobody_in_cc_gets_mail(world: World) -> None:
    """To and Cc of a mail never become recipients of ours."""
    sent = world.send(headers={"Cc": "spy@evil.example, bob@acme.example"})

    world.work()

    assert {ALICE, "dana@example.net"} == {posted.recipient for posted in world.relay.taken}
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_who_is_in_copy_of_the_first_mail_may_comment(world: World) -> None:
    """And may do no more (plans 1)."""
    world.send(headers={"Cc": "pat@partner.example"})
    world.settle()
    comment = world.send(from_="Pat <pat@partner.example>", subject="Re: [#CG-000001] No dial tone")
    world.settle()

    assert "participant_comments" == world.settled_by(comment)
    assert ["pat@partner.example"] == world.cases()[0].participants


def test_a_mail_from_the_mta_by_lmtp_opens_a_case(world: World) -> None:
    """The MTA of the machine hands over by LMTP; the journey is the same."""
    sent = world.send(lmtp=True)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_mails_of_one_batch_open_cases_in_their_order(world: World) -> None:
    """Twenty mails at once are twenty cases, numbered in the order of their acceptance."""
    sent = [world.send(subject=f"Phone {number}") for number in range(20)]

    world.settle()

    assert [f"Phone {number}" for number in range(20)] == [case.subject for case in world.cases()]
    assert {"mpoc_opens_case"} == {world.settled_by(one) for one in sent}


def test_the_trail_names_every_rule_that_was_asked(world: World) -> None:
    """`explain` shows each rule with its answer; the one that settled is the last."""
    sent = world.send()

    world.settle()

    steps = world.trail(sent).steps
    assert ("mpoc_opens_case", "settled") == steps[-1]
    assert {"passed"} == {answer for _, answer in steps[:-1]}


def test_e10_a_mail_with_halves_of_characters_opens_a_case(world: World) -> None:
    """UTF-7 can say half a character; nobody's mail is parked for it."""
    sent = world.send(
        subject="=?utf-7?q?+3/3f/Q-?=", headers={"Content-Type": "text/plain; charset=utf-7"}, body="+3/0-"
    )

    world.work()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert 1 == len(world.mailbox(ALICE))
