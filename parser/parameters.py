"""Parameters of Content-Type and Content-Disposition (RFC 2045 5.1, RFC 2231), as they are really written.

A value may be unquoted with blanks in it, raw 8-bit, cut into numbered sections in any order,
percent-encoded with or without a charset, or quoted with a Windows path in it. The first
parameter of a name counts; the encoded form of a name counts before the plain one. Where two
boundaries are named it `disagrees`: readers take the one or the other for the parts.
"""

import re
from typing import Final

from models.limits import PARAMETERS
from parser.charset import decode

_TYPE: Final = re.compile(rb"\s*([\w.+-]{1,127})\s*/\s*([\w.+-]{1,127})")
_DISPOSITION: Final = re.compile(rb"\s*\"?([\w-]{1,60})")
_PARAMETER: Final = re.compile(rb';\s*([^\s=;"]{1,80})\s*=\s*("(?:[^"\\]++|\\.|\\\Z)*"?|[^;]*)', re.DOTALL)
_SECTION: Final = re.compile(rb"([^*]+)(?:\*(\d{1,4}))?(\*)?\Z")
_ENCODED: Final = re.compile(rb"([\w.:+-]{0,40})'[\w-]{0,40}'(.*)\Z", re.DOTALL)
_PERCENT: Final = re.compile(rb"%([0-9A-Fa-f]{2})")
_ESCAPED: Final = re.compile(rb'\\(["\\])')


class Parameters:
    """A field's main value in lower case, "" when it has none that could be one, and its parameters."""

    def __init__(self, value: bytes) -> None:
        self.type = "/".join(piece.decode("ascii", "replace").lower() for piece in _pair(value))
        first = _DISPOSITION.match(value)
        self.disposition = first[1].decode("ascii", "replace").lower() if first else ""
        self.disagrees = False
        self._plain: dict[bytes, bytes] = {}
        self._sections: dict[bytes, dict[int, tuple[bytes, bool]]] = {}
        for number, found in enumerate(_PARAMETER.finditer(value)):
            if number == PARAMETERS:
                break
            self._keep(found[1].lower(), _unquoted(found[2]))

    def _keep(self, name: bytes, value: bytes) -> None:
        section = _SECTION.match(name)
        if section is None or (section[2] is None and section[3] is None):
            first = self._plain.setdefault(name, value)
            self.disagrees = self.disagrees or (name == b"boundary" and first != value)
        else:
            whole = -1 if section[2] is None else int(section[2])
            self._sections.setdefault(section[1], {}).setdefault(whole, (value, section[3] is not None))

    def octets(self, name: str) -> tuple[bytes, str | None]:
        """The value of a parameter and its charset, None where it names none; empty when there is none."""
        sections = self._sections.get(name.encode())
        if not sections:
            return self._plain.get(name.encode(), b""), None
        if -1 in sections:  # RFC 2231 4: in one piece
            sections = {0: sections[-1]}
        charset: str | None = None
        pieces: list[bytes] = []
        for place, number in enumerate(sorted(sections)):
            value, is_encoded = sections[number]
            if is_encoded and place == 0 and (declared := _ENCODED.match(value)) is not None:
                charset, value = declared[1].decode("ascii") or None, declared[2]
            pieces.append(_PERCENT.sub(_octet, value) if is_encoded else value)
        return b"".join(pieces), charset

    def text(self, name: str) -> str:
        """A parameter as text; "" when there is none."""
        octets, charset = self.octets(name)
        return decode(octets, charset)[0] if octets else ""


def _pair(value: bytes) -> tuple[bytes, ...]:
    found = _TYPE.match(value)
    return found.groups() if found else ()


def _octet(found: re.Match[bytes]) -> bytes:
    return bytes([int(found[1], 16)])


def _unquoted(value: bytes) -> bytes:
    """A value without its quotes; only quotes and backslashes are unescaped, so that `C:\\new.txt` survives."""
    value = value.strip()
    if value[:1] != b'"':
        return value
    inside = value[1:-1] if len(value) > 1 and value.endswith(b'"') else value[1:]
    return _ESCAPED.sub(rb"\1", inside)
