"""A decision is a value and carries its reasons: which rules were asked, and what each said.

`decide` yields exactly one `Decision` for a message. Its trail is stored with it and is
what `explain` prints: nothing is re-run, nothing is guessed afterwards.
"""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Literal

from models.case import CaseEvent
from models.message import DeliveryAction


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUp:
    """The closed case that a new one continues, and why it was not re-opened (plans 4)."""

    case_id: int
    why: Literal["window_passed", "no_response"]
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCase:
    """A new P4 case for this contact's organisation; `acknowledge` is false for a machine.

    `follow_up` is set where it continues one that has ended and does not re-open, `by_agent`
    where an agent wrote it on the contact's behalf.
    """

    fate: Literal["open_case"] = "open_case"
    contact_id: int
    organisation_id: int
    acknowledge: bool = True
    follow_up: FollowUp | None = None
    by_agent: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddToCase:
    """The message joins a case. `event` is None where it changes nothing there: a comment, a machine's word.

    `contact_id` is None where the writer is no contact. `duplicate` is the number of the case
    it was written to where that is the duplicate of this one.
    """

    fate: Literal["add_to_case"] = "add_to_case"
    case_id: int
    event: CaseEvent | None
    contact_id: int | None = None
    duplicate: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReopenCase:
    """The case was closed and opens again under its number (plans 4)."""

    fate: Literal["reopen_case"] = "reopen_case"
    case_id: int
    contact_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentActs:
    """An agent answered a mail of the case: words to the customer, notes, commands."""

    fate: Literal["agent_acts"] = "agent_acts"
    case_id: int
    agent_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Duplicate:
    """The same content was decided before, under that inbox id."""

    fate: Literal["duplicate"] = "duplicate"
    of: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Disregard:
    """Kept, with no effect on any case: our own loop, an automatic answer, a DSN.

    `by_envelope`: the envelope alone decided so; the same content may come again in another one.
    """

    fate: Literal["disregard"] = "disregard"
    as_what: str
    by_envelope: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ToPostmaster:
    """For the admin (RFC 5321 4.5.1): told, no case. The envelope alone decides so."""

    fate: Literal["postmaster"] = "postmaster"
    by_envelope: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A person should look. `organisation_id` is set where the writer is of a known organisation.

    A hold is no last word on a content: when the same comes again it is decided anew, because
    it may come by a better way, or the writer be known meanwhile (threats C-9). `answer` is
    what a writer with a proved address is told; every other hears nothing.
    """

    fate: Literal["hold"] = "hold"
    organisation_id: int | None = None
    answer: Literal["", "go_through_mpoc", "not_authorised"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """No decision yet: what it needs did not answer, and is asked again then."""

    fate: Literal["wait"] = "wait"
    again_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerRequest:
    """An MPOC answers whether a held message may become a case: the first approve or refuse counts (plans 5).

    `about` is the inbox id of the held message; a remark is kept with it and decides nothing.
    """

    fate: Literal["answer_request"] = "answer_request"
    about: int
    answer: Literal["approve", "refuse", "remark"]
    contact_id: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryReport:
    """What became of one notice of ours on its way, as the report says that came to its own reverse path.

    Of several recipients the worst is told. It concerns that notice and nothing else (threats D-14).
    """

    fate: Literal["delivery_report"] = "delivery_report"
    outbox_id: int
    action: DeliveryAction
    address: str
    status: str
    diagnostic: str
    case_id: int | None = None

    @property
    def words(self) -> str:
        """What it says in one line."""
        return " ".join(part for part in (self.action.value, self.status, self.diagnostic) if part)


Fate = (
    OpenCase
    | AddToCase
    | ReopenCase
    | AgentActs
    | Duplicate
    | Disregard
    | ToPostmaster
    | Hold
    | Wait
    | AnswerRequest
    | DeliveryReport
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Something noticed on the way that settles nothing: a mark on the case or a security event."""

    kind: Literal["mark", "security", "delivery"]
    what: str


@dataclass(frozen=True, slots=True)
class Passed:
    """The rule does not settle the message."""

    because: str
    findings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Settled:
    """The rule settles the message."""

    fate: Fate
    because: str


Answer = Passed | Settled
"""What a rule says."""


@lru_cache(maxsize=1024)
def passed(because: str, *findings: Finding) -> Passed:
    """The rule does not settle the message. Kept, for most rules say the same of most messages."""
    return Passed(because, findings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the trail."""

    rule: str
    answer: Literal["passed", "settled"]
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The fate of one message, the rule that settled it, and the whole trail (the settling rule is last)."""

    fate: Fate
    rule: str
    because: str
    trail: tuple[Step, ...]
    findings: tuple[Finding, ...] = ()
