"""A database that does not answer, as one loop sees it: said once, with the remedy, and once more when it is over.

A loop looks every second, and an outage may last for hours: the log must not say so 3,600
times an hour, least of all when it lies on the disk that is full.
"""

import time
from typing import Final

import sqlalchemy as sa

from intake import log
from models.store.trouble import remedy_of

_REMINDER_SECONDS: Final = 600


class Outage:
    """The database's failures one after the other, until it answers again."""

    def __init__(self) -> None:
        self._began_at: float | None = None
        self._told_at = 0.0
        self._remedy = ""
        self._failures = 0

    def met(self, error: sa.exc.DBAPIError) -> None:
        """It failed: told when it is the first time, when it is something else now, and every ten minutes."""
        now, remedy = time.monotonic(), remedy_of(error)
        self._failures += 1
        if self._began_at is None or remedy != self._remedy or now - self._told_at > _REMINDER_SECONDS:
            log.database_trouble(error=error, remedy=remedy)
            self._told_at = now
        self._began_at = now if self._began_at is None else self._began_at
        self._remedy = remedy

    @property
    def lasts(self) -> bool:
        """Whether it has not answered since it failed."""
        return self._began_at is not None

    def over(self) -> None:
        """It answered."""
        if self._began_at is not None:
            log.database_back(seconds=round(time.monotonic() - self._began_at), failures=self._failures)
            self._began_at, self._failures = None, 0
