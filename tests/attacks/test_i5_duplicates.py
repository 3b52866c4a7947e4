"""Different mails are never taken for one, and nobody can spoil a mail by sending it first (I-5, C-9, A-22)."""

import pytest

from parser.content_key import content_key

HEAD = b"From: Alice <alice@acme.example>\r\nSubject: order"


@pytest.mark.parametrize(
    "before",
    [
        pytest.param(HEAD + b"\r\nDear desk\r\n", id="no empty line"),
        pytest.param(HEAD + b"\r\r\rDear desk\r\n", id="an empty line of CR"),
        pytest.param(HEAD + b"\r\r", id="text begins after CR CR"),
        pytest.param(b"\r\n", id="an empty line first"),
    ],
)
@pytest.mark.parametrize("word", [b"Received", b"Return-Path", b"Delivered-To"])
def test_i5_words_of_the_text_are_no_trace_fields(before: bytes, word: bytes) -> None:
    """A line of text that begins like a trace field is text."""
    five, seven = (before + word + b": " + count + b" boxes of phones\r\nbye\r\n" for count in (b"5", b"7"))
    assert content_key(five) != content_key(seven)
