"""What `check` says of a desk that runs: what waits longer than it should, each with the remedy."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from intake import composition
from intake.clock import system_clock
from intake.configuration import Problem, SettingsError
from intake.doors.imap.account import Account, accounts_of
from intake.settings import Settings
from intake.status import age
from models.limits import (
    EXPIRES_SOON_DAYS,
    LATE_SECONDS,
    MAILBOX_SILENT_SECONDS,
    MESSAGE_WAITS_SECONDS,
    NOTICE_WAITS_SECONDS,
)
from models.store import imap_ledger
from models.store.database import DatabaseError
from models.store.reports.waiting import Queues, held_by_expiry, in_vain_since, parked_by_age, queues

_VAIN_DAYS = 7


def too_old(settings: Settings) -> Iterator[Problem]:
    """Everything that waits for longer than its limit, or for a person."""
    try:
        database = composition.open_database(settings)
    except (SettingsError, DatabaseError):
        return  # said before
    now = system_clock()
    try:
        with database.read() as connection:
            problems = [
                *_queues(queues(connection, now), now),
                *_for_a_person(connection, now),
                *_mailboxes(connection, settings, now),
            ]
    finally:
        database.close()
    yield from problems


def _queues(found: Queues, now: datetime) -> Iterator[Problem]:
    """What the service should have done by itself."""
    rows = (
        (
            "messages",
            found.messages.since,
            MESSAGE_WAITS_SECONDS,
            f"{found.messages.count} wait to be decided, the oldest for",
            "is the service running ('systemctl status casegate')? 'casegate stats' and its log say more",
        ),
        (
            "notices",
            found.notices.since,
            NOTICE_WAITS_SECONDS,
            f"{found.notices.count} are not given to the relay yet, the oldest for",
            "'casegate outbox list --state ready' shows the relay's words",
        ),
        (
            "promises",
            found.overdue.since,
            LATE_SECONDS,
            f"{found.overdue.count} are overdue, the oldest by",
            "is the scheduler running? look for 'promise.failed' and 'clock.behind' in the log",
        ),
    )
    for where, since, limit, what, remedy in rows:
        if since is not None and (seconds := (now - since).total_seconds()) > limit:
            yield Problem(where, f"{what} {age(seconds)}", remedy)


def _for_a_person(connection: sa.Connection, now: datetime) -> Iterator[Problem]:
    """What will not go away by itself."""
    parked = parked_by_age(connection, most=1)
    if parked.count:
        first = parked.first[0]
        remedy = f"'{first.command}' says why; after the repair 'parked retry' or 'outbox retry'"
        yield Problem("parked", f"we failed on {parked.count}; the oldest is {first.what}", remedy)
    in_vain = in_vain_since(connection, now - timedelta(days=_VAIN_DAYS), most=1)
    if in_vain.count:
        first = in_vain.first[0]
        what = (
            f"in the last {_VAIN_DAYS} days {in_vain.count} could not be given to anybody; the latest is {first.what}"
        )
        yield Problem(
            "outbox", what, f"'{first.command}' shows the relay's words; 'casegate outbox retry' offers again"
        )
    soon = held_by_expiry(connection, most=1, until=now + timedelta(days=EXPIRES_SOON_DAYS))
    if soon.count:
        first = soon.first[0]
        what = f"{soon.count} expire within {EXPIRES_SOON_DAYS} days; the next is {first.what}"
        yield Problem("held", what, f"'{first.command}', then release, reject or drop it")


def _mailboxes(connection: sa.Connection, settings: Settings, now: datetime) -> Iterator[Problem]:
    for account in accounts_of(settings):
        known = imap_ledger.status(connection, account.place)
        if known.get("tried_at") is not None:
            yield from _mailbox(account, known, now)


def _mailbox(account: Account, known: dict[str, Any], now: datetime) -> Iterator[Problem]:
    """A mailbox that was not looked into for long; one that was never tried is for the first start to try."""
    succeeded = known["succeeded_at"]
    longest = max(MAILBOX_SILENT_SECONDS, 3 * account.poll_seconds)
    if succeeded is None or (now - succeeded).total_seconds() > longest:
        since = "never" if succeeded is None else f"{age((now - succeeded).total_seconds())} ago"
        because = f", and failed {known['failures']} times since: {known['error']}" if known["failures"] else ""
        yield Problem(
            f"imap {account.place}",
            f"it was last looked into {since}{because}",
            "is the service running? 'casegate imap status' says more",
        )
