"""Rows as plain values."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from models.case import case_number

Row = dict[str, Any]


def rows(connection: sa.Connection, statement: sa.Select[Any]) -> list[Row]:
    return [dict(row) for row in connection.execute(statement).mappings()]


def numbered(rows: list[Row]) -> list[Row]:
    """Rows with the case's number in place of its id."""
    return [
        {
            "case": None if row["case_id"] is None else case_number(row["case_id"]),
            **{k: v for k, v in row.items() if k != "case_id"},
        }
        for row in rows
    ]


def first(found: Sequence[Row]) -> Row | None:
    """The one row there is, or None."""
    return found[0] if found else None
