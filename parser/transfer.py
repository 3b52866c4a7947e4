"""Content transfer encodings (RFC 2045 6) undone, without losing what stands beside them.

A relay that appends a disclaimer, and a list that appends its footer, write plain text behind
the base64 of others. Lenient decoders make characters of it or drop it; here it is kept apart.
"""

import binascii
import contextlib
import re
from collections.abc import Iterator
from typing import Final

import pybase64

_BASE64: Final = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_BLANK: Final = b" \t\r\n\v\f"
_LETTERS: Final = re.compile(rb"[A-Za-z0-9+/]+=*\Z")
_CHUNK: Final = re.compile(rb"[^=]+=*")
_LINE: Final = re.compile(rb"[^\n]*\n?")
_RESUMED: Final = re.compile(rb"^[A-Za-z0-9+/]{40,}=*[ \t]*\r?$", re.MULTILINE)
_FULL_LINE: Final = 40
_LINES: Final = 400_000
_NOISE: Final = 2
_PADDED: Final = re.compile(rb"=[ \t]+(?=\r?\n)")
_FIRST_WORD: Final = re.compile(r"\s*\"?([\w/-]+)")
_UU_BEGIN: Final = re.compile(rb"(?:\A|(?<=\n))begin [0-7]{3,4} ([^\r\n]{1,300})\r?\n")
_Y_BEGIN: Final = re.compile(rb"^=ybegin [^\r\n]*\r?\n(?:=ypart [^\r\n]*\r?\n)?", re.MULTILINE)
_Y_END: Final = re.compile(rb"^=yend[^\r\n]*", re.MULTILINE)
_Y_ESCAPED: Final = re.compile(rb"=(.)", re.DOTALL)
_Y_DECODED: Final = bytes((octet - 42) % 256 for octet in range(256))

_NAMES: Final = {
    "base64": "base64",
    "base-64": "base64",
    "quoted-printable": "quoted-printable",
    "quoted_printable": "quoted-printable",
    "quoted": "quoted-printable",
    "x-uuencode": "uuencode",
    "uuencode": "uuencode",
    "x-uue": "uuencode",
    "uue": "uuencode",
    "x-uu": "uuencode",
    "x-yencode": "yenc",
    "x-yenc": "yenc",
    "yencode": "yenc",
    "yenc": "yenc",
}
"""What stands in the field, and what is meant; everything else is no encoding (RFC 2045 6.2)."""


def decoded(octets: bytes, encoding: str) -> tuple[bytes, bytes]:
    """The content, and the text that stands behind it where its encoding ends before its octets do."""
    name = _FIRST_WORD.match(encoding.lower())
    match _NAMES.get(name[1]) if name else None:
        case "base64":
            return _base64(octets)
        case "quoted-printable":
            return binascii.a2b_qp(_without_padding(octets), header=False), b""
        case "uuencode":
            found = next(uuencoded(octets), None)
            return (found[1], octets[found[3] :].strip()) if found else (octets, b"")
        case "yenc":
            return _yencoded(octets)
        case _:
            return octets, b""


def _without_padding(octets: bytes) -> bytes:
    """Soft line ends without the blanks that a relay put behind them (RFC 2045 6.7, transport-padding)."""
    return _PADDED.sub(b"=", octets) if b"= " in octets or b"=\t" in octets else octets


def _base64(octets: bytes) -> tuple[bytes, bytes]:
    """What is written as it should be takes two passes; everything else is looked at by what is wrong with it."""
    with contextlib.suppress(binascii.Error):
        return pybase64.b64decode(octets.translate(None, b"\r\n"), validate=True), b""
    foreign = octets.translate(None, _BASE64 + b"\r\n")
    if not foreign.strip(b"=") and octets.rstrip(_BLANK).endswith(foreign):
        return (octets.strip(_BLANK) if _is_a_word(octets) else _lines(octets)), b""
    end = _end_of_base64(octets)
    if end is None:  # noise among the lines: what is no base64 is to be ignored (RFC 2045 6.8)
        return _letters(octets), b""
    whole = octets[:end].translate(None, _BLANK)
    if not whole:  # no base64 at all: the field is wrong, and what is there is the content
        return (_letters(octets) if _is_short_and_noisy(octets) else octets), b""
    return b"".join(_letters(chunk[0]) for chunk in _CHUNK.finditer(whole)), octets[end:].strip(b"\r\n")


