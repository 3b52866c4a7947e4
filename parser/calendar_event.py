"""The event of a text/calendar part (RFC 5545, 5546): what it is about, when, and who asks."""

import re
from typing import Final

from models.message import CalendarEvent
from parser.charset import decode
from parser.structure import Part, content_of, leaves
from parser.words import shown

_OCTETS: Final = 65_536
_CHARACTERS: Final = 200
_FOLD: Final = re.compile(r"\r?\n[ \t]")
_EVENT: Final = re.compile(r"^BEGIN:VEVENT\s*$(.*?)(?:^END:VEVENT|\Z)", re.IGNORECASE | re.MULTILINE | re.DOTALL)
_LINE: Final = re.compile(
    r"^([A-Z-]{1,40})((?:;[^:\"\r\n]*(?:\"[^\"\r\n]*\"[^:\"\r\n]*)*)?):([^\r\n]*)", re.IGNORECASE | re.MULTILINE
)
_TIME: Final = re.compile(r"(\d{4})(\d\d)(\d\d)(?:T(\d\d)(\d\d)(\d\d)?(Z)?)?\Z")
_ZONE: Final = re.compile(r";TZID=\"?([^;\":]{1,80})", re.IGNORECASE)
_ESCAPED: Final = re.compile(r"\\([\\;,nN])")


def read(tree: Part) -> CalendarEvent | None:
    """The first event of the first calendar of a message; None when there is none."""
    return next((_event(part) for part, _ in leaves(tree) if part.kind == "text/calendar"), None)


def _event(part: Part) -> CalendarEvent:
    parameters = part.parameters("content-type")
    text = _FOLD.sub("", decode(content_of(part)[0][:_OCTETS], parameters.text("charset") or "utf-8")[0])
    method = re.search(r"^METHOD:\s*(\w{1,20})", text, re.IGNORECASE | re.MULTILINE)
    event = _EVENT.search(text)
    known: dict[str, tuple[str, str]] = {}
    for line in _LINE.finditer(event[1] if event else ""):
        known.setdefault(line[1].upper(), (line[2], line[3]))
    organiser = known.get("ORGANIZER", ("", ""))[1]
    return CalendarEvent(
        method=_method(part, method[1] if method else ""),
        summary=_plain(known, "SUMMARY"),
        organiser=_shown(organiser.partition(":")[2] if organiser.lower().startswith("mailto:") else organiser),
        starts=_time(*known.get("DTSTART", ("", ""))),
        ends=_time(*known.get("DTEND", ("", ""))),
        location=_plain(known, "LOCATION"),
    )


def _method(part: Part, inside: str) -> str:
    """What is asked or answered (RFC 5546 1.4); a file that somebody sent along asks and answers nothing.

    Programs name the method in the field (RFC 6047 2.4); where it stands inside alone, it
    counts in a part that is no file.
    """
    named = part.parameters("content-type").text("method")
    return (named or (inside if part.disposition != "attachment" else "")).upper()[:20]


def _plain(known: dict[str, tuple[str, str]], name: str) -> str:
    value = known.get(name, ("", ""))[1]
    return _shown(_ESCAPED.sub(lambda found: " " if found[1] in "nN" else found[1], value))


def _shown(text: str) -> str:
    return shown(text.encode("utf-8", "replace"), _CHARACTERS)


def _time(parameters: str, value: str) -> str:
    """`20240101T100000` as `2024-01-01 10:00 Europe/Berlin`; what is no time as it stands."""
    found = _TIME.match(value.strip())
    if found is None:
        return _shown(value)
    day = f"{found[1]}-{found[2]}-{found[3]}"
    if found[4] is None:
        return day
    zone = "UTC" if found[7] else _zone(parameters)
    return f"{day} {found[4]}:{found[5]} {zone}"


def _zone(parameters: str) -> str:
    """The zone a time names; a time without one is that of whoever reads it (RFC 5545 3.3.5)."""
    named = _ZONE.search(parameters)
    return "local time" if named is None else _shown(named[1])
