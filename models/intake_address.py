"""The addresses casegate answers for, and what each means ([[intake]] of the configuration).

Compared without regard to ASCII case, the domain in A-labels, octet for octet otherwise
(threats B-9 to B-11 apply to recipients as well): a client that knows SMTPUTF8 may write
U-labels (RFC 6531). `address+anything@domain` belongs to `address@domain`: a reply address
carries a token there, and a bad token is a fact about the message, never a refusal.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from models.address import AddressError, ascii_lower, domain_key

POSTMASTER = "postmaster"


@dataclass(frozen=True, slots=True)
class IntakeAddress:
    """One `[[intake]]` entry: mail to `address` is for `department`."""

    address: str
    department: str


@dataclass(frozen=True, slots=True)
class Recognised:
    """What a forward path turned out to be: an intake address, its extension, or the postmaster."""

    intake: IntakeAddress | None
    extension: str = ""

    @property
    def is_postmaster(self) -> bool:
        return self.intake is None


class IntakeAddresses:
    """All intake addresses, in configuration order."""

    def __init__(self, entries: Iterable[IntakeAddress]) -> None:
        self.entries = tuple(replace(entry, address=_with_a_labels(entry.address)) for entry in entries)
        self._by_address = {ascii_lower(entry.address): entry for entry in self.entries}
        self.domains = frozenset(address.rpartition("@")[2] for address in self._by_address)
        self._order = {entry: position for position, entry in enumerate(self.entries)}
        self._meaning_of = lru_cache(maxsize=256)(self._meaning)

    def recognise(self, forward_path: str) -> Recognised | None:
        """The meaning of a forward path, or None: not ours (550 5.1.1 at the door)."""
        return self._meaning_of(forward_path)

    def _meaning(self, forward_path: str) -> Recognised | None:
        path = ascii_lower(_with_a_labels(forward_path))
        local_part, _, domain = path.rpartition("@")
        if path == POSTMASTER or (local_part == POSTMASTER and domain in self.domains):  # RFC 5321 4.1.1.3
            return Recognised(None)
        base, _, extension = local_part.partition("+")
        for candidate, rest in ((local_part, ""), (base, extension)):
            entry = self._by_address.get(f"{candidate}@{domain}")
            if entry is not None:
                return Recognised(entry, rest)
        return None

    def first(self, forward_paths: Iterable[str]) -> Recognised | None:
        """The one meaning of a transaction to several of our addresses: first in configuration order."""
        found = [meaning for path in forward_paths if (meaning := self.recognise(path)) is not None]
        return min(found, key=self._place, default=None)

    def _place(self, meaning: Recognised) -> int:
        last = len(self._order)
        return self._order.get(meaning.intake, last) if meaning.intake else last

    def of_department(self, department: str) -> str:
        """The address that answers about a department's cases come back to: its first, else the first of all."""
        return next(
            (entry.address for entry in self.entries if entry.department == department), self.entries[0].address
        )

    def extensions(self, addresses: Iterable[str]) -> tuple[str, ...]:
        """What stands behind the `+` of those addresses that are ours, in order, each once."""
        found = [meaning.extension for path in addresses if (meaning := self.recognise(path)) is not None]
        return tuple(dict.fromkeys(extension for extension in found if extension))

    def owns(self, address: str) -> bool:
        """Whether an address is one of ours (mail that claims to come from it is our own or forged)."""
        return self.recognise(address) is not None


def _with_a_labels(address: str) -> str:
    """An address whose domain is as it stands in the DNS (B-9); one that has no such form is nobody's."""
    local_part, at, domain = address.rpartition("@")
    if domain.isascii():
        return address
    try:
        return f"{local_part}{at}{domain_key(domain)}"
    except AddressError:
        return address
