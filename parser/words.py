"""Header values as people read them: encoded words (RFC 2047) decoded, controls gone, linear time."""

import base64
import binascii
import re
from typing import Final

from models.limits import ENCODED_WORDS
from parser.charset import decode

_WORD: Final = re.compile(rb"=\?([^?\s*]{1,60})(?:\*[^?\s]{0,40})?\?([bBqQ])\?([^?\r\n]{0,4000})\?=")
_BETWEEN: Final = re.compile(rb"[ \t\r\n]*\Z")
_SPACES: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_HIDDEN: Final = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\U000e0000-\U000e007f]")


def shown(value: bytes, limit: int) -> str:
    """A header value for people: decoded, one line, no control or direction characters, at most `limit` long."""
    text = _SPACES.sub(" ", _HIDDEN.sub("", decoded(value))).strip()
    return text[:limit].rstrip()


def decoded(value: bytes) -> str:
    """A raw header value with its encoded words decoded; adjacent words of a charset are decoded together."""
    if b"=?" not in value:
        return decode(value, None)[0]
    pieces: list[str] = []
    pending, charset = b"", ""
    end = 0
    for number, word in enumerate(_WORD.finditer(value)):
        if number == ENCODED_WORDS:
            break
        between = value[end : word.start()]
        octets, label = _octets(word), word[1].decode("ascii", "replace").lower()
        adjacent = bool(pending) and _BETWEEN.match(between)
        if not (adjacent and label == charset):
            pieces.append(decode(pending, charset)[0])
            pending = b""
        if not adjacent:
            pieces.append(decode(between, None)[0])
        pending, charset = pending + octets, label
        end = word.end()
    pieces.append(decode(pending, charset)[0])
    pieces.append(decode(value[end:], None)[0])
    return "".join(pieces)


def _octets(word: re.Match[bytes]) -> bytes:
    text = word[3]
    if word[2] in b"qQ":
        return binascii.a2b_qp(text.replace(b"_", b"=20"), header=False)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", text)
    try:
        return base64.b64decode(letters[: len(letters) - (len(letters) % 4 == 1)] + b"=" * (-len(letters) % 4))
    except binascii.Error:
        return word[0]
