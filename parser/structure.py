"""The MIME structure of a message (RFC 2045, 2046): parts in order, within limits, never recursive.

The octets are cut at the boundaries, from the outside in: what a part contains can never end
the part around it. Each part's header is read by the same reader as the message's. Over a
limit TooComplex is raised and the message is read in safe mode; where a boundary never
comes, all of it is one text.

A message or report that is attached is a leaf here: its octets stay as they came, to the
last one, and nothing in it can be taken for a part of ours. What Outlook packs into a file
(parser.tnef), and what stands in an opaque signature (parser.signed_data), are parts like others.
"""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote_to_bytes

from models.limits import DEPTH, PARAMETERS, PARTS
from parser import header_fields, signed_data, tnef, transfer
from parser.charset import decode
from parser.charset_labels import codec_of
from parser.file_types import ANYTHING, type_of
from parser.header_fields import HeaderFields, HeaderTooLarge
from parser.parameters import Parameters
from parser.tnef import Tnef, TnefFile
from parser.words import decoded

_LINE_ENDS: Final = (b"\r\n", b"\n", b"\r")
_BLANK: Final = b" \t"
_TEXT: Final = "text/plain"
_MESSAGE: Final = "message/rfc822"

_OF_THE_MAIL: Final = frozenset({"", "smime.p7m"})
"""Names of what signs the mail itself (RFC 8551 3.2.1); a contract.p7m is a file that came with it."""
SIGNED_MARK: Final = "its text stands in an S/MIME signature, which nobody here verifies"
DAMAGED_MARK: Final = "its TNEF file (winmail.dat) is damaged or too large; what could be unpacked is listed beside it"
PACKED_MARK: Final = "it has a TNEF file (winmail.dat); what Outlook packed into that is not unpacked"

OTHER_BOUNDARY_MARK: Final = "its parts are told apart by another boundary than it names"
EARLY_END_MARK: Final = "parts stood behind the end of the parts, and were read too"
_BOUNDARY_IN_USE: Final = re.compile(
    rb"^--([^\r\n]{1,200})\r?\n(?=Content-(?:Type|Transfer-Encoding|Disposition)[ \t]*:)", re.I | re.M
)
"""A line that looks like a boundary, with a field of a part below it."""

_EXTENDED: Final = re.compile(rb"([A-Za-z0-9_-]{3,20})'[A-Za-z-]{0,8}'((?:[^%]|%[0-9A-Fa-f]{2}){1,1000})\Z")

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


class Part:
    """One part: its fields, and either the parts in it or its octets as they came.

    `kind` is the content type in lower case; what names none is text, in a digest a message
    (RFC 2046 5.1.5). `around` is what stands before and behind the parts in it. `packed` is
    what a TNEF file holds; `is_of_message` tells that a part is a message packed into one, or
    stood in such a message; `is_signature` that its part was taken out of a signature;
    `marks` of the outermost part say what is odd about any of them.
    """

    def __init__(self, fields: HeaderFields, encoded: bytes, *, default_kind: str = _TEXT) -> None:
        self.fields = fields
        self.encoded = encoded
        self.children: list[Part] = []
        self.around: tuple[bytes, bytes] = (b"", b"")
        self.packed: Tnef | None = None
        self.is_of_message = False
        self.is_signature = False
        self.is_unpacked = False
        self.marks: list[str] = []
        self._read: dict[str, Parameters] = {}
        self.kind = self.parameters("content-type").type or default_kind
        self.main_kind = self.kind.partition("/")[0]

    @property
    def disposition(self) -> str:
        """What Content-Disposition says (RFC 2183): inline, attachment, or "" when it says nothing."""
        return self.parameters("content-disposition").disposition

    @property
    def is_multipart(self) -> bool:
        """Whether there are parts in it; a multipart whose boundary never comes has none."""
        return bool(self.children)

    def field(self, name: str) -> bytes:
        """The first field of a name; empty when there is none."""
        return self.fields.first(name) or b""

    def parameters(self, name: str) -> Parameters:
        """A structured field with its parameters, read once. Raises TooComplex."""
        if name not in self._read:
            value = self.field(name)
            if value.count(b";") > PARAMETERS:
                raise TooComplex(f"a header field of a part has more than {PARAMETERS} parameters")
            self._read[name] = Parameters(value)
        return self._read[name]


