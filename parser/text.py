"""Which parts are what the person wrote, and what they say.

Text parts that are meant to be read inline are joined in their order; of alternatives all
that any of them says (parser.forms). An attached message is never read as the writer's own
words. What is not certain is kept: text too much costs a glance, text lost costs a case.
"""

import itertools
import re
from dataclasses import dataclass
from typing import Final

from models.limits import TEXT_CHARACTERS
from parser.charset import decode
from parser.forms import all_that_is_said, full_text, repeats
from parser.html_text import stripped
from parser.structure import Part, file_name, is_attached_message, leaves, numbered, octets_of
from parser.text_piece import File, Piece, is_page, label_of, label_of_page, piece_of, says, with_line_feeds

_READABLE: Final = frozenset({"text/plain", "text/html"})
_FILES: Final = frozenset(
    {"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/rfc822-headers"}
)
_NAMED_BY_EXCHANGE: Final = re.compile(r"att\d{3,6}\.(?:txt|html?)\Z", re.IGNORECASE)
"""Exchange makes files (ATT00001.txt) of what users of Apple Mail write between and below their pictures."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of a message; `read` are the parts it was read from, their other forms included."""

    text: str
    cut: bool
    read: frozenset[str]
    marks: tuple[str, ...]
    files: tuple[File, ...]


def read(tree: Part) -> Reading:
    """The text a message says. The tree is within limits (parser.structure), so recursion is safe."""
    said, read_paths = _said(tree, "1", alone=not tree.is_multipart)
    if not any(says(piece.text) for piece in said):
        said = _packed(tree)
    if not said:
        # No part is plainly the text: then whatever is text and not plainly a file is read, and listed too.
        said, _ = _said(tree, "1", alone=not tree.is_multipart, at_all=True)
    text = "\n\n".join(piece.text for piece in said if says(piece.text))
    kept, cut = within_limit(text)
    return Reading(
        text=kept,
        cut=cut,
        read=frozenset(read_paths),
        marks=tuple(mark for piece in said for mark in piece.marks),
        files=tuple(file for piece in said for file in piece.files),
    )


def _packed(tree: Part) -> list[Piece]:
    """The text that Outlook packed into a file, where nothing else says anything (parser.tnef).

    What is packed into that file in its turn is an attached message, and nobody's words here.
    """
    pieces: list[Piece] = []
    stack = [(tree, "1")]
    while stack:
        part, path = stack.pop()
        if part.packed is None:
            stack.extend(reversed(numbered(part, path)))
        elif says(said := part.packed.text()):
            pieces.append(Piece(path, "text/plain", with_line_feeds(said).strip("\n"), ()))
    return pieces


def _said(part: Part, path: str, *, alone: bool, at_all: bool = False, told: str = "") -> tuple[list[Piece], set[str]]:
    """The pieces of text in a part, and the paths of the parts they stand for.

    `alone`: nothing else could be the text in its place. `at_all`: nothing better was found.
    `told`: what another form has said already, so that this one need not be read where it
    repeats that. A part with a name is listed as a file even where it is read.
    """
    if is_attached_message(part):
        return [], set()
    if part.is_multipart:
        return _said_in_parts(part, path, at_all=at_all, told=told)
    if not _is_text(part, alone=alone, at_all=at_all):
        return [], set()
    is_known = bool(told) and part.kind == "text/html" and repeats(part, told)
    return [] if is_known else [piece_of(part, path)], set() if file_name(part) else {path}


def _said_in_parts(part: Part, path: str, *, at_all: bool, told: str) -> tuple[list[Piece], set[str]]:
    """The same of a multipart: what its parts say, one after the other, or all that its forms say."""
    children = numbered(part, path)
    are_forms = part.kind == "multipart/alternative"
    said: list[list[Piece]] = []
    read_paths: set[str] = set()
    for nth, (child, number) in enumerate(children):
        alone = len(children) == 1 or (nth == 0 and _is_inline(child))
        pieces, paths = _said(child, number, alone=alone, at_all=at_all, told=told)
        told = told or (full_text(pieces) if are_forms else "")
        said.append(pieces)
        read_paths |= paths
    return all_that_is_said(said) if are_forms else list(itertools.chain.from_iterable(said)), read_paths


def _is_inline(part: Part) -> bool:
    return part.disposition == "inline"


def _is_text(part: Part, *, alone: bool, at_all: bool) -> bool:
    """Whether a leaf is text to be read in its place; a lone part is, whatever name it bears."""
    kind = part.kind
    if part.main_kind == "multipart":  # its boundary never came: all of it is text
        return True
    if at_all and part.main_kind == "text" and kind not in _FILES:  # RFC 2046 4.1.4
        return part.disposition != "attachment" or not file_name(part)
    if kind not in _READABLE:
        return False
    if name := file_name(part):
        return (alone and part.disposition != "attachment") or _NAMED_BY_EXCHANGE.match(name) is not None
    return part.disposition != "attachment"


def within_limit(text: str) -> tuple[str, bool]:
    """The beginning of a text that may be stored, and whether anything was cut."""
    if len(text) <= TEXT_CHARACTERS // 4:  # no character takes more than four octets
        return text, False
    octets = text.encode("utf-8", "replace")
    if len(octets) <= TEXT_CHARACTERS:
        return text, False
    return octets[:TEXT_CHARACTERS].decode("utf-8", "ignore"), True


def leftovers(tree: Part) -> str:
    """What stands outside or hidden inside the parts: for a message that otherwise says nothing at all."""
    found: list[str] = []
    stack = [tree]
    while stack:
        part = stack.pop()
        found += [decode(octets, None)[0] for octets in part.around if octets.strip()]
        if part.kind == "text/html":
            found.append(stripped(decode(octets_of(part), label_of(part))[0]))
        stack.extend(reversed(part.children))
    octets = "\n\n".join(text for text in found if says(text)).encode("utf-8", "replace")
    return with_line_feeds(octets[:TEXT_CHARACTERS].decode("utf-8", "ignore"))


def is_empty(tree: Part) -> bool:
    """Whether nothing stands in any part: what is left of a body then is boundaries."""
    return tree.is_multipart and not any(octets_of(part).strip() for part, _ in leaves(tree))


def pages(tree: Part) -> list[str]:
    """The HTML that belongs to what a person wrote, as it stands: nothing of it is safe to show."""
    reading = read(tree)
    found: list[str] = []
    for part, path in leaves(tree):
        octets = octets_of(part) if path in reading.read else b""
        if octets and is_page(part, octets):
            found.append(with_line_feeds(decode(octets, label_of_page(part, octets))[0]))
    return found
