"""The header and the size of what we send: threats G-1, G-7, G-9, D-12, D-13, M12, domain 6."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from html import unescape
from typing import cast

import pytest

from models.notice import AgentCustomerReplied, AgentNewCase, CaseOpened, Context, FollowUpOpened, ReceivedItem
from models.rules.sender import Standing
from responders.compose import ACKNOWLEDGEMENT_BYTES, Identity, UnsafeNotice, compose
from responders.examples import (
    ADMIN_BREAKER,
    ADMIN_DAILY,
    AGENT_CUSTOMER_REPLIED,
    AGENT_HELD,
    AGENT_NEW_CASE,
    AGENT_REPLY,
    AGENT_SECURITY,
    CASE_CLOSED,
    CASE_OPENED,
    DESK,
    FOLLOW_UP_OPENED,
)
from tests.responses.builders import CONTEXTS, LANGUAGES, TO_OUR_PEOPLE, a_notice, composed, opened

ACKNOWLEDGEMENT_HEADER = [
    "Date",
    "From",
    "To",
    "Subject",
    "Message-ID",
    "In-Reply-To",
    "References",
    "Reply-To",
    "Auto-Submitted",
    "X-Auto-Response-Suppress",
    "Precedence",
    "X-Casegate-Notice",
    "MIME-Version",
    "Content-Type",
]


def read(raw: bytes) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(raw, policy=default))


def text_of(raw: bytes, subtype: str = "plain") -> str:
    part = read(raw).get_body((subtype,))
    assert part is not None
    return cast(str, part.get_content()).replace("\r\n", "\n")


def test_the_acknowledgement_has_exactly_the_planned_fields_once_each() -> None:
    assert read(composed().raw).keys() == ACKNOWLEDGEMENT_HEADER


def test_g9_the_acknowledgement_says_that_a_machine_answered() -> None:
    """RFC 3834: a response is auto-replied; never NDR, for bounces are wanted (contract 4)."""
    message = read(composed().raw)

    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"
    assert message["Precedence"] == "bulk"
    assert message["X-Casegate-Notice"] == "case_opened; by=mx.example.net; token=k2vq7e.w4mz3n"


ANSWERS_TO_CUSTOMERS = {
    "case_opened",
    "case_reopened",
    "follow_up_opened",
    "added_to_main_case",
    "case_closed",  # the example answers a confirmation
    "go_through_mpoc",
    "not_authorised",
    "pass_code_seen",
}


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.kind)
def test_g9_only_what_answers_a_customer_is_bulk(context: Context) -> None:
    """RFC 3834 3.1.8: vacation programs older than it look at Precedence; a late update would cost more."""
    message = read(composed(context).raw)

    assert (message["Precedence"] == "bulk") == (context.kind in ANSWERS_TO_CUSTOMERS)


@pytest.mark.parametrize("context", [c for c in CONTEXTS if c is not AGENT_REPLY], ids=lambda context: context.kind)
def test_g9_every_mail_that_no_person_wrote_says_so(context: Context) -> None:
    """Answers are auto-replied, the rest auto-generated (RFC 3834 5)."""
    message = read(composed(context).raw)

    is_answer = context.kind in {*ANSWERS_TO_CUSTOMERS, "agent_commands"}
    assert message["Auto-Submitted"] == ("auto-replied" if is_answer else "auto-generated")
    assert message["X-Auto-Response-Suppress"] == "DR, RN, NRN, OOF, AutoReply"


def test_a_closing_that_no_mail_confirmed_answers_nothing() -> None:
    message = read(composed(replace(CASE_CLOSED, confirmed=False)).raw)

    assert message["Auto-Submitted"] == "auto-generated"
    assert "Precedence" not in message


def test_an_agents_reply_is_a_persons_mail() -> None:
    """Contract 4: nothing that calls it automatic; the loop token alone, for our own mail must be known."""
    message = read(composed(AGENT_REPLY).raw)

    assert not {"Auto-Submitted", "X-Auto-Response-Suppress", "Precedence"} & set(message.keys())
    assert message["X-Casegate-Notice"] == "agent_reply; by=mx.example.net; token=k2vq7e.w4mz3n"
    assert message["From"] == '"Dana Reyes, Example Support" <support@example.net>'
    assert [address.addr_spec for address in message["From"].addresses] == ["support@example.net"]


def test_an_agents_reply_is_never_cut() -> None:
    """An automatic mail may leave something out; a person's answer may not."""
    long = "A line of a long answer.\n" * 4000

    assert long in text_of(composed(replace(AGENT_REPLY, text=long)).raw)


def test_the_acknowledgement_stays_in_the_customers_thread() -> None:
    message = read(composed().raw)

    assert message["Subject"] == "Re: [#CG-000123] Phones are down in Graz"
    assert message["In-Reply-To"] == "<2@mpoc.example>"
    assert message["References"] == "<1@mpoc.example> <2@mpoc.example>"


