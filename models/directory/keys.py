"""What each key of the directory must be: one reader for each, from the value as written to the stored form.

A reader raises Unreadable with everything that is wrong with its value. An empty text takes
an optional value away: `language = ""` of a contact is the organisation's language.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from typing import Any, Final, TypeAlias, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from models.address import AddressError, address_key, domain_key
from models.directory.entries import DirectoryRules, Kind
from models.directory.problems import nearest
from models.organisation import Mode, Role
from models.pass_code import WeakCode, stored_code

_NAME_CHARACTERS: Final = 200
_REASON_CHARACTERS: Final = 1_000
_ADDRESS_CHARACTERS: Final = 320
"""Longer than any address can be: what is too long is told by models.address."""
_SHOWN_CHARACTERS: Final = 60

_KEY: Final = re.compile(r"[a-z0-9][a-z0-9._\-]{0,62}\Z")
_LOGIN: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.@\-]{0,62}\Z")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*\Z")
_ABBREVIATIONS: Final[Mapping[str, str]] = {
    "AKST": "America/Anchorage or Etc/GMT+9",
    "CDT": "America/Chicago or Etc/GMT+5",
    "CST": "America/Chicago or Etc/GMT+6",
    "EDT": "America/New_York or Etc/GMT+4",
    "EST": "America/New_York or Etc/GMT+5",
    "HST": "Pacific/Honolulu or Etc/GMT+10",
    "IST": "Asia/Kolkata, Europe/Dublin or Asia/Jerusalem",
    "BST": "Europe/London or Etc/GMT-1",
    "MDT": "America/Denver or Etc/GMT+6",
    "MST": "America/Denver or Etc/GMT+7",
    "PDT": "America/Los_Angeles or Etc/GMT+7",
    "PST": "America/Los_Angeles or Etc/GMT+8",
}
"""What people write for a zone: with daylight saving time, or without. tzdata's EST is the second, seldom meant."""

Reader: TypeAlias = Callable[[Any, DirectoryRules], Any]
_Read = TypeVar("_Read")


class Unreadable(Exception):
    """A value is not what its key must be; `flaws` are pairs of what is wrong and what to write."""

    def __init__(self, *flaws: tuple[str, str]) -> None:
        super().__init__(*flaws)
        self.flaws = flaws


def _flaw(value: Any, what: str, remedy: str = "") -> Unreadable:
    shown = str(value).lower() if isinstance(value, bool | date) else repr(value)
    shown = shown if len(shown) <= _SHOWN_CHARACTERS else shown[:_SHOWN_CHARACTERS] + "..."
    return Unreadable((f"{shown}: {what}", remedy))


def _text(value: Any, most: int) -> str:
    """One line of text, NFC, without space at its ends."""
    if not isinstance(value, str):
        raise _flaw(value, "it is no text", 'write it between quotes, such as "Acme"')
    text = unicodedata.normalize("NFC", value.strip())
    if len(text) > most:
        raise _flaw(value, f"it is longer than {most} characters")
    if any(unicodedata.category(character) in {"Cc", "Cs", "Zl", "Zp"} for character in text):
        raise _flaw(value, "it has line breaks or control characters", "write it on one line")
    return text


def _free_text(value: Any, _rules: DirectoryRules) -> str:
    return _text(value, _NAME_CHARACTERS)


def _name(value: Any, _rules: DirectoryRules) -> str:
    text = _text(value, _NAME_CHARACTERS)
    if not text:
        raise _flaw(value, "a name is not empty")
    return text


def _reason(value: Any, _rules: DirectoryRules) -> str | None:
    return _text(" ".join(value.split()) if isinstance(value, str) else value, _REASON_CHARACTERS) or None


def _pass_code(value: Any, _rules: DirectoryRules) -> str | None:
    """No flaw of a pass code shows it: what is wrong is printed, and may be kept in a log."""
    if not isinstance(value, str):
        raise Unreadable(("(not shown): it is no text", "write it between quotes"))
    try:
        return stored_code(value) if value.strip() else None
    except WeakCode as error:
        raise Unreadable((f"(not shown): {error.what}", error.remedy)) from error


def _department_key(value: Any, _rules: DirectoryRules) -> str:
    if not _KEY.match(_text(value, _NAME_CHARACTERS)):
        raise _flaw(value, "it is no key", 'write small letters, figures, "-", "_" and ".", such as "support"')
    return str(value).strip()


def _login(value: Any, _rules: DirectoryRules) -> str:
    if not _LOGIN.match(_text(value, _NAME_CHARACTERS)):
        raise _flaw(value, "it is no login", 'write letters, figures, "-", "_", "." and "@", such as "dana"')
    return str(value).strip()


def _boolean(value: Any, _rules: DirectoryRules) -> bool:
    if not isinstance(value, bool):
        raise _flaw(value, "it is neither true nor false", "write true or false, without quotes")
    return value


