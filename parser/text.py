"""Which parts are what the person wrote, and what they say.

Text parts that are meant to be read inline are joined in their order; of alternatives the
best that says anything is taken, so that an empty text part never hides a full HTML one. An
attached message is never read as the writer's own words (libraries 3.2.4). What is not
certain is kept: text too much costs a glance, text lost costs a case.
"""

import re
from dataclasses import dataclass
from email.message import Message as Part
from typing import Final

from models.limits import TEXT_CHARACTERS
from parser.charset import decode
from parser.html_text import text_of
from parser.structure import is_attached_message, numbered, octets_of

_LINE_ENDS: Final = re.compile(r"\r\n|\r|\x0b|\x0c|\u2028|\u2029")
_READABLE: Final = frozenset({"text/plain", "text/html"})

DOUBTED_MARK: Final = "a part's charset is not what it says; it was read as well as possible"


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one part, and what was odd about it."""

    path: str
    content_type: str
    text: str
    marks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of a message; `read` are the parts it was read from, their other forms included."""

    text: str
    cut: bool
    read: frozenset[str]
    marks: tuple[str, ...]


def read(tree: Part) -> Reading:
    """The text a message says. The tree is within limits (parser.structure), so recursion is safe."""
    said, read_paths = _said(tree, "1", sole=not tree.is_multipart())
    if not any(piece.text.strip() for piece in said):
        # No part is plainly the text: then a named one that is not an attachment is read, and listed too.
        said, _ = _said(tree, "1", sole=True)
    text = "\n\n".join(piece.text for piece in said if piece.text.strip())
    octets = text.encode("utf-8", "replace")
    cut = len(octets) > TEXT_CHARACTERS
    return Reading(
        text=octets[:TEXT_CHARACTERS].decode("utf-8", "ignore") if cut else text,
        cut=cut,
        read=frozenset(read_paths),
        marks=tuple(mark for piece in said for mark in piece.marks),
    )


def _said(part: Part, path: str, *, sole: bool = False) -> tuple[list[Piece], set[str]]:
    """The pieces of text in a part, and the paths of all parts they stand for."""
    if is_attached_message(part):
        return [], set()
    if not part.is_multipart():
        if not _is_inline_text(part, sole=sole):
            return [], set()
        return [_piece(part, path)], {path}
    children = numbered(part, path)
    branches = [_said(child, number, sole=sole or len(children) == 1) for child, number in children]
    read_paths = set().union(*(paths for _, paths in branches))
    if part.get_content_type() == "multipart/alternative":
        return _best([pieces for pieces, _ in branches]), read_paths
    return [piece for pieces, _ in branches for piece in pieces], read_paths


def _best(forms: list[list[Piece]]) -> list[Piece]:
    """Of several forms of one content: plain text that says anything, else whatever says anything."""
    speaking = [pieces for pieces in forms if any(piece.text.strip() for piece in pieces)]
    plain = [pieces for pieces in speaking if all(piece.content_type != "text/html" for piece in pieces)]
    return (plain or speaking or [[]])[0]


def _is_inline_text(part: Part, *, sole: bool) -> bool:
    """Whether a leaf is text to be read in its place; a lone part is, whatever name it bears."""
    if part.get_content_maintype() == "multipart":  # its boundary never came: all of it is text
        return True
    if part.get_content_type() not in _READABLE or part.get_content_disposition() == "attachment":
        return False
    return sole or part.get_filename() is None


def _piece(part: Part, path: str) -> Piece:
    charset = part.get_param("charset")
    text, doubted = decode(octets_of(part), charset if isinstance(charset, str) else None)
    marks = (DOUBTED_MARK,) if doubted else ()
    text = _LINE_ENDS.sub("\n", text)
    if part.get_content_type() == "text/html":
        text, html_marks = text_of(text)
        return Piece(path, "text/html", text, marks + html_marks)
    return Piece(path, "text/plain", _unflowed(part, text).strip("\n"), marks)


def _unflowed(part: Part, text: str) -> str:
    """RFC 3676: lines that end in a space go on in the next one of the same quote depth."""
    if str(part.get_param("format", "")).lower() != "flowed":
        return text
    delete_space = str(part.get_param("delsp", "")).lower() == "yes"
    paragraphs: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if open_depth != depth:
            paragraphs.append([">" * depth + (" " if depth and content else "")])
        flows = content.endswith(" ") and content != "-- "
        paragraphs[-1].append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else None
    return "\n".join("".join(pieces) for pieces in paragraphs)
