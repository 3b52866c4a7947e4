"""How the engines mean to answer: every statement of the store, caught while a desk works, and its plan.

    with Asked() as asked:
        ...the desk works...
    for plan in plans(database, asked): ...

A *scan* is a plan that walks a table which grows with mail. These are none: a partial index of
what is under way (`ix_outbox_ready`, ...), the first rows of a table by its key, and the lists
of what waits for a person, whose rows go when somebody has decided. A table that has few rows
still PostgreSQL rightly reads whole, so it is asked how it would do it otherwise.
"""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any, Final, Self

import sqlalchemy as sa
from sqlalchemy import event

from models.store.columns import metadata
from models.store.database import Database
from tests.benchmarks.filled import growing

FEW: Final = 100
"""Pages that PostgreSQL may read whole rather than look something up."""
_LISTS: Final = frozenset({"held", "parked"})
_STORE: Final = "/models/store/"
_MANY: Final = re.compile(r"(\?|%\(\w+\)s(?:::\w+)?)(?:, (?:\?|%\(\w+\)s(?:::\w+)?))+")
_PARAMETER: Final = re.compile(r"%\((\w+)\)s")
_SCANNED: Final = re.compile(r"SCAN (\w+)(?: USING (?:COVERING )?INDEX (\w+))?")


@dataclass(frozen=True, slots=True)
class Statement:
    """What was asked once, and by which functions of the store, the innermost first."""

    words: str
    parameters: Any
    asked_by: tuple[str, ...]


