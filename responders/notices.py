"""One function per notice: its typed context as the strings its templates print.

Whatever came from a mail is cleaned and capped here, before any template sees it. Times
are worded in the context's zone and in the language of the template, sizes and numbers
likewise; the templates choose words and nothing else.
"""

import re
from datetime import datetime, timedelta
from typing import assert_never

from babel import Locale

from models.limits import NOTICE_SUBJECT_CHARACTERS, NOTICE_TEXT_CHARACTERS
from models.notice import (
    AdminParked,
    AdminPostmaster,
    AgentHeld,
    AgentNewCase,
    CaseOpened,
    Desk,
    Notice,
    NoticeKind,
    ReceivedItem,
)
from responders.body import clean_text
from responders.header import clean_header
from responders.localised import locale_of, moment, number, size
from responders.rendering import Value, worded_in

NAME_CHARACTERS = 80
"""Longest name of a person, an organisation or an attachment that is shown."""
REASON_CHARACTERS = 200
"""Longest reason or mark that is shown."""
ITEMS = 20
"""Attachments listed one by one; the rest is counted."""
MARKS = 8
"""Remarks on a message that are shown; one where no attachment is named for want of room."""
LATE = timedelta(hours=1)
"""A case opened later than this after its message came in shows both times (a hold lay between)."""

_TAG = re.compile(r"\[#[A-Za-z]{1,10}-\d{1,12}\]")  # contract 4; another case's number would mislead (D-1)
_REPLY_PREFIX = re.compile(r"(?:(?:re|fwd?|aw|wg|sv|antw)(?:\[\d+\])?\s*:\s*)+", re.IGNORECASE)
_LINK = re.compile(r"(?i)(?:[a-z][a-z0-9+.\-]*:/+|www\.)\S+")
_PHONE = re.compile(r"\+?[\d ()./\-]{5,30}")

Variables = dict[str, Value]


def variables(notice: Notice, shown_items: int = ITEMS) -> Variables:
    """What the templates of this notice print. At most `shown_items` attachments are named."""
    folder = worded_in(notice.context.kind, notice.language)
    # the dates of an English notice are English, whatever language was wished for
    is_wished = notice.language.partition("-")[0].lower() == folder.partition("-")[0]
    locale = locale_of(notice.language if is_wished else folder, folder)
    match notice.context:
        case CaseOpened() as context:
            special = case_opened(context, locale, shown_items)
        case AgentNewCase() as context:
            special = agent_new_case(context, locale, shown_items)
        case AgentHeld() as context:
            special = agent_held(context, locale)
        case AdminParked() as context:
            special = admin_parked(context, locale)
        case AdminPostmaster() as context:
            special = admin_postmaster(context, locale, shown_items)
        case _:
            assert_never(notice.context)
    return {"lang": str(locale).replace("_", "-"), **_desk(notice.context.desk), **special}


def case_opened(context: CaseOpened, locale: Locale, shown_items: int) -> Variables:
    """To the customer. Quotes nothing of the body, and of the subject a part that cannot be clicked (D-12, D-13)."""
    subject = shown_subject(context.subject)
    late = context.opened_at - context.received_at >= LATE
    return {
        "case_number": clean_header(context.case_number, NAME_CHARACTERS),
        "subject": subject,
        "subject_unlinked": unlinked(subject),
        "priority": clean_header(context.priority, NAME_CHARACTERS),
        "organisation": clean_header(context.organisation, NAME_CHARACTERS),
        "contact_name": clean_header(context.contact_name, NAME_CHARACTERS),
        "received_at": moment(context.received_at, context.zone, locale),
        "opened_at": moment(context.opened_at, context.zone, locale) if late else "",
        "respond_by": _moment(context.respond_by, context.zone, locale),
        "update_by": _moment(context.update_by, context.zone, locale),
        "text_characters": number(context.text_characters, locale),
        **_items(context.items, locale, shown_items),
        **_marks(context.marks, shown_items),
    }


def agent_new_case(context: AgentNewCase, locale: Locale, shown_items: int) -> Variables:
    """To the agent: all that is needed to start, with the sender's standing said loudly where it is unproved."""
    standing = clean_header(context.standing, REASON_CHARACTERS)
    return {
        "case_number": clean_header(context.case_number, NAME_CHARACTERS),
        "subject": shown_subject(context.subject),
        "priority": clean_header(context.priority, NAME_CHARACTERS),
        "organisation": clean_header(context.organisation, NAME_CHARACTERS),
        "contact_name": clean_header(context.contact_name, NAME_CHARACTERS),
        "contact_address": clean_header(context.contact_address, REASON_CHARACTERS),
        "standing": standing,
        "unproved": "yes" if standing.lower().startswith("unproved") else "",
        "department": clean_header(context.department, NAME_CHARACTERS),
        "received_at": moment(context.received_at, context.zone, locale),
        "respond_by": _moment(context.respond_by, context.zone, locale),
        **_text(context.text, cut=context.text_cut),
        **_items(context.items, locale, shown_items),
        **_marks(context.marks, shown_items),
    }


