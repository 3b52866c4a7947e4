"""Whatever stands in a field that came from a mail: the message stays the one that was planned (threats G-1, M12)."""

from dataclasses import replace
from email import message_from_bytes, message_from_string
from email.policy import compat32, default
from email.utils import parseaddr

import pytest
from babel import Locale
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup, escape

from models.notice import Context, ReceivedItem
from responders.examples import (
    ADMIN_BREAKER,
    ADMIN_PARKED,
    AGENT_COMMANDS,
    AGENT_CUSTOMER_REPLIED,
    AGENT_HELD,
    AGENT_NEW_CASE,
    AGENT_REPLY,
    AGENT_SECURITY,
    APPROVAL_REQUEST,
    CASE_OPENED,
    CASE_RESOLVED,
    DESK,
    NOW,
    SCHEDULED_UPDATE,
)
from responders.header import (
    UnsafeNotice,
    clean_header,
    decoded,
    field,
    mailbox,
    plainly_read,
    prove,
    unstructured,
)
from responders.localised import moment
from responders.notices import unlinked
from responders.rendering import environment
from tests.responses.builders import composed
from tests.responses.test_compose import ACKNOWLEDGEMENT_HEADER
from tests.responses.test_templates import unclosed

NASTY = st.sampled_from(
    [
        "\r\nBcc: e@evil.example",
        "\n\n<script>",
        "=?utf-8?q?a=0D=0ABcc:_e?=",
        "\u2028X: y",
        "\x85",
        "\ud800",
        "\u202e",
        "--=_",
        "\r",
        '"',
        "\\",
        "<a@b>",
        "{{7*7}}",
        "{% include 'x' %}",
        "From ",
        ".",
        " \r\n",
        "\x00",
        "\ufeff",
        "[#CG-1]",
    ]
)
ANY_TEXT = st.lists(st.one_of(st.text(st.characters(exclude_categories=())), NASTY), max_size=6).map("".join)
ITEM = st.builds(
    ReceivedItem, name=ANY_TEXT, content_type=ANY_TEXT, size=st.integers(0, 10**14), dropped_because=ANY_TEXT
)


@st.composite
def acknowledgements(draw: st.DrawFn) -> Context:
    return replace(
        CASE_OPENED,
        desk=replace(DESK, name=draw(ANY_TEXT), phone=draw(ANY_TEXT)),
        case_number=draw(ANY_TEXT),
        subject=draw(ANY_TEXT),
        priority=draw(ANY_TEXT),
        organisation=draw(ANY_TEXT),
        contact_name=draw(ANY_TEXT),
        zone=draw(ANY_TEXT),
        items=tuple(draw(st.lists(ITEM, max_size=3))),
        marks=tuple(draw(st.lists(ANY_TEXT, max_size=2))),
    )


@st.composite
def others(draw: st.DrawFn) -> Context:
    text, name = draw(ANY_TEXT), draw(ANY_TEXT)
    return draw(
        st.sampled_from(
            [
                replace(
                    AGENT_NEW_CASE, text=text, subject=name, contact_address=name, standing_because=text, marks=(name,)
                ),
                replace(AGENT_CUSTOMER_REPLIED, text=text, writer_name=name, subject=name, status=text),
                replace(AGENT_REPLY, text=text, agent_name=name, organisation=text),
                replace(AGENT_COMMANDS, done=(name, text), refused=((text, name),)),
                replace(APPROVAL_REQUEST, text=text, author=name, author_name=text, approve_address=name),
                replace(CASE_RESOLVED, summary=text, confirm_address=name, case_number=text),
                replace(SCHEDULED_UPDATE, last_note=text, status=name),
                replace(AGENT_SECURITY, what=name, who=text, command=name),
                replace(ADMIN_BREAKER, contact=text, organisation=name),
                replace(AGENT_HELD, because=text, author=name, subject=name, rule=name, organisation=text),
                replace(ADMIN_PARKED, because=text, station=name),
            ]
        )
    )


@settings(max_examples=150, deadline=None)
@given(acknowledgements(), ANY_TEXT, ANY_TEXT, st.lists(ANY_TEXT, max_size=3))
def test_g1_an_acknowledgement_is_always_the_planned_message(
    context: Context, name: str, language: str, references: list[str]
) -> None:
    raw = composed(context, recipient_name=name, language=language, references=tuple(references), in_reply_to=name).raw

    optional = {"In-Reply-To", "References"}
    names = message_from_bytes(raw, policy=compat32).keys()
    assert [field for field in ACKNOWLEDGEMENT_HEADER if field not in optional] == [
        n for n in names if n not in optional
    ]
    assert len(names) == len(set(names))
    assert_well_formed(raw)


@settings(max_examples=100, deadline=None)
@given(others(), ANY_TEXT)
def test_g1_every_other_notice_is_well_formed(context: Context, name: str) -> None:
    assert_well_formed(composed(context, recipient_name=name).raw)


