"""A desk that has been busy for years: what casegate itself wrote for some mails, many times over, by SQL.

So every row is as the product writes it, threads, notices, events and promises included, and
50,000 cases cost seconds. Each copy is a week older than the one before it; most cases are
closed. The service must not run meanwhile. Nothing is flushed on the way, for nobody waits for it.
"""

import sqlite3
from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa

from models.store import imap_ledger as imap_ledger  # noqa: PLC0414 - its tables belong to the schema
from models.store.columns import Utc, metadata
from models.store.database import Database

OPEN_OF: Final = 10
"""One case of so many stays open; the others were closed, and nothing is owed for them."""
_HELD_OF: Final = 100
"""One message of so many stays held; the others were dropped."""
_STANDING: Final = frozenset(
    {"agent", "agent_department", "contact", "contact_address", "contact_role", "counter", "department"}
    | {"imap_mailbox", "imap_message", "organisation", "organisation_domain", "trust_exception"}
)
"""Tables that do not grow with mail."""
_STILL_TO_COME: Final = frozenset({"due_at", "not_before", "expires_at"})
_AT_ONCE: Final = frozenset({("inbox", "not_before"), ("outbox", "not_before")})
_DROPPED: Final = f"inbox_id % {_HELD_OF} <> 0"
_OPEN: Final = "status NOT IN ('Duplicate', 'Closed, No Response', 'Closed')"


def growing() -> list[sa.Table]:
    """The tables that grow with mail, those that are referred to first."""
    return [table for table in metadata.sorted_tables if table.name not in _STANDING]


def multiply(database: Database, times: int, *, open_of: int = OPEN_OF) -> int:
    """Have everything that came of mail `times` as often; how many cases there are then."""
    with database.read() as connection:
        spans = {table.name: _last(connection, table) for table in growing()}
    words = _Sqlite() if database.is_sqlite else _Postgres()
    copies = [words.copies(table, spans, times) for table in growing()]
    ids = [words.counts_on(name, span * times) for name, span in spans.items() if span]
    _at_one_go(database, [*copies, *ids, *_closing(open_of)])
    with database.read() as connection:
        return int(connection.scalar(sa.text("SELECT count(*) FROM cases")) or 0)


def _last(connection: sa.Connection, table: sa.Table) -> int:
    """The greatest id, where rows have one of their own."""
    greatest = sa.func.coalesce(sa.func.max(table.c.id), 0) if "id" in table.c else sa.literal(0)
    return int(connection.scalar(sa.select(greatest)) or 0)


def _closing(open_of: int) -> list[str]:
    """Most cases are closed, as soon as they were opened, and owe nothing."""
    closed = f"{_OPEN} AND id % {open_of} <> 0"
    return [
        f"""UPDATE obligation SET state = 'waived', ended_at = created_at, because = 'the case is closed'
            WHERE state = 'owed' AND case_id IN (SELECT id FROM cases WHERE {closed})""",
        f"""INSERT INTO transition (case_id, at, event, from_status, to_status, cause)
            SELECT id, opened_at, 'closed', status, 'Closed', 'filled' FROM cases WHERE {closed}""",
        f"UPDATE cases SET status = 'Closed', closed_at = opened_at WHERE {closed}",
        f"""INSERT INTO decision (inbox_id, decided_at, fate, rule, because, trail, facts, facts_version, rules_version)
            SELECT inbox_id, held_at, 'drop', 'held_drop', 'filled', '[]', '{{}}', 1, '1' FROM held WHERE {_DROPPED}""",
        f"""INSERT INTO settlement (inbox_id, settled_at, fate)
            SELECT inbox_id, held_at, 'drop' FROM held WHERE {_DROPPED}""",
        f"UPDATE inbox SET state = 'settled' WHERE id IN (SELECT inbox_id FROM held WHERE {_DROPPED})",
        f"DELETE FROM held WHERE {_DROPPED}",
    ]


