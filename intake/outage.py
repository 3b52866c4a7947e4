"""A database that does not answer, as one loop sees it: said once, with the remedy, and once more when it is over.

A loop looks every second, and an outage may last for hours: the log must not say so 3,600
times an hour, least of all when it lies on the disk that is full.

What a role had begun is in doubt then: a COMMIT whose answer is lost may have happened
(threats X-16). Nothing is guessed: what the role has claimed and does not know of is given
back as soon as the database answers, and what it wanted to write is found written, or done
again. A role that has just started is in doubt of what another process left.
"""

import time
from typing import Final

import sqlalchemy as sa

from intake import log
from models.store.trouble import remedy_of

_REMINDER_SECONDS: Final = 600


class Outage:
    """From the first failure to the first success after it. It is true as long as something is in doubt."""

    def __init__(self) -> None:
        self._is_in_doubt = True
        self._began_at: float | None = None
        self._told_at = 0.0
        self._remedy = ""
        self._failures = 0

    def __bool__(self) -> bool:
        return self._is_in_doubt

    def met(self, error: sa.exc.DBAPIError) -> None:
        """It failed: told when it is the first time, when it is something else now, and every ten minutes."""
        now, remedy = time.monotonic(), remedy_of(error)
        self._failures += 1
        if self._began_at is None or remedy != self._remedy or now - self._told_at > _REMINDER_SECONDS:
            log.database_trouble(error=error, remedy=remedy)
            self._told_at = now
        self._began_at = now if self._began_at is None else self._began_at
        self._remedy = remedy
        self._is_in_doubt = True

    def over(self) -> None:
        """It answered, and nothing is in doubt any more."""
        self._is_in_doubt = False
        if self._began_at is not None:
            log.database_back(seconds=round(time.monotonic() - self._began_at), failures=self._failures)
            self._began_at, self._failures = None, 0
