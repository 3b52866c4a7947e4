"""The text of rich text (RTF 1.9), and of its compressed form (MS-OXRTFCP): enough for a body nobody wrote otherwise.

Bounded and total: what goes over the limit is cut, what is not understood is passed over.
Rich text that Outlook made of HTML (MS-OXRTFEX) has the tags in groups of their own, and what
only readers of rich text need between `\\htmlrtf` and `\\htmlrtf0`: so the page is had back.
"""

import re
from typing import Final

from models.limits import RTF_BYTES
from parser.charset import decode, without_halves
from parser.charset_labels import label_of_code_page
from parser.html_text import text_of

_COMPRESSED: Final = b"LZFu"
_STORED: Final = b"MELA"
_HEADER: Final = 16
_WINDOW: Final = 4_096
_BEGINNING: Final = (
    rb"{\rtf1\ansi\mac\deff0\deftab720{\fonttbl;}{\f0\fnil \froman \fswiss \fmodern \fscript \fdecor MS Sans "
    rb"SerifSymbolArialTimes New RomanCourier{\colortbl\red0\green0\blue0" + b"\r\n" + rb"\par "
    rb"\pard\plain\f0\fs20\b\i\u\tab\tx"
)
"""What the window holds before the first octet (MS-OXRTFCP 2.2.2.1)."""
_TOKEN: Final = re.compile(
    rb"\\([a-zA-Z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-zA-Z'])|([{}])|[\r\n]+|([^\\{}\r\n]+)|\\"
)
_PASSED_OVER: Final = frozenset(
    [b"fonttbl", b"colortbl", b"stylesheet", b"info", b"pict", b"header", b"footer", b"listtable", b"object"]
)
_CHARACTERS: Final = {
    b"par": "\n", b"line": "\n", b"row": "\n", b"tab": "\t", b"cell": " | ", b"emdash": "\u2014", b"endash": "\u2013",
    b"lquote": "\u2018", b"rquote": "\u2019", b"ldblquote": "\u201c", b"rdblquote": "\u201d", b"bullet": "\u2022",
}  # fmt: skip
_ESCAPED: Final = {b"~": "\u00a0", b"_": "-", b"\\": "\\", b"{": "{", b"}": "}", b"\r": "\n", b"\n": "\n"}


def text_of_rtf(octets: bytes) -> str:
    """The text of rich text, compressed or not; "" where it is none."""
    source = uncompressed(octets)
    return _Reader().text(source) if source.lstrip().startswith(b"{\\rtf") else ""


def uncompressed(octets: bytes) -> bytes:
    """Rich text as it was before its compression (MS-OXRTFCP); at most RTF_BYTES of it."""
    kind = octets[8:12]
    if kind == _STORED:
        return octets[_HEADER : _HEADER + RTF_BYTES]
    if kind != _COMPRESSED:
        return octets[:RTF_BYTES]
    window = bytearray(_BEGINNING.ljust(_WINDOW, b"\0"))
    out = bytearray()
    write, at, end = len(_BEGINNING), _HEADER, len(octets)
    while at < end and len(out) < RTF_BYTES:
        control = octets[at]
        at += 1
        for bit in range(8):
            if at >= end:
                break
            if not control >> bit & 1:
                run = octets[at : at + 1]
                at += 1
            else:
                pair = int.from_bytes(octets[at : at + 2], "big")
                at += 2
                start, length = pair >> 4, (pair & 15) + 2
                if start == write % _WINDOW:  # the end is written as a reference to itself
                    return bytes(out)
                run = _referred(window, start, length, write)
            for octet in run:
                window[write % _WINDOW] = octet
                write += 1
            out += run
    return bytes(out)


def _referred(window: bytearray, start: int, length: int, write: int) -> bytes:
    """What a reference stands for; it may reach into what it writes itself."""
    gap = (write - start) % _WINDOW
    run = bytes(window[(start + step) % _WINDOW] for step in range(min(length, gap)))
    return (run * (length // gap + 1))[:length]


class _Reader:
    """Where the reading is: what the groups around it pass over, and how its octets are to be read."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._octets = bytearray()
        self._charset = "windows-1252"
        self._fallback = 1
        self._to_skip = 0
        self._groups: list[tuple[bool, int]] = []
        self._hidden = False
        self._switched_off = False
        self._begins = False
        self._is_page = False

    def text(self, source: bytes) -> str:
        for found in _TOKEN.finditer(source):
            word, number, octet, symbol, brace, plain = found.groups()
            begins, self._begins = self._begins, False
            if brace:
                self._group(opens=brace == b"{")
            elif word:
                self._word(word, int(number) if number else 1, is_first=begins)
            elif symbol == b"*" and begins:
                self._hidden = True
            elif octet:
                self._say_octets(bytes([int(octet, 16)]))
            elif symbol:
                self._say(_ESCAPED.get(symbol, ""))
            elif plain:
                self._say_octets(plain)
        self._flush()
        said = without_halves("".join(self._pieces))  # what lies beyond 16 bits is written as two
        return (text_of(said)[0] if self._is_page else said).strip()

    def _group(self, *, opens: bool) -> None:
        if opens:
            self._groups.append((self._hidden, self._fallback))
            self._begins = True
        elif self._groups:
            self._hidden, self._fallback = self._groups.pop()

    def _word(self, word: bytes, number: int, *, is_first: bool) -> None:
        if is_first and word in _PASSED_OVER:
            self._hidden = True
        elif word == b"htmlrtf":
            self._switched_off = number != 0
        elif word == b"fromhtml":
            self._is_page = True
        elif word == b"htmltag":
            self._hidden = not self._is_page
        elif word == b"ansicpg":
            self._charset = label_of_code_page(number)
        elif word == b"uc":
            self._fallback = max(0, min(number, 8))
        elif word == b"u":
            self._say(chr(number % 65_536))
            self._to_skip = self._fallback
        elif word in _CHARACTERS:
            self._say(_CHARACTERS[word])

    def _say(self, text: str) -> None:
        if text and not self._hidden and not self._switched_off:
            self._flush()
            self._pieces.append(text)
        self._to_skip = 0

    def _say_octets(self, octets: bytes) -> None:
        """Octets in the document's charset; those that stand in for a character already said are passed over."""
        skipped = min(self._to_skip, len(octets))
        self._to_skip -= skipped
        if not self._hidden and not self._switched_off:
            self._octets += octets[skipped:]

    def _flush(self) -> None:
        if self._octets:
            self._pieces.append(decode(bytes(self._octets), self._charset)[0])
            self._octets.clear()
