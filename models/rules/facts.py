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
    """Everything `decide` may know besides the message itself.

    `decided_before` is the inbox id that has this content's claim and was not held,
    `held_before` the one that is held; `own_notice` the
    outbox id whose Message-ID this message bears; `contacts` are all contacts with the
    author's address, `domain_organisations` the organisations of the author's domain;
    `release` tells who let the message in that was held. `exceptions` are those made for the
    author's address, `listed_domains` the domains of the organisations it belongs to;
    `mpocs` are the MPOCs of an end user's organisation, `asked_today` how often they were
    asked about this author within a day. `last_wrote_for` is the contact as whom an MPOC of
    several organisations last wrote, `asked_about` the held mail that the message answers
    about. `pointers` are the
    ways the message names cases, the strongest first; `dossiers` the cases named that there
    are, with the main case of a duplicate and the open follow-up of a closed one.
    `cases_within_the_hour` counts the cases the author's contacts opened in the last hour,
    `alike_within_the_hour` those of them with the same subject, `wrote_within_the_hour` the
    author's mails on the cases that are named. `on_behalf_of` are the contacts an agent's mail
    names in its first line. `reported` are the notices whose reverse paths the message claims
    to have come to. `pass_code_of` names the organisations whose pass codes it held, never the
    codes.
    """

    decided_before: int | None
    own_notice: int | None
    contacts: tuple[KnownContact, ...]
    agent: KnownAgent | None
    domain_organisations: tuple[tuple[int, str], ...]
    department: Department | None
    mode: Mode
    release: Release | None = None
    exceptions: tuple[KnownException, ...] = ()
    listed_domains: tuple[str, ...] = ()
    mpocs: tuple[KnownContact, ...] = ()
    asked_today: int = 0
    last_wrote_for: int | None = None
    asked_about: HeldMail | None = None
    held_before: int | None = None
    pointers: tuple[Pointer, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    cases_within_the_hour: int = 0
    alike_within_the_hour: int = 0
    wrote_within_the_hour: int = 0
    on_behalf_of: tuple[KnownContact, ...] = ()
    reported: tuple[SentNotice, ...] = ()
    pass_code_of: tuple[str, ...] = ()

    def dossier(self, case_id: int | None) -> Dossier | None:
        """The case with that id, if it was named and is there."""
        return next((one for one in self.dossiers if one.case.case_id == case_id), None)