def test_a_notice_that_answers_nothing_has_no_thread() -> None:
    message = read(composed(in_reply_to=None, references=()).raw)

    assert "In-Reply-To" not in message
    assert "References" not in message


@pytest.mark.parametrize(
    "unfit", ["", "no brackets", "<a b@c>", "<ä@c>", "<a@c>\r\nBcc: e@evil.example", f"<{'a' * 999}>"]
)
def test_an_id_that_no_header_can_carry_is_left_out(unfit: str) -> None:
    """The subject message's ids are the sender's choice: they cost the thread, not the notice."""
    message = read(composed(in_reply_to=unfit, references=(unfit, "<2@mpoc.example>", unfit)).raw)

    assert "In-Reply-To" not in message
    assert message["References"] == "<2@mpoc.example>"


def test_a_long_thread_keeps_its_root_and_its_end() -> None:
    ids = tuple(f"<{number}@mpoc.example>" for number in range(100))

    references = read(composed(references=ids).raw)["References"].split()

    assert [*ids[:3], *ids[-20:]] == references


@pytest.mark.parametrize(
    "subject", ["x\r\nBcc: e@evil.example", "x\nBcc: e", "x\rBcc: e", "x\x85Bcc: e", "x\u2028Bcc: e"]
)
def test_g1_no_line_end_in_a_subject_starts_a_field(subject: str) -> None:
    message = read(composed(opened(subject=subject)).raw)

    assert message.keys() == ACKNOWLEDGEMENT_HEADER
    assert message["Subject"].startswith("Re: [#CG-000123] x Bcc: e")


def test_g1_an_encoded_word_in_a_subject_is_not_decoded_on_the_way() -> None:
    """Threats M12: CPython wrote `=?utf-8?q?hi=0D=0ABcc:_evil?=` as two fields."""
    message = read(composed(opened(subject="=?utf-8?q?hi=0D=0ABcc:_evil?=")).raw)

    assert message.keys() == ACKNOWLEDGEMENT_HEADER
    assert message["Subject"] == "Re: [#CG-000123] =?utf-8?q?hi=0D=0ABcc:_evil?="


def test_g1_a_name_cannot_pass_for_another_mailbox() -> None:
    message = read(composed(recipient_name='"Eve" <eve@evil.example>,').raw)

    assert [address.addr_spec for address in message["To"].addresses] == ["alice@mpoc.example"]
    assert message["To"].addresses[0].display_name == '"Eve" <eve@evil.example>,'


@pytest.mark.parametrize(
    "recipient",
    [
        "a@b.example,evil@c.example",
        "a@b.example\r\nBcc: e@c.example",
        "a b@c.example",
        "<a@b.example>",
        "a@",
        "@b",
        "a",
        "",
        '"a b"@c.example',
        "a@[192.0.2.1]",
        "a@b..example",
        ".a@b.example",
        "a@-b.example",
        "a@b.example\x00",
        "a@b\u3002example",
        "a\u202e@b.example",
        f"{'a' * 65}@b.example",
        "a@b.example\n",
    ],
)
def test_g7_only_one_plain_address_is_a_recipient(recipient: str) -> None:
    with pytest.raises(UnsafeNotice):
        composed(recipient=recipient)


def test_an_international_domain_is_written_in_a_labels() -> None:
    """IDNA 2008, in which "straße" is a domain of its own (RFC 5894 7.2)."""
    response = composed(recipient="alice@straße.example", recipient_name="")

    assert read(response.raw)["To"] == "alice@xn--strae-oqa.example"
    assert not response.smtputf8


def test_an_international_local_part_needs_smtputf8() -> None:
    response = composed(recipient="jürgen@mpoc.example")

    assert response.smtputf8
    assert "To: Alice Anders <jürgen@mpoc.example>\r\n".encode() in response.raw


@pytest.mark.parametrize("token", ["", "a b", "a\r\nBcc: e", "ä", "a;b"])
def test_a_loop_token_that_no_header_can_carry_parks_the_notice(token: str) -> None:
    with pytest.raises(UnsafeNotice):
        compose(a_notice(), identity=Identity(hostname="mx.example.net", loop_token=lambda _message_id: token))


@pytest.mark.parametrize("message_id", ["no brackets", "<a b>", "<a>\r\nBcc: e@evil.example", ""])
def test_a_message_id_of_ours_that_is_none_parks_the_notice(message_id: str) -> None:
    with pytest.raises(UnsafeNotice):
        composed(message_id=message_id)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("acknowledgement", [CASE_OPENED, FOLLOW_UP_OPENED], ids=lambda context: context.kind)
