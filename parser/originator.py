"""Who wrote it: one strict answer for identity, one lenient answer for people.

Identity decides who may open a case, and every lenient reader can be led to the wrong
address: `alice@mpoc.example <evil@evil.example>` is Alice to the standard library (threats
M13). So the strict grammar takes the single From field with the single mailbox

    addr-spec | [display-name] "<" addr-spec ">"

with a dot-atom local part and a host name, and one comment beside the address, as old
programs write the name: `alice@acme.example (Alice)`. A comment in which anything could be
taken for an address or a delimiter is refused, as are comments inside the address, groups,
routes, more than one mailbox, an unquoted "@" in the display name, encoded words in the
address, control characters and white space inside the address (B-2 to B-12). What it refuses
is read by mail-parser for display, and never used to decide.
"""

import re
from typing import Final

import mailparser

from models.address import AddressError, address_key
from models.limits import HEADER_FIELD_BYTES
from models.message import Originator
from parser.header_fields import HeaderFields
from parser.words import shown

_NAME_CHARACTERS: Final = 200
_ADDRESS_CHARACTERS: Final = 320
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]|\\[^\x00-\x08\x0a-\x1f\x7f])*+"'
_PLAIN: Final = r"""[^ \t\r\n\v\f"<>()\[\]:;@\\,\x00-\x1f\x7f]"""
_COMMENT: Final = r"""\([^"<>()\[\]:;@\\,\x00-\x08\x0a-\x1f\x7f]*+\)"""
# Possessive (`*+`): nothing is tried twice, so a hostile field costs its length and no more.
_MAILBOX: Final = re.compile(
    rf"(?P<name>(?:{_QUOTED}|{_PLAIN}|[ \t])*+(?:{_COMMENT}[ \t]*+)?+)<(?P<address>[^<>\s]+)>\Z"
)
_COMMENTED: Final = re.compile(rf"(?P<before>[^()]*[^()\s])[ \t]+(?P<name>{_COMMENT})\Z")
# Many scripts and telephones write the address as its own name, unquoted: both readings agree.
_ITS_OWN_NAME: Final = re.compile(
    r"(?P<quote>'?)(?P<name>[^\s<>()',;:]+)(?P=quote)[ \t]*<(?P<address>(?ai:(?P=name)))>\Z"
)
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]+\?[bBqQ]\?")
_BLANK: Final = " \t"
_BARE: Final = re.compile(r"[^\s<>]+\Z")


def read(fields: HeaderFields) -> Originator:
    """The originator fields of a message (RFC 5322 3.6.2)."""
    values = fields.all("from")
    author, refused_because, name = _strict(values)
    first = values[0] if values else b""
    if author is not None:
        display_name, display_address = name, author
    else:
        display_name, display_address = _lenient(first)
    return Originator(
        author=author,
        refused_because=refused_because,
        display_name=display_name,
        display_address=display_address,
        reply_to=tuple(shown(value, _ADDRESS_CHARACTERS) for value in fields.all("reply-to")[:3]),
        sender=shown(fields.first("sender") or b"", _ADDRESS_CHARACTERS),
    )


def _strict(values: list[bytes]) -> tuple[str | None, str, str]:
    """The author for identity, why there is none, and the display name."""
    if len(values) != 1:
        return None, f"there are {len(values)} From fields", ""
    if len(values[0]) >= HEADER_FIELD_BYTES:
        return None, "the From field is longer than we read", ""
    # Octets beyond ASCII are never a delimiter, so the grammar may read them as Latin-1 where
    # they are no UTF-8: only the name can hold them, the address must be ASCII then.
    text = _as_text(values[0]).strip(_BLANK)
    commented = _COMMENTED.match(text)
    text = commented["before"] if commented else text
    mailbox = _MAILBOX.match(text) or _ITS_OWN_NAME.match(text)
    if mailbox is None and ("<" in text or not _BARE.match(text)):
        return None, _why_not(_as_text(values[0])), ""
    address = text if mailbox is None else mailbox["address"]
    try:
        author = _plain_address(address, values[0])
    except AddressError as error:
        return None, f"the From address is refused: {error}", ""
    name = b"" if mailbox is None else values[0][: values[0].rindex(b"<")].strip()
    if commented and not name:
        name = values[0][values[0].rindex(b"(") + 1 : values[0].rindex(b")")]
    return author, "", _unquoted(shown(name, _NAME_CHARACTERS))


def _as_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _plain_address(address: str, value: bytes) -> str:
    """The key of an address that stands in a From field as it is. Raises AddressError."""
    if _ENCODED_WORD.search(address):  # RFC 2047 5: no encoded word within an addr-spec (B-7)
        raise AddressError("an encoded word stands in it")
    if not address.isascii() and _as_text(value) != value.decode("utf-8", "replace"):
        raise AddressError("it is neither ASCII nor UTF-8")
    return address_key(address)


def _why_not(text: str) -> str:
    """The refusal in words; only the reason differs, never the outcome."""
    outside = re.sub(_QUOTED, "", text[:_ADDRESS_CHARACTERS])
    if "(" in outside:
        return "the From field has a comment that may be more than a name"
    if ":" in outside or ";" in outside:
        return "the From field is a group"
    if "," in outside:
        return "the From field has more than one mailbox"
    if not outside.strip():
        return "the From field is empty"
    if "@" in outside.partition("<")[0] and "<" in outside:
        return "an address stands in the From field's display name"
    return "the From field is not one plain mailbox"


def _unquoted(name: str) -> str:
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name.strip()


def _lenient(value: bytes) -> tuple[str, str]:
    """Name and address as mail-parser reads them; the plain text where it cannot."""
    try:
        found = mailparser.parse_from_bytes(b"From: " + value + b"\n\n").from_
    except Exception:  # noqa: BLE001 - mail-parser raises a dozen kinds on odd input (0.28 % of mutants); only display is lost
        found = []
    name, address = found[0] if found else ("", "")
    return shown(str(name).encode(), _NAME_CHARACTERS), shown(str(address).encode() or value, _ADDRESS_CHARACTERS)
