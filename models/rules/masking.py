"""An organisation's pass code in a mail: hidden before anything of the mail is decided, stored for show or sent on.

It is looked for in the decoded text that people read: without regard to case and width, as a
whole word, however it is split by blanks, line breaks, hyphens, emphasis or characters that
nobody sees (threats H-4). The raw message stays as it came, for admins alone.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from functools import lru_cache
from typing import Any, Final, TypeVar, cast

from models.limits import TEXT_CHARACTERS
from models.message import Message

MASK: Final = "[pass code removed]"
_SHOWN: Final = frozenset(
    {"subject", "text", "display_name", "name", "summary", "organiser", "location", "diagnostic", "evidence"}
)
"""The fields of a message, at any depth, whose words are a writer's; all others are addresses, ids and kinds."""
_UNSEEN: Final = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
)
_WITHIN: Final = rf"(?:[{_UNSEEN}]|[\s*_.\-]){{0,8}}"
_WIDE: Final = 0xFEE0
"""How far the full-width form of an ASCII character stands behind it."""
_Value = TypeVar("_Value")


def masked(message: Message, codes: Mapping[str, str]) -> tuple[Message, tuple[str, ...]]:
    """The message without those codes, and the organisations whose it held; `codes` are by organisation."""
    found = tuple(name for name, code in codes.items() if _holds(message, _pattern(code)))
    for name in found:
        message = _of_message(message, _pattern(codes[name]))
    return message, found


@lru_cache(maxsize=256)
def _pattern(code: str) -> re.Pattern[str]:
    letters = _WITHIN.join(f"[{letter}{chr(ord(letter) + _WIDE)}{_capital(letter)}]" for letter in code)
    return re.compile(rf"(?<![^\W_]){letters}(?![^\W_])", re.IGNORECASE)


def _capital(letter: str) -> str:
    return chr(ord(letter.upper()) + _WIDE)


def _holds(value: Any, pattern: re.Pattern[str]) -> bool:
    if is_dataclass(value):
        return any(
            bool(pattern.search(one)) if isinstance(one, str) else _holds(one, pattern)
            for name, one in _parts(value)
            if not isinstance(one, str) or name in _SHOWN
        )
    return isinstance(value, tuple) and any(_holds(one, pattern) for one in value)


def _parts(value: Any) -> list[tuple[str, Any]]:
    return [(each.name, getattr(value, each.name)) for each in fields(value)]


def _of_message(message: Message, pattern: re.Pattern[str]) -> Message:
    """The text's spans move with it; a text that grows over its limit is cut."""
    places = [match.span() for match in pattern.finditer(message.text)]
    clean = _of(message, pattern)
    spans = _moved(message.quotation.new, places)
    return replace(
        clean,
        text=clean.text[:TEXT_CHARACTERS],
        text_cut=clean.text_cut or len(clean.text) > TEXT_CHARACTERS,
        quotation=replace(message.quotation, new=spans),
    )


def _of(value: _Value, pattern: re.Pattern[str]) -> _Value:
    if isinstance(value, tuple):
        return cast(_Value, tuple(_of(one, pattern) for one in value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {
        name: pattern.sub(MASK, one) if isinstance(one, str) else _of(one, pattern)
        for name, one in _parts(value)
        if not isinstance(one, str) or name in _SHOWN
    }
    return replace(value, **changed)


def _moved(spans: Sequence[tuple[int, int]], places: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Spans of a text as they are once each place in it has become MASK; still sorted and disjoint."""
    moved: list[tuple[int, int]] = []
    for start, end in spans:
        first = max(_moved_to(start, places, at_end=False), moved[-1][1] if moved else 0)
        moved.append((first, max(first, _moved_to(end, places, at_end=True))))
    return tuple(moved)


def _moved_to(offset: int, places: Sequence[tuple[int, int]], *, at_end: bool) -> int:
    shift = 0
    for start, end in places:
        if offset >= end:
            shift += len(MASK) - (end - start)
        elif offset > start:
            return start + shift + (len(MASK) if at_end else 0)
    return offset + shift
