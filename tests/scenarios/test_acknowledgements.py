"""The acknowledgement: the mail that says what we have, and what happens by when (plans 6, contract 4).

Every mail is taken by a real SMTP server and read by a reader that raises on any defect.
"""

import re
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from models.tokens import Purpose, SignedFor, is_loop_token, read_signed_extension
from tests.builders import ALICE, KEYS, a_multipart
from tests.world import World, html_of, text_of

EVIL = "mallory@evil.example"


def acknowledgement(world: World, **mail: object) -> EmailMessage:
    """The one mail that Alice gets for the one she writes."""
    sent = world.send(**mail)  # type: ignore[arg-type]
    world.work()
    assert "mpoc_opens_case" == world.settled_by(sent)
    (answer,) = world.mailbox(ALICE)
    return answer


# --- the envelope and the header --------------------------------------------------------------


def test_it_goes_to_the_mpoc_alone(world: World) -> None:
    """One mail, one recipient, in the envelope and in To."""
    answer = acknowledgement(world)

    assert "Alice Anders <alice@acme.example>" == answer["To"]
    assert answer["Cc"] is None
    assert 1 == len([posted for posted in world.relay.taken if posted.recipient == ALICE])


def test_it_comes_from_the_support_address(world: World) -> None:
    """From is the desk as the customer knows it."""
    answer = acknowledgement(world)

    assert "Example Support <support@example.net>" == answer["From"]


def test_it_carries_a_reply_address_signed_for_this_person_and_this_case(world: World) -> None:
    """An answer comes back to the case by a token that only we can have made."""
    answer = acknowledgement(world)

    extension = str(answer["Reply-To"]).removeprefix("support+").removesuffix("@example.net")
    assert SignedFor(Purpose.REPLY, 1) == read_signed_extension(KEYS, extension, ALICE)
    assert read_signed_extension(KEYS, extension, "bob@acme.example") is None


def test_it_is_in_the_customers_thread(world: World) -> None:
    """In-Reply-To and References name the customer's own message; the subject names the case."""
    answer = acknowledgement(world, message_id="abc.1@client.example", subject="No dial tone")

    assert "<abc.1@client.example>" == answer["In-Reply-To"] == answer["References"]
    assert "Re: [#CG-000001] No dial tone" == answer["Subject"]


def test_c10_a_mail_without_message_id_is_acknowledged_outside_any_thread(world: World) -> None:
    """What is not there cannot be named."""
    answer = acknowledgement(world, message_id=None)

    assert answer["In-Reply-To"] is None
    assert answer["References"] is None


def test_it_says_that_a_machine_wrote_it(world: World) -> None:
    """RFC 3834, and the field that keeps Exchange silent, without NDR."""
    answer = acknowledgement(world)

    assert "auto-replied" == answer["Auto-Submitted"]
    assert "DR, RN, NRN, OOF, AutoReply" == answer["X-Auto-Response-Suppress"]


def test_it_carries_our_loop_token(world: World) -> None:
    """Our own mail is known when it comes back."""
    answer = acknowledgement(world)

    found = re.search(r"token=(\S+)", answer["X-Casegate-Notice"])
    assert found is not None
    assert is_loop_token(KEYS, found[1])


def test_its_message_id_is_of_our_host(world: World) -> None:
    """One cause, kind and recipient: one name, given by the deciding transaction."""
    answer = acknowledgement(world)

    assert re.fullmatch(r"<[a-z2-7]{26}\.case-opened@mx\.example\.net>", answer["Message-ID"])


def test_every_field_is_there_once(world: World) -> None:
    """What was planned, and no more."""
    answer = acknowledgement(world)

    names = [name.lower() for name in answer.keys()]  # noqa: SIM118 - a message's keys repeat
    assert sorted(set(names)) == sorted(names)


def test_it_is_text_and_html(world: World) -> None:
    """Two forms of the same, the plain one first."""
    answer = acknowledgement(world)

    assert ["multipart/alternative", "text/plain", "text/html"] == [part.get_content_type() for part in answer.walk()]


