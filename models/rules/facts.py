"""What the store answered: ids and what rules read, no bodies, no secrets.

Facts are stored with the decision. `FACTS_VERSION` grows when a field is added, so that a
replay over older facts knows which questions had not been asked then.
"""

from dataclasses import dataclass
from typing import Final

from models.dossier import Dossier, Pointer
from models.organisation import Department, KnownAgent, KnownContact, Mode

FACTS_VERSION: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything `decide` may know besides the message itself.

    `decided_before` is the inbox id that has this content's claim and was not held,
    `held_before` the one that is held; `own_notice` the
    outbox id whose Message-ID this message bears; `contacts` are all contacts with the
    author's address, `domain_organisations` the organisations of the author's domain;
    `admitted_by` names the admin who released the message from being held. `pointers` are the
    ways the message names cases, the strongest first; `dossiers` the cases named that there
    are, with the main case of a duplicate and the open follow-up of a closed one.
    `cases_within_the_hour` counts the cases the author's contacts opened in the last hour,
    `alike_within_the_hour` those of them with the same subject. `on_behalf_of` are the
    contacts an agent's mail names in its first line.
    """

    decided_before: int | None
    own_notice: int | None
    contacts: tuple[KnownContact, ...]
    agent: KnownAgent | None
    domain_organisations: tuple[tuple[int, str], ...]
    department: Department | None
    mode: Mode
    admitted_by: str | None = None
    held_before: int | None = None
    pointers: tuple[Pointer, ...] = ()
    dossiers: tuple[Dossier, ...] = ()
    cases_within_the_hour: int = 0
    alike_within_the_hour: int = 0
    on_behalf_of: tuple[KnownContact, ...] = ()

    def dossier(self, case_id: int | None) -> Dossier | None:
        """The case with that id, if it was named and is there."""
        return next((one for one in self.dossiers if one.case.case_id == case_id), None)
