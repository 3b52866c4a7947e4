"""The pieces notices are worded from: whatever came from a mail, cleaned and capped before any template sees it.

Times are worded in the context's zone and in the language of the template, sizes and numbers
likewise; the templates choose words and nothing else.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import quote

from babel import Locale

from models.limits import NOTICE_SUBJECT_CHARACTERS, NOTICE_TEXT_CHARACTERS
from models.notice import Desk, ReceivedItem
from responders import localised
from responders.body import clean_text
from responders.header import clean_header
from responders.remarks import remark
from responders.rendering import Variables

NAME_CHARACTERS = 80
"""Longest name of a person, an organisation or an attachment that is shown."""
REASON_CHARACTERS = 200
"""Longest reason, command or mark that is shown."""
ITEMS = 20
"""Attachments, or lines of any list, shown one by one; the rest is counted."""
MARKS = 8
"""Remarks on a message that are shown; one where no attachment is named for want of room."""

_TAG = re.compile(r"\[#[A-Za-z]{1,10}-\d{1,12}\]")  # contract 4; another case's number would mislead (D-1)
_REPLY_PREFIX = re.compile(r"(?:(?:re|fwd?|aw|wg|sv|antw)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_LINK = re.compile(r"(?i)(?:[a-z][a-z0-9+.\-]*:/+|www\.)\S+")
_PHONE = re.compile(r"\+?[\d ()./\-]{5,30}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who the words are for: the language of the dates, the zone of the times, how many attachments are named."""

    language: str
    locale: Locale
    zone: str
    shown_items: int = ITEMS

    def moment(self, instant: datetime | None) -> str:
        """A point in time with weekday and zone; "" for none."""
        return "" if instant is None else localised.moment(instant, self.zone, self.locale)

    def day(self, day: date | None) -> str:
        """A day with its weekday; "" for none."""
        return "" if day is None else localised.day(day, self.locale)

    def number(self, value: int) -> str:
        return localised.number(value, self.locale)


@lru_cache(maxsize=256)
def reader_of(folder: str, language: str, zone: str, shown_items: int) -> Reader:
    """Who reads words of this folder: an English notice has English dates, whatever language was wished for."""
    is_wished = language.partition("-")[0].lower() == folder.partition("-")[0]
    locale = localised.locale_of(language if is_wished else folder, folder)
    return Reader(str(locale).replace("_", "-"), locale, zone, shown_items)


def name(text: str) -> str:
    """A name as it is shown."""
    return clean_header(text, NAME_CHARACTERS)


def reason(text: str) -> str:
    """A reason, an address or a command as it is shown."""
    return clean_header(text, REASON_CHARACTERS)


def shown_subject(subject: str) -> str:
    """A customer's subject as we show it: without any case tag and reply prefix, capped (ours carries its own)."""
    cleaned = clean_header(subject, 4 * NOTICE_SUBJECT_CHARACTERS)
    if "[#" in cleaned:
        cleaned = " ".join(_TAG.sub(" ", cleaned).split())
    return clean_header(cleaned[_prefix_length(cleaned) :], NOTICE_SUBJECT_CHARACTERS)


def subjects(subject: str) -> Variables:
    """The subject for the header, and one for a body, which no mail program makes a link."""
    shown = shown_subject(subject)
    return {"subject": shown, "subject_unlinked": unlinked(shown)}


def unlinked(text: str) -> str:
    """`text` with a zero-width space at each joint of a URL, so that no mail program makes it a link (D-13)."""
    if ":/" not in text and "www." not in text.lower():  # most have none
        return text
    return _LINK.sub(lambda link: re.sub(r"(?=[.:/@])", "\u200b", link[0]), text)


def _prefix_length(subject: str) -> int:
    prefix = _REPLY_PREFIX.match(subject)
    return prefix.end() if prefix else 0


@lru_cache(maxsize=16)
def desk_of(desk: Desk) -> Variables:
    """Who we are, and how we are reached."""
    phone = name(desk.phone)
    dialled = re.sub(r"[^\d+]", "", phone) if _PHONE.fullmatch(phone) else ""
    return {
        "desk_name": name(desk.name),
        "desk_address": reason(desk.address),
        "desk_phone": phone,
        "desk_phone_dialled": dialled,
        "desk_chat": reason(desk.chat),
    }


def many_lines(text: str, *, cut: bool = False, cap: int = NOTICE_TEXT_CHARACTERS) -> Variables:
    """Text of many lines: its first `cap` characters, and whether there is more."""
    shown = clean_text(text[:cap]).strip("\n")
    return {"text": shown, "text_cut": "yes" if cut or len(text) > cap else ""}


def marks_of(marks: tuple[str, ...], reader: Reader) -> Variables:
    """What was odd about a message."""
    shown = marks[: MARKS if reader.shown_items else 1]
    return {"marks": [reason(remark(mark, reader.locale.language)) for mark in shown]}


def items_of(items: tuple[ReceivedItem, ...], reader: Reader) -> Variables:
    """Attachments by name with their sizes; a dropped one says why. What was dropped is named first of all."""
    shown = reader.shown_items
    ordered = sorted(items, key=lambda item: not item.dropped_because)[:shown] if len(items) > shown else items
    return {
        "items": [
            {
                "name": name(item.name),
                "size": localised.size(item.size, reader.locale),
                "dropped_because": reason(item.dropped_because),
            }
            for item in ordered
        ],
        "item_count": reader.number(len(items)),
        "items_not_shown": rest_of(len(items), len(ordered), reader),
    }


def rest_of(count: int, shown: int, reader: Reader) -> str:
    """How many of `count` are not among those shown; "" for none."""
    return reader.number(count - shown) if count > shown else ""


def lines_of(lines: Sequence[str]) -> list[str]:
    """One-line texts as they are shown, the first of them."""
    return [reason(line) for line in lines[:ITEMS]]


def mailto(address: str) -> str:
    """The address as a mailto URL without its header fields (RFC 6068): a template adds `?subject=`."""
    return "mailto:" + quote(reason(address), safe="@+")


def quoted(text: str) -> str:
    """Text as it stands in a URL."""
    return quote(text, safe="")


def flag(condition: object) -> str:
    """A truth for a template, which sees strings alone."""
    return "yes" if condition else ""
