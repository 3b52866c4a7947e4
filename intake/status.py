"""What is going on, in one line: for `systemctl status`, told twice a minute."""

import time
from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa

from intake.clock import Clock
from models.limits import STATUS_SECONDS
from models.store.database import Database
from models.store.reports.waiting import Queue, Queues, queues
from models.store.trouble import remedy_of


def in_words(found: Queues, now: datetime) -> str:
    """What waits, and the age of the oldest of each; nothing is said of what is empty."""
    parts = [
        _part(found.messages, "messages waiting", now),
        _part(found.notices, "notices ready", now),
        _part(found.overdue, "promises overdue", now),
        _part(found.held, "held", now),
        _part(found.parked, "parked", now),
    ]
    return ", ".join(part for part in parts if part) or "nothing waits"


def _part(queue: Queue, words: str, now: datetime) -> str:
    if queue.since is None:
        return ""
    return f"{queue.count} {words} ({'' if queue.count == 1 else 'oldest '}{age((now - queue.since).total_seconds())})"


def age(seconds: float) -> str:
    """A time span as people say it."""
    for unit, length in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{int(seconds // length)} {unit}"
    return f"{max(0, int(seconds))} s"


class StatusLine:
    """Looks twice a minute and says what it found; a database that does not answer is said as well."""

    def __init__(self, database: Database, *, say: Callable[[str], None], clock: Clock) -> None:
        self._database = database
        self._say = say
        self._clock = clock
        self._next_at = 0.0

    def tell(self) -> None:
        """Say it where it is time."""
        if time.monotonic() < self._next_at:
            return
        self._next_at = time.monotonic() + STATUS_SECONDS
        now = self._clock()
        try:
            with self._database.read() as connection:
                found = queues(connection, now)
        except sa.exc.DBAPIError as error:
            # The log hears of it from the loop; here stands what `systemctl status` shows.
            words = f"the database does not answer: {error.orig}".splitlines()[0]
            self._say(". ".join(part for part in (words, remedy_of(error)) if part))
        else:
            self._say(in_words(found, now))
