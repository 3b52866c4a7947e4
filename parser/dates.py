"""Dates as mail writes them (RFC 5322 3.3): the usual form at once, the others by the standard library."""

import re
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

_DATE_CHARACTERS: Final = 100
_MONTHS: Final = dict(
    zip(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"), range(1, 13), strict=True)
)
_USUAL: Final = re.compile(
    r"\s*(?:[A-Za-z]{3},?\s+)?(\d{1,2})\s+([A-Z][a-z]{2})\s+(\d{4})\s+(\d\d):(\d\d):(\d\d)\s+([+-])(\d\d)(\d\d)\b",
    re.ASCII,
)

_ISO: Final = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d")
"""RFC 3339, as scripts write it."""
_ZONE: Final = re.compile(r"(:\d\d)\s{0,5}(?:GMT|UTC|UT)?([+-]\d\d):?(\d\d)(?!\d)")
"""A zone with a colon, or behind the name of another, as scripts write it; else it would be taken for UTC."""


def moment(text: str) -> datetime | None:
    """A date as UTC; None when it is none, or cannot be (threats E-24)."""
    try:
        usual = _USUAL.match(text)
        if usual is not None and usual[2] in _MONTHS:
            return _usual(usual)
        text = text[:_DATE_CHARACTERS].strip()
        found = datetime.fromisoformat(text) if _ISO.match(text) else parsedate_to_datetime(_ZONE.sub(r"\1 \2\3", text))
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _usual(found: re.Match[str]) -> datetime:
    day, month, year, hour, minute, second = found[1], _MONTHS[found[2]], found[3], found[4], found[5], found[6]
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    leap_second = min(int(second), 59)  # 23:59:60 is legal, and no datetime
    local = datetime(int(year), month, int(day), int(hour), int(minute), leap_second, tzinfo=UTC)
    return local + offset if found[7] == "-" else local - offset
