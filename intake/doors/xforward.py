"""XFORWARD: how a listed relay names the client it took a message from (Postfix XFORWARD_README).

The attributes are xtext (RFC 3461 4), hold for one mail transaction and are given anew for
each, so that what one client was is never said of the next. ADDR may be no IP address at
all; then, as with `[UNAVAILABLE]`, the client is unknown.
"""

import re
from dataclasses import dataclass, replace
from ipaddress import ip_address

from models.mail import is_wire_safe

ATTRIBUTES = ("NAME", "ADDR", "PORT", "PROTO", "HELO", "IDENT", "SOURCE")
"""What EHLO offers; only ADDR and HELO have an effect."""
_UNAVAILABLE = "[UNAVAILABLE]"
_LONGEST_VALUE = 255
_HEXCHAR = re.compile(r"\+([0-9A-F]{2})")


class XforwardError(Exception):
    """A command that cannot be understood; its text is the reply."""


@dataclass(frozen=True, slots=True)
class NamedClient:
    """The client a relay named: its address and its HELO, each None where the relay does not know."""

    address: str | None = None
    helo: str | None = None


def updated(client: NamedClient | None, argument: str) -> NamedClient:
    """What is known of the client after one more XFORWARD; raises XforwardError with the reply."""
    found = client or NamedClient()
    attributes = argument.split()
    if not attributes or not argument.isascii():
        raise XforwardError("501 5.5.4 Syntax: XFORWARD attribute=xtext...")
    for attribute in attributes:
        name, equals, value = attribute.partition("=")
        if not equals or name.upper() not in ATTRIBUTES:
            raise XforwardError("501 5.5.4 Unknown attribute or no value")
        if name.upper() == "ADDR":
            found = replace(found, address=_address(_decoded(value)))
        elif name.upper() == "HELO":
            found = replace(found, helo=_decoded(value))
        else:
            _decoded(value)
    return found


def _decoded(value: str) -> str | None:
    if len(value) > _LONGEST_VALUE:
        raise XforwardError("501 5.5.4 Attribute is too long")
    try:
        text = _HEXCHAR.sub(lambda match: chr(int(match[1], 16)), value).encode("latin-1").decode("utf-8")
    except UnicodeDecodeError:
        raise XforwardError("501 5.5.4 Attribute is not UTF-8") from None
    if not is_wire_safe(text):
        raise XforwardError("501 5.5.4 Attribute holds a control character")
    return None if text.upper() == _UNAVAILABLE else text


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    if text[:5].upper() == "IPV6:":
        text = text[5:]
    try:
        return str(ip_address(text))
    except ValueError:
        return None
