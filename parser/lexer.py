"""Words, quoted strings and comments of a structured field (RFC 5322 3.2), in linear time.

Nothing is tried twice and nothing recurses: a comment is found by counting, and an
unfinished quoted string or comment ends with the field, and says so.
"""

import re
from collections.abc import Iterator
from enum import Enum, auto
from typing import Final, NamedTuple

_TOKEN: Final = re.compile(r'[\s\x00]+|"(?:[^"\\]++|\\.|\\\Z)*(?:"|\Z)|[^\s\x00()";\\]+|\\.|.', re.DOTALL)
_IN_COMMENT: Final = re.compile(r"[^()\\]+|\\.|.", re.DOTALL)
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)


class Kind(Enum):
    """What a token is."""

    WORD = auto()
    QUOTED = auto()
    COMMENT = auto()
    SEMICOLON = auto()
    BROKEN = auto()


class Token(NamedTuple):
    """One token: a word as it stands, the inside of a quoted string or comment; where it begins and ends."""

    kind: Kind
    text: str
    start: int
    end: int


def tokens(text: str) -> Iterator[Token]:
    """The tokens of a field's value, white space left out."""
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        assert found is not None, "the last branch takes any character"
        start, at = at, found.end()
        piece = found[0]
        if piece == "(":
            at, closed = _comment_end(text, start)
            yield Token(Kind.COMMENT if closed else Kind.BROKEN, text[start + 1 : at - closed], start, at)
        elif piece[0] == '"':
            whole = len(piece) > 1 and piece[-1] == '"'
            yield Token(Kind.QUOTED if whole else Kind.BROKEN, unescaped(piece[1 : -1 if whole else None]), start, at)
        elif piece == ";":
            yield Token(Kind.SEMICOLON, piece, start, at)
        elif piece in {")", "\\"} or piece[0] == "\\":
            yield Token(Kind.BROKEN, piece, start, at)
        elif not piece[0].isspace() and piece[0] != "\0":
            yield Token(Kind.WORD, piece, start, at)


def unescaped(text: str) -> str:
    """Quoted pairs as the characters they stand for (RFC 5322 3.2.1)."""
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _comment_end(text: str, start: int) -> tuple[int, bool]:
    """Where the comment that begins at `start` ends, and whether it was closed."""
    depth = 0
    for piece in _IN_COMMENT.finditer(text, start):
        if piece[0] == "(":
            depth += 1
        elif piece[0] == ")":
            depth -= 1
            if depth == 0:
                return piece.end(), True
    return len(text), False
