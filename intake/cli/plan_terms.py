"""A plan as pairs of a key, as one writes it in a plan file, and its value in words."""

from collections.abc import Iterator, Mapping
from dataclasses import fields
from enum import Enum
from typing import Any

from pydantic import BaseModel

from models.plan import SupportPlan


def terms(plan: SupportPlan) -> dict[str, str]:
    """Everything a plan says; what it leaves out is left out."""
    return dict(_below("", _of_plan(plan)))


def _of_plan(plan: SupportPlan) -> dict[str, Any]:
    """A plan's fields under the names they have in a file."""
    said = {field.name: getattr(plan, field.name) for field in fields(plan) if field.name != "calendar"}
    return said | {
        "zone": plan.zone.key,
        "holidays": tuple(day.isoformat() for day in sorted(plan.calendar.holidays)),
        "priorities": said.pop("promises"),
        "reopen_days": "unlimited" if plan.reopen_days is None else plan.reopen_days,
    }


def _below(key: str, value: object) -> Iterator[tuple[str, str]]:
    """The pairs of one key: its own, or those of the table or the list that stands there."""
    parts = _parts(value)
    if parts is None:
        yield key, _in_words(value)
        return
    for name, part in parts.items():
        if part is not None and part != "":
            yield from _below(f"{key}.{name}" if key else name, part)


def _parts(value: object) -> dict[str, Any] | None:
    """What stands in a table or in a list of tables; None for a single value or a list of words."""
    if isinstance(value, BaseModel):
        return {name: getattr(value, name) for name in type(value).model_fields}
    if isinstance(value, Mapping):
        return {_in_words(name): part for name, part in value.items()}
    if isinstance(value, tuple) and not all(isinstance(part, str) for part in value):
        return {str(number): part for number, part in enumerate(value, 1)}
    return {} if value == () else None


def _in_words(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "; ".join(_in_words(part) for part in value)
    return str(value.value if isinstance(value, Enum) else value)
