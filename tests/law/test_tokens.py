"""Names that only we can have given: Message-IDs, reply addresses, loop tokens."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.tokens import (
    Keys,
    Purpose,
    SignedFor,
    is_loop_token,
    loop_token,
    message_id,
    read_signed_extension,
    signed_extension,
)
from tests.builders import ALICE, KEYS

OTHER = Keys(b"the key of another desk")
ROTATED = Keys(b"the new key of the same desk", KEYS.current)
HOST = "mx.example.net"
NOTICE = "<x.case-opened@mx.example.net>"
EXTENSION = signed_extension(KEYS, Purpose.REPLY, 123, ALICE)


def test_a_message_id_is_the_same_for_the_same_cause_kind_and_recipient() -> None:
    """Whatever is retried, a notice has one name."""
    assert message_id(KEYS, HOST, "a", "case_opened", ALICE) == message_id(KEYS, HOST, "a", "case_opened", ALICE)


@pytest.mark.parametrize(
    ("cause", "kind", "recipient"),
    [("b", "case_opened", ALICE), ("a", "agent_held", ALICE), ("a", "case_opened", "bob@acme.example")],
)
def test_a_message_id_differs_with_each_of_them(cause: str, kind: str, recipient: str) -> None:
    """One effect, one name."""
    assert message_id(KEYS, HOST, cause, kind, recipient) != message_id(KEYS, HOST, "a", "case_opened", ALICE)


def test_the_parts_of_a_name_cannot_be_moved_into_one_another() -> None:
    """("a", "bc") is not ("ab", "c")."""
    assert message_id(KEYS, HOST, "ab", "c", ALICE) != message_id(KEYS, HOST, "a", "bc", ALICE)


def test_c3_a_message_id_cannot_be_foretold_without_the_key() -> None:
    """Another key gives another name."""
    assert message_id(KEYS, HOST, "a", "b", ALICE) != message_id(OTHER, HOST, "a", "b", ALICE)


def test_a_message_id_is_plain_ascii() -> None:
    """130 bits in base32, and the kind in words, at our host."""
    assert re.fullmatch(
        r"[a-z2-7]{26}\.case-opened@mx\.example\.net", message_id(KEYS, HOST, "a", "case_opened", ALICE)
    )


def test_a_reply_address_leads_back_to_its_case() -> None:
    """For the person it was given to."""
    assert SignedFor(Purpose.REPLY, 123) == read_signed_extension(KEYS, EXTENSION, ALICE)


def test_c5_a_reply_address_is_of_no_use_to_anybody_else() -> None:
    """It is bound to the recipient."""
    assert read_signed_extension(KEYS, EXTENSION, "mallory@evil.example") is None


@pytest.mark.parametrize(
    "extension",
    [
        "",
        "c",
        "c3f",
        "c3f-",
        EXTENSION[:-1],
        EXTENSION + "a",
        EXTENSION.replace("c3f", "c3g"),
        "x" + EXTENSION,
        " " + EXTENSION,
        EXTENSION + "\n",
        "c-" + "a" * 26,
        "c" + "z" * 14 + "-" + "a" * 26,
        "c٣f-" + "a" * 26,
        "c3f-" + "é" * 26,
    ],
)
def test_c4_a_reply_address_that_is_not_ours_names_no_case(extension: str) -> None:
    """Changed by one letter, cut, padded or made up."""
    assert read_signed_extension(KEYS, extension, ALICE) is None


def test_a_reply_address_fits_a_local_part() -> None:
    """64 octets with the longest intake local part that we would meet."""
    assert len("customer.service+" + signed_extension(KEYS, Purpose.REPLY, 36**8, ALICE)) <= 64


def test_a_reply_address_survives_systems_that_fold_case() -> None:
    """Lower case, and nothing that differs in case alone."""
    assert EXTENSION == EXTENSION.lower()


def test_x49_a_reply_address_of_the_previous_key_counts() -> None:
    """For as long as the previous key is kept."""
    assert SignedFor(Purpose.REPLY, 123) == read_signed_extension(ROTATED, EXTENSION, ALICE)


def test_x49_new_names_are_made_with_the_new_key() -> None:
    """The previous key only reads."""
    assert signed_extension(ROTATED, Purpose.REPLY, 123, ALICE) != EXTENSION


def test_a_reply_address_of_another_desk_names_no_case() -> None:
    """Keys are a desk's own."""
    assert read_signed_extension(OTHER, EXTENSION, ALICE) is None


def test_d5_a_loop_token_proves_itself() -> None:
    """Without the Message-ID it was made for."""
    assert is_loop_token(KEYS, loop_token(KEYS, NOTICE))


@pytest.mark.parametrize("value", ["", ".", "a", "a.b", "a.", ".b", "é.ü", "a" * 10_000, "x." + "a" * 26])
def test_c16_anything_else_is_no_loop_token(value: str) -> None:
    """Whatever it is, it is answered and never raises."""
    assert not is_loop_token(KEYS, value)


def test_c16_a_loop_token_of_another_desk_is_not_ours() -> None:
    """Two desks do not swallow one another's mail."""
    assert not is_loop_token(KEYS, loop_token(OTHER, NOTICE))


def test_x49_a_loop_token_of_the_previous_key_counts() -> None:
    """Mail that is under way while the key changes is still known."""
    assert is_loop_token(ROTATED, loop_token(KEYS, NOTICE))


def test_a_loop_token_is_no_reply_address() -> None:
    """Names of one use prove nothing for another."""
    name, _, token = loop_token(KEYS, NOTICE).partition(".")

    assert read_signed_extension(KEYS, f"c3f-{token}", ALICE) is None
    assert not is_loop_token(KEYS, f"{name}.{EXTENSION.partition('-')[2]}")


def test_keys_show_themselves_to_nobody() -> None:
    """Not in a log line, not in a traceback."""
    assert KEYS.current.decode() not in repr(KEYS)


@given(st.integers(0, 36**12), st.emails())
def test_every_reply_address_leads_back(case_id: int, recipient: str) -> None:
    """Whatever the case's number and the person."""
    assert read_signed_extension(
        KEYS, signed_extension(KEYS, Purpose.REPLY, case_id, recipient), recipient
    ) == SignedFor(Purpose.REPLY, case_id)


@given(st.text())
def test_no_text_is_a_reply_address_by_chance(extension: str) -> None:
    """And none of it raises."""
    assert read_signed_extension(KEYS, extension, ALICE) is None


@given(st.text())
def test_no_text_is_a_loop_token_by_chance(value: str) -> None:
    """Nor does any of it raise."""
    assert not is_loop_token(KEYS, value)
