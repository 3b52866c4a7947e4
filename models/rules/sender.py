"""The standing of a sender: what the author's address has proved, and to whom it belongs.

Identity is the one strict From and nothing else: never Sender, Reply-To, the reverse path or
a display name (threats B-13, B-14). An address is *aligned* where our own relay found proof
of its domain (models.rules.alignment), *excepted* where an admin made an exception for the
path by which the message came, and else *unproved*. Mode `aligned` lets in the first two. In
mode `address` a known address is believed, which is the support plans' own rule; the case
then says so. What an admin released is let in whatever its standing, which stays what it is.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.organisation import Mode
from models.rules.alignment import Outcome, Proof
from models.rules.facts import Facts
from models.trusted_path import KnownException


class Standing(StrEnum):
    """What a message proves about its author."""

    UNPROVED = "unproved"
    ALIGNED = "aligned"
    EXCEPTED = "excepted"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whether an author's mail is let in, and in what words."""

    standing: Standing
    admitted: bool
    because: str

    @property
    def proved(self) -> bool:
        """What agents' mail and approvals need, whatever the mode, and no release replaces (contract 3)."""
        return self.standing is not Standing.UNPROVED


def trust(own_mode: Mode | None, organisation_id: int | None, facts: Facts, proof: Proof) -> Trust:
    """How far a mail is believed that is written for an organisation (None: for none, as an agent does).

    The organisation's own mode wins over the desk's.
    """
    if proof.outcome is Outcome.ALIGNED:
        return Trust(Standing.ALIGNED, admitted=True, because=f"aligned: {proof.because}")
    exception = _exception(organisation_id, facts, proof)
    if exception is not None:
        because = f"excepted by {exception.made_by}, as it came by {exception.path}: {exception.because}"
        return Trust(Standing.EXCEPTED, admitted=True, because=because)
    if facts.release is not None:
        return Trust(Standing.UNPROVED, admitted=True, because=f"admitted by {facts.release.admitted_by}")
    if (own_mode or facts.mode) is Mode.ADDRESS and organisation_id is not None:
        because = "unproved: the address is known and believed (mode address)"
        return Trust(Standing.UNPROVED, admitted=True, because=because)
    return Trust(
        Standing.UNPROVED,
        admitted=False,
        because=f"unproved: nothing shows that the mail comes from the address's domain; {proof.because}",
    )


def _exception(organisation_id: int | None, facts: Facts, proof: Proof) -> KnownException | None:
    """The exception made for this author, organisation and path, if there is one."""
    for exception in facts.exceptions:
        if exception.organisation_id == organisation_id and exception.path.leads_here(
            peer=proof.peer, spf_domain=proof.spf_domain
        ):
            return exception
    return None
