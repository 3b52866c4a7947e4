"""INSERTs with ON CONFLICT, made once in the dialect of the connection.

Both engines speak the same words; to build one costs SQLAlchemy more than
the engine needs to execute it.
"""

from functools import cache
from typing import Any

import sqlalchemy as sa


@cache
def ignoring(dialect: str, table: sa.Table, *key: str) -> Any:
    """An INSERT that leaves a row with the same key as it is; without one named, with any of its keys."""
    return insert(dialect, table).on_conflict_do_nothing(index_elements=key or None)


def insert(dialect: str, table: sa.Table) -> Any:
    """An INSERT that has `on_conflict_do_nothing` and `on_conflict_do_update`."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 - 0.1 s of every start that SQLite does not need

        return postgresql.insert(table)
    from sqlalchemy.dialects import sqlite  # noqa: PLC0415

    return sqlite.insert(table)
