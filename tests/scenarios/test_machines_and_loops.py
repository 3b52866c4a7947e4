"""What a machine wrote is never answered; our own mail that comes back is a loop and nothing else."""

import re

import pytest

from models.intake_address import IntakeAddress, IntakeAddresses
from models.notice import Desk
from models.tokens import Keys, loop_token
from tests.builders import ALICE, KEYS, a_mail, a_multipart
from tests.scenarios.conftest import OpenWorld
from tests.world import Posted, World

DANA = "dana@example.net"

# --- automatic mail (RFC 3834 and its neighbours) ------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Auto-Submitted", "auto-replied"),
        ("Auto-Submitted", "AUTO-REPLIED"),
        ("Auto-Submitted", "auto-replied (vacation)"),
        ("Auto-Submitted", "(out of office) auto-replied"),
        ("Auto-Submitted", "(no person wrote this) auto-replied"),
        ("Auto-Submitted", "auto-replied; owner-email=alice@acme.example"),
        ("Auto-Submitted", "auto-notified"),
        ("auto-submitted", "\r\n auto-replied"),
        ("Precedence", "auto_reply"),
        ("X-Autoreply", "yes"),
        ("X-Autorespond", "Out of office"),
        ("X-Autoreply-From", "alice@acme.example"),
    ],
)
def test_d2_an_automatic_answer_is_kept_without_effect(world: World, field: str, value: str) -> None:
    """Out of office and its kind: no case, no hold, nobody told."""
    sent = world.send(headers={field: value}, subject="Re: [#CG-000001] No dial tone")

    world.settle()

    assert "automatic_answer" == world.settled_by(sent)
    assert "settled" == world.trail(sent).state
    assert [] == world.notices()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Auto-Submitted", "auto-generated"),
        ("Auto-Submitted", "auto-invented"),
        ("Precedence", "bulk"),
        ("Precedence", "list"),
        ("Precedence", "junk"),
        ("List-Id", "<users.lists.example>"),
        ("List-Unsubscribe", "<mailto:leave@lists.example>"),
        ("List-Post", "<mailto:users@lists.example>"),
    ],
)
def test_d3_d10_other_automatic_mail_is_held_and_not_answered(world: World, field: str, value: str) -> None:
    """Generated, bulk and list mail of an MPOC is for a person to look at: it may be meant for us."""
    sent = world.send(headers={field: value})

    world.settle()

    assert "automatic_mail" == world.settled_by(sent)
    assert [("agent_held", "agents@example.net")] == [notice[:2] for notice in world.notices()]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Auto-Submitted", "no"),
        ("Auto-Submitted", "No (a person)"),
        ("Auto-Submitted", "(a person) no"),
        ("Precedence", "first-class"),
        ("Precedence", "normal"),
        ("X-Autoreply", "no"),
        ("X-Auto-Response-Suppress", "OOF"),
        ("X-Mailer", "autoresponder"),
        ("Subject-Extra", "Automatic reply"),
    ],
)
def test_what_does_not_show_a_machine_is_no_reason(world: World, field: str, value: str) -> None:
    """Only what the standards name counts."""
    sent = world.send(headers={field: value})

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


@pytest.mark.parametrize("subject", ["Automatic reply: No dial tone", "Out of Office", "Abwesenheitsnotiz: Ferien"])
def test_no_word_of_a_subject_shows_a_machine(world: World, subject: str) -> None:
    """A customer may write of an automatic reply."""
    sent = world.send(subject=subject)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_d8_a_null_reverse_path_is_never_answered(world: World) -> None:
    """Whoever sends with MAIL FROM:<> wants no answer, an MPOC's From or not."""
    sent = world.send(reverse_path="")

    world.settle()

    assert "null_reverse_path" == world.settled_by(sent)
    assert [] == world.notices()


def test_d14_a_delivery_status_notification_is_kept_without_effect(world: World) -> None:
    """RFC 3464: no case, no mail, and nobody is deactivated by it."""
    content_type, body = a_multipart(
        ("text/plain", "could not be delivered"),
        ("message/delivery-status", f"Final-Recipient: rfc822; {ALICE}\nAction: failed\nStatus: 5.1.1"),
        subtype="report",
        parameters="; report-type=delivery-status",
    )
    sent = world.send(body=body, headers={"Content-Type": content_type}, reverse_path="mailer-daemon@acme.example")
    later = world.send()

    world.settle()

    assert "delivery_status_notification" == world.settled_by(sent)
    assert [] == world.trail(sent).notices
    assert "mpoc_opens_case" == world.settled_by(later)


