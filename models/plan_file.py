"""A plan file: TOML into checked terms, or everything that is wrong with it at once.

Unknown keys are errors that name the nearest known one: a misspelt promise would silently be
none. Every key but version, zone and priorities may be left out.
"""

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, ValidationError
from pydantic_core import ErrorDetails

from models.case import CaseStatus, Priority
from models.plan_terms import (
    ClockText,
    ElapsedText,
    Escalation,
    IpChange,
    Macd,
    PlanError,
    Promise,
    ServiceHours,
    Term,
)

SERVICE_ZONE: Final = "service"
"""What a plan without a zone of its own writes for it."""
UNLIMITED: Final = "unlimited"
_REOPEN_DAYS: Final = 3650
_NEEDED: Final = frozenset({CaseStatus.NEW, CaseStatus.IN_PROGRESS, CaseStatus.CUSTOMER_REOPENED, CaseStatus.CLOSED})
"""Statuses without which mail could not open, work on, close and re-open a case."""


def _zone(name: str) -> str:
    try:
        if name != SERVICE_ZONE:
            ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise PlanError(
            f'{name!r}: there is no such time zone; write an IANA name such as "America/Denver", or "service"'
        ) from error
    return name


def _whole_life(statuses: tuple[CaseStatus, ...]) -> tuple[CaseStatus, ...]:
    missing = [status.value for status in CaseStatus if status in _NEEDED and status not in statuses]
    if missing:
        raise PlanError(f"no plan can do without {', '.join(missing)}")
    return statuses


Status = Annotated[CaseStatus, Field(strict=False)]
Zone = Annotated[str, AfterValidator(_zone)]
Statuses = Annotated[tuple[Status, ...], Field(strict=False), AfterValidator(_whole_life)]


class PlanFile(Term):
    """Everything a plan file may say, and what holds where it says nothing."""

    version: str = Field(min_length=1)
    title: str = ""
    zone: Zone
    holidays: tuple[date, ...] = Field(default=(), strict=False)
    assigns: bool = False
    acknowledgement_responds: bool = False
    urgent_by: tuple[Literal["phone", "chat"], ...] = Field(default=("phone",), strict=False)
    statuses: Statuses = tuple(CaseStatus)
    status_names: Mapping[str, Mapping[Status, str]] = Field(default_factory=dict)
    reopen_days: Annotated[int, Field(ge=0, le=_REOPEN_DAYS)] | Literal["unlimited"] = 7
    no_response_reopens: bool = False
    no_response_after: ClockText | None = None
    no_response_lead: ClockText = Field(default="1 b.d.", validate_default=True)
    remind_before: ElapsedText = Field(default="2 h", validate_default=True)
    hours: ServiceHours = ServiceHours()
    priorities: Mapping[Annotated[Priority, Field(strict=False)], Promise]
    escalation: Escalation = Escalation()
    macd: Macd | None = None
    ip_change: IpChange | None = None


def read_plan_file(name: str, text: str) -> PlanFile:
    """A plan's terms from its TOML text. Raises PlanError with every problem, one a line."""
    try:
        table = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # TOMLDecodeError, but also figures and brackets without end
        raise PlanError(f"plan {name}: it is no TOML: {error}") from error
    wrong_dates = list(_holidays_that_are_none(table))
    try:
        file = PlanFile.model_validate(table)
    except ValidationError as error:
        found = (_in_words(one) for one in error.errors() if one["loc"][0] != "holidays")
        wrong = dict.fromkeys([*wrong_dates, *found])  # each once: pydantic tells of every branch of a choice
        raise PlanError("\n".join(f"plan {name}: {problem}" for problem in wrong)) from error
    if wrong_dates:
        raise PlanError("\n".join(f"plan {name}: {problem}" for problem in wrong_dates))
    return file


def _holidays_that_are_none(table: Mapping[str, Any]) -> Iterator[str]:
    """A date with a time, or between quotes, is no day: which zone's would it be?"""
    days = table.get("holidays", [])
    if not isinstance(days, list) or not all(type(day) is date for day in days):
        yield "holidays: write dates like 2026-12-25, without quotes or a time"


def _in_words(details: ErrorDetails) -> str:
    location = [part for part in details["loc"] if part != "[key]"]
    where = ".".join(str(part) for part in location)
    match details["type"]:
        case "extra_forbidden":
            return f"unknown key {where}; {_nearest(str(location[-1]), _keys_beside(location[:-1]))}"
        case "missing":
            return f"{where} is missing"
        case "enum":
            return f"{where}: there is no {details['input']!r}; known are {details['ctx']['expected']}"
        case "value_error":
            return f"{where}: {details['ctx']['error']}"
    if location[:1] == ["reopen_days"]:
        return f'reopen_days = {details["input"]!r}: write days from 0 to {_REOPEN_DAYS}, or "unlimited"'
    return f"{where} = {details['input']!r}: {details['msg'][:1].lower()}{details['msg'][1:]}"


def _nearest(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1, 0.5)
    return f"did you mean {near[0]}?" if near else f"known are {', '.join(known)}"


def _keys_beside(location: list[int | str]) -> list[str]:
    """The keys that are known in a table of the file."""
    term: type[Term] = PlanFile
    for part in location:
        field = term.model_fields.get(str(part))  # none for what stands in a list or a table of terms
        term = term if field is None else _inner(field.annotation) or term
    return list(term.model_fields)


def _inner(annotation: Any) -> type[Term] | None:
    """The term within an optional one, a list or a table of them."""
    if isinstance(annotation, type) and issubclass(annotation, Term):
        return annotation
    for argument in getattr(annotation, "__args__", ()):
        if (found := _inner(argument)) is not None:
            return found
    return None
