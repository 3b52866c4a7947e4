"""Rows by many keys at once: one parameter, however many they are.

SQLAlchemy writes a list out as a parameter each, into a statement made anew every time: for
fifty ids that costs five times what the engine does with them, and PostgreSQL plans each
length for itself. So the list is one value, of JSON or an array.
"""

import json
from collections.abc import Callable, Collection
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

from models.store.columns import storable


class _Numbers(TypeDecorator[Collection[int]]):
    """Ids, as the engine takes many."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return sa.Text() if dialect.name == "sqlite" else sa.ARRAY(sa.BigInteger)

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any]:
        return _as_json if dialect.name == "sqlite" else list


class _Words(TypeDecorator[Collection[str]]):
    """Texts, as they are stored (`columns.Text`)."""

    impl = sa.Text
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> TypeEngine[Any]:
        return sa.Text() if dialect.name == "sqlite" else sa.ARRAY(sa.Text)

    def bind_processor(self, dialect: sa.Dialect) -> Callable[[Any], Any]:
        as_list: Callable[[Any], Any] = _as_json if dialect.name == "sqlite" else list
        return lambda words: as_list(map(storable, words))


def _as_json(values: Collection[Any]) -> str:
    return json.dumps(list(values))


IDS: Final = sa.bindparam("ids", type_=_Numbers())
"""The ids a statement that is made once is told when it is executed."""
KEYS: Final = sa.bindparam("keys", type_=_Words())
"""And the texts."""


class given(FunctionElement[bool]):  # noqa: N801 - it is written as SQL's functions are
    """`given(column, IDS)`: whether the column holds one of the values that are given."""

    type = sa.Boolean()
    inherit_cache = True

    def self_group(self, against: object = None) -> Self:  # noqa: ARG002
        """As it is: SQLAlchemy would write `... = 1` for SQLite, which then looks into no index."""
        return self


@compiles(given, "sqlite")
def _for_sqlite(element: given, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"  # noqa: S608 - a column and a parameter, both SQLAlchemy's


@compiles(given, "postgresql")
def _for_postgresql(element: given, compiler: SQLCompiler, **options: Any) -> str:
    column, values = (compiler.process(clause, **options) for clause in element.clauses)
    return f"{column} = ANY ({values})"
