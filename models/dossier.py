"""A case with everybody who hears of it, and the ways a message can point to it."""

from dataclasses import dataclass
from enum import StrEnum

from models.case import Case
from models.organisation import Department, KnownAgent, KnownContact, Mode
from models.tokens import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """What rules and notices need of one case; no bodies.

    `writers` are the contacts who opened it or wrote on it, whatever they are today;
    `participants` the addresses that may comment on it. `thread` are Message-IDs of what
    customers wrote on it, without brackets: the first and the last ones, oldest first.
    `open_follow_up` is the open case that continues it.
    """

    case: Case
    organisation: str
    mode: Mode | None
    writers: tuple[KnownContact, ...]
    participants: tuple[str, ...]
    agent: KnownAgent | None
    department: Department
    thread: tuple[str, ...]
    open_follow_up: int | None


class Evidence(StrEnum):
    """How a message names the case it belongs to; the earlier is the stronger (threats C-6)."""

    RELEASE = "whoever released it"
    SIGNED_ADDRESS = "a signed reply address"
    OUR_MESSAGE_ID = "a Message-ID of ours"
    KNOWN_MESSAGE_ID = "a Message-ID of the case"
    SUBJECT_TAG = "the tag in its subject"


STRENGTH = tuple(Evidence)
"""Evidence by strength, the strongest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pointer:
    """One way in which a message points to a case, which need not exist, nor be the writer's."""

    evidence: Evidence
    case_id: int
    purpose: Purpose = Purpose.REPLY
