"""Writing many rows by one statement, without SQLAlchemy's work for each row.

SQLAlchemy compiles the statement and knows how each value is stored; that is asked once.
For the rows themselves it would build two dictionaries and call a handful of functions a
row, which is several times what the engine needs to store it. Here the values go to the
driver column by column, through what stores their type.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.dml import UpdateBase

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One parameter of a statement: what each row says, or the same value for all of them.

    `stored_by` makes of a value what the driver stores; None where that is the value itself.
    """

    name: str
    stored_by: Callable[[Any], Any] | None
    constant: Any
    is_constant: bool

    def of(self, rows: Sequence[Row]) -> Iterable[Any]:
        """Its values as the driver stores them."""
        said = repeat(self.constant, len(rows)) if self.is_constant else map(itemgetter(self.name), rows)
        return said if self.stored_by is None else map(self.stored_by, said)


@dataclass(frozen=True, slots=True)
class _Prepared:
    """A statement in the driver's words, with its parameters in their order."""

    sql: str
    parameters: tuple[_Parameter, ...]
    is_positional: bool

    def bound_to(self, rows: Sequence[Row]) -> list[Any]:
        """The rows as the driver wants them."""
        values = zip(*(parameter.of(rows) for parameter in self.parameters), strict=True)
        if self.is_positional:
            return list(values)
        names = [parameter.name for parameter in self.parameters]
        return [dict(zip(names, row, strict=True)) for row in values]


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows to a table, none of which may be there."""
    write(connection, _plain(table), rows)


def write(connection: sa.Connection, statement: UpdateBase, rows: Sequence[Row]) -> None:
    """Execute a statement that is made once for each of the rows, which all have the same keys.

    Defaults that are Python's are not asked for: a row says what every column is that has one.
    """
    if rows:
        prepared = _prepared(statement, tuple(rows[0]), connection.dialect)
        connection.exec_driver_sql(prepared.sql, prepared.bound_to(rows))


@cache
def _plain(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@lru_cache(maxsize=256)
def _prepared(statement: UpdateBase, keys: tuple[str, ...], dialect: sa.Dialect) -> _Prepared:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    defaults = [column.name for column in (*compiled.insert_prefetch, *compiled.update_prefetch)]
    if defaults:
        raise ValueError(f"rows that are written do not say {defaults}: {statement}")
    names = compiled.positiontup if compiled.positional else compiled.binds
    return _Prepared(
        sql=compiled.string,
        parameters=tuple(_parameter(compiled.binds[name], name, keys, dialect) for name in names),
        is_positional=compiled.positional,
    )


def _parameter(bind: Any, name: str, keys: Sequence[str], dialect: sa.Dialect) -> _Parameter:
    if name not in keys and bind.required:
        raise ValueError(f"rows that are written do not say {name}")
    stored_by = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return _Parameter(name, stored_by, bind.effective_value, is_constant=name not in keys)
