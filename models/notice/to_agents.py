"""Notices to the case's agent, else to its department (plans 6): enough to start work, and how to answer."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from models.notice.parts import Desk, NoticeKind, ReceivedItem
from models.rules.sender import Standing


class WhatReplyDid(StrEnum):
    """What a customer's mail did to the case it belongs to (plans 4)."""

    ADDED = "added"
    REOPENED = "reopened"
    CONFIRMED = "confirmed"
    NOT_SOLVED = "not_solved"
    COMMENT = "comment"
    ON_HOLD = "on_hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCaseMail:
    """What every mail about one case to its agent knows. `contact_name` is the recipient's."""

    desk: Desk
    case_number: str
    subject: str
    organisation: str
    contact_name: str
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNewCase(AgentCaseMail):
    """A case was opened by mail.

    Here alone `contact_name` and `contact_address` are the customer's. `standing` is what
    the message proves about its author and `standing_because` why, in words.
    """

    kind: Literal[NoticeKind.AGENT_NEW_CASE] = NoticeKind.AGENT_NEW_CASE
    priority: str
    contact_address: str
    standing: Standing
    standing_because: str
    department: str
    received_at: datetime
    respond_by: datetime | None
    text: str
    text_cut: bool
    items: tuple[ReceivedItem, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCustomerReplied(AgentCaseMail):
    """A customer wrote to a case; `what` it did.

    `text` is what is new in the message, and `full_text_differs` tells that it says more
    (quotes, a signature). `status` and `priority` are those after it; `respond_by` is None
    where nothing is promised.
    """

    kind: Literal[NoticeKind.AGENT_CUSTOMER_REPLIED] = NoticeKind.AGENT_CUSTOMER_REPLIED
    what: WhatReplyDid
    status: str
    priority: str
    writer_name: str
    writer_address: str
    standing: Standing
    standing_because: str = ""
    received_at: datetime
    respond_by: datetime | None
    text: str
    text_cut: bool = False
    full_text_differs: bool
    items: tuple[ReceivedItem, ...] = ()
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentAssigned(AgentCaseMail):
    """To the agent who got a case from `by`; what is not known of it is left out."""

    kind: Literal[NoticeKind.AGENT_ASSIGNED] = NoticeKind.AGENT_ASSIGNED
    by: str
    status: str = ""
    priority: str = ""
    respond_by: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentReminder(AgentCaseMail):
    """A promise to the customer is at risk: `what` is due at `due_at`."""

    kind: Literal[NoticeKind.AGENT_REMINDER] = NoticeKind.AGENT_REMINDER
    what: Literal["first_response", "resolution"]
    due_at: datetime
    status: str = ""
    priority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentCommands(AgentCaseMail):
    """To the agent whose mail held commands: which were `done`, and which `refused`: the line, why and the remedy."""

    kind: Literal[NoticeKind.AGENT_COMMANDS] = NoticeKind.AGENT_COMMANDS
    done: tuple[str, ...]
    refused: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentBounce(AgentCaseMail):
    """To whoever works on the case: a mail of ours did not reach the customer.

    `what` is the kind of that notice, `sent_at` when it was owed; `status` and `diagnostic`
    are what the mail system there said, `command` shows more of it.
    """

    kind: Literal[NoticeKind.AGENT_BOUNCE] = NoticeKind.AGENT_BOUNCE
    what: str
    recipient: str
    sent_at: datetime
    status: str
    diagnostic: str
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHeld:
    """To the department: a message is held and a person should look (never silent to agents).

    `release` is the command that lets the message in once, `proposal` the one that would
    admit such messages from now on; "" where there is none.
    """

    kind: Literal[NoticeKind.AGENT_HELD] = NoticeKind.AGENT_HELD
    desk: Desk
    inbox_id: int
    rule: str
    because: str
    author: str
    organisation: str
    subject: str
    department: str
    received_at: datetime
    expires_at: datetime
    zone: str
    release: str = ""
    proposal: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentSecurity:
    """To the department: a security event.

    `what` happened and `who` did it, in words; `command` shows more of it.
    """

    kind: Literal[NoticeKind.AGENT_SECURITY] = NoticeKind.AGENT_SECURITY
    desk: Desk
    what: str
    who: str
    inbox_id: int
    command: str
    zone: str = "UTC"
    at: datetime | None = None
