"""The header and the size of what we send: threats G-1, G-7, G-9, D-12, D-13, M12, domain 6."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest

from models.notice import Context, ReceivedItem
from responders.compose import ACKNOWLEDGEMENT_BYTES, Identity, UnsafeNotice, compose
from tests.responses.builders import (
    AGENT_HELD,
    AGENT_NEW_CASE,
    CASE_OPENED,
    CONTEXTS,
    DESK,
    a_notice,
    composed,
    opened,
)

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


@pytest.mark.parametrize("context", [c for c in CONTEXTS if c is not CASE_OPENED], ids=lambda context: context.kind)
def test_g9_mail_to_our_own_people_is_generated_and_not_bulk(context: Context) -> None:
    message = read(composed(context).raw)

    assert message["Auto-Submitted"] == "auto-generated"
    assert "Precedence" not in message


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


def test_d12_the_acknowledgement_is_bounded_whatever_arrived() -> None:
    """500 attachments with the longest names of characters that cost the most."""
    item = ReceivedItem(name="\U0001f4a5&<" * 100, content_type="x/y", size=10**12, dropped_because="\U0001f4a5" * 500)
    name = "\U0001f4a5" * 500
    context = opened(
        items=(item,) * 500,
        marks=(name,) * 50,
        subject=name,
        organisation=name,
        contact_name=name,
        desk=replace(DESK, name=name, phone=name),
    )

    raw = composed(context, recipient_name=name).raw

    assert len(raw) <= ACKNOWLEDGEMENT_BYTES
    assert "Attachments: 500" in text_of(raw)


def test_d12_the_acknowledgement_quotes_nothing_of_the_body() -> None:
    """There is no text in its context at all."""
    assert not hasattr(CASE_OPENED, "text")


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


def test_an_unproved_sender_is_said_loudly() -> None:
    raw = composed(AGENT_NEW_CASE).raw

    assert "SENDER UNPROVED" in read(raw)["Subject"]
    assert "THE SENDER IS NOT PROVED" in text_of(raw)
    assert "The sender is not proved" in text_of(raw, "html")


def test_a_proved_sender_raises_no_alarm() -> None:
    raw = composed(replace(AGENT_NEW_CASE, standing="aligned")).raw

    assert "UNPROVED" not in read(raw)["Subject"]
    assert "NOT PROVED" not in text_of(raw)


@pytest.mark.parametrize(
    ("context", "command"),
    [(AGENT_NEW_CASE, "casegate case show CG-000123"), (AGENT_HELD, "casegate held show 42")],
    ids=["case", "held"],
)
def test_our_people_get_the_command_that_helps(context: Context, command: str) -> None:
    raw = composed(context).raw

    assert command in text_of(raw)
    assert command in text_of(raw, "html")