def _date(value: Any, _rules: DirectoryRules) -> date | None:
    if value == "":
        return None
    try:
        read = date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        read = None
    if type(read) is not date:
        raise _flaw(value, "it is no date", "write it like 2026-01-31, without a time")
    return read


def _address(value: Any, rules: DirectoryRules) -> str:
    try:
        key = address_key(_text(value, _ADDRESS_CHARACTERS))
    except AddressError as error:
        raise _flaw(value, str(error), "write it like name@example.com") from error
    if rules.addresses.owns(key):
        raise _flaw(value, "it is one of our own intake addresses", "mail to it would come back to us for ever")
    return key


def _domain(value: Any, _rules: DirectoryRules) -> str:
    try:
        return domain_key(_text(value, _ADDRESS_CHARACTERS))
    except AddressError as error:
        raise _flaw(value, str(error), "write it like example.com") from error


def _role(value: Any, _rules: DirectoryRules) -> Role:
    try:
        return Role(_text(value, _NAME_CHARACTERS))
    except ValueError as error:
        raise _flaw(value, "there is no such role", nearest(str(value), Role)) from error


def _plan(value: Any, rules: DirectoryRules) -> str:
    if (text := _text(value, _NAME_CHARACTERS)) not in rules.plans:
        raise _flaw(value, "there is no such plan", nearest(text, rules.plans))
    return text


def _language(value: Any, _rules: DirectoryRules) -> str:
    if not _LANGUAGE.match(text := _text(value, _NAME_CHARACTERS)):
        raise _flaw(value, "it is no language", 'write a language tag, such as "en" or "pt-BR"')
    return text


def _optional_language(value: Any, rules: DirectoryRules) -> str | None:
    return None if value == "" else _language(value, rules)


def _zone(value: Any, _rules: DirectoryRules) -> str:
    text = _text(value, _NAME_CHARACTERS)
    if hint := _ABBREVIATIONS.get(text.upper()):
        raise _flaw(value, "an abbreviation leaves open which clock is meant", f"write {hint}")
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _flaw(value, "there is no such zone", _nearest_zone(text)) from error
    return text


@cache
def _nearest_zone(text: str) -> str:
    """Looked for once in a file: the zones there are stand in a thousand files of their own."""
    return nearest(text, available_timezones(), 'write an IANA name, such as "America/Denver"')


def _mode(value: Any, _rules: DirectoryRules) -> Mode | None:
    if value == "":
        return None
    try:
        return Mode(_text(value, _NAME_CHARACTERS))
    except ValueError as error:
        raise _flaw(value, "there is no such mode", nearest(str(value), Mode)) from error


def _list(item: Callable[[Any, DirectoryRules], _Read], *, ordered: bool = False) -> Reader:
    """A reader of a list: each item once, sorted unless their order means something."""

    def read(value: Any, rules: DirectoryRules) -> tuple[_Read, ...]:
        if not isinstance(value, list):
            raise _flaw(value, "it is no list", f"write [{value!r}]" if isinstance(value, str) else "write [...]")
        found: dict[_Read, None] = {}
        flaws: list[tuple[str, str]] = []
        for one in value:
            try:
                found[item(one, rules)] = None
            except Unreadable as error:
                flaws += error.flaws
        if flaws:
            raise Unreadable(*flaws)
        return tuple(found) if ordered else tuple(sorted(found, key=str))

    return read


def _addresses(value: Any, rules: DirectoryRules) -> tuple[str, ...]:
    """At least one: the first is what a contact is known by, and an MPOC without one could not write."""
    addresses: tuple[str, ...] = _list(_address, ordered=True)(value, rules)
    if not addresses:
        raise _flaw(value, "a contact has at least one address", "write it like name@example.com")
    return addresses


KEYS: Final[Mapping[Kind, Mapping[str, Reader]]] = {
    Kind.DEPARTMENT: {"key": _department_key, "name": _name, "address": _address},
    Kind.AGENT: {
        "login": _login,
        "name": _name,
        "address": _address,
        "departments": _list(_department_key),
        "on_duty": _boolean,
        "active": _boolean,
    },
    Kind.ORGANISATION: {
        "name": _name,
        "domains": _list(_domain),
        "plan": _plan,
        "language": _language,
        "zone": _zone,
        "mode": _mode,
        "mode_because": _reason,
        "pass_code": _pass_code,
    },
    Kind.CONTACT: {
        "name": _name,
        "title": _free_text,
        "phone": _free_text,
        "addresses": _addresses,
        "roles": _list(_role),
        "language": _optional_language,
        "active": _boolean,
        "valid_from": _date,
        "valid_until": _date,
    },
}
"""Every key of every kind, and its reader."""
