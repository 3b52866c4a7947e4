"""Identification fields (RFC 5322 3.6.4): Message-ID, In-Reply-To and References, canonical.

A msg-id is compared octet for octet without its brackets. Values are read by one linear
pattern, never by a structured parser: `<[>` alone crashes the standard one (threats M14).
"""

import re
from typing import Final

from models.limits import MESSAGE_ID_CHARACTERS, REFERENCES
from parser.header_fields import HeaderFields

_MSG_ID: Final = re.compile(rb"<([^<>]{1,1000})>")
_CANONICAL: Final = re.compile(r"[!-;=?-~]+\Z")
_BRACKETS: Final = b"<>,;\"'()"
_BARE_OCTETS: Final = 8_192
_FIRST: Final = 3


def message_id(fields: HeaderFields) -> str | None:
    """The message's own id, or None when it has none that could be named in an answer."""
    value = fields.first("message-id")
    if value is None:
        return None
    found = _msg_ids(value)
    return found[0] if found else _canonical(value.strip(b"<> \t"))


def references(fields: HeaderFields) -> tuple[str, ...]:
    """The ids a message answers, oldest first, without repeats: the first 3 and the last 20 (C-7)."""
    return _named(fields, "references", "in-reply-to")


def in_reply_to(fields: HeaderFields) -> tuple[str, ...]:
    """The ids the message says it answers itself: where they and References disagree, a rule may ask."""
    return _named(fields, "in-reply-to")


def _named(fields: HeaderFields, *names: str) -> tuple[str, ...]:
    unique = list(dict.fromkeys(msg_id for name in names for value in fields.all(name) for msg_id in _msg_ids(value)))
    if len(unique) > REFERENCES:
        unique = unique[:_FIRST] + unique[_FIRST - REFERENCES :]
    return tuple(unique)


def _msg_ids(value: bytes) -> list[str]:
    """The ids in a value; where it has none in brackets, the words that could be one, as some programs write them."""
    found = [match[1] for match in _MSG_ID.finditer(value)]
    if not found:
        found = [word.strip(_BRACKETS) for word in value[:_BARE_OCTETS].split() if word.count(b"@") == 1]
    return [canonical for one in found if (canonical := _canonical(one)) is not None]


def _canonical(value: bytes) -> str | None:
    text = b"".join(value.split()).decode("ascii", "replace")
    return text if _CANONICAL.match(text) and len(text) <= MESSAGE_ID_CHARACTERS else None