def read(fields: HeaderFields, body: bytes) -> Part:
    """The tree of a message. Raises TooComplex."""
    for name in ("content-type", "content-transfer-encoding"):
        if len({b" ".join(value.lower().split()) for value in fields.all(name)}) > 1:
            raise TooComplex(f"it has several {name.title()} fields, and readers disagree about its parts")  # E-14
    root = Part(fields, body)
    root.parameters("content-disposition")
    seen = 1
    stack = [(root, 1)]
    while stack:
        part, depth = stack.pop()
        for child in _in(part, root):
            seen += 1
            if seen > PARTS:
                raise TooComplex(f"it has more than {PARTS} parts")
            part.children.append(child)
        if part.children:
            part.encoded = b""
            if depth == DEPTH:
                raise TooComplex(f"its parts are nested deeper than {DEPTH}")
            stack.extend((child, depth + 1) for child in part.children)
    return root


def _in(part: Part, root: Part) -> Iterator[Part]:
    """The parts in a part, in order."""
    if part.main_kind == "multipart":
        for piece in _pieces(part, root):
            yield _part(piece, part.kind)
        if part.around[0] is not part.encoded:  # its boundary came, so that its octets are those of its parts
            part.encoded = b""
    elif part.is_unpacked or part.main_kind != "application":
        return
    elif _is_one_of(part, tnef.KINDS, ending="winmail.dat"):
        yield from _packed(part, root)
    elif _is_one_of(part, signed_data.KINDS, ending=".p7m") and protects(part, root):
        yield from _signed(part, root)


def _is_one_of(part: Part, kinds: frozenset[str], *, ending: str) -> bool:
    """Whether a part is of one of those kinds, by its name where a gateway has forgotten the kind."""
    return part.kind in kinds or (part.kind == ANYTHING and file_name(part).lower().endswith(ending))


def _signed(part: Part, root: Part) -> Iterator[Part]:
    """What stands in the opaque signature of a mail; nothing where it is none, encrypted, or of a file."""
    content = signed_data.content(octets_of(part))
    entity = None if content is None else _part(content, part.kind)
    if entity is not None and entity.field("content-type"):
        part.is_signature = True
        root.marks.append(SIGNED_MARK)
        yield entity


def _packed(part: Part, root: Part) -> Iterator[Part]:
    """What is in a TNEF file: its files, and of a packed message its text; itself where that is not all."""
    found = tnef.read(octets_of(part))
    if found is None:
        root.marks.append(PACKED_MARK)
        return
    part.packed = found
    unpacked = list(_unpacked(part, found))
    yield from unpacked
    if found.is_damaged:
        root.marks.append(DAMAGED_MARK)
        if unpacked:  # else it is listed anyway, having no parts
            whole = Part(part.fields, part.encoded)
            whole.is_unpacked, whole.is_of_message = True, part.is_of_message
            yield whole


def _unpacked(part: Part, found: Tnef) -> Iterator[Part]:
    """The files in a TNEF file, and the text of a packed message as one more."""
    if part.is_of_message and (text := found.text().strip()):
        name, kind = f"{file_name(part)}.txt", b"text/plain; charset=utf-8"
        yield _file(name, kind, text.encode("utf-8", "replace"), is_of_message=True)
    for file in found.files:
        yield _file(
            file.name,
            b"application/ms-tnef" if file.is_message else _kind(file).encode("ascii", "replace"),
            file.content,
            content_id=file.content_id,
            is_of_message=part.is_of_message or file.is_message,
        )


def _kind(file: TnefFile) -> str:
    """The content type of a packed file, by what is said of it, else by its name; never one that holds parts."""
    said = Parameters(file.kind.encode("ascii", "replace")).type
    kind = said or type_of(file.name)
    return ANYTHING if kind.startswith("multipart/") else kind


def _file(name: str, kind: bytes, content: bytes, *, content_id: str = "", is_of_message: bool) -> Part:
    """A part for a packed file, its content as it is."""
    safe = name.encode("utf-8", "replace").translate(None, b'\r\n\0"\\')
    fields = [("content-type", kind), ("content-disposition", b'attachment; filename="%s"' % safe)]
    if content_id:
        fields.append(("content-id", b"<%s>" % content_id.encode("utf-8", "replace")))
    part = Part(HeaderFields(tuple(fields)), content)
    part.is_of_message = is_of_message
    return part


def _part(octets: bytes, kind_around: str) -> Part:
    """A part from its octets, its header first."""
    default_kind = _MESSAGE if kind_around == "multipart/digest" else _TEXT
    empty_line = next((end for end in _LINE_ENDS if octets.startswith(end)), None)
    if empty_line is not None:
        return Part(HeaderFields(()), octets[len(empty_line) :], default_kind=default_kind)
    try:
        fields, body = header_fields.split(octets)
    except HeaderTooLarge as error:
        raise TooComplex(f"in a part, {error}") from error
    part = Part(fields, body, default_kind=default_kind)
    part.parameters("content-disposition")
    return part


