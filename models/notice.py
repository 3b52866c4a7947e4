"""Notices: every mail casegate sends, as typed context, before any word is chosen.

A notice is recorded by the transaction that decided it, as one row per recipient with the
key (cause, kind, recipient); `responders` turns it into bytes once, and those bytes are
frozen. The context holds what the templates print and nothing else: it is built for one
recipient from one case (threats G-5), and every time in it is UTC.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Discriminator


class NoticeKind(StrEnum):
    """What a notice is about; also the name of its template folder."""

    CASE_OPENED = "case_opened"
    AGENT_NEW_CASE = "agent_new_case"
    AGENT_HELD = "agent_held"
    ADMIN_PARKED = "admin_parked"
    ADMIN_POSTMASTER = "admin_postmaster"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedItem:
    """One attachment as it arrived; `dropped_because` is "" when it was kept whole."""

    name: str
    content_type: str
    size: int
    dropped_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The desk as the customer knows it: `[service]` of the configuration."""

    name: str
    address: str
    phone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseOpened:
    """To the MPOC: a P4 case was opened (domain: "case opened").

    `respond_by` and `update_by` are None where the plan promises no such time;
    `zone` is the IANA zone the times are shown in. `text_characters` counts the text we
    understood of the message, so that a loss is visible (content receipt). `marks` are
    short sentences on what was odd about the message ("read in safe mode").
    """

    kind: Literal[NoticeKind.CASE_OPENED] = NoticeKind.CASE_OPENED
    desk: Desk
    case_number: str
    subject: str
    priority: str
    organisation: str
    contact_name: str
    opened_at: datetime
    received_at: datetime
    respond_by: datetime | None
    update_by: datetime | None
    zone: str
    text_characters: int
    items: tuple[ReceivedItem, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentNewCase:
    """To the case's agent, else its department: a case was opened by mail.

    `standing` is the sender's standing in words ("unproved: ..." or "aligned").
    """

    kind: Literal[NoticeKind.AGENT_NEW_CASE] = NoticeKind.AGENT_NEW_CASE
    desk: Desk
    case_number: str
    subject: str
    priority: str
    organisation: str
    contact_name: str
    contact_address: str
    standing: str
    department: str
    received_at: datetime
    respond_by: datetime | None
    zone: str
    text: str
    text_cut: bool
    items: tuple[ReceivedItem, ...]
    marks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentHeld:
    """To the department: a message is held and a person should look (never silent to agents)."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminParked:
    """To the admin: a message or a notice could not be worked on; the failure is ours.

    `what` names it ("message 7"); `look` and `retry` are the commands that show it and try again.
    """

    kind: Literal[NoticeKind.ADMIN_PARKED] = NoticeKind.ADMIN_PARKED
    desk: Desk
    what: str
    look: str
    retry: str
    station: str
    because: str
    parked_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminPostmaster:
    """To the admin: mail to postmaster at one of our domains (RFC 5321 4.5.1)."""

    kind: Literal[NoticeKind.ADMIN_POSTMASTER] = NoticeKind.ADMIN_POSTMASTER
    desk: Desk
    inbox_id: int
    author: str
    subject: str
    received_at: datetime
    text: str
    text_cut: bool
    items: tuple[ReceivedItem, ...]


Context = Annotated[CaseOpened | AgentNewCase | AgentHeld | AdminParked | AdminPostmaster, Discriminator("kind")]
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
