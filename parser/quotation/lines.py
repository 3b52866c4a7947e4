"""A text as lines, each with its bare form; the rules look at lines and never search the text."""

import re
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import Final

from models.limits import QUOTATION_LINES

QUOTES: Final = (">", "＞")
"""What quoted lines begin with (RFC 3676 4.5); the wide form is what Japanese programs write."""
_OTHER_MARKS: Final = re.compile(r"(?:[|¦»›]|[A-Za-z]{1,4}[>|])(?=\s|$)")
_INDENT: Final = re.compile(r"\t|  +")
_INVISIBLE: Final = " \t\r\x0b\x0c\xa0\u200b\u200e\u200f\u202a\u202b\u202c\u202f\u2066\u2067\u2068\u2069\u3000\ufeff"


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a text that are looked at: `bare` without the space around them."""

    text: str
    raw: tuple[str, ...]
    bare: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.bare)

    def is_quoted(self, at: int) -> bool:
        return at < len(self.bare) and self.bare[at].startswith(QUOTES)

    def after_blanks(self, at: int) -> int:
        """The first line from `at` on that is not blank; the number of lines when there is none."""
        while at < len(self.bare) and not self.bare[at]:
            at += 1
        return at

    def before_blanks(self, at: int) -> int:
        """The last line before `at` that is not blank; -1 when there is none."""
        at -= 1
        while at >= 0 and not self.bare[at]:
            at -= 1
        return at

    def offsets(self) -> list[int]:
        """Where each line begins in the text; one more, for the end of what was looked at."""
        return list(accumulate([len(line) + 1 for line in self.raw], initial=0))


def lines_of(text: str) -> Lines:
    """The lines of a text, as many as are looked at; the rest counts as one line with nothing special about it."""
    raw = tuple(text.split("\n", QUOTATION_LINES))
    bare = [line.strip(_INVISIBLE) for line in raw]
    bare[QUOTATION_LINES:] = ["(the rest)"] * (len(raw) - QUOTATION_LINES)
    return Lines(text, raw, tuple(bare))


def folded(words: str) -> str:
    """Words as they are compared: in lower case, a Turkish capital I with its dot as any other."""
    low = words.casefold()
    return low if low.isascii() else low.replace("i\u0307", "i")


def unquoted(bare: str) -> str:
    """A quoted line without its quote marks."""
    return bare.lstrip(">＞ \t\xa0")


def marked(lines: Lines, at: int) -> Lines:
    """The lines with the mark that stands first from `at` on made a quote mark, where it is another one.

    Below an attribution stand, in some programs' mail, lines marked "|" or with somebody's
    initials ("AB>"), or indented ones; of these the first run alone is quoted, because
    writers indent too.
    """
    first = lines.after_blanks(at)
    if first == len(lines) or lines.is_quoted(first):
        return lines
    other = _OTHER_MARKS.match(lines.bare[first])
    if other:
        return _quoted(lines, [line for line in range(first, len(lines)) if lines.bare[line].startswith(other[0])])
    indent = _INDENT.match(lines.raw[first])
    if not indent:
        return lines
    run: list[int] = []
    for line in range(first, len(lines)):
        if lines.bare[line] and not lines.raw[line].startswith(indent[0]):
            return _quoted(lines, run)
        run.append(line)
    return lines


def _quoted(lines: Lines, run: list[int]) -> Lines:
    bare = list(lines.bare)
    for line in run:
        bare[line] = bare[line] and f"> {bare[line]}"
    return replace(lines, bare=tuple(bare))