def test_d14_a_bounce_that_is_no_rfc_3464_is_known_by_its_field(world: World) -> None:
    """Exim names failed recipients in a field of its own."""
    sent = world.send(headers={"X-Failed-Recipients": ALICE})

    world.settle()

    assert "delivery_status_notification" == world.settled_by(sent)


@pytest.mark.parametrize(
    ("report", "part"),
    [("disposition-notification", "message/disposition-notification"), ("feedback-report", "message/feedback-report")],
)
def test_d16_receipts_and_feedback_are_kept_without_effect(world: World, report: str, part: str) -> None:
    """RFC 8098 and RFC 5965."""
    content_type, body = a_multipart(
        ("text/plain", "displayed"), (part, "A: b"), subtype="report", parameters=f"; report-type={report}"
    )
    sent = world.send(body=body, headers={"Content-Type": content_type})

    world.settle()

    assert "automatic_answer" == world.settled_by(sent)
    assert [] == world.notices()


def test_an_attached_bounce_is_no_bounce(world: World) -> None:
    """An MPOC who forwards a bounce as an attachment asks something about it."""
    report = 'multipart/report; boundary="r"; report-type=delivery-status'
    content_type, body = a_multipart(
        ("text/plain", "What is this?"),
        ("message/rfc822", f"From: a@b.example\nAuto-Submitted: auto-replied\nContent-Type: {report}\n\n--r--"),
    )
    sent = world.send(body=body, headers={"Content-Type": content_type})

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


def test_an_automatic_answer_after_a_case_changes_nothing(world: World) -> None:
    """The MPOC's out of office to our acknowledgement."""
    world.send()
    world.work()
    answer = world.mailbox(ALICE)[0]

    sent = world.send(
        to=str(answer["Reply-To"]),
        subject=f"Automatic reply: {answer['Subject']}",
        headers={"Auto-Submitted": "auto-replied", "In-Reply-To": str(answer["Message-ID"])},
    )
    world.work()

    assert "automatic_answer" == world.settled_by(sent)
    assert (1, 1) == (len(world.cases()), len(world.mailbox(ALICE)))


@pytest.mark.parametrize(
    ("author", "rule"),
    [
        ("mailer-daemon@acme.example", "automatic_mail"),
        ("postmaster@acme.example", "end_user"),
        ("noreply@acme.example", "end_user"),
    ],
)
def test_d9_robots_by_name_are_never_answered(world: World, author: str, rule: str) -> None:
    """They are nobody's contacts, and a daemon is no person whatever it writes; agents see them."""
    sent = world.send(from_=author)

    world.settle()

    assert rule == world.settled_by(sent)
    assert [] == world.notices_to(author)


def test_d17_a_robot_that_asks_for_a_click_gets_none(world: World) -> None:
    """Challenge and response: the challenge is marked automatic, and stays unanswered."""
    sent = world.send(headers={"Auto-Submitted": "auto-replied"}, subject="Please confirm your message")

    world.settle()

    assert "automatic_answer" == world.settled_by(sent)
    assert [] == world.notices()


def test_a22_a_message_handed_on_too_often_is_held(world: World) -> None:
    """More than 50 Received fields: it is in a loop."""
    received = b"Received: from a.example by b.example; Mon, 23 Nov 2026 16:00:00 +0000\r\n"
    sent = world.send_raw(received * 51 + a_mail())

    world.settle()

    assert "too_many_hops" == world.settled_by(sent)


def test_a22_fifty_hops_are_allowed(world: World) -> None:
    """The limit itself is not over the limit."""
    received = b"Received: from a.example by b.example; Mon, 23 Nov 2026 16:00:00 +0000\r\n"
    sent = world.send_raw(received * 50 + a_mail())

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


# --- our own mail ------------------------------------------------------------------------------------


def own_notice(world: World, recipient: str = ALICE) -> Posted:
    """A notice that the desk has sent."""
    world.send()
    world.work()
    return next(posted for posted in world.relay.taken if posted.recipient == recipient)


