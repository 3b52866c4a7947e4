"""Whatever octets come, `parse` answers: it never raises, is bounded, and what it says can be stored (E, M14, I-29)."""

import json
import re
from dataclasses import fields, is_dataclass
from datetime import datetime
from enum import Enum
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import limits
from models.message import Message
from models.store.inbox import MESSAGE
from parser.message import parse, parse_headers_only
from parser.words import decoded, shown
from tests.builders import a_mail, a_multipart

SETTINGS = settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])


FIRST_FIELDS: Final = frozenset(
    {
        "content_key",
        "message_id",
        "references",
        "originator",
        "subject",
        "date",
        "text",
        "text_cut",
        "attachments",
        "automatic",
        "received_fields",
    }
)
"""What version 0.1.0 stored, less what had a default in it."""
UNSAFE: Final = re.compile(r'[/\\:*?"<>|\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]')


def _multipart(*parts: tuple[str, str], subtype: str = "mixed", parameters: str = "") -> bytes:
    content_type, body = a_multipart(*parts, subtype=subtype, parameters=parameters)
    return a_mail(body=body, headers={"Content-Type": content_type})


SAMPLES: Final = (
    a_mail(),
    a_mail(subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?b?6Q==?=", from_="=?utf-8?q?Ren=C3=A9?= <a@b.example>"),
    a_mail(
        headers={"Content-Type": "text/html; charset=windows-1252"}, body="<p>a<br><b hidden>b</b><a href='x'>c</a>"
    ),
    a_mail(headers={"Content-Transfer-Encoding": "base64"}, body="VGhyZWUgcGhvbmVz"),
    a_mail(headers={"Content-Transfer-Encoding": "quoted-printable"}, body="Gr=C3=BC=\n=DFe =XX ="),
    a_mail(headers={"Content-Type": "text/plain; charset=utf-7; format=flowed; delsp=yes"}, body="+AOk- \n> a \n> b"),
    a_mail(headers={"Received": "x", "References": "<1@a> <2@b>", "In-Reply-To": "<[>", "Date": "soon"}),
    a_mail(headers={"Auto-Submitted": "auto-replied", "List-Id": "<x>", "X-Casegate-Notice": "a; token=b.c"}),
    _multipart(("text/plain", "plain"), ("text/html", "<p>html")),
    _multipart(("text/plain", "plain"), ("text/html", "<p>html"), subtype="alternative"),
    _multipart(("text/plain", "a"), ("application/pdf; name*=utf-8''%E2%80%AEfdp.exe", "x")),
    _multipart(
        ("message/rfc822", "Subject: in\n\ninner"), ("message/delivery-status", "A: b\n\nC: d"), subtype="report"
    ),
    _multipart(("text/plain", "gone"), subtype="report", parameters="; report-type=delivery-status"),
    _multipart(("text/calendar", "BEGIN:VCALENDAR"), ("image/png; name=../../x\0.png", "x"), subtype="related"),
    _multipart((f'multipart/mixed; boundary="{"b" * 70}"', "--" + "b" * 70 + "\n\nx"), subtype="signed"),
)
SPLINTERS: Final = (
    b"", b"\r\n", b"\r", b"\n", b"\0", b"\xff", b"\r\n\r\n", b"--cut\r\n", b"--cut--", b"From: ", b"Content-Type: ",
    b"multipart/mixed; boundary=cut", b"message/rfc822", b"; charset=", b"undefined", b"idna", b"utf-8\0", b"=?", b"?=",
    b"=?utf-8?q?", b"=0D=0A", b"<", b">", b"(", b")", b"[", b'"', b"\\", b"@", b",", b";", b":", b"=", b"*0*=", b"%E2",
    b"<[>", b"+99999999999999999999", b"Mon, 99 Foo 99999 99:99:99", b"\xed\xa0\x80", b"\xe2\x80\xae",
    b"\xf4\x90\x80\x80",
    b"A" * 2000, b"<a " * 200, b"<div>" * 200, b"begin 644 x\r\n", b"Subject", b"\x1b$B", b"+/v8-",
)  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.sampled_from(SPLINTERS) | st.binary(max_size=8)),
    min_size=1,
    max_size=8,
)


def mutated(raw: bytes, mutations: list[tuple[float, int, bytes]]) -> bytes:
    """A message with some octets replaced by splinters, each somewhere else."""
    for where, cut, splinter in mutations:
        position = int(where * len(raw))
        raw = raw[:position] + splinter + raw[position + cut :]
    return raw


mails = st.builds(mutated, st.sampled_from(SAMPLES), MUTATIONS)
octets = st.binary(max_size=500) | st.lists(st.sampled_from(SPLINTERS), max_size=30).map(b"".join) | mails


def texts(value: object) -> list[str]:
    """Every text in a value, however deep."""
    if isinstance(value, str) and not isinstance(value, Enum):
        return [value]
    if isinstance(value, tuple):
        return [text for each in value for text in texts(each)]
    if is_dataclass(value):
        return [text for field in fields(value) for text in texts(getattr(value, field.name))]
    return []


def storable(text: str) -> bool:
    """What both engines store alike: UTF-8, no NUL."""
    return "\0" not in text and text == text.encode("utf-8", "replace").decode("utf-8")


