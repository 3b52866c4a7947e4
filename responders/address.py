"""Addresses we send to and from: the strict grammar (models.address), checked again at the moment of use.

Threats G-7: an address that an import or an old bug let into the database must not name a
second recipient, end a command or end a header field. Refused here are quoted local parts,
domain literals, comments and routes: no address we send to needs them (RFC 5321 4.1.2 asks
hosts not to define mailboxes that do).
"""

from dataclasses import dataclass
from functools import lru_cache

from models.address import AddressError, split
from responders.header import UnsafeNotice


@dataclass(frozen=True, slots=True)
class AddrSpec:
    """A valid addr-spec, its domain in A-labels; `smtputf8` tells that the local part is not ASCII (RFC 6531)."""

    text: str
    smtputf8: bool


@lru_cache(maxsize=4096)
def addr_spec(text: str) -> AddrSpec:
    """`text` as an address that may stand in a command or a header; raises UnsafeNotice."""
    try:
        local_part, domain = split(text)
    except AddressError as error:
        raise UnsafeNotice(f"{error}: {text[:80]!a}") from error
    return AddrSpec(f"{local_part}@{domain}", smtputf8=not local_part.isascii())
