"""The MIME structure of a message (RFC 2045, 2046): parts in order, within limits, never recursive.

The standard library's compat32 parser builds the tree (policy.default takes 38 s for one
hostile header); whatever would make it slow or deep is counted on the octets
before it sees one. Over a limit TooComplex is raised and the message is read in safe mode.
"""

import copy
import email
import re
from email.message import Message as Part
from typing import Final

from models.limits import DEPTH, PARAMETERS, PARTS
from parser.charset import decode
from parser.header_fields import HeaderFields

_STRUCTURAL: Final = re.compile(
    rb"^content-(?:type|disposition)[ \t]*:[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*", re.IGNORECASE | re.MULTILINE
)
_BOUNDARY: Final = re.compile(
    rb"boundary[*0-9]{0,4}[ \t]*=[ \t]*(?:\"([^\"\r\n]{1,512})\"|([^\s;\"]{1,512}))", re.IGNORECASE
)


_BROKEN_PARAMETER: Final = (ValueError, TypeError, LookupError)  # UnicodeError is a ValueError

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


def read(fields: HeaderFields, body: bytes) -> Part:
    """The tree of a message. Raises TooComplex."""
    _check(fields, body)
    content = b"".join(
        name.encode() + b": " + value + b"\n"
        for name, value in fields.fields
        if name.startswith("content-") or name == "mime-version"
    )
    try:
        tree = email.message_from_bytes(content + b"\n" + body)
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


def _check(fields: HeaderFields, body: bytes) -> None:
    """Count what makes a structure expensive, on the octets."""
    structural = [value for name in ("content-type", "content-disposition") for value in fields.all(name)]
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
    """The parts of a multipart or of an attached message; none of a leaf."""
    payload = part.get_payload() if part.is_multipart() else []
    return [child for child in payload if isinstance(child, Part)]


def numbered(part: Part, path: str) -> list[tuple[Part, str]]:
    """The children of a part with their numbers in the structure ("1" gives "1.1", "1.2")."""
    return [(child, f"{path}.{number}") for number, child in enumerate(children_of(part), 1)]


def is_attached_message(part: Part) -> bool:
    """Whether a part is a message or report of its own, never the writer's words."""
    return part.get_content_maintype() == "message"


def parameter(part: Part, name: str, header: str = "content-type") -> str:
    """A parameter of a part's field as text (RFC 2231); "" when there is none that can be read."""
    try:
        value = part.get_param(name, "", header)
    except _BROKEN_PARAMETER:  # the library's decoder of RFC 2231 raises on odd numbering and on no charsets
        return ""
    if isinstance(value, tuple):
        label, _, octets = value
        return decode(octets.encode("latin-1", "replace"), label or None)[0]
    return str(value)


def file_name(part: Part) -> str:
    """The name a part gives itself, as it is written; "" when it gives none."""
    return parameter(part, "filename", "content-disposition") or parameter(part, "name")


def report_type(tree: Part) -> str:
    """What a multipart/report reports (RFC 6522), by its parameter or by the report in it; "" when nothing we know."""
    names = [parameter(tree, "report-type")]
    names += [child.get_content_subtype() for child in children_of(tree) if is_attached_message(child)]
    return next((REPORTS[name.lower()] for name in names if name.lower() in REPORTS), "")


def octets_of(part: Part) -> bytes:
    """The decoded content of a leaf, whatever its transfer encoding claims; never raises."""
    try:
        payload = part.get_payload(decode=True)
    except (UnicodeError, ValueError):  # the library tries the part's charset on the way, and some are no charset
        part = copy.copy(part)
        del part["content-type"]
        payload = part.get_payload(decode=True)
    if isinstance(payload, bytes):
        return payload
    text = part.get_payload()
    return text.encode("utf-8", "surrogateescape") if isinstance(text, str) else b""
