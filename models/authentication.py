"""Whose word proves an author: what `[authentication]` and `[smtp]` of the configuration say to the law."""

from dataclasses import dataclass

from models.trusted_path import Network


@dataclass(frozen=True, slots=True, kw_only=True)
class Authentication:
    """Whose word proves an author: `authserv_id` (in lower case; "" for nobody), written by one of our `relays`.

    `shared_senders` are networks from which SPF proves nothing: others send from there too (threats B-24).
    """

    authserv_id: str = ""
    relays: tuple[Network, ...] = ()
    shared_senders: tuple[Network, ...] = ()


NOBODY = Authentication()
"""Nobody's word counts."""
