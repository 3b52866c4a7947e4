"""Writing many rows by one statement, without SQLAlchemy's work for each row.

SQLAlchemy compiles the statement and knows how each value is stored; that is asked once.
For the rows themselves it would build two dictionaries and call a handful of functions a
row, which is several times what the engine needs to store it. Here the values go to the
driver column by column, through what stores their type.

SQLite executes the statement once for each row. PostgreSQL, for which to begin a statement is
half the work of a row, executes it once: every column is an array, and the rows are what
`unnest` makes of them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import repeat
from operator import itemgetter
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.sql.visitors import replacement_traverse

Row = Mapping[str, Any]
_Writes = sa.Insert | sa.Update


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
class _ForEach:
    """A statement in the driver's words that is executed for each row, with its parameters in their order."""

    sql: str
    parameters: tuple[_Parameter, ...]

    def bound_to(self, rows: Sequence[Row]) -> list[Any]:
        """The rows as the driver wants them."""
        return list(zip(*(parameter.of(rows) for parameter in self.parameters), strict=True))


@dataclass(frozen=True, slots=True)
class _AtOnce:
    """A statement in the driver's words that is told all rows at once, and `beside` them what is the same for all."""

    sql: str
    columns: tuple[_Parameter, ...]
    beside: tuple[_Parameter, ...]

    def bound_to(self, rows: Sequence[Row]) -> dict[str, Any]:
        """The rows as the driver wants them."""
        told = {parameter.name: list(parameter.of(rows)) for parameter in self.columns}
        return told | {parameter.name: next(iter(parameter.of(rows))) for parameter in self.beside}


def insert(connection: sa.Connection, table: sa.Table, rows: Sequence[Row]) -> None:
    """Add rows to a table, none of which may be there."""
    write(connection, _plain(table), rows)


def write(connection: sa.Connection, statement: _Writes, rows: Sequence[Row]) -> None:
    """Execute a statement that is made once for all of the rows, which have the same keys and are of different things.

    Defaults that are Python's are not asked for: a row says what every column is that has one.
    What an INSERT is told besides the values of columns is the same in every row.
    """
    if rows:
        prepared = _prepared(statement, tuple(rows[0]), connection.dialect)
        connection.exec_driver_sql(prepared.sql, prepared.bound_to(rows))


@cache
def _plain(table: sa.Table) -> sa.Insert:
    return sa.insert(table)


@lru_cache(maxsize=256)
def _prepared(statement: _Writes, keys: tuple[str, ...], dialect: sa.Dialect) -> _ForEach | _AtOnce:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(keys))
    defaults = [column.name for column in (*compiled.insert_prefetch, *compiled.update_prefetch)]
    if defaults:
        raise ValueError(f"rows that are written do not say {defaults}: {statement}")
    if dialect.name == "sqlite":
        names = compiled.positiontup
        return _ForEach(compiled.string, tuple(_parameter(compiled.binds[name], name, keys, dialect) for name in names))
    columns = {name: bind for name, bind in compiled.binds.items() if name in keys and _is_of_row(statement, name)}
    at_once: Any = _for_many(statement, {name: bind.type for name, bind in columns.items()}).compile(dialect=dialect)
    beside = {name: bind for name, bind in at_once.binds.items() if name not in columns}
    return _AtOnce(
        at_once.string,
        tuple(_parameter(bind, name, keys, dialect) for name, bind in columns.items()),
        tuple(_parameter(bind, name, keys, dialect) for name, bind in beside.items()),
    )


def _is_of_row(statement: _Writes, name: str) -> bool:
    return isinstance(statement, sa.Update) or name in statement.table.c


def _for_many(statement: _Writes, types: Mapping[str, Any]) -> _Writes:
    """The same statement for rows that come as an array of each column."""
    arrays = [sa.bindparam(name, type_=sa.ARRAY(of_one)) for name, of_one in types.items()]
    columns = [sa.column(name, of_one) for name, of_one in types.items()]
    row = sa.func.unnest(*arrays).table_valued(*columns).render_derived(name="given")
    if isinstance(statement, sa.Insert):
        return statement.from_select(list(types), sa.select(*row.c), include_defaults=False)

    def from_row(element: Any, **_options: Any) -> Any:
        return row.c[element.key] if isinstance(element, sa.BindParameter) and element.key in types else None

    return cast("sa.Update", replacement_traverse(statement, {}, from_row))


def _parameter(bind: Any, name: str, keys: Sequence[str], dialect: sa.Dialect) -> _Parameter:
    if name not in keys and bind.required:
        raise ValueError(f"rows that are written do not say {name}")
    stored_by = bind.type.dialect_impl(dialect).bind_processor(dialect)
    return _Parameter(name, stored_by, bind.effective_value, is_constant=name not in keys)
