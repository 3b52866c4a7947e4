"""Support plans as data: what is promised by when (plans 2). One TOML file each in models/plans.

A clock is a number of business days in the plan's zone or an elapsed time; a plan that
promises nothing for a clock leaves it out.
"""

import difflib
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from models.case import Priority
from models.rules.business_calendar import BusinessCalendar

_CLOCK = re.compile(r"(\d{1,4}) (b\.d\.|h|min)\Z", re.ASCII)


_KEYS = frozenset({"version", "zone", "holidays", "assigns", "acknowledgement_responds", "priorities"})
_CLOCKS = ("first_response", "scheduled_update")


class PlanError(ValueError):
    """A plan file says something that cannot be; the message names the file and the key."""


@dataclass(frozen=True, slots=True)
class Clock:
    """How long after a moment something is due."""

    business_days: int = 0
    elapsed: timedelta = timedelta()

    @classmethod
    def parse(cls, text: str) -> "Clock":
        match = _CLOCK.match(text)
        if match is None:
            raise PlanError(f"{text!r} is no clock: write '1 b.d.', '4 h' or '30 min'")
        figure, unit = int(match[1]), match[2]
        if unit == "b.d.":
            return cls(business_days=figure)
        return cls(elapsed=timedelta(hours=figure) if unit == "h" else timedelta(minutes=figure))

    def due(self, start: datetime, calendar: BusinessCalendar) -> datetime:
        """The moment this clock ends when it starts then; UTC in, UTC out."""
        return calendar.add_business_days(start, self.business_days) if self.business_days else start + self.elapsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """What a plan promises for one priority; None where it promises no time."""

    first_response: Clock | None
    scheduled_update: Clock | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SupportPlan:
    """One plan, in the version that decisions name."""

    name: str
    version: str
    zone: ZoneInfo
    calendar: BusinessCalendar
    acknowledgement_responds: bool
    assigns: bool
    promises: Mapping[Priority, Promise]

    def first_response_due(self, priority: Priority, received_at: datetime) -> datetime | None:
        """When an agent's first visible act is due; None where the acknowledgement itself fulfils it."""
        promise = self.promises.get(priority)
        if promise is None or promise.first_response is None:
            return None
        return promise.first_response.due(received_at, self.calendar)

    def update_due(self, priority: Priority, since: datetime) -> datetime | None:
        """When the next scheduled update is due, counted from the last one."""
        promise = self.promises.get(priority)
        if promise is None or promise.scheduled_update is None:
            return None
        return promise.scheduled_update.due(since, self.calendar)


def parse_plan(name: str, text: str) -> SupportPlan:
    """A plan from its TOML text. Raises PlanError naming the plan and the key."""
    try:
        table = tomllib.loads(text)
        _require_known("the plan", table, _KEYS)
        zone = ZoneInfo(table["zone"])
        holidays = frozenset(table.get("holidays", ()))
        if not all(type(day) is date for day in holidays):
            raise PlanError("holidays: write dates like 2026-12-25")
        return SupportPlan(
            name=name,
            version=str(table["version"]),
            zone=zone,
            calendar=BusinessCalendar(zone, holidays),
            acknowledgement_responds=bool(table.get("acknowledgement_responds", False)),
            assigns=bool(table.get("assigns", False)),
            promises={Priority(key): _promise(entry) for key, entry in table["priorities"].items()},
        )
    except PlanError as error:
        raise PlanError(f"plan {name}: {error}") from error
    except KeyError as error:
        raise PlanError(f"plan {name}: {error} is missing") from error
    except (ValueError, TypeError, AttributeError, OSError, ZoneInfoNotFoundError) as error:  # values of a wrong type
        raise PlanError(f"plan {name}: {error}") from error


def _require_known(what: str, table: Mapping[str, Any], known: Collection[str]) -> None:
    """Raise PlanError for a key that means nothing: a misspelt promise would silently be none."""
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else f"known are {', '.join(sorted(known))}"
            raise PlanError(f"unknown key {key} in {what}; {hint}")


def _promise(entry: Mapping[str, Any]) -> Promise:
    _require_known("a priority", entry, _CLOCKS)
    clocks = {key: Clock.parse(entry[key]) for key in _CLOCKS if key in entry}
    return Promise(first_response=clocks.get("first_response"), scheduled_update=clocks.get("scheduled_update"))


def shipped_plans() -> dict[str, SupportPlan]:
    """The plans that come with casegate, by name."""
    folder = resources.files("models") / "plans"
    files = sorted((entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name)
    return {
        entry.name.removesuffix(".toml"): parse_plan(entry.name.removesuffix(".toml"), entry.read_text("utf-8"))
        for entry in files
    }
