"""The standing of a sender: what the author's address has proved, and to whom it belongs.

Identity is the one strict From and nothing else: never Sender, Reply-To, the reverse path or
a display name (threats B-13, B-14). In mode `address` a known address is believed, which is
the support plans' own rule; the case then says so. In mode `aligned` the address must be
proved by its domain; this version cannot prove any, so everybody is unproved there.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.organisation import KnownContact, Mode
from models.rules.facts import Facts


class Standing(StrEnum):
    """What a message proves about its author."""

    UNPROVED = "unproved"
    ALIGNED = "aligned"
    EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether a contact's mail is let in, and in what words."""

    standing: Standing
    admitted: bool
    because: str


def trust(contact: KnownContact, facts: Facts) -> Trust:
    """How far this contact's mail is believed: the organisation's own mode wins over the desk's."""
    return trust_by_mode(contact.mode, facts)


def trust_by_mode(own_mode: Mode | None, facts: Facts) -> Trust:
    """How far a mail is believed under an organisation's own mode, or else the desk's."""
    mode = own_mode or facts.mode
    if facts.admitted_by is not None:
        return Trust(Standing.UNPROVED, admitted=True, because=f"admitted by {facts.admitted_by}")
    if mode is Mode.ADDRESS:
        return Trust(
            Standing.UNPROVED, admitted=True, because="unproved: the address is known and believed (mode address)"
        )
    return Trust(
        Standing.UNPROVED,
        admitted=False,
        because="unproved: nothing shows that the mail comes from the address's domain",
    )