def assert_well_formed(raw: bytes) -> None:
    """CRLF only, lines that fit, both bodies readable to a strict parser, and one recipient."""
    assert raw.count(b"\r\n") == raw.count(b"\r") == raw.count(b"\n")
    assert max(len(line) for line in raw.split(b"\r\n")) <= 998
    assert raw.isascii()
    message = message_from_bytes(raw, policy=default)
    assert [address.addr_spec for address in message["To"].addresses] == ["alice@mpoc.example"]
    text, html = message.iter_parts()
    assert not message.defects + text.defects + html.defects
    assert text.get_content().endswith("\n")
    assert html.get_content().rstrip().endswith("</html>")
    assert "<script" not in html.get_content()
    assert unclosed(html.get_content()) == []


@given(ANY_TEXT)
def test_a_cleaned_value_is_one_safe_line_and_cleaning_it_again_changes_nothing(text: str) -> None:
    cleaned = clean_header(text)

    assert cleaned == clean_header(cleaned)
    assert len(cleaned) <= 200
    assert [cleaned] == cleaned.splitlines() or not cleaned
    cleaned.encode()


@given(ANY_TEXT)
def test_an_unstructured_value_decodes_to_what_was_written(text: str) -> None:
    cleaned = clean_header(text)

    value = unstructured(cleaned)

    assert value.isascii()
    assert cleaned == decoded(value)
    assert all(len(word) <= 75 for word in value.split(" "))


@given(ANY_TEXT.map(clean_header).filter(bool))
def test_a_mailbox_is_ascii_and_one_address_with_its_name(name: str) -> None:
    value = mailbox(name, "alice@mpoc.example")

    shown, address = parseaddr(value)
    assert value.isascii()
    assert address == "alice@mpoc.example"
    assert decoded(shown) == name


PLANNED = {
    "From": "=?utf-8?q?J=C3=BCrgen?= <juergen@mpoc.example>",
    "Subject": "Case CG-000123: " + "the phones are down in Graz, " * 8,
    "Message-ID": "<k7q2x4.case-opened@mx.example.net>",
    "References": "<1@mpoc.example> <2@mpoc.example> <3@mpoc.example> <4@mpoc.example> <5@mpoc.example>",
}
each_field = pytest.mark.parametrize(("name", "value"), PLANNED.items(), ids=PLANNED)
SPLINTERS = st.one_of(
    NASTY,
    st.text(max_size=2),
    st.sampled_from(["\r\n", "\n", " ", "\t", ":", ": ", "\r\n ", "\r\n\t", "\r\n \r\n", "X: y"]),
)


def read_by_the_standard_library(header: str) -> list[str]:
    message = message_from_string(header, policy=compat32)
    assert not message.defects
    assert not message.get_payload()
    return [f"{name}: {value}".replace("\r\n", "") for name, value in message.items()]


@each_field
def test_m12_a_plain_field_is_read_as_the_standard_library_reads_it(name: str, value: str) -> None:
    written = field(name, value)

    assert f"{name}: {value}" == plainly_read(written)
    assert [f"{name}: {value}"] == read_by_the_standard_library(written)


def test_m12_fields_that_are_proved_alone_are_the_same_fields_one_after_another() -> None:
    header = "".join(field(name, value) for name, value in PLANNED.items())

    assert [f"{name}: {value}" for name, value in PLANNED.items()] == read_by_the_standard_library(header)


@each_field
@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 400), st.integers(0, 3), SPLINTERS), min_size=1, max_size=3))
def test_m12_a_field_that_was_spoiled_is_read_alike_or_not_plainly_and_never_proved(
    name: str, value: str, splinters: list[tuple[int, int, str]]
) -> None:
    """Whatever stands in a field that should not, the quick reader agrees with the thorough one or has no opinion."""
    spoiled = written = field(name, value)
    for position, dropped, splinter in splinters:
        spoiled = spoiled[: position % len(written)] + splinter + spoiled[position % len(written) + dropped :]

    found = plainly_read(spoiled)

    assert found is None or read_by_the_standard_library(spoiled) == [found]
    if spoiled.replace("\r\n ", " ") != written.replace("\r\n ", " "):
        with pytest.raises(UnsafeNotice):
            prove(spoiled, f"{name}: {value}")


def test_m12_an_encoded_value_that_does_not_read_as_it_should_is_not_written() -> None:
    with pytest.raises(UnsafeNotice, match="From does not read back"):
        field("From", PLANNED["From"], "Georg <juergen@mpoc.example>")


@given(st.lists(st.one_of(st.sampled_from("&<>'\""), ANY_TEXT)).map("".join))
def test_g6_what_html_prints_is_escaped_as_the_library_escapes_it(text: str) -> None:
    assert escape(text) == environment().escaped(text)
    assert text == environment().escaped(Markup(text))


@given(ANY_TEXT)
def test_d13_taking_links_apart_loses_no_character(text: str) -> None:
    assert text.replace("\u200b", "") == unlinked(text).replace("\u200b", "")


@given(ANY_TEXT)
def test_an_unknown_zone_is_told_as_utc(zone: str) -> None:
    assert "2026" in moment(NOW, zone, Locale("en"))
