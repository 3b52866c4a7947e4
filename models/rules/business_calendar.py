"""Business days: Monday to Friday in the plan's zone, whole days, less its holidays (plans 2).

N business days from a moment is the same local time N business days later; from a
non-business day counting starts at 00:00 of the next business day. A local time that does
not exist on a day (clock change forward) becomes the first that does; one that occurs twice
is the first of the two (threats X-34).
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SATURDAY = 5


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The business days of one plan."""

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.holidays

    def add_business_days(self, start: datetime, days: int) -> datetime:
        """`start` plus whole business days; aware in, UTC out."""
        local = start.astimezone(self.zone)
        day, at = local.date(), local.time()
        if not self.is_business_day(day):
            day, at = self._next(day), time(0)
        for _ in range(days):
            day = self._next(day)
        return self._moment(day, at)

    def _next(self, day: date) -> date:
        day += timedelta(days=1)
        while not self.is_business_day(day):
            day += timedelta(days=1)
        return day

    def _moment(self, day: date, at: time) -> datetime:
        wanted = datetime.combine(day, at.replace(fold=0), tzinfo=self.zone)
        while not _exists(wanted):
            wanted = wanted.replace(second=0, microsecond=0) + timedelta(minutes=1)
        return wanted.astimezone(UTC)


def _exists(local: datetime) -> bool:
    """Whether the wall clock shows this local time at all on its day."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