def test_d12_the_acknowledgement_is_bounded_whatever_arrived(
    acknowledgement: CaseOpened | FollowUpOpened, language: str
) -> None:
    """500 attachments with the longest names of characters that cost the most; the desk's own words are its own."""
    item = ReceivedItem(name="\U0001f4a5&<" * 100, content_type="x/y", size=10**12, dropped_because="\U0001f4a5" * 500)
    name = "\U0001f4a5" * 500
    context = replace(
        acknowledgement,
        items=(item,) * 500,
        marks=(name,) * 50,
        subject=name,
        organisation=name,
        contact_name=name,
        desk=replace(DESK, chat="at chat.example.net, Monday to Friday from 05:00 to 24:00 Mountain"),
    )

    raw = composed(context, recipient_name=name, language=language).raw

    assert len(raw) <= ACKNOWLEDGEMENT_BYTES
    assert ": 500\n" in text_of(raw)


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.kind)
def test_d12_what_answers_a_customer_quotes_nothing_of_the_body(context: Context) -> None:
    """There is no text of the customer in the context at all; the one of a closing is the agent's summary."""
    assert context.kind not in ANSWERS_TO_CUSTOMERS or not hasattr(context, "text")


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "context",
    [one for one in CONTEXTS if one.kind not in TO_OUR_PEOPLE and hasattr(one, "subject")],
    ids=lambda context: context.kind,
)
def test_d13_no_customers_subject_becomes_a_link_in_mail_to_customers(context: Context, language: str) -> None:
    raw = composed(replace(context, subject="Buy at http://evil.example/now"), language=language).raw

    assert "http://evil.example" not in text_of(raw) + text_of(raw, "html")


def test_d13_the_subject_is_capped_and_never_a_link() -> None:
    raw = composed(opened(subject="Buy at http://evil.example/now " + "x" * 500)).raw

    assert "http://evil.example" not in text_of(raw)
    assert "Buy at http\u200b:\u200b/\u200b/evil\u200b.example\u200b/now" in text_of(raw)
    assert "<a href=" not in text_of(raw, "html").replace('<a href="tel:', "")
    assert len(read(raw)["Subject"]) <= len("Re: [#CG-000123] ") + 120


def test_another_cases_tag_in_the_subject_is_not_repeated() -> None:
    """Nested tags are how two desks thread each other for ever (threats D-1)."""
    message = read(composed(opened(subject="AW: Re: [#CG-000007] [#ZD-99] Phones")).raw)

    assert message["Subject"] == "Re: [#CG-000123] Phones"


def test_every_line_ends_in_crlf_and_is_short_enough() -> None:
    long = replace(AGENT_NEW_CASE, text="x" * 5000 + "\r\rFrom me\n.\n..\nend \n" + "ü" * 5000)

    raw = composed(long).raw

    assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert "\n\nFrom me\n.\n..\nend \n" in text_of(raw)


@pytest.mark.parametrize("context", [AGENT_NEW_CASE, AGENT_CUSTOMER_REPLIED], ids=lambda context: context.kind)
def test_an_unproved_sender_is_said_loudly(context: AgentNewCase | AgentCustomerReplied) -> None:
    raw = composed(replace(context, standing=Standing.UNPROVED)).raw

    assert "SENDER UNPROVED" in read(raw)["Subject"]
    assert "THE SENDER IS NOT PROVED" in text_of(raw)
    assert "The sender is not proved" in text_of(raw, "html")


@pytest.mark.parametrize("standing", [Standing.ALIGNED, Standing.EXCEPTED])
@pytest.mark.parametrize("context", [AGENT_NEW_CASE, AGENT_CUSTOMER_REPLIED], ids=lambda context: context.kind)
def test_a_proved_sender_raises_no_alarm(context: AgentNewCase | AgentCustomerReplied, standing: Standing) -> None:
    """Whatever the reason says in words: the standing alone decides."""
    raw = composed(replace(context, standing=standing, standing_because="unproved elsewhere")).raw

    assert "UNPROVED" not in read(raw)["Subject"]
    assert "NOT PROVED" not in text_of(raw)


@pytest.mark.parametrize(
    ("context", "command"),
    [
        (AGENT_NEW_CASE, "casegate case show CG-000123"),
        (AGENT_HELD, "casegate held show 42"),
        (AGENT_HELD, "casegate held release 42 --because 'she called'"),
        (AGENT_HELD, "casegate org trust example-corp alice@mpoc.example --path spf:mpoc.example"),
        (AGENT_SECURITY, "casegate explain 42"),
        (ADMIN_BREAKER, "casegate held list"),
        (ADMIN_DAILY, "casegate held show 42"),
        (ADMIN_DAILY, "casegate parked show 80"),
    ],
)
def test_our_people_get_the_command_that_helps(context: Context, command: str) -> None:
    raw = composed(context).raw

    assert command in text_of(raw)
    assert command in unescape(text_of(raw, "html"))