def _at_one_go(database: Database, statements: Sequence[str]) -> None:
    """One transaction in which no reference is asked and no flush is waited for; then statistics, where kept."""
    if database.path is not None:
        connection = sqlite3.connect(database.path, isolation_level=None)
        for statement in ("PRAGMA synchronous=OFF", "PRAGMA cache_size=-200000", "BEGIN", *statements, "COMMIT"):
            connection.execute(statement)
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.close()
        return
    with database.write() as connection_:
        for statement in ("SET LOCAL session_replication_role = replica", "SET LOCAL synchronous_commit = off"):
            connection_.exec_driver_sql(statement)
        for statement in statements:
            connection_.exec_driver_sql(statement.replace("%", "%%"))
        connection_.exec_driver_sql("ANALYZE")  # as autovacuum does within a minute


def _whose_id(column: sa.Column[object]) -> str:
    """The table whose id a column holds, however many references away."""
    while column.foreign_keys:
        column = next(iter(column.foreign_keys)).column
    return str(column.table.name)


class _Words:
    """How an engine says what a copy is; `n.k` counts the copies."""

    series: str

    def copies(self, table: sa.Table, spans: dict[str, int], times: int) -> str:
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        values = ", ".join(self._value(table, column, spans) for column in table.columns)
        source = f"{table.name} t, {self.series.format(times - 1)}"
        return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {source}"

    def counts_on(self, name: str, last: int) -> str:
        raise NotImplementedError

    def _value(self, table: sa.Table, column: sa.Column[object], spans: dict[str, int]) -> str:
        name = f't."{column.name}"'
        if column.foreign_keys or column.name == "id":
            of = _whose_id(column)
            return f"{name} + n.k * {spans[of]}" if of in spans else name
        if isinstance(column.type, Utc):
            if (table.name, column.name) in _AT_ONCE:
                return name
            return self.later(name) if column.name in _STILL_TO_COME else self.earlier(name)
        match column.name:
            case "message_id":
                return f"replace({name}, '@', '.' || n.k || '@')"
            case "content_key":
                return f"{name} || '.' || n.k"
            case "cause":
                other = f"{name} || '.' || n.k"
                return f"CASE WHEN {self.is_inbox(name)} THEN {self.inbox(name, spans['inbox'])} ELSE {other} END"
        return name

    def inbox(self, name: str, span: int) -> str:
        return f"'inbox:' || (CAST(substr({name}, 7) AS INTEGER) + n.k * {span})"

    def earlier(self, name: str) -> str:
        raise NotImplementedError

    def later(self, name: str) -> str:
        raise NotImplementedError

    def is_inbox(self, name: str) -> str:
        raise NotImplementedError


class _Sqlite(_Words):
    series = "(WITH RECURSIVE s(k) AS (SELECT 1 UNION ALL SELECT k + 1 FROM s WHERE k < {}) SELECT k FROM s) n"

    def counts_on(self, name: str, last: int) -> str:
        return f"UPDATE counter SET last = {last} WHERE name = '{name}'"

    def earlier(self, name: str) -> str:
        return f"strftime('%Y-%m-%d %H:%M:%f', {name}, '-' || (7 * n.k) || ' days') || '000'"

    def later(self, name: str) -> str:
        return f"strftime('%Y-%m-%d %H:%M:%f', {name}, '+' || (n.k % 7) || ' days') || '000'"

    def is_inbox(self, name: str) -> str:
        return f"{name} GLOB 'inbox:[0-9]*' AND {name} NOT GLOB 'inbox:*[^0-9]*'"


class _Postgres(_Words):
    series = "generate_series(1, {}) n(k)"

    def counts_on(self, name: str, last: int) -> str:
        return f"SELECT setval('{name}_id_seq', {last})"

    def earlier(self, name: str) -> str:
        return f"{name} - n.k * interval '7 days'"

    def later(self, name: str) -> str:
        return f"{name} + n.k % 7 * interval '1 day'"

    def is_inbox(self, name: str) -> str:
        return f"{name} ~ '^inbox:[0-9]+$'"
