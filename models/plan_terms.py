"""The terms a support plan is written in: clocks, hours, promises, levels, fees.

They are values of a plan file (`models.plan_file`), checked when it is read and never changed.
A text for people is a table of languages (`{en = "...", de = "..."}`); English is there always.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from models.case import Priority
from models.rules.business_calendar import BusinessCalendar, WeeklyHours

_CLOCK: Final = re.compile(r"(\d{1,4}) (b\.d\.|h|min)\Z", re.ASCII)


class PlanError(ValueError):
    """A plan file says something that cannot be; each line of the message names the plan and the key."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How long after a moment something is due."""

    business_days: int = 0
    elapsed: timedelta = timedelta()

    @classmethod
    def parse(cls, text: str) -> "Clock":
        match = _CLOCK.match(text)
        if match is None or not int(match[1]):
            raise PlanError(f"{text!r} is no clock: write '1 b.d.', '4 h' or '30 min'")
        figure, unit = int(match[1]), match[2]
        if unit == "b.d.":
            return cls(business_days=figure)
        return cls(elapsed=timedelta(hours=figure) if unit == "h" else timedelta(minutes=figure))

    def due(self, start: datetime, calendar: BusinessCalendar) -> datetime:
        """The moment this clock ends when it starts then; UTC in, UTC out."""
        return calendar.add_business_days(start, self.business_days) if self.business_days else start + self.elapsed

    def without(self, start: datetime, since: datetime, now: datetime, calendar: BusinessCalendar) -> datetime:
        """What this clock counts from once it has rested from `since` to `now`: as much of it is left as was then."""
        if self.business_days:
            return calendar.without(start, since, now)
        return start + max(now - max(since, start), timedelta())

    def __str__(self) -> str:
        if self.business_days:
            return f"{self.business_days} b.d."
        minutes = int(self.elapsed.total_seconds()) // 60
        return f"{minutes} min" if minutes % 60 else f"{minutes // 60} h"


def _clock(value: Any) -> Clock:
    if isinstance(value, Clock):
        return value
    if not isinstance(value, str):
        raise PlanError(f"{value!r} is no clock: write '1 b.d.', '4 h' or '30 min'")
    return Clock.parse(value)


def _elapsed(clock: Clock) -> Clock:
    if clock.business_days:
        raise PlanError(f"'{clock}' is in business days: write an elapsed time such as '2 h'")
    return clock


def _hours(value: Any) -> WeeklyHours:
    if isinstance(value, WeeklyHours):
        return value
    if value != "always" and not (isinstance(value, list) and all(isinstance(span, str) for span in value)):
        raise PlanError("write \"always\", or a list such as ['Mon-Fri 09:00-17:00']")
    return WeeklyHours.parse(("Mon-Sun 00:00-24:00",) if value == "always" else value)


def _words(value: Mapping[str, str]) -> Mapping[str, str]:
    if "en" not in value:
        raise PlanError('say it in English, the language that all others fall back to: {en = "..."}')
    return value


ClockText = Annotated[Clock, BeforeValidator(_clock)]
ElapsedText = Annotated[Clock, BeforeValidator(_clock), AfterValidator(_elapsed)]
Hours = Annotated[WeeklyHours, BeforeValidator(_hours)]
Words = Annotated[Mapping[str, str], AfterValidator(_words)]


class Term(BaseModel):
    """A table of a plan file: unknown keys are errors, values of another type too, nothing changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, arbitrary_types_allowed=True)


class Promise(Term):
    """What a plan promises for one priority; None where it promises no time.

    `response_by` names a first response that has no timer ("at once", "live handoff"),
    `update_on_request` says that an MPOC's request makes the update due now.
    """

    first_response: ClockText | None = None
    response_by: str = ""
    scheduled_update: ClockText | None = None
    update_on_request: bool = False
    update_by: str = ""
    resolution: ClockText | None = None
    meaning: Words = Field(default_factory=dict, validate_default=False)
    example: Words = Field(default_factory=dict, validate_default=False)


class ServiceHours(Term):
    """When people can reach whom."""

    support: Hours | None = None
    chat: Hours | None = None


class Owner(Term):
    """Who owns a level for some products or at some hours."""

    name: str
    address: str = ""
    phone: str = ""
    products: tuple[str, ...] = Field(default=(), strict=False)
    hours: Hours | None = None


class Level(Term):
    """One level of the hierarchical escalation (plans 7).

    `intervals` is how long after the report a case may stay here without progress, by
    priority; a plan without them escalates on request alone.
    """

    name: str
    owners: tuple[Owner, ...] = Field(default=(), strict=False)
    intervals: Mapping[Annotated[Priority, Field(strict=False)], ElapsedText] = Field(default_factory=dict)
    through: str = ""
    duties: str = ""


class MacdFigures(Term):
    """What is promised for one kind of MACD."""

    first_response: ClockText
    done_in: ClockText
    fee: str = ""


class Macd(Term):
    """Moves, adds, changes and deletes (plans 2): figures that replace P4's, and no scheduled update."""

    hours: Hours | None = None
    standard: MacdFigures
    expedited: MacdFigures | None = None
    hourly_rate: str = ""
    rate_step: ElapsedText | None = None


class IpChange(Term):
    """Changes of an IP address (plans 8): always scheduled, with a fee at short notice."""

    department: str
    hours: Hours
    notice: ElapsedText
    fee: str
    phone: str = ""


class Escalation(Term):
    """Who is reached next; `also_call` says that the answer to a request asks to call, too."""

    also_call: bool = False
    levels: tuple[Level, ...] = Field(default=(), strict=False)

    @model_validator(mode="after")
    def _rises(self) -> "Escalation":
        """A higher level is not told before a lower one."""
        for priority in Priority:
            spans = [level.intervals[priority].elapsed for level in self.levels if priority in level.intervals]
            if spans != sorted(spans):
                raise PlanError(f"the intervals of {priority} do not rise from level to level")
        return self
