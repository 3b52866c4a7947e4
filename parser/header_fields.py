"""The header block as fields (RFC 5322 2.2), read from octets and never guessed away.

Where other readers disagree, an attacker chooses: a bare CR that one takes for a line end
hides a second From from another (threats M6, A-3). So every kind of line end counts as one
here, a line that is no field is skipped only when fields go on after it, and all fields of
a name are kept, in order.
"""

import itertools
import re
from dataclasses import dataclass, field
from typing import Final

from models.limits import HEADER_BLOCK_BYTES, HEADER_FIELD_BYTES, HEADER_FIELDS

_LINE_END: Final = rb"(?:\r\n|\n|\r(?!\n))"
_EMPTY_LINE: Final = re.compile(_LINE_END + _LINE_END)
_LINE_ENDS: Final = re.compile(_LINE_END)
_FIELD_START: Final = re.compile(rb"([!-9;-~]{1,997})[ \t]*:")
_OF_A_PART: Final = re.compile(rb"content-", re.IGNORECASE)
_SEEN: Final = re.compile(rb"[^!-~]")
_BLANK: Final = b" \t"
_LONGEST_BLOCK_BYTES: Final = 8 * HEADER_BLOCK_BYTES
# The fields that rules read.
_ESSENTIAL: Final = re.compile(
    rb"(?:\A|(?<=[\r\n]))(from|sender|reply-to|subject|date|message-id|in-reply-to|references|content-type"
    rb"|to|cc|auto-submitted|precedence|list-id|list-post|list-unsubscribe|received|authentication-results"
    rb"|delivered-to|envelope-to|x-[a-z\-]{1,40})[ \t]*:([^\r\n]*(?:(?:\r\n|\n|\r)[ \t][^\r\n]*)*)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class HeaderFields:
    """All fields of a header block: lower-case name and unfolded raw value, in order."""

    fields: tuple[tuple[str, bytes], ...]
    marks: tuple[str, ...] = ()
    _by_name: dict[str, list[bytes]] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        """Sort the values by name once: there are some dozens of questions to every header."""
        for name, value in self.fields:
            self._by_name.setdefault(name, []).append(value)

    def all(self, name: str) -> list[bytes]:
        """Every value of a field, in order."""
        return list(self._by_name.get(name, ()))

    def first(self, name: str) -> bytes | None:
        """The first value of a field, or None."""
        values = self._by_name.get(name)
        return values[0] if values else None


class HeaderTooLarge(ValueError):
    """The header block goes over a limit; the message is read in safe mode."""


def split(raw: bytes) -> tuple[HeaderFields, bytes]:
    """Header fields and body of a message. Raises HeaderTooLarge over a limit of models.limits."""
    if _LINE_ENDS.match(raw):  # a leading empty line: there is no header at all (E-16)
        return HeaderFields((), ("the message starts with an empty line",)), raw
    end = _EMPTY_LINE.search(raw, 0, HEADER_BLOCK_BYTES + 4)
    if end is None and len(raw) > HEADER_BLOCK_BYTES:
        raise HeaderTooLarge(f"the header block is larger than {HEADER_BLOCK_BYTES} octets")
    block = raw if end is None else raw[: end.start()]
    fields, rest, marks = _fields(_LINE_ENDS.split(block))
    body = b"" if end is None else raw[end.end() :]
    if rest:  # the empty line is missing: what follows the last field is body (X-broken senders)
        body = b"\n".join(rest) + (b"" if end is None else b"\n\n" + body)
    return HeaderFields(tuple(fields), tuple(marks)), body


def essential(raw: bytes) -> tuple[HeaderFields, bytes]:
    """Of a header block over a limit: the fields that decide, from all of it, and the body; never raises.

    All of it, because what stands behind a limit would otherwise not count: a second From
    (B-2), or the mark of a machine (D-2). A block of which the end cannot be found within
    a few times the limit, or with too many such fields, names no author.
    """
    end = _EMPTY_LINE.search(raw, 0, _LONGEST_BLOCK_BYTES)
    block = raw[:_LONGEST_BLOCK_BYTES] if end is None else raw[: end.start()]
    found = list(itertools.islice(_ESSENTIAL.finditer(block), HEADER_FIELDS + 1))
    fields = [(field[1].decode("ascii").lower(), [b"".join(_LINE_ENDS.split(field[2]))]) for field in found]
    if len(found) > HEADER_FIELDS or len(block) < (len(raw) if end is None else 0):
        fields.append(("from", [b""]))
    marks: list[str] = []
    body = raw[len(block) // 8 if end is None else end.end() :]
    return HeaderFields(tuple(_unfolded(fields, marks)), tuple(marks)), body


def _fields(lines: list[bytes]) -> tuple[list[tuple[str, bytes]], list[bytes], list[str]]:
    fields: list[tuple[str, list[bytes]]] = []
    marks: list[str] = []
    for number, line in enumerate(lines):
        start = _FIELD_START.match(line)
        if line[:1] in (b" ", b"\t") and fields:
            fields[-1][1].append(line)
        elif start is not None:
            if len(fields) == HEADER_FIELDS:
                raise HeaderTooLarge(f"there are more than {HEADER_FIELDS} header fields")
            fields.append((start[1].decode("ascii").lower(), [line[start.end() :]]))
        elif number == 0 and line.startswith((b"From ", b">From ")):
            marks.append("an mbox line stood before the header")
        elif line:
            if not _goes_on(lines, number + 1) or _begins_parts(lines, number, fields):
                marks.append("the empty line after the header was missing")
                return _unfolded(fields, marks), lines[number:], marks
            marks.append("a line in the header was no field")
            if _SEEN.sub(b"", line)[:5].lower() == b"from:":  # other readers drop the octets before or in its name
                fields.append(("from", [line]))
    return _unfolded(fields, marks), [], marks


def _goes_on(lines: list[bytes], number: int) -> bool:
    """Whether the header continues after a line that is no field."""
    return number < len(lines) and _FIELD_START.match(lines[number]) is not None


def _begins_parts(lines: list[bytes], number: int, fields: list[tuple[str, list[bytes]]]) -> bool:
    """Whether a line that is no field begins the first part: 4D writes a blank into the empty line above it.

    It is a boundary that the header names, and nothing but fields of a part (RFC 2045 3) stands below it.
    What stands below is looked at first, to the next line that is none: so no line is looked at twice.
    """
    boundary = lines[number].removeprefix(b"--").rstrip(_BLANK)
    if not boundary or boundary == lines[number].rstrip(_BLANK):
        return False
    below = (lines[nth] for nth in range(number + 1, len(lines)))
    if not all(line[:1] in {b" ", b"\t"} or _OF_A_PART.match(line) for line in below):
        return False
    return any(name == "content-type" and boundary in b"".join(pieces) for name, pieces in fields)


def _unfolded(fields: list[tuple[str, list[bytes]]], marks: list[str]) -> list[tuple[str, bytes]]:
    unfolded = [(name, b"".join(pieces).strip(_BLANK)) for name, pieces in fields]
    if any(len(value) > HEADER_FIELD_BYTES for _, value in unfolded):
        marks.append("a header field was cut")
    return [(name, value[:HEADER_FIELD_BYTES]) for name, value in unfolded]