@pytest.mark.parametrize("recipient", [ALICE, DANA])
def test_d5_our_own_notice_that_comes_back_is_a_loop(world: World, recipient: str) -> None:
    """A redirect of the recipient's sends it to us: known by its Message-ID, under any reverse path."""
    returned = own_notice(world, recipient)

    sent = world.send_raw(returned.raw, reverse_path="redirect@client.example")
    world.work()

    assert "own_notice_came_back" == world.settled_by(sent)
    assert (1, 2) == (len(world.cases()), len(world.relay.taken))


def test_d5_a_loop_is_known_by_its_token_when_the_message_id_was_replaced(world: World) -> None:
    """Some systems give every message a Message-ID of their own."""
    returned = re.sub(rb"Message-ID: <[^>]+>", b"Message-ID: <new.1@client.example>", own_notice(world).raw)
    unmarked = re.sub(rb"(Auto-Submitted|Precedence|X-Auto-Response-Suppress): [^\r]+\r\n", b"", returned)

    sent = world.send_raw(unmarked, reverse_path="redirect@client.example")
    world.work()

    assert "own_notice_came_back" == world.settled_by(sent)
    assert 1 == len(world.cases())


def test_d5_a_loop_is_known_by_its_message_id_when_all_marks_are_gone(world: World) -> None:
    """And the other way about."""
    returned = own_notice(world).raw
    unmarked = re.sub(rb"(?m)^(Auto-Submitted|Precedence|X-[A-Za-z-]+): [^\r]+\r\n([ \t][^\r]*\r\n)*", b"", returned)

    sent = world.send_raw(unmarked, reverse_path="redirect@client.example")
    world.work()

    assert b"X-Casegate" not in unmarked
    assert "own_notice_came_back" == world.settled_by(sent)


def test_x49_a_loop_token_of_the_previous_key_still_counts(open_world: OpenWorld) -> None:
    """After a change of key the mail that is under way is still known."""
    world = open_world(keys=Keys(b"a new key for the same desk", KEYS.current))
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)
    token = loop_token(KEYS, "<x.case-opened@mx.example.net>")
    sent = world.send(headers={"X-Casegate-Notice": f"case_opened; by=mx.example.net; token={token}"})

    world.settle()

    assert "own_notice_came_back" == world.settled_by(sent)


@pytest.mark.parametrize("value", ["case_opened; token=aaaa.bbbb", "token=.", f"token={'a' * 26}.{'b' * 26}"])
def test_c16_a_forged_loop_header_has_no_effect_but_is_noted(world: World, value: str) -> None:
    """Whoever copies our header cannot make a customer's mail vanish."""
    sent = world.send(headers={"X-Casegate-Notice": value})

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ("security", "forged loop header") in world.trail(sent).events


def test_c16_a_true_token_behind_forged_ones_is_found(world: World) -> None:
    """Fields that others put before ours hide nothing."""
    forged = b"X-Casegate-Notice: token=aaaa.bbbb\r\n" * 2
    returned = re.sub(rb"Message-ID: <[^>]+>", b"Message-ID: <new.2@client.example>", own_notice(world).raw)

    sent = world.send_raw(forged + returned, reverse_path="redirect@client.example")
    world.settle()

    assert "own_notice_came_back" == world.settled_by(sent)


def test_an_mpoc_who_answers_our_notice_is_no_loop(world: World) -> None:
    """A person's answer names our message; that is what answers do, and it joins the case."""
    answer = own_notice(world)
    reference = re.search(rb"Message-ID: (<[^>]+>)", answer.raw)
    assert reference is not None

    sent = world.send(headers={"In-Reply-To": reference[1].decode(), "References": reference[1].decode()})
    world.settle()

    assert "replies_to_open_case" == world.settled_by(sent)


def test_an_mpoc_who_forwards_our_notice_as_an_attachment_is_no_loop(world: World) -> None:
    """Only the message's own header counts."""
    content_type, body = a_multipart(
        ("text/plain", "What is this?"), ("message/rfc822", own_notice(world).raw.decode())
    )

    sent = world.send(body=body, headers={"Content-Type": content_type})
    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)


# --- two desks ------------------------------------------------------------------------------------------


def two_desks(open_world: OpenWorld) -> tuple[World, World]:
    """Two installations with keys of their own, each of whose support address is an MPOC of the other."""
    here = open_world()
    there = open_world(
        desk=Desk(name="Other Support", address="support@example.com", phone=""),
        hostname="mx.example.com",
        keys=Keys(b"the other desk's own key"),
        addresses=IntakeAddresses([IntakeAddress("support@example.com", "support")]),
    )
    for desk, other in ((here, "support@example.com"), (there, "support@example.net")):
        desk.add_organisation("The other desk")
        desk.add_contact("The other desk", other)
    return here, there


