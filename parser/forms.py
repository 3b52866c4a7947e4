"""The forms of one content (multipart/alternative, RFC 2046 5.1.4), of which none is to be lost.

Plain text is taken where it says all that the others say, so that neither an empty text nor
a stub hides a full page; where each says something of its own, all are.
"""

import html
import re
import string
from dataclasses import replace
from typing import Final

from models.limits import TEXT_CHARACTERS
from parser.charset import decode
from parser.structure import Part, octets_of
from parser.text_piece import Piece, label_of, says

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


def all_that_is_said(forms: list[list[Piece]]) -> list[Piece]:
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


def full_text(pieces: list[Piece]) -> str:
    """What a form of plain text says, where it is no stub by its length; else ""."""
    if not _is_plain(pieces) or _length(pieces) < _STUB_CHARACTERS:
        return ""
    text = "\n".join(piece.text for piece in pieces)
    said = _ADDRESSES.sub("", text) if "://" in text else text
    return text if len(said) >= _STUB_CHARACTERS and says(said) else ""


def repeats(part: Part, told: str) -> bool:
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


def _length(pieces: list[Piece]) -> int:
    return sum(len(piece.text) for piece in pieces)