def _end_of_base64(octets: bytes) -> int | None:
    """Where the lines of base64 end for good; None when they go on after lines that are none."""
    if octets.count(b"\n") > _LINES:  # nobody writes so many; each would cost more than it holds
        return None
    width, is_last, noisy = 0, False, False
    for found in _LINE.finditer(octets):
        line = found[0].strip(_BLANK)
        if not line:
            continue
        plain = _LETTERS.match(line) is not None
        is_base64 = plain or ((noisy or len(line) >= _FULL_LINE) and _is_noisy(line))
        noisy = noisy or (is_base64 and not plain)
        if not is_base64 or (is_last and len(line) != width):
            return None if _RESUMED.search(octets, found.end()) else found.start()
        width = width or len(line)
        is_last = len(line) < width or line.endswith(b"=")
    return len(octets)


def _is_a_word(octets: bytes) -> bool:
    """A few letters in a number that base64 never has, in one line: what is there is the content."""
    letters = octets.strip(_BLANK)
    return len(letters) < _FULL_LINE and len(letters) % 4 == 1 and letters.isalnum()


def _is_short_and_noisy(octets: bytes) -> bool:
    """One short line that ends as base64 does, and is it but for a sign or two."""
    line = octets.strip(_BLANK)
    letters = line.translate(None, line.translate(None, _BASE64 + b"="))
    return line.endswith(b"=") and len(letters) % 4 == 0 and b"\n" not in line and _is_noisy(line)


def _is_noisy(line: bytes) -> bool:
    """Letters of base64 with a little noise among them, but no blank."""
    return len(line.translate(None, _BASE64 + b"=")) <= _NOISE and b" " not in line


def _lines(octets: bytes) -> bytes:
    """The content of nothing but letters and line ends, which need not be taken out before."""
    try:
        return binascii.a2b_base64(octets)
    except binascii.Error:  # a letter too many, or too little padding
        return _letters(octets)


def _letters(octets: bytes) -> bytes:
    letters = octets.translate(None, _BLANK)
    if letters.rstrip(b"=").translate(None, _BASE64):
        letters = bytes(octet for octet in letters if octet in _BASE64)
    letters = letters.rstrip(b"=")
    whole = len(letters) - (len(letters) % 4 == 1)
    return binascii.a2b_base64(letters[:whole] + b"=" * (-whole % 4))


def _uu_line(line: bytes) -> bytes:
    """The octets of a line of uuencode; some encoders fill the last group of letters with anything."""
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:
        return binascii.a2b_uu(line[: (((line[0] - 32) & 63) * 4 + 5) // 3])


def _yencoded(octets: bytes) -> tuple[bytes, bytes]:
    """The first file written by yEnc 1.3, and what stands behind it; everything where there is none."""
    begin, end = _Y_BEGIN.search(octets), _Y_END.search(octets)
    if begin is None or end is None or end.start() < begin.end():
        return octets, b""
    encoded = octets[begin.end() : end.start()].translate(None, b"\r\n")
    critical = _Y_ESCAPED.sub(lambda found: bytes(((found[1][0] - 64) % 256,)), encoded)
    return critical.translate(_Y_DECODED), octets[end.end() :].strip()


def uuencoded(octets: bytes) -> Iterator[tuple[bytes, bytes, int, int]]:
    """Files written into a text by uuencode: name, content, where the block begins and ends."""
    at = 0
    while (begin := _UU_BEGIN.search(octets, at)) is not None:
        pieces: list[bytes] = []
        at = end = begin.end()
        for found in _LINE.finditer(octets, begin.end()):
            line = found[0].rstrip(b"\r\n")
            end = found.end()
            if line.strip() == b"end":
                at = end
                yield begin[1].strip(), b"".join(pieces), begin.start(), end
                break
            try:
                pieces.append(_uu_line(line) if line.strip() else b"")
            except binascii.Error:
                break
            if not found[0]:
                break
