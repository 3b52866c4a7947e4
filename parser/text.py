"""Which parts are what the person wrote, and what they say.

Text parts that are meant to be read inline are joined in their order; of alternatives plain
text is taken where it says all that the others say, so that neither an empty text nor a stub
hides a full page; where each says something of its own, all are. An
attached message is never read as the writer's own words. What is not
certain is kept: text too much costs a glance, text lost costs a case.
"""

import html
import itertools
import re
import string
import unicodedata
from dataclasses import dataclass, replace
from typing import Final

from models.limits import TEXT_CHARACTERS, UUENCODED_FILES
from parser import transfer
from parser.charset import decode
from parser.html_text import stripped, text_of
from parser.structure import Part, content_of, file_name, is_attached_message, leaves, numbered, octets_of
from parser.words import decoded

_LINE_ENDS: Final = re.compile(r"\r\n|\r|\x0b|\x0c|\u2028|\u2029")
_OTHER_ENDS: Final = ("\r", "\x0b", "\x0c", "\u2028", "\u2029")
_READABLE: Final = frozenset({"text/plain", "text/html"})

_FILES: Final = frozenset(
    {"text/calendar", "text/vcard", "text/x-vcard", "text/directory", "text/csv", "text/rfc822-headers"}
)
_NAMED_BY_EXCHANGE: Final = re.compile(r"att\d{3,6}\.(?:txt|html?)\Z", re.IGNORECASE)
"""Exchange makes files (ATT00001.txt) of what users of Apple Mail write between and below their pictures."""
_META: Final = re.compile(rb"<meta[^>]{0,200}?charset[ \t]*=[ \t]*[\"']?([A-Za-z0-9_:.\-]{2,40})", re.IGNORECASE)
_META_OCTETS: Final = 1_024  # WHATWG HTML 13.2.3.2, prescan
_LOOKS_LIKE_HTML: Final = re.compile(rb"\s*<(?:html|!doctype\s+html)\b", re.IGNORECASE)
_TAG: Final = re.compile(r"<(?:br|p|div|a|b|i|hr|span|table)\b[^<>]*>", re.IGNORECASE)
_STUB_CHARACTERS: Final = 200

_NEW_WORDS: Final = 3
"""New words that a form must have to be read beside another, unless most of its words are new."""
_STRANGE_WORDS: Final = 200
_FEW_WORDS: Final = 1_000
_LONG_LINE: Final = 100
_AROUND_WORDS: Final = f"{string.punctuation}„“”‚‘’«»‹›…–—•·→\u200b\u200c\ufeff"
_NO_TEXT: Final = (b"style", b"script", b"STYLE", b"SCRIPT")
_COMPARED_CHARACTERS: Final = 262_144
_ANY_WORD: Final = re.compile(r"[^\W_]+")
_ADDRESSES: Final = re.compile(r"\b(?:https?|mailto|tel|cid):[^\s<>]*|\[[^\[\]\n]{0,300}\]")

STUB_MARK: Final = "its HTML form says much more than its text form, and was read too"
DIFFER_MARK: Final = "its forms say different things; what only one of them says was added"
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
            pieces.append(Piece(path, "text/plain", _with_line_feeds(said).strip("\n"), ()))
    return pieces


def within_limit(text: str) -> tuple[str, bool]:
    """The beginning of a text that may be stored, and whether anything was cut."""
    if len(text) <= TEXT_CHARACTERS // 4:  # no character takes more than four octets
        return text, False
    octets = text.encode("utf-8", "replace")
    if len(octets) <= TEXT_CHARACTERS:
        return text, False
    return octets[:TEXT_CHARACTERS].decode("utf-8", "ignore"), True


def _said(part: Part, path: str, *, alone: bool, at_all: bool = False, told: str = "") -> tuple[list[Piece], set[str]]:
    """The pieces of text in a part, and the paths of the parts they stand for.

    `alone`: nothing else could be the text in its place. `at_all`: nothing better was found.
    `told`: what another form has said already, so that this one need not be read where it
    repeats that. A part with a name is listed as a file even where it is read.
    """
    if is_attached_message(part):
        return [], set()
    if not part.is_multipart:
        if not _is_text(part, alone=alone, at_all=at_all):
            return [], set()
        is_known = bool(told) and part.kind == "text/html" and _repeats(part, told)
        return ([] if is_known else [_piece(part, path)]), ({path} if not file_name(part) else set())
    children = numbered(part, path)
    are_forms = part.kind == "multipart/alternative"
    branches: list[list[Piece]] = []
    read_paths: set[str] = set()
    for child, number in children:
        first_inline = child is children[0][0] and _is_inline(child)
        pieces, paths = _said(child, number, alone=len(children) == 1 or first_inline, at_all=at_all, told=told)
        told = told or (_full_text(pieces) if are_forms else "")
        branches.append(pieces)
        read_paths |= paths
    return (_all_that_is_said(branches) if are_forms else list(itertools.chain.from_iterable(branches))), read_paths


def _full_text(pieces: list[Piece]) -> str:
    """What a form of plain text says, where it is no stub by its length; else ""."""
    if not _is_plain(pieces) or _length(pieces) < _STUB_CHARACTERS:
        return ""
    text = "\n".join(piece.text for piece in pieces)
    said = _ADDRESSES.sub("", text) if "://" in text else text
    return text if len(said) >= _STUB_CHARACTERS and says(said) else ""


