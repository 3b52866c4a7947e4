"""When a notice is offered to the relay again: pure, and it ends (RFC 5321 4.5.4.1, threats X-23, X-28).

No jitter: one submitter offers the notices in order over a bounded pool, so that nothing
is gained by spreading them, and a stored time that can be computed by hand is worth more.
"""

from datetime import datetime, timedelta
from typing import Final

from models.limits import GIVE_UP_DAYS

FIRST_PAUSE: Final = timedelta(minutes=1)
"""Greylisting wants at least that (threats X-24)."""
LONGEST_PAUSE: Final = timedelta(hours=4)
AFTER_UNKNOWN: Final = timedelta(minutes=10)
"""The relay may still be working on what it got: RFC 5321 4.5.3.2.6."""


def next_attempt(created_at: datetime, attempts: int, now: datetime) -> datetime | None:
    """When to offer a notice again that was deferred `attempts` times; None: give up and alert.

    The pause doubles from a minute to four hours; the last offer falls on the end of
    GIVE_UP_DAYS itself. A notice that was never offered is offered now, however old: a
    service that was down for a week has promised nothing less.
    """
    if attempts <= 0:
        return now
    give_up_at = created_at + timedelta(days=GIVE_UP_DAYS)
    if now >= give_up_at:
        return None
    pause = LONGEST_PAUSE if attempts > 16 else min(FIRST_PAUSE * 2 ** (attempts - 1), LONGEST_PAUSE)
    return min(now + pause, give_up_at)


def next_attempt_after_unknown(unknown_outcomes: int, now: datetime) -> datetime | None:
    """When to offer a notice again about whose final dot nothing was heard: once, ten minutes later; then None.

    `unknown_outcomes` counts them with this one. It may have been taken, so that a third
    copy would be worse than none; the bytes and the Message-ID are the same, and the
    recipient's mail program shows one.
    """
    return now + AFTER_UNKNOWN if unknown_outcomes <= 1 else None
