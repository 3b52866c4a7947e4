"""Addresses we send to and from: one strict grammar, checked again at the moment of use.

Threats G-7: an address that an import or an old bug let into the database must not name a
second recipient, end a command or end a header field. Refused here are quoted local parts,
domain literals, comments and routes: no address we send to needs them (RFC 5321 4.1.2 asks
hosts not to define mailboxes that do).
"""

import re
import unicodedata
from dataclasses import dataclass

from responders.header import UnsafeNotice

LOCAL_PART_OCTETS = 64
"""RFC 5321 4.5.3.1.1."""
DOMAIN_OCTETS = 255
"""RFC 5321 4.5.3.1.2."""

_ATEXT = r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~\u00a0-\U0010ffff]"  # RFC 5322 3.2.3 with RFC 6532 3.2
_DOT_ATOM = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_LABEL = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9\-]{0,61}[A-Za-z0-9])?")  # RFC 1123 2.1
_LETTER_CATEGORIES = frozenset({"Ll", "Lo", "Lm", "Mn", "Mc", "Nd"})  # RFC 5892 2.1, after lower-casing
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zs", "Zl", "Zp"})


@dataclass(frozen=True, slots=True)
class AddrSpec:
    """A valid addr-spec, its domain in A-labels; `smtputf8` tells that the local part is not ASCII (RFC 6531)."""

    text: str
    smtputf8: bool


def addr_spec(text: str) -> AddrSpec:
    """`text` as an address that may stand in a command or a header; raises UnsafeNotice."""
    local_part, at, domain = text.rpartition("@")
    if not at or not _DOT_ATOM.fullmatch(local_part):
        raise UnsafeNotice(f"not an address: {text[:80]!a}")
    smtputf8 = not local_part.isascii()
    if smtputf8 and any(unicodedata.category(character) in _UNSEEN for character in local_part):
        raise UnsafeNotice(f"an address with unseen characters: {text[:80]!a}")
    domain = ".".join([_a_label(label) for label in domain.split(".")])
    if len(local_part.encode()) > LOCAL_PART_OCTETS or len(domain) > DOMAIN_OCTETS:
        raise UnsafeNotice(f"an address too long: {text[:80]!a}")
    return AddrSpec(f"{local_part}@{domain}", smtputf8)


def _a_label(label: str) -> str:
    """The label as it goes on the wire (RFC 5890 2.3.2.1).

    Not the standard library's `idna` codec: it is IDNA 2003 and turns "straße" into
    "strasse", another domain. A U-label that is lower case and normal maps by Punycode alone.
    """
    if not label.isascii():
        label = unicodedata.normalize("NFC", label.lower())
        if unicodedata.normalize("NFKC", label) != label or not all(
            character == "-" or unicodedata.category(character) in _LETTER_CATEGORIES for character in label
        ):
            raise UnsafeNotice(f"not a domain label: {label[:80]!a}")
        label = "xn--" + label.encode("punycode").decode("ascii")
    if not _LABEL.fullmatch(label):
        raise UnsafeNotice(f"not a domain label: {label[:80]!a}")
    return label
