"""Notices to a case's correspondents: what became of it, what happens next and by when (plans 4 and 6)."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from models.notice.parts import CarriedFile, Desk, NoticeKind, ReceivedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseMail:
    """What every mail about one case to one of its correspondents knows.

    `contact_name` is the recipient's, `zone` the IANA zone the times are shown in. Where a
    mail has a `status`, it is in words of the recipient's language; a time that the plan
    does not promise is None.
    """

    desk: Desk
    case_number: str
    subject: str
    organisation: str
    contact_name: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening(CaseMail):
    """A case was opened for a message: what came in, and what is promised for it.

    `text_characters` counts the text we understood of the message and `items` what came
    with it, so that a loss is visible (content receipt). `marks` are short sentences on
    what was odd about the message ("read in safe mode").
    """

    priority: str
    opened_at: datetime
    received_at: datetime
    respond_by: datetime | None
    update_by: datetime | None
    text_characters: int
    items: tuple[ReceivedItem, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened(Opening):
    """To the MPOC: a P4 case was opened (the acknowledgement)."""

    kind: Literal[NoticeKind.CASE_OPENED] = NoticeKind.CASE_OPENED


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpOpened(Opening):
    """To the MPOC who wrote to a case that could not be reopened: a new case that is linked to it.

    `original_number` is the case written to, `why` it stays closed: its reopen window has
    passed, or it was closed for want of an answer; `closed_at` is when.
    """

    kind: Literal[NoticeKind.FOLLOW_UP_OPENED] = NoticeKind.FOLLOW_UP_OPENED
    original_number: str
    why: Literal["window_passed", "no_response"]
    closed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseReopened(CaseMail):
    """To the MPOC who wrote to a closed case within its reopen window: the same case goes on.

    `respond_by` and `update_by` count from the message, which came in at `received_at`.
    """

    kind: Literal[NoticeKind.CASE_REOPENED] = NoticeKind.CASE_REOPENED
    priority: str
    status: str
    received_at: datetime
    respond_by: datetime | None
    update_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedToMainCase(CaseMail):
    """To the MPOC who wrote to a duplicate: it went to the main case, whose number is `case_number`.

    `duplicate_number` is the case that was written to.
    """

    kind: Literal[NoticeKind.ADDED_TO_MAIN_CASE] = NoticeKind.ADDED_TO_MAIN_CASE
    duplicate_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduledUpdate(CaseMail):
    """To the correspondents at each due time of the priority's cadence.

    `last_note` is what an agent last wrote for the customer, at `last_note_at`; "" and None
    where nobody has. `due_at` is when this mail was due; `late` when it is sent well after
    that, which it then says.
    """

    kind: Literal[NoticeKind.SCHEDULED_UPDATE] = NoticeKind.SCHEDULED_UPDATE
    status: str
    priority: str
    last_note: str
    last_note_at: datetime | None
    next_update_by: datetime | None
    due_at: datetime
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EtrSet(CaseMail):
    """To the correspondents: an agent estimates when the case will be resolved; no updates until then."""

    kind: Literal[NoticeKind.ETR_SET] = NoticeKind.ETR_SET
    etr: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EtrChanged(CaseMail):
    """To the correspondents: the estimate is a new one; `previous` is what it was."""

    kind: Literal[NoticeKind.ETR_CHANGED] = NoticeKind.ETR_CHANGED
    etr: datetime
    previous: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EtrPassed(CaseMail):
    """To the correspondents: the estimated time is over and the case is still open.

    Updates come again from now on, the next by `next_update_by`. `late` when this mail is
    sent well after the estimated time.
    """

    kind: Literal[NoticeKind.ETR_PASSED] = NoticeKind.ETR_PASSED
    etr: datetime
    next_update_by: datetime | None
    late: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged(CaseMail):
    """To the correspondents: an agent gave the case another status.

    `note` is what the agent wrote with it, "" for nothing. `waits_for_you` when we wait for
    the customer; `closes_by` is then when it would be closed without an answer, if known.
    """

    kind: Literal[NoticeKind.STATUS_CHANGED] = NoticeKind.STATUS_CHANGED
    status: str
    previous_status: str
    note: str
    next_update_by: datetime | None
    waits_for_you: bool
    closes_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResolved(CaseMail):
    """To the correspondents: the work is done, please confirm.

    `summary` is the agent's, "" for none. A mail to `confirm_address` closes the case, one
    to `not_solved_address` puts it back in progress; both are signed for the recipient.
    `closes_by` is when the case would be closed without an answer, if it would.
    """

    kind: Literal[NoticeKind.CASE_RESOLVED] = NoticeKind.CASE_RESOLVED
    summary: str
    confirm_address: str
    not_solved_address: str
    closes_by: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseClosed(CaseMail):
    """To the correspondents: the case is closed.

    `confirmed` when the recipient's side confirmed it by mail, which this mail then answers.
    `reopen_until` is the last day (in the plan's zone) on which an answer reopens it;
    `reopen_unlimited` where any answer at any time does.
    """

    kind: Literal[NoticeKind.CASE_CLOSED] = NoticeKind.CASE_CLOSED
    summary: str
    reopen_until: date | None
    reopen_unlimited: bool
    confirmed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class NoResponseWarning(CaseMail):
    """To the correspondents: we have waited for an answer since `waiting_since` and close the case at `closes_at`."""

    kind: Literal[NoticeKind.NO_RESPONSE_WARNING] = NoticeKind.NO_RESPONSE_WARNING
    waiting_since: datetime
    closes_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosedNoResponse(CaseMail):
    """To the correspondents: the case was closed for want of an answer.

    `reopens` where the plan lets an answer reopen it, until the end of `reopen_until` (None:
    at any time); else an answer opens a new case that is linked to it.
    """

    kind: Literal[NoticeKind.CLOSED_NO_RESPONSE] = NoticeKind.CLOSED_NO_RESPONSE
    reopens: bool
    reopen_until: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionMissed(CaseMail):
    """To the correspondents: the case is not resolved by `target`, when the plan said it should be."""

    kind: Literal[NoticeKind.RESOLUTION_MISSED] = NoticeKind.RESOLUTION_MISSED
    target: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReply(CaseMail):
    """To the correspondents: what an agent wrote to them. A person's mail, and marked as nothing else (contract 4).

    `asks` when the agent waits for an answer. Of what came with the agent's own mail it carries
    `files`, and names `items`, which it does not carry (models.rules.carrying).
    """

    kind: Literal[NoticeKind.AGENT_REPLY] = NoticeKind.AGENT_REPLY
    agent_name: str
    text: str
    asks: bool
    items: tuple[ReceivedItem, ...] = ()
    files: tuple[CarriedFile, ...] = ()
