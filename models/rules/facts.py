"""What the store answered: ids and what rules read, no bodies, no secrets.

Facts are stored with the decision. `FACTS_VERSION` grows when a field is added, so that a
replay over older facts knows which questions had not been asked then.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from models.dossier import Dossier, Pointer
from models.notice import NoticeKind
from models.organisation import Department, KnownAgent, KnownContact, Mode
from models.trusted_path import KnownException

FACTS_VERSION: Final = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """Whoever let a held message in: by whom and when, in the name of which contact, onto which case."""

    admitted_by: str
    at: datetime
    contact_id: int | None = None
    case_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldMail:
    """A held message that MPOCs were asked about, as an answer to that finds it; `waits` until it is decided."""

    inbox_id: int
    organisation_id: int
    author: str
    waits: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SentNotice:
    """A notice of ours that a message may report on: what it was, to whom, about which case."""

    outbox_id: int
    kind: NoticeKind
    recipient: str
    created_at: datetime
    case_id: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything `decide` may know besides the message itself."""

    decided_before: int | None
    """The inbox id that has this content's claim and was not held."""
    own_notice: int | None
    """The outbox id whose Message-ID this message bears."""
    contacts: tuple[KnownContact, ...]
    """All contacts with the author's address, current or not; of mail released in a contact's name that one alone."""
    agent: KnownAgent | None
    """The agent with the author's address."""
    domain_organisations: tuple[tuple[int, str], ...]
    """The organisations (id and name) of the author's domain, where the author is no contact."""
    department: Department | None
    """The department of the intake address it was sent to."""
    mode: Mode
    release: Release | None = None
    """Who let the message in, where it was held."""
    exceptions: tuple[KnownException, ...] = ()
    """The exceptions made for the author's address."""
    listed_domains: tuple[str, ...] = ()
    """The domains of the organisations the author belongs to."""
    mpocs: tuple[KnownContact, ...] = ()
    """The MPOCs of an end user's organisation."""
    asked_today: int = 0
    """How often they were asked about this author within a day."""
    last_wrote_for: int | None = None
    """The contact as whom an MPOC of several organisations last wrote."""
    asked_about: HeldMail | None = None
    """The held mail that the message answers about."""
    held_before: int | None = None
    """The inbox id that has this content's claim and is held."""
    pointers: tuple[Pointer, ...] = ()
    """The ways the message names cases, the strongest first."""
    dossiers: tuple[Dossier, ...] = ()
    """The cases named that there are, with the main case of a duplicate and the open follow-up of a closed one."""
    cases_within_the_hour: int = 0
    """How many cases the author's contacts opened in the last hour."""
    alike_within_the_hour: int = 0
    """How many of those have the same subject."""
    wrote_within_the_hour: int = 0
    """How many of the author's mails became part of the cases that are named, in the last hour."""
    on_behalf_of: tuple[KnownContact, ...] = ()
    """The contacts an agent's mail names in its first line."""
    reported: tuple[SentNotice, ...] = ()
    """The notices whose reverse paths the message claims to have come to."""
    pass_code_of: tuple[str, ...] = ()
    """The organisations whose pass codes it held; never the codes."""

    def dossier(self, case_id: int | None) -> Dossier | None:
        """The case with that id, if it was named and is there."""
        return next((one for one in self.dossiers if one.case.case_id == case_id), None)
