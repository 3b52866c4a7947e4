"""Business days: Monday to Friday in the plan's zone, whole days, less its holidays (plans 2).

N business days from a moment is the same local time N business days later; from a
non-business day counting starts at 00:00 of the next business day. A local time that does
not exist on a day (clock change forward) becomes the first that does; one that occurs twice
is the first of the two (threats X-34).
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

_SATURDAY = 5
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_SPAN: Final = re.compile(r"([A-Z][a-z]{2})(?:-([A-Z][a-z]{2}))? (\d\d):(\d\d)-(\d\d):(\d\d)\Z", re.ASCII)
_DAY_MINUTES: Final = 24 * 60
_DAY: Final = timedelta(days=1)
_MOMENT: Final = timedelta.resolution


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """The business days of one plan."""

    zone: ZoneInfo
    holidays: frozenset[date] = frozenset()

    def is_business_day(self, day: date) -> bool:
        return day.weekday() < _SATURDAY and day not in self.holidays

    def add_business_days(self, start: datetime, days: int) -> datetime:
        """`start` plus whole business days; aware in, UTC out."""
        return _later(self, start.astimezone(UTC), days)

    def after(self, start: datetime, days: int) -> datetime:
        """The same, reckoned anew."""
        local = start.astimezone(self.zone)
        day, at = local.date(), local.time()
        if not self.is_business_day(day):
            day, at = self._next(day), time(0)
        for _ in range(days):
            day = self._next(day)
        return self._moment(day, at)

    def without(self, start: datetime, since: datetime, now: datetime) -> datetime:
        """What business days count from once a pause is taken out: of them as much is over `now` as was over `since`.

        By the wall clock, as business days are; at least `start`, at most `now`; UTC out.
        """
        if now <= max(start, since):
            return start
        moment = self._back(now.astimezone(self.zone).replace(tzinfo=None), self._over(start, since))
        return min(max(start, moment), now).astimezone(UTC)

    def _over(self, start: datetime, end: datetime) -> timedelta:
        """How much of business days lies between two moments."""
        at, last = (moment.astimezone(self.zone).replace(tzinfo=None) for moment in (start, end))
        over = timedelta()
        while at < last:
            midnight = datetime.combine(at.date(), time(0)) + _DAY
            if self.is_business_day(at.date()):
                over += min(midnight, last) - at
            at = midnight
        return over

    def _back(self, at: datetime, over: timedelta) -> datetime:
        """The moment from which so much of business days lies before a local time."""
        while over:
            midnight = datetime.combine((at - _MOMENT).date(), time(0))
            if self.is_business_day(midnight.date()):
                if at - midnight >= over:
                    at -= over
                    break
                over -= at - midnight
            at = midnight
        return self._moment(at.date(), at.time())

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


@lru_cache(maxsize=256)
def _later(calendar: BusinessCalendar, utc: datetime, days: int) -> datetime:
    """Kept, for what is promised for a case is said to several people; of UTC alone, where no time occurs twice."""
    return calendar.after(utc, days)


@dataclass(frozen=True, slots=True)
class WeeklyHours:
    """Hours of a week by the wall clock of a zone: for each weekday (Monday first) its spans in minutes of the day."""

    spans: tuple[tuple[tuple[int, int], ...], ...]

    @classmethod
    def parse(cls, texts: Iterable[str]) -> "WeeklyHours":
        """From texts such as "Mon-Fri 05:00-24:00". Raises ValueError."""
        spans: list[list[tuple[int, int]]] = [[] for _ in _DAYS]
        for text in texts:
            match = _SPAN.match(text)
            if match is None or match[1] not in _DAYS or (match[2] or match[1]) not in _DAYS:
                raise ValueError(f"{text!r} are no hours: write 'Mon-Fri 09:00-17:00' or 'Sat 08:00-12:00'")
            first, last = _DAYS.index(match[1]), _DAYS.index(match[2] or match[1])
            begins, ends = int(match[3]) * 60 + int(match[4]), int(match[5]) * 60 + int(match[6])
            if first > last or not begins < ends <= _DAY_MINUTES or int(match[4]) > 59 or int(match[6]) > 59:
                raise ValueError(f"{text!r}: the end is before the beginning; split it, such as at Sunday or 24:00")
            for day in range(first, last + 1):
                spans[day].append((begins, ends))
        return cls(tuple(tuple(sorted(day)) for day in spans))

    def holds(self, moment: datetime, zone: ZoneInfo) -> bool:
        """Whether a moment lies within the hours; their end does not belong to them."""
        local = moment.astimezone(zone)
        minute = local.hour * 60 + local.minute
        return any(begins <= minute < ends for begins, ends in self.spans[local.weekday()])

    def __str__(self) -> str:
        texts: list[str] = []
        day = 0
        while day < len(_DAYS):
            last = day
            while last + 1 < len(_DAYS) and self.spans[last + 1] == self.spans[day]:
                last += 1
            name = _DAYS[day] if last == day else f"{_DAYS[day]}-{_DAYS[last]}"
            texts += [f"{name} {_minutes(begins)}-{_minutes(ends)}" for begins, ends in self.spans[day]]
            day = last + 1
        return ", ".join(texts)


def _minutes(of_day: int) -> str:
    return f"{of_day // 60:02}:{of_day % 60:02}"


def _exists(local: datetime) -> bool:
    """Whether the wall clock shows this local time at all on its day."""
    return local.astimezone(UTC).astimezone(local.tzinfo).replace(tzinfo=None) == local.replace(tzinfo=None)
