"""Notices to whoever runs the service, with the command that helps (plans 6). Their times are shown in UTC."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from models.notice.parts import Desk, NoticeKind, ReceivedItem


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminParked:
    """A message or a notice could not be worked on; the failure is ours.

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
    """Mail to postmaster at one of our domains (RFC 5321 4.5.1)."""

    kind: Literal[NoticeKind.ADMIN_POSTMASTER] = NoticeKind.ADMIN_POSTMASTER
    desk: Desk
    inbox_id: int
    author: str
    subject: str
    received_at: datetime
    text: str
    text_cut: bool
    items: tuple[ReceivedItem, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminBreaker:
    """The loop breaker opened: `contact` reached `count` messages since `since`, where `limit` are allowed.

    `organisation` is "" for an unknown writer; `look` is the command that shows what is held back.
    """

    kind: Literal[NoticeKind.ADMIN_BREAKER] = NoticeKind.ADMIN_BREAKER
    desk: Desk
    contact: str
    organisation: str
    count: int
    limit: int
    since: datetime
    look: str = "casegate held list"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One line of the daily mail: what waits, since when, until when it is kept, and the command for it."""

    what: str
    since: datetime
    until: datetime | None = None
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminDaily:
    """Once a day: what waits for a person. Each list may be a part; its count is of all.

    `held`: messages that are held, whose `until` is when they expire. `parked`: what we
    failed on. `in_vain`: notices that nobody could be given. `late`: promises that were
    kept late or are overdue.
    """

    kind: Literal[NoticeKind.ADMIN_DAILY] = NoticeKind.ADMIN_DAILY
    desk: Desk
    at: datetime
    held_count: int
    held: tuple[Waiting, ...]
    parked_count: int
    parked: tuple[Waiting, ...]
    in_vain_count: int
    in_vain: tuple[Waiting, ...]
    late_count: int
    late: tuple[Waiting, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AdminMailLeft:
    """Messages were left in a mailbox, because they are too big or could not be fetched.

    `messages` says of the first of them which and why; `count` is how many there are.
    """

    kind: Literal[NoticeKind.ADMIN_MAIL_LEFT] = NoticeKind.ADMIN_MAIL_LEFT
    desk: Desk
    mailbox: str
    count: int
    messages: tuple[str, ...]
    left_at: datetime
