"""Mail addresses: one strict grammar, and the one form in which they are compared and stored.

An address we know, believe or write to is a dot-atom, "@" and a host name (RFC 5322 3.4.1,
RFC 6532): no comments, routes, quoted local parts, white space, control characters or
characters that cannot be seen. For comparing, the domain is in lower-case A-labels; the
local part has ASCII letters lowered and is otherwise octet for octet after NFC (threats B-9
to B-12): no NFKC, no confusables, no sub-address or dot folding.
"""

import functools
import re
import unicodedata
from typing import Final

LOCAL_PART_OCTETS: Final = 64
"""RFC 5321 4.5.3.1.1."""
DOMAIN_OCTETS: Final = 255
"""RFC 5321 4.5.3.1.2."""

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u00a0-\U0010ffff]+"
_DOT_ATOM: Final = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*\Z")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?\Z")  # RFC 1123 2.1
_LETTERS: Final = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})  # RFC 5892 2.1, after lower-casing
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


class AddressError(ValueError):
    """Not an address of the plain form local-part@domain."""


def ascii_lower(text: str) -> str:
    """Lower-case ASCII letters and nothing else, so that no other character can collide (B-10)."""
    if text.isascii():  # most are
        return text.lower()
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in text)


@functools.lru_cache(maxsize=4_096)
def split(address: str) -> tuple[str, str]:
    """Local part as written, and domain in A-labels. Raises AddressError for every form but the plain one."""
    local_part, at, domain = address.rpartition("@")
    if not at or not _DOT_ATOM.match(local_part):
        raise AddressError("the address is not of the form local-part@domain")
    if len(local_part.encode("utf-8", "surrogatepass")) > LOCAL_PART_OCTETS:
        raise AddressError("the local part is longer than 64 octets")
    if not local_part.isascii():  # of ASCII the grammar has left nothing but what is seen
        _refuse_strange_letters(local_part)
    return local_part, domain_key(domain)


def _refuse_strange_letters(local_part: str) -> None:
    if any(unicodedata.category(character) in _UNSEEN for character in local_part):
        raise AddressError("the address has characters that cannot be seen")
    if any(_is_compatibility_form(character) for character in local_part):
        raise AddressError("the address has look-alike forms of ordinary characters")


def address_key(address: str) -> str:
    """The stored and compared form of an address. Raises AddressError."""
    local_part, domain = split(address)
    return f"{unicodedata.normalize('NFC', ascii_lower(local_part))}@{domain}"


@functools.lru_cache(maxsize=4_096)
def domain_key(domain: str) -> str:
    """A domain name as lower-case A-labels (RFC 5890).

    Raises AddressError when it is no host name: empty labels, wrong characters, too long.
    """
    ascii_form = ".".join(_a_label(label) for label in domain.split("."))
    labels = ascii_form.split(".")
    if len(ascii_form) > DOMAIN_OCTETS or len(labels) < 2 or not all(map(_LABEL.match, labels)):
        raise AddressError("the domain is no host name")
    return ascii_form


def _a_label(label: str) -> str:
    """One label as it stands in the DNS. IDNA 2008 maps nothing: the standard library's codec is IDNA 2003
    and would turn "straße" into "strasse", which is another domain.
    """
    if label.isascii():
        return ascii_lower(label)
    normal = unicodedata.normalize("NFC", label.lower())
    stable = unicodedata.normalize("NFKC", normal) == normal
    if not stable or not all(character == "-" or unicodedata.category(character) in _LETTERS for character in normal):
        raise AddressError("the domain has characters that no domain may have")
    return "xn--" + normal.encode("punycode").decode("ascii")


def _is_compatibility_form(character: str) -> bool:
    """Fullwidth and other forms that NFKC would turn into ASCII (B-11): never an address of ours."""
    return not character.isascii() and unicodedata.normalize("NFKC", character).isascii()
