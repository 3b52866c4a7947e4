"""What a decision, an agent's act or a promise that fell due leads to: rows to write, as values.

The store writes them in the transaction that decided them, all or none. A case is changed
by saying what it was and what it is now; what is owed for it follows from that
(`models.rules.clocks.due`), never from a list that somebody keeps up to date.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from models.case import Case, CaseEvent
from models.decision import Finding
from models.message import Attachment
from models.notice import Notice
from models.obligation import Obligation, ObligationKind
from models.plan import SupportPlan
from models.rules.clocks import due


class EntryKind(StrEnum):
    """What was said in a case: by mail of an MPOC, by others, by an agent to all or among agents, on the phone."""

    MAIL = "mail"
    COMMENT = "comment"
    REPLY = "reply"
    NOTE = "note"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One thing said in a case. `new_text` is None where all of `text` is new."""

    case_id: int
    kind: EntryKind
    at: datetime
    author_name: str
    author_address: str
    text: str
    new_text: str | None = None
    contact_id: int | None = None
    agent_id: int | None = None
    message_id: str | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseChange:
    """A case as it was (None: it is opened) and as it is now, and what is owed for it from now on.

    `kept` are the kinds of obligations that this change fulfils; others that are owed no
    longer are waived, with `because`.
    """

    before: Case | None
    after: Case
    event: CaseEvent | None
    because: str
    plan: SupportPlan
    owed: tuple[Obligation, ...]
    kept: frozenset[ObligationKind] = frozenset()
    carried_out: Obligation | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Participation:
    """An address that may comment on a case from now on, and why."""

    case_id: int
    address: str
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What an agent did, for the record of the case."""

    case_id: int
    by: str
    agent_id: int | None
    kind: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """How long a message is held, the commands that help, and the author about whom its MPOCs were asked."""

    until: datetime
    release: str
    proposal: str = ""
    asked: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswer:
    """What an MPOC answered about a held message, and in what words it is recorded."""

    about: int
    answer: Literal["approve", "refuse", "remark"]
    contact_id: int
    answered_by: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Consequences:
    """All effects of one decision, act or due promise; they appear together or not at all."""

    changes: tuple[CaseChange, ...] = ()
    entries: tuple[Entry, ...] = ()
    participations: tuple[Participation, ...] = ()
    deeds: tuple[Deed, ...] = ()
    links: tuple[tuple[int, int], ...] = ()
    holding: Holding | None = None
    answers: tuple[RequestAnswer, ...] = ()
    notices: tuple[Notice, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def case(self) -> Case | None:
        """The case it is about, as it is afterwards."""
        return self.changes[-1].after if self.changes else None


VISIBLE_ACT = frozenset({ObligationKind.SCHEDULED_UPDATE, ObligationKind.FIRST_RESPONSE_REMINDER})
"""What an agent's customer-visible act fulfils."""


def changed(
    before: Case | None,
    after: Case,
    event: CaseEvent | None,
    plan: SupportPlan,
    *,
    because: str,
    kept: Collection[ObligationKind] = (),
    carried_out: Obligation | None = None,
) -> CaseChange:
    """A change with what is owed after it."""
    return CaseChange(
        before=before,
        after=after,
        event=event,
        because=because,
        plan=plan,
        owed=due(after, plan),
        kept=frozenset(kept),
        carried_out=carried_out,
    )
