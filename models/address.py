"""The form in which mail addresses are compared and stored: one key for one address.

The domain is an IDNA A-label in lower case; the local part has ASCII letters lowered and
is otherwise octet for octet after NFC (threats B-9 to B-12): no NFKC, no confusables, no
sub-address or dot folding.
"""

import re
import unicodedata
from typing import Final

from models.intake_address import ascii_lower
from models.mail import is_wire_safe

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]+"
_DOT_ATOM: Final = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*\Z")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\Z")

LOCAL_PART_OCTETS: Final = 64
DOMAIN_OCTETS: Final = 255


class AddressError(ValueError):
    """Not an address of the plain form local-part@domain."""


def domain_key(domain: str) -> str:
    """A domain name as lower-case A-labels (RFC 5890).

    Raises AddressError when it is no host name: empty labels, wrong characters, too long.
    """
    ascii_form = ".".join(_a_label(label) for label in ascii_lower(domain).split("."))
    labels = ascii_form.split(".")
    if len(ascii_form) > DOMAIN_OCTETS or len(labels) < 2 or not all(map(_LABEL.match, labels)):
        raise AddressError("the domain is no host name")
    return ascii_form


def _a_label(label: str) -> str:
    """One label as it stands in the DNS. IDNA 2008 maps nothing: the standard library's codec is IDNA 2003
    and would turn "straße" into "strasse", which is another domain.
    """
    if label.isascii():
        return label
    try:
        return "xn--" + unicodedata.normalize("NFC", label.lower()).encode("punycode").decode("ascii")
    except UnicodeError as error:
        raise AddressError("the domain is no IDNA name") from error


def address_key(address: str) -> str:
    """The stored and compared form of an addr-spec (RFC 5322 3.4.1, dot-atom form only).

    Raises AddressError for every other form: comments, routes, quoted local parts, white
    space, control characters, trailing dots.
    """
    if not is_wire_safe(address):
        raise AddressError("the address has control characters")
    local_part, at, domain = address.rpartition("@")
    if not at or not _DOT_ATOM.match(local_part):
        raise AddressError("the address is not of the form local-part@domain")
    if len(local_part.encode()) > LOCAL_PART_OCTETS:
        raise AddressError("the local part is longer than 64 octets")
    if any(_is_compatibility_form(c) for c in address):
        raise AddressError("the address has look-alike forms of ordinary characters")
    return f"{unicodedata.normalize('NFC', ascii_lower(local_part))}@{domain_key(domain)}"


def _is_compatibility_form(character: str) -> bool:
    """Fullwidth and other forms that NFKC would turn into ASCII (B-11): never an address of ours."""
    return not character.isascii() and unicodedata.normalize("NFKC", character).isascii()
