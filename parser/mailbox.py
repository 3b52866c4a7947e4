"""One mailbox, strictly: the grammar by which an address is somebody's and nobody else's (threats B-2 to B-12).

    addr-spec | [display-name] "<" addr-spec ">"

with a dot-atom local part and a host name, and one comment beside the address, as old
programs write the name: `alice@acme.example (Alice)`. A comment in which anything could be
taken for an address or a delimiter is refused, as are comments inside the address, groups,
routes, more than one mailbox, an unquoted "@" in the display name, encoded words in the
address, control characters and white space inside the address.
"""

import re
from typing import Final

from models.address import AddressError, address_key
from parser.words import shown

NAME_CHARACTERS: Final = 200
ADDRESS_CHARACTERS: Final = 320
_QUOTED: Final = r'"(?:[^"\\\x00-\x08\x0a-\x1f\x7f]++|\\[^\x00-\x08\x0a-\x1f\x7f])*"'
_PLAIN: Final = r"""[^ \t\r\n\v\f"<>()\[\]:;@\\,\x00-\x1f\x7f]"""
_COMMENT: Final = r"""\([^"<>()\[\]:;@\\,\x00-\x08\x0a-\x1f\x7f]*+\)"""
# No two alternatives begin alike, so a hostile field costs its length and no more.
_MAILBOX: Final = re.compile(rf"(?P<name>(?:{_QUOTED}|{_PLAIN}|[ \t])*(?:{_COMMENT}[ \t]*+)?)<(?P<address>[^<>\s]+)>\Z")
_COMMENTED: Final = re.compile(rf"(?P<before>[^()]*[^()\s])[ \t]+(?P<name>{_COMMENT})\Z")
# Many scripts and telephones write the address as its own name, unquoted: both readings agree.
_ITS_OWN_NAME: Final = re.compile(
    r"(?P<quote>'?)(?P<name>[^\s<>()',;:]+)(?P=quote)[ \t]*<(?P<address>(?ai:(?P=name)))>\Z"
)
_ENCODED_WORD: Final = re.compile(r"=\?[^?\s]+\?[bBqQ]\?")
_BLANK: Final = " \t"
_BARE: Final = re.compile(r"[^\s<>]+\Z")


class NoMailbox(ValueError):
    """The text is not one plain mailbox; the message says what it is instead, as a sentence goes on."""


def strict(value: bytes, charset: str | None = None) -> tuple[str, str]:
    """The address, in the form addresses are compared by, and the display name. Raises NoMailbox."""
    # Octets beyond ASCII are never a delimiter, so the grammar may read them as Latin-1 where
    # they are no UTF-8: only the name can hold them, the address must be ASCII then.
    text = _as_text(value).strip(_BLANK)
    commented = _COMMENTED.match(text)
    text = commented["before"] if commented else text
    mailbox = _MAILBOX.match(text) or _ITS_OWN_NAME.match(text)
    if mailbox is None and ("<" in text or not _BARE.match(text)):
        raise NoMailbox(_why_not(_as_text(value)))
    try:
        address = _plain_address(text if mailbox is None else mailbox["address"], value)
    except AddressError as error:
        raise NoMailbox(f"names an address that is refused: {error}") from error
    name = b"" if mailbox is None else value[: value.rindex(b"<")].strip()
    if commented and not name:
        name = value[value.rindex(b"(") + 1 : value.rindex(b")")]
    return address, unquoted(shown(name, NAME_CHARACTERS, charset)) if name else ""


def _as_text(value: bytes) -> str:
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        return value.decode("latin-1")


def _plain_address(address: str, value: bytes) -> str:
    """The key of an address that stands in a field as it is. Raises AddressError."""
    if _ENCODED_WORD.search(address):  # RFC 2047 5: no encoded word within an addr-spec (B-7)
        raise AddressError("an encoded word stands in it")
    if not address.isascii() and _as_text(value) != value.decode("utf-8", "replace"):
        raise AddressError("it is neither ASCII nor UTF-8")
    return address_key(address)


def _why_not(text: str) -> str:
    """The refusal in words; only the reason differs, never the outcome."""
    outside = re.sub(_QUOTED, "", text[:ADDRESS_CHARACTERS])
    if "(" in outside:
        return "has a comment that may be more than a name"
    if ":" in outside or ";" in outside:
        return "is a group"
    if "," in outside:
        return "has more than one mailbox"
    if not outside.strip():
        return "is empty"
    if "@" in outside.partition("<")[0] and "<" in outside:
        return "has an address in its display name"
    return "is not one plain mailbox"


def unquoted(name: str) -> str:
    """A display name without the quotes around it."""
    name = name.strip()
    if len(name) > 1 and name[0] == name[-1] == '"':
        name = re.sub(r"\\(.)", r"\1", name[1:-1])
    return name.strip()