def _repeats(part: Part, told: str) -> bool:
    """Whether a page says what another form has told, and hardly a word besides.

    Reading it would cost several times as much as all the rest of the message.
    """
    shown = decode(_between_tags(octets_of(part)), label_of(part))[0]
    words = set((html.unescape(shown) if "&" in shown else shown).split())
    known: str | set[str] = told if len(words) < _FEW_WORDS else set(told.split())
    strange = [word for word in words if word not in known]
    if len(strange) > _STRANGE_WORDS:
        return False
    folded = told.casefold()
    new = sum(word.strip(_AROUND_WORDS).casefold() not in folded for word in strange)
    return new < _NEW_WORDS - 1 and 2 * new <= len(words)  # one less, as words within words are taken for known here


def _between_tags(page: bytes) -> bytes:
    """What stands between the tags of a page, in any order, and what is there more than once at least once."""
    body = page[max(0, page.find(b"<body")) :]
    lines = body.split(b"\n")
    if len(body) > _LONG_LINE * len(lines):  # with several tags in a line, and often the same line again
        body = b"\n".join(dict.fromkeys(lines))
    pieces = (piece.partition(b">") for piece in set(body.split(b"<")) if not piece.startswith(_NO_TEXT))
    return b" ".join([text if end else tag for tag, end, text in pieces])


def _all_that_is_said(forms: list[list[Piece]]) -> list[Piece]:
    """Of several forms of one content: plain text, and every other form that says what is in none before it."""
    speaking = [pieces for pieces in forms if any(says(piece.text) for piece in pieces)]
    if len(speaking) < 2:
        return speaking[0] if speaking else []
    plain = list(filter(_is_plain, speaking))
    said = plain[0] if plain else speaking[0]
    known = _words(said)
    for other in speaking:
        words = _words(other)
        new = words - known
        if _length(said) > TEXT_CHARACTERS:  # more than is kept
            break
        enough = 1 if _is_plain(other) else _NEW_WORDS  # of two plain texts neither is made of the other
        if other is not said and (len(new) >= enough or 2 * len(new) > len(words)):
            said = _joined(said, other, known, words)
            known |= new
    return said


def _is_plain(pieces: list[Piece]) -> bool:
    return all(piece.content_type != "text/html" for piece in pieces)


def _joined(said: list[Piece], other: list[Piece], known: set[str], words: set[str]) -> list[Piece]:
    """Two forms of one content: the one that says all of the other, or both."""
    is_stub = _length(other) > 4 * _length(said) + _STUB_CHARACTERS
    if known <= words:
        return _marked(other, STUB_MARK) if is_stub else other
    if not is_stub and 2 * len(known & words) > len(known):  # the same, but for some words in each
        other = [replace(piece, text=_lines_with(words - known, piece.text)) for piece in other]
    return [*said, *_marked(other, STUB_MARK if is_stub else DIFFER_MARK)]


def _marked(pieces: list[Piece], mark: str) -> list[Piece]:
    return [replace(pieces[0], marks=(*pieces[0].marks, mark)), *pieces[1:]]


def _lines_with(words: set[str], text: str) -> str:
    return "\n".join(line for line in text.split("\n") if not words.isdisjoint(_words_of(line)))


def _words(pieces: list[Piece]) -> set[str]:
    return _words_of(" ".join(piece.text[:_COMPARED_CHARACTERS] for piece in pieces)[:_COMPARED_CHARACTERS])


def _words_of(text: str) -> set[str]:
    """The words of a text, without addresses and what stands for pictures: forms write these each in its way."""
    return set(_ANY_WORD.findall(_ADDRESSES.sub(" ", text).casefold()))


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
    return _with_line_feeds(octets[:TEXT_CHARACTERS].decode("utf-8", "ignore"))


def is_empty(tree: Part) -> bool:
    """Whether nothing stands in any part: what is left of a body then is boundaries."""
    return tree.is_multipart and not any(octets_of(part).strip() for part, _ in leaves(tree))


def _length(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)


def says(text: str) -> bool:
    """Whether a reader would see anything: neither white space nor what newsletters pad an empty part with."""
    return any(unicodedata.category(character)[0] in "LNPS" for character in text.strip())


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


def _with_line_feeds(text: str) -> str:
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


def _label_of_page(part: Part, octets: bytes) -> str | None:
    label = label_of(part)
    if label is None and (declared := _META.search(octets, 0, _META_OCTETS)):
        label = declared[1].decode("ascii")
        if octets.isascii() or label.lower().startswith(("utf-16", "utf-32")):  # it could not be read as such at all
            label = "utf-8"
    return label


def pages(tree: Part) -> list[str]:
    """The HTML that belongs to what a person wrote, as it stands: nothing of it is safe to show."""
    reading = read(tree)
    found: list[str] = []
    for part, path in leaves(tree):
        octets = octets_of(part) if path in reading.read else b""
        if octets and is_page(part, octets):
            found.append(_with_line_feeds(decode(octets, _label_of_page(part, octets))[0]))
    return found


def _piece(part: Part, path: str) -> Piece:
    octets, behind = content_of(part)
    is_html = is_page(part, octets)
    label = _label_of_page(part, octets) if is_html else label_of(part)
    octets, files = (octets, ()) if is_html else _without_files(octets, path)
    text, doubted = decode(octets, label)
    marks: tuple[str, ...] = (DOUBTED_MARK,) if doubted else ()
    text = _with_line_feeds(text)
    if is_html:
        text, html_marks = text_of(text)
        marks += html_marks
    else:
        text = _unflowed(part, text).strip("\n")
    if behind and says(added := text_behind(behind)):
        text, marks = f"{text}\n\n{added}", (*marks, BEHIND_MARK)
    return Piece(path, "text/html" if is_html else "text/plain", text, marks, files)


def text_behind(octets: bytes) -> str:
    """What somebody on the way wrote behind the encoded content of a part."""
    text = _with_line_feeds(decode(octets, None)[0]).strip("\n")
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
