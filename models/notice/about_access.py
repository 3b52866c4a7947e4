"""Notices on who may write to us, to people and about people who are no MPOC; and on pass codes (plans 5)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.notice.about_cases import CaseMail
from models.notice.parts import Desk, NoticeKind, ReceivedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class GoThroughMpoc:
    """To an end user whose address is proved: an MPOC of the organisation has to write, and why.

    Says nothing of any case. `contact_name` is the writer's own, "" if unknown;
    `asks_mpocs` when the organisation's MPOCs were asked to approve this very message.
    """

    kind: Literal[NoticeKind.GO_THROUGH_MPOC] = NoticeKind.GO_THROUGH_MPOC
    desk: Desk
    subject: str
    organisation: str
    contact_name: str
    zone: str
    received_at: datetime
    asks_mpocs: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NotAuthorised:
    """To a writer whose address is proved and whom we do not know. Names no customer."""

    kind: Literal[NoticeKind.NOT_AUTHORISED] = NoticeKind.NOT_AUTHORISED
    desk: Desk
    subject: str
    zone: str
    received_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalRequest:
    """To each active MPOC: a colleague who is no MPOC wrote to us; may it become a case?

    `author` is the proved address and `author_name` what it calls itself. `text` is the
    colleague's, of which a part is shown. A mail to `approve_address` opens the case, one to
    `refuse_address` rejects the message; both are signed for the recipient and end at `expires_at`.
    """

    kind: Literal[NoticeKind.APPROVAL_REQUEST] = NoticeKind.APPROVAL_REQUEST
    desk: Desk
    organisation: str
    contact_name: str
    zone: str
    author: str
    author_name: str
    original_subject: str
    received_at: datetime
    text: str
    text_cut: bool = False
    items: tuple[ReceivedItem, ...] = ()
    approve_address: str
    refuse_address: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PassCodeSeen(CaseMail):
    """To the writer of a message that held the organisation's phone pass code. Never the code.

    `subject` is the masked one; `case_number` is "" where the message belongs to no case.
    """

    kind: Literal[NoticeKind.PASS_CODE_SEEN] = NoticeKind.PASS_CODE_SEEN
    received_at: datetime
