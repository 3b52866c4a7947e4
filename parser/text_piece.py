"""The text of one part: its octets by its charset, as lines, without what is no text in it."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from models.limits import UUENCODED_FILES
from parser import transfer
from parser.charset import decode
from parser.html_text import text_of
from parser.structure import Part, content_of
from parser.words import decoded

_LINE_ENDS: Final = re.compile(r"\r\n|\r|\x0b|\x0c|\u2028|\u2029")
_OTHER_ENDS: Final = ("\r", "\x0b", "\x0c", "\u2028", "\u2029")
_META: Final = re.compile(rb"<meta[^>]{0,200}?charset[ \t]*=[ \t]*[\"']?([A-Za-z0-9_:.\-]{2,40})", re.IGNORECASE)
_META_OCTETS: Final = 1_024  # WHATWG HTML 13.2.3.2, prescan
_LOOKS_LIKE_HTML: Final = re.compile(rb"\s*<(?:html|!doctype\s+html)\b", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?:br|p|div|a|b|i|hr|span|table)\b[^<>]*>", re.IGNORECASE)

BEHIND_MARK: Final = "text stood behind the encoded content of a part"
DOUBTED_MARK: Final = "a part's charset is not what it says; it was read as well as possible"


@dataclass(frozen=True, slots=True)
class File:
    """A file that stood in a text, encoded by uuencode, as programs did before MIME."""

    path: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Piece:
    """The text of one part, what was odd about it, and the files that stood in it."""

    path: str
    content_type: str
    text: str
    marks: tuple[str, ...]
    files: tuple[File, ...] = ()


def piece_of(part: Part, path: str) -> Piece:
    """What a part of text or HTML says."""
    octets, behind = content_of(part)
    is_html = is_page(part, octets)
    label = label_of_page(part, octets) if is_html else label_of(part)
    octets, files = (octets, ()) if is_html else _without_files(octets, path)
    text, doubted = decode(octets, label)
    marks: tuple[str, ...] = (DOUBTED_MARK,) if doubted else ()
    text = with_line_feeds(text)
    if is_html:
        text, html_marks = text_of(text)
        marks += html_marks
    else:
        text = _unflowed(part, text).strip("\n")
    if behind and says(added := text_behind(behind)):
        text, marks = f"{text}\n\n{added}", (*marks, BEHIND_MARK)
    return Piece(path, "text/html" if is_html else "text/plain", text, marks, files)


def says(text: str) -> bool:
    """Whether a reader would see anything: neither white space nor what newsletters pad an empty part with."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text.strip())


def with_line_feeds(text: str) -> str:
    """Every kind of line end as one line feed."""
    text = text.replace("\r\n", "\n")
    return _LINE_ENDS.sub("\n", text) if any(end in text for end in _OTHER_ENDS) else text


def label_of(part: Part) -> str | None:
    """The charset a part names, None when it names none; a comment behind it is none of its name."""
    words = part.parameters("content-type").text("charset").split()
    return words[0] if words else None


def is_page(part: Part, octets: bytes) -> bool:
    """Whether a part is HTML, by its type or, where it names none, by its beginning."""
    return part.kind == "text/html" or (not part.field("content-type") and _LOOKS_LIKE_HTML.match(octets) is not None)


def label_of_page(part: Part, octets: bytes) -> str | None:
    """The charset of a page: what its part names, or else what the page itself declares."""
    label = label_of(part)
    if label is None and (declared := _META.search(octets, 0, _META_OCTETS)):
        label = declared[1].decode("ascii")
        if octets.isascii() or label.lower().startswith(("utf-16", "utf-32")):  # it could not be read as such at all
            label = "utf-8"
    return label


def text_behind(octets: bytes) -> str:
    """What somebody on the way wrote behind the encoded content of a part."""
    text = with_line_feeds(decode(octets, None)[0]).strip("\n")
    return text_of(text)[0] if _TAG.search(text) else text


def _without_files(octets: bytes, path: str) -> tuple[bytes, tuple[File, ...]]:
    """A text without the files that are written into it by uuencode, and these files."""
    if not 0 < octets.count(b"begin ") <= UUENCODED_FILES:
        return octets, ()
    files: list[File] = []
    pieces: list[bytes] = []
    at = 0
    for name, content, start, end in transfer.uuencoded(octets):
        files.append(File(f"{path}.uu{len(files) + 1}", decoded(name), content))
        pieces.append(octets[at:start])
        at = end
    return b"".join([*pieces, octets[at:]]), tuple(files)


def _unflowed(part: Part, text: str) -> str:
    """RFC 3676: lines that end in a space go on in the next one of the same quote depth."""
    if part.parameters("content-type").text("format").lower() != "flowed":
        return text
    delete_space = part.parameters("content-type").text("delsp").lower() == "yes"
    paragraphs: list[list[str]] = []
    open_depth: int | None = None
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        content = line[depth:].removeprefix(" ")
        if open_depth != depth or content == "-- ":  # RFC 3676 4.3: a signature begins on a line of its own
            paragraphs.append([">" * depth + (" " if depth and content else "")])
        flows = content.endswith(" ") and content != "-- "
        paragraphs[-1].append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else None
    return "\n".join("".join(pieces) for pieces in paragraphs)