def _pieces(part: Part, root: Part) -> Iterator[bytes]:
    """The octets of the parts in a multipart, in order, without the line end that belongs to a boundary."""
    octets = part.encoded
    if part.parameters("content-type").disagrees:
        raise TooComplex("it names two boundaries, and readers disagree about its parts")  # E-14
    boundary = part.parameters("content-type").octets("boundary")[0].rstrip(_BLANK)
    is_used = boundary and b"--" + boundary in octets
    if not is_used and (used := _BOUNDARY_IN_USE.search(octets)):
        boundary = used[1].rstrip(_BLANK)
        root.marks.append(OTHER_BOUNDARY_MARK)
    start: int | None = None
    before, behind, has_ended = octets, b"", False
    for at, end, is_last in _delimiters(octets, boundary) if boundary else ():
        if start is None:
            before = octets[:at]
        elif not has_ended:
            yield octets[start : max(start, at)]
        else:  # the end came too early, as where parts within parts have the same boundary
            says_more = bool(octets[start:at].strip())
            if says_more or not is_last:
                root.marks.append(EARLY_END_MARK)
            if says_more:
                yield octets[start : max(start, at)]
        start, has_ended = end, is_last
    if start is not None and not has_ended:
        yield octets[start:]
    elif start is not None:
        behind = octets[start:]
    part.around = (before, behind)


def _delimiters(octets: bytes, boundary: bytes) -> Iterator[tuple[int, int, bool]]:
    """Every line that is a boundary: where the content before it ends, where the next one begins, whether it closes.

    Raises TooComplex where there is more to look at than any mail needs.
    """
    line = b"--" + boundary
    if octets.count(line) > 2 * PARTS:
        raise TooComplex(f"it has more than {PARTS} parts")
    at = octets.find(line)
    while at >= 0:
        end = at + len(line)
        closes = octets.startswith(b"--", end)
        end += 2 * closes
        while octets[end : end + 1] in (b" ", b"\t"):
            end += 1
        line_end = next((one for one in _LINE_ENDS if octets.startswith(one, end)), None)
        if (line_end is not None or end == len(octets)) and (at == 0 or octets[at - 1] in b"\r\n"):
            before = at - 2 if octets[max(0, at - 2) : at] == b"\r\n" else max(0, at - 1)
            yield before, end + len(line_end or b""), closes
        at = octets.find(line, max(end, at + 1))


def numbered(part: Part, path: str) -> list[tuple[Part, str]]:
    """The parts in a part with their numbers in the structure ("1" gives "1.1", "1.2")."""
    return [(child, f"{path}.{number}") for number, child in enumerate(part.children, 1)]


def leaves(tree: Part) -> Iterator[tuple[Part, str]]:
    """Every part that has no parts in it, in order, with its number."""
    stack = [(tree, "1")]
    while stack:
        part, path = stack.pop()
        if part.children:
            stack.extend(reversed(numbered(part, path)))
        else:
            yield part, path


def is_attached_message(part: Part) -> bool:
    """Whether a part is a message or report of its own, never the writer's words."""
    return part.main_kind == "message"


def protects(part: Part, tree: Part) -> bool:
    """Whether an S/MIME part signs or encrypts the mail itself, and is no signed file that came with it."""
    return part is tree or file_name(part).lower() in _OF_THE_MAIL


def file_name(part: Part) -> str:
    """The name a part gives itself, as it is written; "" when it gives none.

    Its octets, when they name no charset of their own, may still hold encoded words.
    """
    for field, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        octets, charset = part.parameters(field).octets(parameter)
        if not charset and (extended := _EXTENDED.match(octets)) and codec_of(label := extended[1].decode("ascii")):
            octets, charset = unquote_to_bytes(extended[2]), label  # its asterisk is missing (RFC 2231 4)
        if octets:
            return decode(octets, charset)[0] if charset else decoded(octets)
    return ""


def report_type(tree: Part) -> str:
    """What a multipart/report reports (RFC 6522), by its parameter or by the report in it; "" when nothing we know."""
    names = [tree.parameters("content-type").text("report-type")]
    names += [child.kind.partition("/")[2] for child in tree.children if is_attached_message(child)]
    return next((REPORTS[name.lower()] for name in names if name.lower() in REPORTS), "")


def content_of(part: Part) -> tuple[bytes, bytes]:
    """The decoded content of a leaf, and the text that stands behind it; never raises."""
    encoding = part.field("content-transfer-encoding").decode("ascii", "replace")
    return transfer.decoded(part.encoded, encoding)


def octets_of(part: Part) -> bytes:
    """The decoded content of a leaf, whatever its transfer encoding claims; never raises."""
    return content_of(part)[0]