def agent_held(context: AgentHeld, locale: Locale) -> Variables:
    """To the department: why a message waits, and until when a person can decide."""
    return {
        "inbox_id": str(context.inbox_id),
        "rule": clean_header(context.rule, NAME_CHARACTERS),
        "because": clean_header(context.because, REASON_CHARACTERS),
        "author": clean_header(context.author, REASON_CHARACTERS),
        "organisation": clean_header(context.organisation, NAME_CHARACTERS),
        "subject": shown_subject(context.subject),
        "department": clean_header(context.department, NAME_CHARACTERS),
        "received_at": moment(context.received_at, context.zone, locale),
        "expires_at": moment(context.expires_at, context.zone, locale),
    }


def admin_parked(context: AdminParked, locale: Locale) -> Variables:
    """To the admin, whose machines count in UTC."""
    return {
        "what": clean_header(context.what, NAME_CHARACTERS),
        "look": clean_header(context.look, NAME_CHARACTERS),
        "retry": clean_header(context.retry, NAME_CHARACTERS),
        "station": clean_header(context.station, NAME_CHARACTERS),
        "because": clean_text(context.because[: NOTICE_TEXT_CHARACTERS // 10]).strip("\n"),
        "parked_at": moment(context.parked_at, "UTC", locale),
    }


def admin_postmaster(context: AdminPostmaster, locale: Locale, shown_items: int) -> Variables:
    """To the admin: what somebody wrote to postmaster."""
    return {
        "inbox_id": str(context.inbox_id),
        "author": clean_header(context.author, REASON_CHARACTERS),
        "subject": shown_subject(context.subject),
        "received_at": moment(context.received_at, "UTC", locale),
        **_text(context.text, cut=context.text_cut),
        **_items(context.items, locale, shown_items),
    }


def shown_subject(subject: str) -> str:
    """A customer's subject as we show it: without any case tag and reply prefix, capped (ours carries its own)."""
    cleaned = " ".join(_TAG.sub(" ", clean_header(subject, 4 * NOTICE_SUBJECT_CHARACTERS)).split())
    return clean_header(cleaned[_prefix_length(cleaned) :], NOTICE_SUBJECT_CHARACTERS)


def unlinked(text: str) -> str:
    """`text` with a zero-width space at each joint of a URL, so that no mail program makes it a link (D-13)."""
    return _LINK.sub(lambda link: re.sub(r"(?=[.:/@])", "\u200b", link[0]), text)


def _prefix_length(subject: str) -> int:
    prefix = _REPLY_PREFIX.match(subject)
    return prefix.end() if prefix else 0


def _desk(desk: Desk) -> Variables:
    phone = clean_header(desk.phone, NAME_CHARACTERS)
    dialled = re.sub(r"[^\d+]", "", phone) if _PHONE.fullmatch(phone) else ""
    return {
        "desk_name": clean_header(desk.name, NAME_CHARACTERS),
        "desk_address": clean_header(desk.address, REASON_CHARACTERS),
        "desk_phone": phone,
        "desk_phone_dialled": dialled,
    }


def _moment(instant: datetime | None, zone: str, locale: Locale) -> str:
    return "" if instant is None else moment(instant, zone, locale)


def _text(text: str, *, cut: bool) -> Variables:
    """The customer's text; its first NOTICE_TEXT_CHARACTERS, and whether that is all."""
    shown = clean_text(text[:NOTICE_TEXT_CHARACTERS]).strip("\n")
    return {"text": shown, "text_cut": "yes" if cut or len(text) > NOTICE_TEXT_CHARACTERS else ""}


def _marks(marks: tuple[str, ...], shown_items: int) -> Variables:
    return {"marks": [clean_header(mark, REASON_CHARACTERS) for mark in marks[: MARKS if shown_items else 1]]}


def _items(items: tuple[ReceivedItem, ...], locale: Locale, shown: int) -> Variables:
    """Attachments by name with their sizes; a dropped one says why. What was dropped is named first of all."""
    ordered = sorted(items, key=lambda item: not item.dropped_because)[:shown] if len(items) > shown else items
    rest = len(items) - len(ordered)
    return {
        "items": [
            {
                "name": clean_header(item.name, NAME_CHARACTERS),
                "size": size(item.size, locale),
                "dropped_because": clean_header(item.dropped_because, REASON_CHARACTERS),
            }
            for item in ordered
        ],
        "item_count": number(len(items), locale),
        "items_not_shown": number(rest, locale) if rest else "",
    }


__all__ = ["ITEMS", "NoticeKind", "shown_subject", "unlinked", "variables"]
