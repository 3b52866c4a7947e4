"""Exceptions: an address that cannot prove itself is believed when it comes by one path, and by no other.

An exception is made by an admin, by name and with a reason, for one address of one
organisation (or of one agent). It is bound to a path, so that a name on an envelope is
never enough (design 1.4): the networks the mail comes from, or the domain whose SPF passed.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Literal

from models.address import AddressError, domain_key

Network = IPv4Network | IPv6Network
WIDEST = {4: 16, 6: 32}
"""The shortest prefix of a path, by IP version: a wider network is no path but half the internet."""


class PathError(ValueError):
    """Not a path: the message says what one is."""


@dataclass(frozen=True, slots=True)
class TrustedPath:
    """`ip:NET`: the true peer is in that network; `spf:DOMAIN`: SPF passed for a sender of exactly that domain."""

    kind: Literal["ip", "spf"]
    value: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.value}"

    def leads_here(self, *, peer: str | None, spf_domain: str | None) -> bool:
        """Whether a message from that peer, with that SPF pass, came by this path."""
        if self.kind == "spf":
            return spf_domain == self.value
        return is_within(peer, (ip_network(self.value),))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownException:
    """An exception as the rules see it; of an organisation, or of an agent where that is None."""

    exception_id: int
    organisation_id: int | None
    address: str
    path: TrustedPath
    because: str
    made_by: str


def parse_path(text: str) -> TrustedPath:
    """A path as it is written in commands. Raises PathError."""
    kind, _, value = text.strip().partition(":")
    if kind == "spf" and value:
        try:
            return TrustedPath("spf", domain_key(value))
        except AddressError as error:
            raise PathError(f"{value!r} is no domain: {error}") from error
    if kind == "ip" and value:
        try:
            network = ip_network(value)
        except ValueError as error:
            raise PathError(f"{value!r} is no network: {error}") from error
        if network.prefixlen < WIDEST[network.version]:
            raise PathError(f"{value} is too wide for a path: at least /{WIDEST[network.version]} is needed")
        alone = network.prefixlen == network.max_prefixlen
        return TrustedPath("ip", str(network.network_address if alone else network))
    raise PathError(f"{text!r} is no path: write spf:DOMAIN or ip:NETWORK, such as ip:192.0.2.7")


def is_within(address: str | None, networks: tuple[Network, ...]) -> bool:
    """Whether an IP address is in one of the networks; None and what is no address never are."""
    if not address or not networks:
        return False
    try:
        known = ip_address(address)
    except ValueError:
        return False
    return any(known in network for network in networks)