def answer_one_another(here: World, there: World, *, strips: str = "") -> int:
    """Carry mail between two desks until there is silence, or ten rounds have passed; how many mails that were."""
    carried = 0
    for _ in range(10):
        under_way = [(there, post) for post in here.relay.taken if post.recipient == "support@example.com"]
        under_way += [(here, post) for post in there.relay.taken if post.recipient == "support@example.net"]
        here.relay.taken.clear()
        there.relay.taken.clear()
        for desk, post in under_way:
            raw = post.raw if not strips else re.sub(strips.encode(), b"", post.raw)
            desk.send_raw(raw, to=post.recipient, reverse_path=post.reverse_path if not strips else "relay@example.org")
        carried += len(under_way)
        here.work()
        there.work()
    return carried


def test_d7_two_installations_do_not_answer_one_another(open_world: OpenWorld) -> None:
    """One mail in the name of the other desk is acknowledged; the acknowledgement is not."""
    here, there = two_desks(open_world)
    here.send(from_="support@example.com", reverse_path="support@example.com")
    here.work()

    assert 1 == answer_one_another(here, there)
    assert (1, 0) == (len(here.cases()), len(there.cases()))


def test_d1_two_installations_behind_a_relay_that_changes_reverse_paths(open_world: OpenWorld) -> None:
    """The marks of RFC 3834 alone are enough."""
    here, there = two_desks(open_world)
    here.send(from_="support@example.com", reverse_path="support@example.com")
    here.work()

    assert 1 == answer_one_another(here, there, strips=r"(?m)^Precedence: [^\r]+\r\n")


def test_d4_two_installations_behind_a_relay_that_strips_all_marks_fall_silent(open_world: OpenWorld) -> None:
    """The other desk's answers carry our tag or its own references: they join the case, and are not acknowledged."""
    here, there = two_desks(open_world)
    here.send(from_="support@example.com", reverse_path="support@example.com")
    here.work()

    marks = (
        r"(?mi)^(Precedence|Auto-Submitted|X-Auto-Response-Suppress|X-Casegate-[\w-]+): [^\r]+\r\n([ \t][^\r]*\r\n)*"
    )
    carried = answer_one_another(here, there, strips=marks)

    assert carried <= 4
    assert (len(here.cases()), len(there.cases())) <= (2, 1)


# --- robots that mark nothing -------------------------------------------------------------------------


def test_d4_an_unmarked_robot_with_one_subject_is_acknowledged_twenty_times_an_hour(world: World) -> None:
    """Its cases still open, for nothing is lost; the admin hears that the breaker opened, once."""
    sent = [world.send(subject="Disk full", body=f"Alarm {number}") for number in range(25)]

    world.settle()

    assert ["mpoc_opens_case"] * 20 + ["opens_case_unanswered"] * 5 == [world.settled_by(one) for one in sent]
    assert 25 == len(world.cases())
    assert ["case_opened"] * 20 == world.notices_to(ALICE)
    assert ["admin_breaker"] == world.notices_to(world.policy.admin)


def test_d4_other_subjects_of_the_same_hour_are_acknowledged(world: World) -> None:
    """The robot's subject is its own; the person behind the address is answered."""
    for number in range(21):
        world.send(subject="Disk full", body=f"Alarm {number}")
    world.settle()
    sent = world.send(subject="Who looks at the disk?")
    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert 21 == len(world.notices_to(ALICE))


def test_d4_the_next_hour_begins_anew(world: World) -> None:
    """A cap of an hour is no ban."""
    for number in range(22):
        world.send(subject="Disk full", body=f"Alarm {number}")
    world.settle()
    world.advance(minutes=61)
    sent = world.send(subject="Disk full", body="Alarm again")
    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert 21 == len(world.notices_to(ALICE))


def test_d1_beyond_the_cap_a_person_looks(open_world: OpenWorld) -> None:
    """The desk's own cap: what is beyond is held, in one batch too, and the admin hears once an hour."""
    world = open_world(cases_per_hour=5)
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)
    sent = [world.send(subject=f"Request {number}") for number in range(8)]

    world.settle()

    assert ["mpoc_opens_case"] * 5 + ["too_many_cases"] * 3 == [world.settled_by(one) for one in sent]
    assert ["admin_breaker"] == world.notices_to(world.policy.admin)
