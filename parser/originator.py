"""Who wrote it: one strict answer for identity, one lenient answer for people.

Identity decides who may open a case, and every lenient reader can be led to the wrong
address: `alice@mpoc.example <evil@evil.example>` is Alice to the standard library (threats
M13). So identity is the single From field with the single mailbox of parser.mailbox, and
nothing else. What that refuses is read by mail-parser for display, and never used to decide.
"""

from typing import Final

import mailparser

from models.limits import HEADER_FIELD_BYTES
from models.message import Originator
from parser.header_fields import HeaderFields
from parser.mailbox import ADDRESS_CHARACTERS, NAME_CHARACTERS, NoMailbox, strict
from parser.words import shown

_REPLY_TO: Final = 3
_LENIENT_OCTETS: Final = 4_096
"""What mail-parser is given: more than is ever shown, and less than keeps it busy."""


def read(fields: HeaderFields, charset: str | None = None) -> Originator:
    """The originator fields of a message (RFC 5322 3.6.2); `charset` is that of names that name none."""
    values = fields.all("from")
    author, refused_because, name = _strict(values, charset)
    if author is not None:
        display_name, display_address = name, author
    else:
        display_name, display_address = _lenient(values[0][:_LENIENT_OCTETS] if values else b"")
    return Originator(
        author=author,
        refused_because=refused_because,
        display_name=display_name,
        display_address=display_address,
        reply_to=tuple(shown(value, ADDRESS_CHARACTERS) for value in fields.all("reply-to")[:_REPLY_TO]),
        sender=shown(fields.first("sender") or b"", ADDRESS_CHARACTERS),
    )


def _strict(values: list[bytes], charset: str | None) -> tuple[str | None, str, str]:
    """The author for identity, why there is none, and the display name."""
    if len(values) != 1:
        return None, f"there are {len(values)} From fields", ""
    if len(values[0]) >= HEADER_FIELD_BYTES:
        return None, "the From field is longer than we read", ""
    try:
        author, name = strict(values[0], charset)
    except NoMailbox as why:
        return None, f"the From field {why}", ""
    return author, "", name


def _lenient(value: bytes) -> tuple[str, str]:
    """Name and address as mail-parser reads them; the plain text where it cannot."""
    try:
        found = mailparser.parse_from_bytes(b"From: " + value + b"\n\n").from_
    except Exception:  # noqa: BLE001 - mail-parser raises a dozen kinds on odd input (0.28 % of mutants); only display is lost
        found = []
    name, address = found[0] if found else ("", "")
    return shown(str(name).encode(), NAME_CHARACTERS), shown(str(address).encode() or value, ADDRESS_CHARACTERS)
