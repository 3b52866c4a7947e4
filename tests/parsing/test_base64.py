"""Files in base64 (RFC 2045 6.8) are what was attached, octet for octet, however their lines were broken."""

import base64
import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parser.attachments import octets_by_path
from parser.message import parse

HEADER = (
    b"From: anna@acme.example\r\nTo: support@example.net\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: application/octet-stream; name="trace.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
)
CONTENT = bytes(range(256)) * 3


def sent(encoded: bytes) -> bytes:
    """The octets of the one file of a mail."""
    raw = HEADER + encoded
    [attached] = parse(raw).attachments
    [octets] = octets_by_path(raw).values()
    assert (len(octets), hashlib.sha256(octets).hexdigest()) == (attached.size, attached.sha256)
    return octets


@given(st.binary(min_size=1), st.integers(min_value=1, max_value=100), st.sampled_from([b"\r\n", b"\n"]))
def test_lines_of_any_length_hold_what_was_attached(content: bytes, width: int, line_end: bytes) -> None:
    """Whatever the width, the line ends, and whether the last line has one."""
    letters = base64.b64encode(content)
    lines = [letters[start : start + width] for start in range(0, len(letters), width)]

    assert content == sent(line_end.join(lines))
    assert content == sent(line_end.join(lines) + line_end)


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda letters: letters.rstrip(b"="),
        lambda letters: letters + b"==",
        lambda letters: letters[:76] + b" \t\r\n" + letters[76:],
        lambda letters: letters[:76] + b"\r\n!\r\n" + letters[76:],
        lambda letters: letters[:76] + b"\r\n\r\n" + letters[76:],
    ],
    ids=["no padding", "too much padding", "blanks at the end of a line", "noise", "an empty line"],
)
def test_what_encoders_and_relays_do_wrong_costs_no_octet(spoilt: object) -> None:
    """What is no letter of base64 is to be ignored."""
    assert callable(spoilt)
    assert CONTENT + b"\n" == sent(spoilt(base64.b64encode(CONTENT + b"\n")))
