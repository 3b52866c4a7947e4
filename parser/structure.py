"""The MIME structure of a message (RFC 2045, 2046): parts in order, within limits, never recursive.

The standard library's compat32 parser finds the parts (policy.default takes 38 s for one
hostile header); whatever would make it slow or deep is counted on the octets before it sees
one. Over a limit TooComplex is raised and the message is read in safe mode.

A message or report that is attached is a leaf here: its octets stay as they came, to the
last one, and nothing in it can be taken for a part of ours.
"""

import email.message
import email.parser
import re
from typing import Final

from models.limits import DEPTH, PARAMETERS, PARTS
from parser import transfer
from parser.charset import decode
from parser.header_fields import HeaderFields
from parser.parameters import Parameters
from parser.words import decoded

_STRUCTURAL: Final = re.compile(
    rb"^content-(?:type|disposition)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_BOUNDARY: Final = re.compile(
    rb"boundary[*0-9]{0,4}[ \t]*=[ \t]*(?:\"([^\"\r\n]{1,512})\"|([^\s;\"]{1,512}))", re.IGNORECASE
)
_BROKEN_PARAMETER: Final = (ValueError, TypeError, LookupError)  # UnicodeError is a ValueError
_OPAQUE: Final = "application/octet-stream"

REPORTS: Final = {
    "delivery-status": "delivery-status",  # RFC 3464
    "global-delivery-status": "delivery-status",  # RFC 6533
    "disposition-notification": "disposition-notification",  # RFC 8098
    "global-disposition-notification": "disposition-notification",  # RFC 6533
    "feedback-report": "feedback-report",  # RFC 5965
}
"""Kinds of reports by the names that stand for them."""


class TooComplex(ValueError):
    """The structure goes over a limit; the message names it."""


class Part(email.message.Message):
    """A part as the standard library finds it; what is attached as a message is opaque to it.

    `kind` is the content type; the method that the library's parser asks says `_OPAQUE` for
    `message/...`, so that it never goes into one.
    """

    def __init__(self) -> None:
        super().__init__()
        self._read: dict[str, Parameters] = {}
        self._kind = ""

    @property
    def kind(self) -> str:
        if not self._kind:
            self._kind = self.parameters("content-type").type or self.get_default_type()
        return self._kind

    @property
    def main_kind(self) -> str:
        return self.kind.partition("/")[0]

    @property
    def disposition(self) -> str:
        """What Content-Disposition says (RFC 2183): inline, attachment, or "" when it says nothing."""
        return self.parameters("content-disposition").disposition

    def get_content_type(self) -> str:
        return _OPAQUE if self.kind.startswith("message/") else self.kind

    def field(self, name: str) -> bytes:
        """The first field of a name as it came, without white space around it; empty when there is none."""
        value = next((value for known, value in self.raw_items() if known.lower() == name), "")
        return value.encode("ascii", "surrogateescape").strip()

    def parameters(self, name: str) -> Parameters:
        """A structured field with its parameters, read once."""
        if name not in self._read:
            self._read[name] = Parameters(self.field(name))
        return self._read[name]

    def encoded(self) -> bytes:
        """The octets of a leaf as they came."""
        return self._payload.encode("ascii", "surrogateescape") if isinstance(self._payload, str) else b""

    def fill(self, body: bytes) -> None:
        """Make a leaf of it."""
        self._payload = body.decode("ascii", "surrogateescape")


def read(fields: HeaderFields, body: bytes) -> Part:
    """The tree of a message. Raises TooComplex."""
    structural = [(name, value) for name, value in fields.fields if name.startswith("content-")]
    for name in ("content-type", "content-transfer-encoding"):
        if len({b" ".join(value.lower().split()) for known, value in structural if known == name}) > 1:
            raise TooComplex(f"it has several {name.title()} fields, and readers disagree about its parts")  # E-14
    _check([value for name, value in structural if name in {"content-type", "content-disposition"}], body)
    root = Part()
    for name, value in structural:
        root[name] = value.decode("ascii", "surrogateescape")
    if root.main_kind != "multipart":
        root.fill(body)
        return root
    content = b"".join(name.encode() + b": " + value + b"\n" for name, value in structural)
    try:
        tree = email.parser.BytesParser(_class=Part).parsebytes(content + b"\n" + body)
    except RecursionError as error:
        raise TooComplex("its parts are nested too deep to be read") from error
    except _BROKEN_PARAMETER as error:
        raise TooComplex("a boundary in it cannot be read") from error
    _measure(tree)
    return tree


def _measure(tree: Part) -> None:
    """Refuse what is deeper or wider than the limits: after this, recursion over the tree is safe."""
    stack = [(tree, 1)]
    seen = 0
    while stack:
        part, depth = stack.pop()
        seen += 1
        if depth > DEPTH:
            raise TooComplex(f"its parts are nested deeper than {DEPTH}")
        if seen > PARTS:
            raise TooComplex(f"it has more than {PARTS} parts")
        stack.extend((child, depth + 1) for child in children_of(part))


def _check(structural: list[bytes], body: bytes) -> None:
    """Count what makes a structure expensive, on the octets."""
    structural += (match[0] for match in _STRUCTURAL.finditer(body))
    if any(value.count(b";") > PARAMETERS for value in structural):
        raise TooComplex(f"a header field of a part has more than {PARAMETERS} parameters")
    boundaries = {found[1] or found[2] for value in structural for found in _BOUNDARY.finditer(value)}
    if len(boundaries) > PARTS:
        raise TooComplex(f"it has more than {PARTS} multiparts")
    parts = 0
    for boundary in boundaries:
        parts += body.count(b"--" + boundary.rstrip())
        if parts > 2 * PARTS:
            raise TooComplex(f"it has more than {PARTS} parts")


def children_of(part: Part) -> list[Part]:
    """The parts of a multipart; none of a leaf."""
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)]


def numbered(part: Part, path: str) -> list[tuple[Part, str]]:
    """The children of a part with their numbers in the structure ("1" gives "1.1", "1.2")."""
    return [(child, f"{path}.{number}") for number, child in enumerate(children_of(part), 1)]


def is_attached_message(part: Part) -> bool:
    """Whether a part is a message or report of its own, never the writer's words."""
    return part.main_kind == "message"


def file_name(part: Part) -> str:
    """The name a part gives itself, as it is written; "" when it gives none.

    Its octets, when they name no charset of their own, may still hold encoded words.
    """
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        octets, charset = part.parameters(field).octets(parameter)
        if octets:
            return decode(octets, charset)[0] if charset else decoded(octets)
    return ""


def report_type(tree: Part) -> str:
    """What a multipart/report reports (RFC 6522), by its parameter or by the report in it; "" when nothing we know."""
    names = [tree.parameters("content-type").text("report-type")]
    names += [child.kind.partition("/")[2] for child in children_of(tree) if is_attached_message(child)]
    return next((REPORTS[name.lower()] for name in names if name.lower() in REPORTS), "")


def content_of(part: Part) -> tuple[bytes, bytes]:
    """The decoded content of a leaf, and the text that stands behind it; never raises."""
    encoding = part.field("content-transfer-encoding").decode("ascii", "replace")
    return transfer.decoded(part.encoded(), encoding)


def octets_of(part: Part) -> bytes:
    """The decoded content of a leaf, whatever its transfer encoding claims; never raises."""
    return content_of(part)[0]
