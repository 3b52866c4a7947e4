"""What Outlook packs into winmail.dat: the text and the files of a message (MS-OXTNEF).

The stream is a row of attributes: those of the message, then those of each file, which begins
with its rendering data. MAPI properties within an attribute have a type, a number, and values
padded to four octets. Everything is bounded by the octets there are; the first thing that does
not fit ends the reading, what came before it is kept, and that it is damaged is said.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from models.limits import TNEF_ATTRIBUTES, TNEF_FILES, TNEF_PROPERTIES
from parser.charset import decode, without_halves
from parser.charset_labels import label_of_code_page
from parser.html_text import text_of
from parser.rtf import text_of_rtf

SIGNATURE: Final = b"\x78\x9f\x3e\x22"
KINDS: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})

_HEADER: Final = 6
_ATTRIBUTE: Final = struct.Struct("<BHHL")
_CHECKSUM: Final = 2
_BODY: Final = 0x800C
_FILE_BEGINS: Final = 0x9002
_FILE_CONTENT: Final = 0x800F
_FILE_TITLE: Final = 0x8010
_FILE_PROPERTIES: Final = 0x9005
_PROPERTIES: Final = 0x9003
_CODE_PAGE: Final = 0x9007

# MAPI properties (MS-OXPROPS) by number.
_PR_BODY: Final = 0x1000
_PR_RTF: Final = 0x1009
_PR_HTML: Final = 0x1013
_PR_CONTENT: Final = 0x3701
_PR_NAME: Final = 0x3704
_PR_LONG_NAME: Final = 0x3707
_PR_MIME: Final = 0x370E
_PR_CONTENT_ID: Final = 0x3712
_PR_SHOWN_NAME: Final = 0x3001

_FIXED: Final = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 10: 4, 11: 4, 20: 8, 64: 8, 72: 16}
"""Octets of the types of fixed length, with their padding."""
_OBJECT: Final = 0x0D
_STRING: Final = 0x1E
_UNICODE: Final = 0x1F
_VARIABLE: Final = frozenset({_OBJECT, _STRING, _UNICODE, 0x102})
_MANY: Final = 0x1000
_NAMED: Final = 0x8000
_INTERFACE_OCTETS: Final = 16  # before the content of an object: which interface it is of
_LONGEST_NAME: Final = 1_000

Properties = dict[int, tuple[int, bytes]]


@dataclass(slots=True)
class TnefFile:
    """One file: as much of its name and kind as the stream says."""

    name: str = ""
    content: bytes = b""
    kind: str = ""
    content_id: str = ""
    is_message: bool = False


@dataclass(slots=True)
class Tnef:
    """What was packed; `is_damaged` where it ended before its end, or went over a limit."""

    files: list[TnefFile] = field(default_factory=list)
    is_damaged: bool = False
    body: bytes = b""
    properties: Properties = field(default_factory=dict)
    charset: str | None = None

    def text(self) -> str:
        """The text of the message: plain, else of its page, else of its rich text."""
        plain, page, rich = (self.properties.get(one) for one in (_PR_BODY, _PR_HTML, _PR_RTF))
        if plain is not None and (text := _decoded(plain, self.charset)).strip():
            return text
        if self.body:
            return _decoded((_STRING, self.body), self.charset)
        if page is not None:
            return text_of(_decoded(page, self.charset).replace("\r\n", "\n"))[0]
        return text_of_rtf(rich[1]) if rich is not None else ""


def read(octets: bytes) -> Tnef | None:
    """The content of a TNEF stream, None where it is none. Never raises."""
    if not octets.startswith(SIGNATURE):
        return None
    found = Tnef()
    for number, value in _attributes(octets, found):
        if number == _CODE_PAGE and len(value) >= 4:
            found.charset = label_of_code_page(int.from_bytes(value[:4], "little"))
        elif number == _FILE_BEGINS:
            if len(found.files) == TNEF_FILES:
                found.is_damaged = True
                break
            found.files.append(TnefFile())
        elif number == _BODY:
            found.body = value
        elif number == _PROPERTIES:
            found.properties = _properties(value, found)
        elif found.files:
            _of_file(found.files[-1], number, value, found)
    return found


def _attributes(octets: bytes, found: Tnef) -> Iterator[tuple[int, bytes]]:
    """The attributes of a stream by number, as long as they fit."""
    at = _HEADER
    for _ in range(TNEF_ATTRIBUTES):
        if at >= len(octets):
            return
        if at + _ATTRIBUTE.size > len(octets):
            break
        _, number, _, length = _ATTRIBUTE.unpack_from(octets, at)
        at += _ATTRIBUTE.size
        value = octets[at : at + length]
        yield number, value
        if len(value) < length:
            break
        at += length + _CHECKSUM
    found.is_damaged = True


def _of_file(file: TnefFile, number: int, value: bytes, found: Tnef) -> None:
    """What one attribute says of the file it stands behind."""
    charset = found.charset
    if number == _FILE_TITLE:
        file.name = file.name or _string((_STRING, value), charset)
    elif number == _FILE_CONTENT:
        file.content = file.content or value
    elif number == _FILE_PROPERTIES:
        properties = _properties(value, found)
        names = (_string(properties.get(one), charset) for one in (_PR_LONG_NAME, _PR_SHOWN_NAME, _PR_NAME))
        file.name = next(filter(None, names), file.name)
        file.kind = _string(properties.get(_PR_MIME), charset)
        file.content_id = _string(properties.get(_PR_CONTENT_ID), charset)
        kind, content = properties.get(_PR_CONTENT, (0, b""))
        if kind == _OBJECT and content:
            content = content[_INTERFACE_OCTETS:]
            file.is_message = content.startswith(SIGNATURE)
        file.content = content or file.content


def _properties(octets: bytes, found: Tnef) -> Properties:
    """MAPI properties by number, each with its type and its first value."""
    properties: Properties = {}
    count = int.from_bytes(octets[:4], "little")
    at = 4
    for _ in range(min(count, TNEF_PROPERTIES)):
        kind, number = int.from_bytes(octets[at : at + 2], "little"), int.from_bytes(octets[at + 2 : at + 4], "little")
        at = _behind_name(octets, at + 4) if number >= _NAMED else at + 4
        value, at = _value(octets, at, kind)
        if at > len(octets) or value is None:
            found.is_damaged = True
            break
        properties.setdefault(number, (kind, value))
    found.is_damaged = found.is_damaged or count > TNEF_PROPERTIES
    return properties


def _behind_name(octets: bytes, at: int) -> int:
    """Where the name of a property ends: a GUID, then a number, or a string with its length."""
    kind = int.from_bytes(octets[at + 16 : at + 20], "little")
    length = int.from_bytes(octets[at + 20 : at + 24], "little")
    return at + 24 + (_padded(length) if kind else 0)


def _value(octets: bytes, at: int, kind: int) -> tuple[bytes | None, int]:
    """The first value of a property, and where the property ends; None of a type nobody knows."""
    plain = kind & ~_MANY
    is_variable = plain in _VARIABLE
    if plain in _FIXED and not kind & _MANY:
        return octets[at : at + _FIXED[plain]], at + _FIXED[plain]
    if plain not in _FIXED and not is_variable:
        return None, at
    values = int.from_bytes(octets[at : at + 4], "little")
    at += 4
    if not is_variable:
        return octets[at : at + _FIXED[plain]], at + values * _FIXED[plain]
    if values > TNEF_PROPERTIES:
        return None, at
    first = b""
    for number in range(values):
        length = int.from_bytes(octets[at : at + 4], "little")
        if number == 0:
            first = octets[at + 4 : at + 4 + length]
        at += 4 + _padded(length)
        if at > len(octets):
            break
    return first, at


def _padded(length: int) -> int:
    return length + -length % 4


def _string(value: tuple[int, bytes] | None, charset: str | None) -> str:
    if value is None:
        return ""
    kind, octets = value
    return _decoded((kind, octets[:_LONGEST_NAME]), charset).strip()


def _decoded(value: tuple[int, bytes], charset: str | None) -> str:
    """The value of a property as text, up to the NUL that ends it."""
    kind, octets = value
    if kind == _UNICODE:
        return without_halves(octets.decode("utf-16-le", "replace").partition("\0")[0])
    return decode(octets.partition(b"\0")[0], charset)[0]
