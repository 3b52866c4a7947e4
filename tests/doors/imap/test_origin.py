"""The envelope of a fetched message: nothing in it can be forged into more than a sender could have had anyway."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.doors.imap.origin import UNKNOWN_REVERSE_PATH, envelope_of
from models.intake_address import IntakeAddresses
from models.limits import HEADER_BLOCK_BYTES
from models.mail import Envelope, LineEnds, Route
from tests.builders import INTAKE, SUPPORT

SIGNED = "support+c1-abcdefgh@example.net"


def envelope(*lines: str, recipient_field: str = "delivered-to") -> Envelope:
    """The envelope of a message with these header lines."""
    head = "".join(f"{line}\r\n" for line in lines) + "From: alice@acme.example\r\n\r\nhello\r\n"
    return envelope_of(
        head.encode("utf-8", "surrogateescape"),
        address=SUPPORT,
        recipient_field=recipient_field,
        addresses=IntakeAddresses(INTAKE),
        bare_line_ends=False,
    )


@pytest.mark.parametrize(
    ("line", "reverse_path"),
    [
        ("Return-Path: <alice@acme.example>", "alice@acme.example"),
        ("Return-Path: <>", ""),
        ("Return-Path: < >", ""),
        ("return-path:alice@acme.example", "alice@acme.example"),
        ("X-Other: 1", UNKNOWN_REVERSE_PATH),
        ("Return-Path:", UNKNOWN_REVERSE_PATH),
        ("Return-Path: <a@b> <c@d>", UNKNOWN_REVERSE_PATH),
        ("Return-Path: <alice>", UNKNOWN_REVERSE_PATH),
        ("Return-Path: <alice@acme.example\x1b[31m>", UNKNOWN_REVERSE_PATH),
        ("Return-Path: <\udcff@acme.example>", UNKNOWN_REVERSE_PATH),
        (f"Return-Path: <{'a' * 300}@acme.example>", UNKNOWN_REVERSE_PATH),
    ],
)
def test_the_reverse_path_is_a_hint(line: str, reverse_path: str) -> None:
    """A null one wants no answer; none at all is unknown, or such a server's mail would all pass for automatic."""
    assert reverse_path == envelope(line).reverse_path


def test_only_the_topmost_return_path_counts() -> None:
    """The mailbox's own server writes on top (RFC 5321 4.4); what a sender wrote stands below."""
    assert "alice@acme.example" == envelope("Return-Path: <alice@acme.example>", "Return-Path: <>").reverse_path


def test_the_forward_path_is_the_mailbox_unless_its_server_says_more() -> None:
    """A signed reply address reaches us where the admin names the field the server writes."""
    assert (SUPPORT,) == envelope(f"Delivered-To: {SIGNED}", recipient_field="").forward_paths
    assert (SIGNED,) == envelope(f"Delivered-To: {SIGNED}").forward_paths
    assert (SIGNED,) == envelope(f"X-Original-To: <{SIGNED}>", recipient_field="x-original-to").forward_paths


@pytest.mark.parametrize(
    "line",
    [
        "Delivered-To: boss@elsewhere.example",
        "Delivered-To: ",
        "Delivered-To: support@example.net, billing@example.net",
        "Delivered-To: support@example.net\x07",
        f"To: {SIGNED}",
    ],
)
def test_an_address_that_is_not_ours_changes_nothing(line: str) -> None:
    """Only an intake address, alone in the field the admin named, is taken."""
    assert (SUPPORT,) == envelope(line).forward_paths


def test_a_forged_recipient_below_the_real_one_chooses_nothing() -> None:
    fields = (f"Delivered-To: {SIGNED}", "Delivered-To: billing@example.net")
    assert (SIGNED,) == envelope(*fields).forward_paths


def test_a_header_over_the_limit_says_nothing() -> None:
    """The message is read in safe mode later; its envelope is the mailbox's."""
    made = envelope(f"X-Long: {'x' * HEADER_BLOCK_BYTES}", "Return-Path: <>")
    assert (Route.IMAP, UNKNOWN_REVERSE_PATH, (SUPPORT,)) == (made.route, made.reverse_path, made.forward_paths)


@given(st.lists(st.sampled_from([b"\r", b"\n", b"\r\n", b"a", b"\0"]), max_size=12), st.data())
def test_bare_line_ends_are_seen_across_pieces(pieces: list[bytes], data: st.DataObject) -> None:
    """However a message is cut into pieces, the answer is that of the whole."""
    whole = b"".join(pieces)
    expected = b"\r" in whole.replace(b"\r\n", b"") or b"\n" in whole.replace(b"\r\n", b"")
    line_ends = LineEnds()
    position = 0
    while position < len(whole):
        end = data.draw(st.integers(position + 1, len(whole)))
        line_ends.see(whole[position:end])
        position = end

    assert expected == line_ends.are_bare