# --- what it says --------------------------------------------------------------------------------


def test_it_says_number_subject_organisation_and_priority(world: World) -> None:
    """What the customer needs to speak of the case."""
    said = text_of(acknowledgement(world, subject="No dial tone"))

    assert "Case: CG-000001 For: Acme Subject: No dial tone Priority: P4" in said


def test_under_2021_it_promises_an_answer_within_one_business_day(world: World) -> None:
    """P4 of calltower-2021: first response 1 b.d., scheduled update 2 b.d., in Mountain time."""
    said = text_of(acknowledgement(world))

    assert "An agent will answer you by Tuesday, November 24, 2026, 9:00 AM Mountain Standard Time." in said
    assert "at the latest by Wednesday, November 25, 2026, 9:00 AM Mountain Standard Time." in said


def test_a_weekend_is_no_business_day(world: World) -> None:
    """From Saturday 12:00 counting starts on Monday 00:00: the answer is due on Tuesday 00:00."""
    world.now = datetime(2026, 11, 28, 19, 0, tzinfo=UTC)

    said = text_of(acknowledgement(world))

    assert "answer you by Tuesday, December 1, 2026, 12:00 AM Mountain Standard Time." in said


def test_x34_a_clock_change_moves_no_promise(world: World) -> None:
    """From Friday 09:00 summer time, one business day is Monday 09:00 winter time."""
    world.now = datetime(2026, 10, 30, 15, 0, tzinfo=UTC)

    said = text_of(acknowledgement(world))

    assert "answer you by Monday, November 2, 2026, 9:00 AM Mountain Standard Time." in said


def test_under_2013_the_acknowledgement_is_the_first_response(world: World) -> None:
    """P4 of calltower-2013 promises no time for an answer and no scheduled update: none is named."""
    world.add_organisation("Initech", plan="calltower-2013", zone="America/Los_Angeles")
    world.add_contact("Initech", "peter@initech.example", name="Peter")
    sent = world.send(from_="peter@initech.example")

    world.work()

    (answer,) = world.mailbox("peter@initech.example")
    assert "An agent will look into it and get back to you by mail." in text_of(answer)
    assert [] == re.findall(r"answer you by|hear from us again", text_of(answer))
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_times_are_shown_in_the_organisations_zone(world: World) -> None:
    """Computed in the plan's zone, shown in the customer's: 9:00 in Denver is 17:00 in Vienna."""
    world.add_organisation("Initech", zone="Europe/Vienna")
    world.add_contact("Initech", "peter@initech.example")
    sent = world.send(from_="peter@initech.example")

    world.work()

    (answer,) = world.mailbox("peter@initech.example")
    assert "Tuesday, November 24, 2026, 5:00 PM Central European Standard Time" in text_of(answer)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_times_count_from_receipt_not_from_settling(world: World) -> None:
    """A worker that was down for two hours takes nothing from the customer's time."""
    sent = world.send()
    world.advance(hours=2)

    world.work()

    assert "answer you by Tuesday, November 24, 2026, 9:00 AM" in text_of(world.mailbox(ALICE)[0])
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_it_says_how_to_reach_us_for_urgent_needs(world: World) -> None:
    """The telephone number stands in both forms."""
    answer = acknowledgement(world)

    assert "Please call us: +1 303 555 0100" in text_of(answer)
    assert 'href="tel:+13035550100"' in html_of(answer)


def test_it_says_what_arrived(world: World) -> None:
    """The content receipt: a loss on the way can be seen by whoever wrote."""
    content_type, body = a_multipart(
        ("text/plain", "0123456789"), ('image/png; name="display.png"', "sixteen octets !")
    )

    said = text_of(acknowledgement(world, body=body, headers={"Content-Type": content_type}))

    assert "Text: 10 characters Attachments: 1 - display.png (16 bytes)" in said


def test_it_says_when_no_text_could_be_read(world: World) -> None:
    """Nothing is passed over in silence."""
    said = text_of(acknowledgement(world, body=""))

    assert "Text: none. If you wrote any, we could not read it." in said


