"""The strings of the notices to the admin, whose machines count in UTC."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from models.limits import EXPIRES_SOON_DAYS, NOTICE_TEXT_CHARACTERS
from models.notice import AdminBreaker, AdminDaily, AdminMailLeft, AdminParked, AdminPostmaster, Waiting
from responders.notices.wording import (
    ITEMS,
    Reader,
    items_of,
    many_lines,
    name,
    reason,
    rest_of,
    shown_subject,
)
from responders.rendering import Value, Variables

SOON = timedelta(days=EXPIRES_SOON_DAYS)
"""Held messages that expire within this come first in the daily mail (plans 5)."""


def admin_parked(context: AdminParked, reader: Reader) -> Variables:
    """What of ours failed."""
    return {
        "what": name(context.what),
        "look": name(context.look),
        "retry": name(context.retry),
        "station": name(context.station),
        "because": many_lines(context.because, cap=NOTICE_TEXT_CHARACTERS // 10)["text"],
        "parked_at": reader.moment(context.parked_at),
    }


def admin_postmaster(context: AdminPostmaster, reader: Reader) -> Variables:
    """What somebody wrote to postmaster."""
    return {
        "inbox_id": str(context.inbox_id),
        "author": reason(context.author),
        "subject": shown_subject(context.subject),
        "received_at": reader.moment(context.received_at),
        **many_lines(context.text, cut=context.text_cut),
        **items_of(context.items, reader),
    }


def admin_breaker(context: AdminBreaker, reader: Reader) -> Variables:
    """Who writes so much, in figures: a breaker that does not say that helps nobody."""
    return {
        "contact": reason(context.contact),
        "organisation": name(context.organisation),
        "count": reader.number(context.count),
        "limit": reader.number(context.limit),
        "since": reader.moment(context.since),
        "look": reason(context.look),
    }


def admin_daily(context: AdminDaily, reader: Reader) -> Variables:
    """What waits, the held in two lists: those that expire soon, and the rest."""
    soon = [one for one in context.held if one.until is not None and one.until - context.at <= SOON]
    later = [one for one in context.held if one not in soon]
    shown = min(len(soon), ITEMS) + min(len(later), ITEMS)
    waiting = context.held_count + context.parked_count + context.in_vain_count + context.late_count
    return {
        "at": reader.moment(context.at),
        "waiting_count": reader.number(waiting) if waiting else "",
        "held_count": reader.number(context.held_count),
        "held_soon": _lines(soon),
        "held_later": _lines(later),
        "held_not_shown": rest_of(context.held_count, shown, reader),
        "parked_count": reader.number(context.parked_count),
        "parked": _lines(context.parked),
        "parked_not_shown": rest_of(context.parked_count, min(len(context.parked), ITEMS), reader),
        "in_vain_count": reader.number(context.in_vain_count),
        "in_vain": _lines(context.in_vain),
        "in_vain_not_shown": rest_of(context.in_vain_count, min(len(context.in_vain), ITEMS), reader),
        "late_count": reader.number(context.late_count),
        "late": _lines(context.late),
        "late_not_shown": rest_of(context.late_count, min(len(context.late), ITEMS), reader),
    }


def _lines(waiting: Iterable[Waiting]) -> list[Value]:
    return [
        {
            "what": reason(one.what),
            "since": _stamp(one.since),
            "until": "" if one.until is None else _stamp(one.until),
            "command": reason(one.command),
        }
        for one in list(waiting)[:ITEMS]
    ]


def _stamp(instant: datetime) -> str:
    """As the command line prints it: short, for a list of many."""
    return instant.astimezone(UTC).strftime("%Y-%m-%d %H:%MZ")


def admin_mail_left(context: AdminMailLeft, reader: Reader) -> Variables:
    """What still lies in a mailbox, and why."""
    rest = context.count - len(context.messages)
    return {
        "mailbox": reason(context.mailbox),
        "count": reader.number(context.count),
        "several": "yes" if context.count > 1 else "",
        "messages": [reason(line) for line in context.messages],
        "messages_not_shown": reader.number(rest) if rest else "",
        "left_at": reader.moment(context.left_at),
    }
