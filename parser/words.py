"""Header values as people read them: encoded words (RFC 2047) decoded, controls gone, linear time."""

import base64
import binascii
import re
from typing import Final

from models.limits import ENCODED_WORDS
from parser.charset import decode, is_utf8

# Beyond the grammar: blanks and question marks inside, blanks around the parts, no end where the field ends.
_WORD: Final = re.compile(
    rb"=\?[ \t]?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?[ \t]?\?[ \t]?([bBqQ])[ \t]?\?"
    rb"((?:[^?\r\n]|\?(?!=)){0,2000})(?:\?=|\Z)"
)
_BETWEEN: Final = re.compile(rb"[ \t\r\n]*\Z")
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HIDDEN: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def shown(value: bytes, limit: int, charset: str | None = None) -> str:
    """A header value for people: decoded, one line, no control or direction characters, at most `limit` long."""
    if b"=?" not in value and value.isascii() and (text := value.decode("ascii")).isprintable():
        return " ".join(text.split())[:limit].rstrip()
    text = _SPACES.sub(" ", _HIDDEN.sub("", decoded(value, charset))).strip()
    return text[:limit].rstrip()


def decoded(value: bytes, charset: str | None = None) -> str:
    """A raw header value with its encoded words decoded; adjacent words of a charset are decoded together.

    `charset` is what raw octets are read by that are no UTF-8: most such senders label their text with it.
    """
    if b"=?" not in value:
        return _raw(value, charset)
    pieces: list[str] = []
    pending, label_before = b"", ""
    end = 0
    for number, word in enumerate(_WORD.finditer(value)):
        if number == ENCODED_WORDS:
            break
        between = value[end : word.start()]
        octets, label = _octets(word), word[1].decode("ascii", "replace").lower()
        adjacent = bool(pending) and _BETWEEN.match(between)
        if not (adjacent and label == label_before):
            pieces.append(decode(pending, label_before)[0])
            pending = b""
        if not adjacent:
            pieces.append(_raw(between, charset))
        pending, label_before = pending + octets, label
        end = word.end()
    pieces.append(decode(pending, label_before)[0])
    pieces.append(_raw(value[end:], charset))
    return "".join(pieces)


def _raw(octets: bytes, charset: str | None) -> str:
    """Octets outside encoded words: UTF-8 where they are that (RFC 6532), else by the text's charset."""
    return decode(octets, None if charset is None or octets.isascii() or is_utf8(octets) else charset)[0]


def _octets(word: re.Match[bytes]) -> bytes:
    text = word[3]
    if word[2] in b"qQ":
        return binascii.a2b_qp(text.replace(b"_", b"=20"), header=False)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    try:
        return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return word[0]
