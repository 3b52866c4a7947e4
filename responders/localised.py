"""Times, numbers and sizes in the reader's language and zone (Unicode CLDR by Babel).

Babel takes some 0.05 ms to word one time, half of what a notice may cost; a minute repeats
in the notices of a batch and its parts (a day, a minute of the day, a zone) in those of a
day, so each is worded once and kept.
"""

import errno
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time, get_timezone_name
from babel.numbers import format_decimal
from babel.units import format_unit

_NARROW_SPACES = str.maketrans({"\u202f": " ", "\u00a0": " "})  # CLDR's space before PM; ASCII stays ASCII
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SHORTAGES = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOMEM})
_UNITS = ("kB", "MB", "GB")


@lru_cache(maxsize=256)
def locale_of(language: str, fallback: str) -> Locale:
    """The locale of a BCP 47 tag; `fallback` where CLDR knows no such language."""
    try:
        return Locale.parse(language, sep="-")
    except (ValueError, UnknownLocaleError):
        return Locale.parse(fallback)


def moment(instant: datetime, zone: str, locale: Locale) -> str:
    """A point in time with weekday and the zone's name: nobody should have to guess which noon is meant."""
    return _moment(int(instant.timestamp() // 60), zone, locale)


@lru_cache(maxsize=1024)
def _moment(minutes: int, zone: str, locale: Locale) -> str:
    """The same by the minutes since 1970: quicker to look up than a datetime."""
    tzinfo = _zone(zone)
    local = (_EPOCH + timedelta(minutes=minutes)).astimezone(tzinfo)
    named = _zone_name(tzinfo, "daylight" if local.dst() else "standard", locale)
    return f"{day(local.date(), locale)}, {_minute(local.hour, local.minute, locale)} {named}"


@lru_cache(maxsize=1024)
def number(value: int, locale: Locale) -> str:
    """A whole number with the locale's grouping."""
    return format_decimal(value, locale=locale).translate(_NARROW_SPACES)


@lru_cache(maxsize=1024)
def size(octets: int, locale: Locale) -> str:
    """A size a person can judge, in steps of a thousand: "812 bytes", "1.2 MB"."""
    if octets < 1000:
        return format_unit(octets, "digital-byte", locale=locale).translate(_NARROW_SPACES)
    value, unit = octets / 1000, 0
    while value >= 999.5 and unit + 1 < len(_UNITS):
        value, unit = value / 1000, unit + 1
    shown = format_decimal(value, format="0.#" if value < 9.95 else "0", locale=locale)
    return f"{shown} {_UNITS[unit]}"


@lru_cache(maxsize=256)
def _zone(name: str) -> ZoneInfo:
    """The zone, or UTC where there is none of that name: the time is named with it and stays true."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")
    except OSError as error:
        if error.errno in _SHORTAGES:  # the machine's, at this moment: nothing to keep
            raise
        return ZoneInfo("UTC")


@lru_cache(maxsize=1024)
def day(when: date, locale: Locale) -> str:
    """A day with its weekday."""
    return format_date(when, format="full", locale=locale).translate(_NARROW_SPACES)


@lru_cache(maxsize=1440)
def _minute(hour: int, minute: int, locale: Locale) -> str:
    return format_time(time(hour, minute, tzinfo=UTC), format="short", locale=locale).translate(_NARROW_SPACES)


@lru_cache(maxsize=1024)
def _zone_name(zone: ZoneInfo, variant: Literal["daylight", "standard"], locale: Locale) -> str:
    return get_timezone_name(zone, width="long", locale=locale, zone_variant=variant).translate(_NARROW_SPACES)