@dataclass(slots=True)
class Asked:
    """Every statement that this process executes meanwhile, once each."""

    statements: dict[str, Statement] = field(default_factory=dict)
    functions: set[str] = field(default_factory=set)

    def __enter__(self) -> Self:
        event.listen(sa.Engine, "before_cursor_execute", self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        event.remove(sa.Engine, "before_cursor_execute", self._hear)

    def _hear(self, _c: Any, _cursor: Any, words: str, parameters: Any, _context: Any, many: bool) -> None:
        asked_by = tuple(_functions(sys._getframe(1)))
        self.functions.update(asked_by)
        if asked_by and words.split(None, 1)[0] in {"SELECT", "WITH", "UPDATE", "DELETE", "INSERT"}:
            self.statements[_MANY.sub("...", words)] = Statement(words, parameters[0] if many else parameters, asked_by)


def _functions(frame: FrameType | None) -> Iterator[str]:
    """The functions of the store that are at work, as `module.function`."""
    while frame is not None:
        path, code = frame.f_code.co_filename, frame.f_code
        if _STORE in path and not path.endswith("/database.py"):
            yield f"{path.rpartition(_STORE)[2].removesuffix('.py').replace('/', '.')}.{code.co_name}"
        frame = frame.f_back


@dataclass(frozen=True, slots=True)
class Plan:
    """How one statement would be answered."""

    statement: Statement
    scanned: tuple[str, ...]
    """Growing tables it would walk; with the index where it would walk that."""
    lines: tuple[str, ...]

    def __str__(self) -> str:
        words = " ".join(self.statement.words.split())
        return f"{' < '.join(self.statement.asked_by[:2])} scans {', '.join(self.scanned)}: {words[:300]}"


def plans(database: Database, asked: Sequence[Statement]) -> list[Plan]:
    """The plan of each statement that looks something up; nothing of it is executed."""
    with database.read() as connection:
        few = set() if database.is_sqlite else _small(connection)
        explain = _on_sqlite if database.is_sqlite else _on_postgres
        return [explain(connection, one, few) for one in asked if not _is_plain_insert(one.words)]


def _is_plain_insert(words: str) -> bool:
    return words.startswith("INSERT") and "SELECT" not in words


def _small(connection: sa.Connection) -> set[str]:
    return set(connection.scalars(sa.text("SELECT relname FROM pg_class WHERE relpages <= :few"), {"few": FEW}))


def _on_sqlite(connection: sa.Connection, statement: Statement, _few: set[str]) -> Plan:
    """SQLite has no statistics here: it plans for a big table always."""
    rows = connection.exec_driver_sql("EXPLAIN QUERY PLAN " + statement.words, tuple(statement.parameters)).all()
    lines = tuple(str(row[3]) for row in rows)
    names = _watched() | _aliases(statement.words)
    found = [match for line in lines if (match := _SCANNED.match(line)) and match[1] in names]
    scanned = [] if _is_of_the_first(statement.words) else [one for one in found if not _is_partial(one[2])]
    return Plan(statement, tuple(_named(one[1], one[2]) for one in scanned), lines)


def _on_postgres(connection: sa.Connection, statement: Statement, few: set[str]) -> Plan:
    nodes = _explained(connection, statement)
    small = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"} & few
    if small:  # rightly: how would it be, were they big?
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        nodes = _explained(connection, statement)
        connection.exec_driver_sql("SET LOCAL enable_seqscan = on")
    names = set() if _is_of_the_first(statement.words) else _watched()
    scanned = [n["Relation Name"] for n in nodes if n["Node Type"] == "Seq Scan" and n["Relation Name"] in names]
    whole = [
        _named(node["Relation Name"], node["Index Name"])
        for node in nodes
        if node["Node Type"] in {"Index Scan", "Index Only Scan"}
        and "Index Cond" not in node
        and node["Relation Name"] in names
        and not _is_partial(node["Index Name"])
    ]
    return Plan(statement, (*scanned, *whole), tuple(_line(node) for node in nodes))


def _explained(connection: sa.Connection, statement: Statement) -> list[dict[str, Any]]:
    """Every node of the plan: for the values that a person asks with, for all values where a role asks."""
    is_of_person = any(function.startswith("reports.") for function in statement.asked_by)
    answer = (_for_these_values if is_of_person else _for_all_values)(connection, statement)
    plan = answer if isinstance(answer, list) else json.loads(str(answer))
    return list(_nodes(plan[0]["Plan"]))


def _for_these_values(connection: sa.Connection, statement: Statement) -> Any:
    return connection.exec_driver_sql("EXPLAIN (FORMAT JSON) " + statement.words, statement.parameters).scalar()


def _for_all_values(connection: sa.Connection, statement: Statement) -> Any:
    """As the roles have it planned (`models.store.postgres`)."""
    names = dict.fromkeys(_PARAMETER.findall(statement.words))
    places = {name: f"${place}" for place, name in enumerate(names, 1)}
    values = f" ({', '.join('NULL' for _ in places)})" if places else ""
    connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
    connection.exec_driver_sql("PREPARE asked AS " + _PARAMETER.sub(lambda of: places[of[1]], statement.words))
    answer = connection.exec_driver_sql(f"EXPLAIN (FORMAT JSON) EXECUTE asked{values}").scalar()
    connection.exec_driver_sql("DEALLOCATE asked")
    return answer


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for below in node.get("Plans", ()):
        yield from _nodes(below)


def _line(node: dict[str, Any]) -> str:
    return " ".join(str(node[key]) for key in ("Node Type", "Relation Name", "Index Name", "Index Cond") if key in node)


def _watched() -> set[str]:
    return {table.name for table in growing()} - _LISTS


def _is_of_the_first(words: str) -> bool:
    """Some rows at one end of a table, whichever they are: no more are looked at than are answered."""
    return "LIMIT" in words and "WHERE" not in words and "JOIN" not in words


def _aliases(words: str) -> set[str]:
    """Other names that a statement gives to tables."""
    return set(re.findall(r"\b(?:FROM|JOIN) \w+ AS (\w+)", words))


def _named(table: str, index: str | None) -> str:
    return f"{table} by {index}" if index else table


def _is_partial(index: str | None) -> bool:
    return index in {
        one.name
        for table in metadata.sorted_tables
        for one in table.indexes
        if one.dialect_options["sqlite"]["where"] is not None
    }