def assert_bounded(message: Message) -> None:
    assert len(message.subject) <= limits.SUBJECT_CHARACTERS
    assert len(message.text.encode("utf-8", "replace")) <= limits.TEXT_CHARACTERS
    assert len(message.references) <= limits.REFERENCES
    assert len(message.attachments) <= limits.PARTS
    assert len(message.loop_tokens) <= 3


@SETTINGS
@given(octets, st.booleans())
def test_parse_never_raises_and_is_bounded(raw: bytes, bare: bool) -> None:
    """On arbitrary octets, on splinters of mail, on mutated mail."""
    assert_bounded(parse(raw, bare_line_ends=bare))


@SETTINGS
@given(octets)
def test_reading_by_headers_only_never_raises_and_is_bounded(raw: bytes) -> None:
    """The last resort has no resort of its own."""
    message = parse_headers_only(raw)

    assert_bounded(message)
    assert message.safe_mode


@SETTINGS
@given(octets)
def test_i29_every_text_of_a_message_can_be_stored(raw: bytes) -> None:
    """Valid UTF-8 without NUL, the same on both engines."""
    assert [] == [text for text in texts(parse(raw)) if not storable(text)]


@pytest.mark.parametrize(
    "raw",
    [
        a_mail(headers={"Content-Type": "text/plain; charset=utf-7"}, body="+AOk- +3/3f/Q-"),
        a_mail(headers={"Content-Type": "text/html; charset=utf-7"}, body="<p>+AOk- +3/3f/Q-"),
        a_mail(subject="=?utf-7?q?+3/3f/Q-?="),
        a_mail(from_="=?utf-7?q?+3=2F3f=2FQ-?= <alice@acme.example>"),
        a_mail(headers={"X-Casegate-Notice": "a; token=b\0c"}),
        _multipart(('application/pdf; name="=?utf-7?q?+3/3f/Q-?="', "x"), ("text/plain; charset=utf-7", "+3/0-")),
        a_mail(headers={"Content-Type": "text/plain; charset=utf-16"}, body="\ud7ff\0"),
    ],
)
def test_i29_halves_of_characters_are_replaced(raw: bytes) -> None:
    """Some codecs yield lone surrogates: text that no store takes must not leave the parser (E-10)."""
    message = parse(raw)

    assert [] == [text for text in texts(message) if not storable(text)]
    assert MESSAGE.validate_json(MESSAGE.dump_json(message)) == message


@SETTINGS
@given(octets)
def test_a_stored_message_is_read_back_as_it_was(raw: bytes) -> None:
    """Nothing of what was understood is lost between two stations."""
    message = parse(raw)

    assert MESSAGE.validate_json(MESSAGE.dump_json(message)) == message


@SETTINGS
@given(octets)
def test_parse_is_deterministic(raw: bytes) -> None:
    """The same octets always say the same."""
    assert parse(raw) == parse(raw)


@SETTINGS
@given(octets)
def test_both_readings_agree_on_who_wrote(raw: bytes) -> None:
    """Safe mode changes what is shown, never the identity or the content key."""
    full, safe = parse(raw), parse_headers_only(raw)

    assert (full.originator, full.content_key, full.message_id) == (safe.originator, safe.content_key, safe.message_id)


@SETTINGS
@given(mails)
def test_names_of_attachments_are_safe(raw: bytes) -> None:
    """No directory, no control, nothing empty, none twice (F-8, M16)."""
    names = [attachment.name for attachment in parse(raw).attachments]

    assert [] == [
        name for name in names if not name.strip(" .") or set(name) & set('/\\:*?"<>|') or not name.isprintable()
    ]
    assert len({name.lower() for name in names}) == len(names)


@SETTINGS
@given(st.binary(max_size=300) | st.lists(st.sampled_from(SPLINTERS), max_size=20).map(b"".join))
def test_what_is_shown_is_shown_alike_a_second_time(value: bytes) -> None:
    """Decoding a header is idempotent, as long as nothing in it still looks encoded."""
    once = shown(value, 100_000)

    assert "=?" in once or shown(once.encode("utf-8", "replace"), 100_000) == once


@SETTINGS
@given(st.binary(max_size=300), st.integers(1, 200))
def test_what_is_shown_is_one_bounded_line(value: bytes, limit: int) -> None:
    """Whatever the octets."""
    line = shown(value, limit)

    assert len(line) <= limit
    assert line.splitlines() in ([], [line])


@SETTINGS
@given(st.text(max_size=80))
def test_plain_text_is_decoded_to_itself(text: str) -> None:
    """What is no encoded word is no encoded word."""
    plain = text.replace("=?", "").encode("utf-8", "replace").decode()
    lost = set(decoded(plain.encode())) ^ set(plain)

    assert set() == {character for character in lost if character >= " " and character not in "\x7f\ufeff"}


@pytest.mark.parametrize("number", range(len(SAMPLES)))
def test_every_sample_is_read_in_full(number: int) -> None:
    """The samples are mail: none of them needs safe mode, and each names its author."""
    message = parse(SAMPLES[number])

    assert not message.safe_mode
    assert message.originator.author is not None
    assert message.date is None or isinstance(message.date, datetime)


def test_a_message_stored_by_an_older_version_is_still_read() -> None:
    """What a later version understands beside is empty then, never a failure."""
    message = parse(SAMPLES[0])
    stored = json.loads(MESSAGE.dump_json(message))
    old = {name: value for name, value in stored.items() if name in FIRST_FIELDS}

    assert MESSAGE.validate_json(json.dumps(old)).content_key == message.content_key
