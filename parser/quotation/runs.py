"""Runs of quoted lines: where one ends, and what its own lines tell of it."""

from itertools import pairwise
from typing import Final

from parser.quotation.attributions import COLONS, is_attribution
from parser.quotation.header_blocks import begins_with_fields
from parser.quotation.lines import QUOTES, Lines, unquoted
from parser.quotation.separators import Separator, separator

_FIRST_LINES: Final = 6
_PROMPT: Final = ">>>"
"""Lines that all begin so, with none that is quoted less, are a prompt or a merge conflict."""
_ENDS: Final = (".", "!", "?", ":", ";", ",")


def end_of_run(lines: Lines, at: int) -> int:
    """Where the run that begins at a line ends; blank lines between quoted ones are part of it."""
    bares = lines.bare
    end = at
    while at < len(bares) and (not bares[at] or bares[at].startswith(QUOTES)):
        at += 1
        if bares[at - 1]:
            end = at
    return end


def forwards(lines: Lines, at: int) -> bool:
    """Whether a run begins with the words for a forwarded message."""
    return separator(unquoted(lines.bare[at])) is Separator.FORWARD


def looks_own(lines: Lines, at: int, end: int) -> str:
    """What a run is when it is not even a quote; "" when it may be one."""
    if end - at == 1:
        if lines.raw[at].startswith(">From "):
            return "are an escaped line of text"
        if _is_comparison(lines, at):
            return "are the middle of a sentence"
    if all(bare.startswith(_PROMPT) for bare in lines.bare[at:end] if bare):
        return "look like a prompt"
    return ""


def _is_comparison(lines: Lines, at: int) -> bool:
    """A sentence with "> 50 percent" that was wrapped before it: its neighbours go on in the same breath."""
    content = unquoted(lines.bare[at])
    if not content[:1].isdecimal():
        return False
    above = lines.bare[at - 1] if at else ""
    below = lines.bare[at + 1] if at + 1 < len(lines) else ""
    number = content[: len(content) - len(content.lstrip("0123456789"))]
    is_item = content[len(number) :].startswith((".", ")", ":"))
    return bool(above and below) and not is_item and not above.endswith(_ENDS)


def has_own_marker(lines: Lines, at: int, end: int) -> bool:
    """Whether our own line stands in the first lines of a run."""
    contents = [unquoted(bare) for bare in lines.bare[at : min(end, at + _FIRST_LINES)]]
    wrapped = [f"{first} {second}" for first, second in pairwise(contents) if first.startswith("--")]
    return any(separator(content) is Separator.OWN_MARKER for content in (*contents, *wrapped))


def said_inside(lines: Lines, at: int, end: int) -> str:
    """What the first lines of a run say of it: our own line, or the attribution that iOS quotes too."""
    if has_own_marker(lines, at, end):
        return f"{Separator.OWN_MARKER.value} stands in them"
    words = ""
    contents = [unquoted(bare) for bare in lines.bare[at : min(end, at + _FIRST_LINES)]]
    for content in contents:
        words = f"{words} {content}".strip()
        if content.endswith(COLONS) and is_attribution(words):
            return "they begin with an attribution"
    return "they begin with header fields" if begins_with_fields(contents) else ""
