"""Who a mail is from is decided from the whole From field and the whole header, or not at all (threats B-2, B-3)."""

import pytest

from models.limits import HEADER_FIELD_BYTES, HEADER_FIELDS
from parser.message import parse

ALICE = "alice@acme.example"
EVIL = "evil@evil.example"


def a_raw(header: str) -> bytes:
    return f"{header}\r\nSubject: No dial tone\r\n\r\nThree phones are dead.\r\n".encode()


@pytest.mark.parametrize("first", [ALICE, f"Alice <{ALICE}>", f'"Jones, Alice" <{ALICE}>'])
@pytest.mark.parametrize("blank", [" ", "\t", "\r\n "])
def test_b3_a_second_mailbox_beyond_the_field_limit_is_seen(first: str, blank: str) -> None:
    """A field that is cut for its length names no author: what is beyond the cut may name another."""
    padding = blank * (HEADER_FIELD_BYTES // len(blank.strip("\r\n")) + 1)
    message = parse(a_raw(f"From: {first}{padding}, {EVIL}"))
    assert message.originator.author is None


@pytest.mark.parametrize(
    "between",
    [
        pytest.param("X:\r\n" * (HEADER_FIELDS + 1), id="too many fields"),
        pytest.param(f"X: {'a' * 900}\r\n" * 300, id="a block too large"),
        pytest.param(f"X: {'a' * 300_000}\r\n", id="one field too large"),
    ],
)
@pytest.mark.parametrize("authors", [(ALICE, EVIL), (EVIL, ALICE)])
def test_b2_a_second_from_beyond_the_header_limit_is_seen(between: str, authors: tuple[str, str]) -> None:
    """Safe mode reads the beginning of a header; a From field after it counts all the same."""
    message = parse(a_raw(f"From: {authors[0]}\r\n{between}From: {authors[1]}"))
    assert message.originator.author is None


@pytest.mark.parametrize("name", ["Received", "Date", "Subject", "Sender", "References"])
def test_b2_many_fields_that_rules_read_hide_no_second_from(name: str) -> None:
    """Whatever stands between two From fields, and however often, there are two."""
    between = f"{name}: x\r\n" * (HEADER_FIELDS + 1)
    message = parse(a_raw(f"From: {ALICE}\r\n{between}From: {EVIL}"))
    assert message.originator.author is None


@pytest.mark.parametrize("name", [f"{ALICE}", f"'{ALICE}'", ALICE.upper()])
def test_b5_an_address_as_its_own_name_names_one_author(name: str) -> None:
    """Phones and scripts write the address twice; both readings of it are the same."""
    assert parse(a_raw(f"From: {name} <{ALICE}>")).originator.author == ALICE


def test_b5_another_address_as_name_names_nobody() -> None:
    """What differs in one letter is another address."""
    assert parse(a_raw(f"From: alicia@acme.example <{ALICE}>")).originator.author is None


@pytest.mark.parametrize("charset", ["iso-8859-1", "windows-1252"])
def test_b2_a_name_in_an_old_charset_does_not_hide_its_author(charset: str) -> None:
    """Scanners and old web mailers write names as they are; the address is ASCII and beyond doubt."""
    raw = f"From: Jürgen Müller <{ALICE}>\r\nSubject: x\r\n\r\nText\r\n".encode(charset)
    assert parse(raw).originator.author == ALICE


@pytest.mark.parametrize("space", ["\u3000", "\u00a0"])
def test_b5_any_space_may_stand_in_a_name(space: str) -> None:
    """Japanese names are written with an ideographic space."""
    assert parse(a_raw(f"From: 山田{space}太郎 <{ALICE}>")).originator.author == ALICE
