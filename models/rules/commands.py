"""Commands in an agent's mail: lines that begin with "#", before anything else (plans 5, 6; threats H-1, H-2).

Read from the new text alone, never from a quote, and only until the first line that is no
command. Nothing is guessed: a line that begins like a command and is none is refused, with
the reason, and is not sent to the customer as words either. Nor are the words below it, where
it may have been meant to keep them from the customer (`#note:`, `#notte`).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import get_close_matches
from typing import Final
from zoneinfo import ZoneInfo

from models.acts import Act, Close, Note, PutOnHold, Refusal, Reply, Resolve, SetEtr, SetPriority, SetStatus
from models.case import CaseStatus, Priority

COMMAND_LINES: Final = 10
"""Commands read in one mail."""
NOBODY_TOLD: Final = ("(the words below)", "what they belong to is not understood: nobody was told them")
"""What an agent hears of words that may have been meant for agents alone."""

_LINE: Final = re.compile(r"#([A-Za-z]{2,12})(?:[ \t]+(\S.*))?\Z")
_LIKE_A_COMMAND: Final = re.compile(r"#[ \t]*([A-Za-z]{2,})")
_MOMENT: Final = re.compile(r"(2\d{3}-\d{2}-\d{2})[ T](\d{1,2}:\d{2})\Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Orders:
    """What an agent's mail asks for: acts in order, what could not be read, and for whom it opens a case."""

    acts: tuple[Act, ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    commanded: bool = False
    on_behalf_of: str | None = None


def orders(new_text: str, zone: ZoneInfo) -> Orders:
    """The orders of a mail. Times without a zone are of `zone`."""
    commands, words = _parted(new_text)
    acts: list[Act] = []
    worded: Callable[[str], Act] = _reply
    refused: list[tuple[str, str]] = []
    on_behalf_of: str | None = None
    in_doubt = False
    for number, line in enumerate(commands):
        try:
            word, rest = _command(line, number)
            if word == "for":
                on_behalf_of = _address(rest)
            elif word in _WORDED:
                chosen = _WORDED[word](rest)
                if worded is not _reply:
                    acts.append(worded(""))
                worded, in_doubt = chosen, False
            elif word in _WORDLESS:
                acts.append(_WORDLESS[word](rest, zone))
            else:
                raise Refusal(_unknown(word))
        except Refusal as error:
            refused.append((line, str(error)))
            in_doubt = in_doubt or _may_keep_words_inside(line)
    if in_doubt and words.strip():
        refused.append(NOBODY_TOLD)
        words = ""
    if words.strip() or worded is not _reply:
        acts.append(worded(words))
    commanded = bool(refused) or worded is not _reply or any(not isinstance(act, Reply) for act in acts)
    return Orders(tuple(acts), tuple(refused), commanded, on_behalf_of)


def _parted(new_text: str) -> tuple[list[str], str]:
    """The lines at the beginning that are commands or look like some, and the words below them."""
    lines = new_text.strip("\n").split("\n")
    read = 0
    while read < len(lines) and (not lines[read].strip() or _LIKE_A_COMMAND.match(lines[read].strip())):
        read += 1
    return [line.strip() for line in lines[:read] if line.strip()], "\n".join(lines[read:]).strip("\n")


def _command(line: str, number: int) -> tuple[str, str]:
    """A command's word and what follows it. Raises Refusal."""
    if number >= COMMAND_LINES:
        raise Refusal(f"only {COMMAND_LINES} commands are read of one mail")
    match = _LINE.match(line)
    if match is None:
        raise Refusal("this is no command: write #word, or #word and what belongs to it")
    return match[1].lower(), (match[2] or "").strip()


def _may_keep_words_inside(line: str) -> bool:
    """Whether a refused line may have meant that the words below it are not for the customer."""
    like = _LIKE_A_COMMAND.match(line)
    word = "" if like is None else like[1].lower()
    return word in _INSIDE or word not in WORDS


def on_behalf_of(new_text: str) -> str | None:
    """The address in a first line `#for ADDRESS`, lower-cased; None where there is none, as in most mail."""
    if not new_text.lstrip().startswith("#"):
        return None
    return orders(new_text, ZoneInfo("UTC")).on_behalf_of


def _reply(words: str) -> Act:
    return Reply(text=words)


def _worded_status(rest: str) -> Callable[[str], Act]:
    for status in CaseStatus:
        if rest.casefold() in {status.value.casefold(), status.value.replace(",", "").casefold()}:
            return lambda words: SetStatus(status=status, text=words)
    near = get_close_matches(rest, [status.value for status in CaseStatus], 1, 0.5)
    known = f"did you mean {near[0]}?" if near else f"known are {', '.join(status.value for status in CaseStatus)}"
    raise Refusal(f"there is no status {rest!r}; {known}")


def _priority(rest: str, _zone: ZoneInfo) -> Act:
    try:
        return SetPriority(priority=Priority(rest.upper()))
    except ValueError as error:
        raise Refusal(f"{rest!r} is no priority: write P1, P2, P3 or P4") from error


def _etr(rest: str, zone: ZoneInfo) -> Act:
    return SetEtr(etr=None if rest.lower() in {"", "none"} else moment(rest, zone))


def moment(text: str, zone: ZoneInfo) -> datetime:
    """A time an agent wrote, `2026-11-30 15:00`, in the zone that is meant. Raises Refusal."""
    match = _MOMENT.match(text.strip())
    try:
        if match is not None:
            return datetime.fromisoformat(f"{match[1]} {match[2].zfill(5)}").replace(tzinfo=zone).astimezone(UTC)
    except ValueError:
        pass
    raise Refusal(f"{text!r} is no time: write it like 2026-11-30 15:00, in the zone {zone.key}")


def _address(rest: str) -> str:
    if rest.count("@") != 1 or " " in rest:
        raise Refusal(f"{rest!r} is no address: write #for alice@customer.example")
    return rest.strip("<>").lower()


def _unknown(word: str) -> str:
    near = get_close_matches(word, WORDS, 1, 0.5)
    remedy = f"did you mean #{near[0]}?" if near else f"known are #{', #'.join(WORDS)}"
    return f"there is no command #{word}; {remedy}"


_WORDED: Final[Mapping[str, Callable[[str], Callable[[str], Act]]]] = {
    "note": lambda rest: lambda words: Note(text=f"{rest}\n{words}".strip()),
    "call": lambda rest: lambda words: Note(text=f"{rest}\n{words}".strip(), call=True),
    "ask": lambda _: lambda words: Reply(text=words, asks=True),
    "status": _worded_status,
    "hold": lambda _: lambda words: PutOnHold(text=words),
    "resolve": lambda rest: lambda words: Resolve(summary=f"{rest}\n{words}".strip()),
    "close": lambda rest: lambda words: Close(summary=f"{rest}\n{words}".strip()),
}
"""Commands that the words below them belong to; the last of them has them."""

_INSIDE: Final = frozenset({"note", "call"})
"""Whose words no customer gets to see."""

_WORDLESS: Final[Mapping[str, Callable[[str, ZoneInfo], Act]]] = {"priority": _priority, "etr": _etr}

WORDS: Final = tuple(sorted({*_WORDED, *_WORDLESS, "for"}))
"""Every command there is."""
