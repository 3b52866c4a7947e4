"""Notices: every mail casegate sends, as typed context, before any word is chosen.

A notice is recorded by the transaction that decided it, as one row per recipient with the
key (cause, kind, recipient); `responders` turns it into bytes once, and those bytes are
frozen. The context holds what the templates print and nothing else: it is built for one
recipient from one case (threats G-5), and every time in it is UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from pydantic import Discriminator

from models.notice.about_access import ApprovalRequest, GoThroughMpoc, NotAuthorised, PassCodeSeen
from models.notice.about_cases import (
    AddedToMainCase,
    AgentReply,
    CaseClosed,
    CaseMail,
    CaseOpened,
    CaseReopened,
    CaseResolved,
    ClosedNoResponse,
    EtrChanged,
    EtrPassed,
    EtrSet,
    FollowUpOpened,
    NoResponseWarning,
    Opening,
    ResolutionMissed,
    ScheduledUpdate,
    StatusChanged,
)
from models.notice.parts import CarriedFile, Desk, NoticeKind, ReceivedItem
from models.notice.to_admins import AdminBreaker, AdminDaily, AdminMailLeft, AdminParked, AdminPostmaster, Waiting
from models.notice.to_agents import (
    AgentAssigned,
    AgentBounce,
    AgentCaseMail,
    AgentCommands,
    AgentCustomerReplied,
    AgentHeld,
    AgentNewCase,
    AgentReminder,
    AgentSecurity,
    WhatReplyDid,
)

Context = Annotated[
    CaseOpened
    | CaseReopened
    | FollowUpOpened
    | AddedToMainCase
    | ScheduledUpdate
    | EtrSet
    | EtrChanged
    | EtrPassed
    | StatusChanged
    | CaseResolved
    | CaseClosed
    | NoResponseWarning
    | ClosedNoResponse
    | ResolutionMissed
    | AgentReply
    | GoThroughMpoc
    | NotAuthorised
    | ApprovalRequest
    | PassCodeSeen
    | AgentNewCase
    | AgentCustomerReplied
    | AgentAssigned
    | AgentReminder
    | AgentCommands
    | AgentHeld
    | AgentSecurity
    | AgentBounce
    | AdminParked
    | AdminPostmaster
    | AdminBreaker
    | AdminDaily
    | AdminMailLeft,
    Discriminator("kind"),
]
"""What a notice says; told apart by its kind when it is read back."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One mail to one recipient, not yet worded.

    `cause` with `kind` and `recipient` is the key of the effect; `message_id` is derived
    from it (models.tokens) and includes its angle brackets; `reply_to` is the signed reply address or the desk's own;
    `language` is a BCP 47 tag. `in_reply_to` and `references` are message ids of the
    organisation's own messages and of ours only.
    """

    cause: str
    recipient: str
    recipient_name: str
    language: str
    message_id: str
    reply_to: str
    in_reply_to: str | None
    references: tuple[str, ...]
    created_at: datetime
    context: Context


__all__ = [
    "AddedToMainCase",
    "AdminBreaker",
    "AdminDaily",
    "AdminMailLeft",
    "AdminParked",
    "AdminPostmaster",
    "AgentAssigned",
    "AgentBounce",
    "AgentCaseMail",
    "AgentCommands",
    "AgentCustomerReplied",
    "AgentHeld",
    "AgentNewCase",
    "AgentReminder",
    "AgentReply",
    "AgentSecurity",
    "ApprovalRequest",
    "CarriedFile",
    "CaseClosed",
    "CaseMail",
    "CaseOpened",
    "CaseReopened",
    "CaseResolved",
    "ClosedNoResponse",
    "Context",
    "Desk",
    "EtrChanged",
    "EtrPassed",
    "EtrSet",
    "FollowUpOpened",
    "GoThroughMpoc",
    "NoResponseWarning",
    "NotAuthorised",
    "Notice",
    "NoticeKind",
    "Opening",
    "PassCodeSeen",
    "ReceivedItem",
    "ResolutionMissed",
    "ScheduledUpdate",
    "StatusChanged",
    "Waiting",
    "WhatReplyDid",
]