# --- what it does not say ----------------------------------------------------------------------------


def test_d12_it_quotes_nothing_of_the_body(world: World) -> None:
    """Whoever gets it by a forged sender learns nothing and is sold nothing."""
    acknowledgement(world, body="buy at canary-7f3a.example")

    (posted,) = [posted for posted in world.relay.taken if posted.recipient == ALICE]
    assert b"canary-7f3a" not in posted.raw


def test_d12_it_is_small_whatever_it_answers(world: World) -> None:
    """At most 20 kB, though a hundred attachments came."""
    parts = [("application/pdf; name=" + f"{number:02}-" + "n" * 100 + ".pdf", "x") for number in range(100)]
    content_type, body = a_multipart(*parts)

    acknowledgement(world, body=body, headers={"Content-Type": content_type})

    (posted,) = [posted for posted in world.relay.taken if posted.recipient == ALICE]
    assert len(posted.raw) <= 20_000


def test_d13_a_link_in_the_subject_cannot_be_clicked(world: World) -> None:
    """The subject is shown in the body with its links broken, and never as a link in HTML."""
    answer = acknowledgement(world, subject="Buy at https://evil.example/x now")

    assert "https://evil.example" not in text_of(answer)
    assert "evil.example" not in "".join(re.findall(r'href="[^"]*"', html_of(answer)))


def test_d13_a_long_subject_is_cut(world: World) -> None:
    """At most 120 characters of the customer's subject are shown."""
    answer = acknowledgement(world, subject="long " * 60)

    assert len("Re: [#CG-000001] ") + 120 >= len(answer["Subject"])


def test_d1_another_cases_tag_in_the_subject_is_not_repeated(world: World) -> None:
    """Ours carries its own number, once."""
    answer = acknowledgement(world, subject="Re: [#CG-000777] AW: Fwd: phones")

    assert "Re: [#CG-000001] phones" == answer["Subject"]


@pytest.mark.parametrize("hidden", ["=0D=0ABcc:_evil=40evil.example", "=0ABcc:_x", "=C2=85Bcc:_x", "=E2=80=A8Bcc:_x"])
def test_m12_a_subject_cannot_add_a_field(world: World, hidden: str) -> None:
    """An encoded line end in the customer's subject is a space in ours."""
    answer = acknowledgement(world, subject=f"=?utf-8?q?hi{hidden}?=")

    assert answer["Bcc"] is None
    assert str(answer["Subject"]).startswith("Re: [#CG-000001] hi")


def test_b13_it_goes_to_the_stored_address_never_to_reply_to(world: World) -> None:
    """Reply-To, Sender and reverse path are no destinations."""
    sent = world.send(headers={"Reply-To": EVIL, "Sender": EVIL, "Errors-To": EVIL}, reverse_path=EVIL)

    world.work()

    assert [] == world.notices_to(EVIL)
    assert ["case_opened"] == world.notices_to(ALICE)
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_it_goes_to_the_address_as_stored(world: World) -> None:
    """Not as it was spelt in the mail, and under the name that we know."""
    answer = acknowledgement(world, from_='"Pay Now" <ALICE@ACME.example>')

    assert "Alice Anders <alice@acme.example>" == answer["To"]


def test_d16_a_receipt_that_is_asked_for_is_not_given(world: World) -> None:
    """No disposition notification, to anybody."""
    sent = world.send(headers={"Disposition-Notification-To": EVIL, "Return-Receipt-To": EVIL})

    world.work()

    assert {ALICE, "dana@example.net"} == {posted.recipient for posted in world.relay.taken}
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_every_mpoc_mail_gets_one_and_only_one(world: World) -> None:
    """Three mails are three cases and three acknowledgements, each naming its own."""
    sent = [world.send(subject=f"Phone {number}") for number in range(3)]

    world.work()
    world.work()

    assert [f"Re: [#CG-00000{number + 1}] Phone {number}" for number in range(3)] == [
        answer["Subject"] for answer in world.mailbox(ALICE)
    ]
    assert {"mpoc_opens_case"} == {world.settled_by(one) for one in sent}
