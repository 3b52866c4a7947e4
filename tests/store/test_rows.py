"""Many rows written by one statement: each row is stored as it was given, on either engine."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from models.store import rows, upsert
from models.store.columns import Id, Text, Utc
from models.store.database import Database
from tests.builders import NOW
from tests.services import PrivatePostgres

tables = sa.MetaData()
kept = sa.Table(
    "kept",
    tables,
    sa.Column("id", Id, primary_key=True),
    sa.Column("word", Text),
    sa.Column("octets", sa.LargeBinary),
    sa.Column("at", Utc),
    sa.Column("is_so", sa.Boolean),
    sa.Column("size", sa.Integer),
)
WORDS = ["plain", "", "NULL", None, "{braces, commas}", 'quotes " and \\', "two\nlines", "naïve \u2603", "nul \0"]
STORED = [word if word != "nul \0" else "nul \ufffd" for word in WORDS]
ROWS: list[dict[str, Any]] = [
    {
        "id": number,
        "word": word,
        "octets": bytes([0, 255, number]) * number,
        "at": None if number % 3 else NOW + timedelta(microseconds=number),
        "is_so": number % 2 == 0,
        "size": None if number == 1 else 10 ** (number - 1),
    }
    for number, word in enumerate(WORDS, 1)
]


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database with nothing but the table."""
    cluster: PrivatePostgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    made = Database(f"sqlite:///{tmp_path / 'rows.db'}" if cluster is None else cluster.database())
    with made.write() as connection:
        tables.create_all(connection)
    yield made
    made.close()
    if cluster is not None:
        cluster.drop(made.url.render_as_string())


def stored(database: Database) -> list[dict[str, Any]]:
    with database.read() as connection:
        return [dict(row) for row in connection.execute(sa.select(kept).order_by(kept.c.id)).mappings()]


def test_rows_are_stored_as_they_are(database: Database) -> None:
    """Text of any kind, octets, moments, numbers of any size, and nothing."""
    with database.write() as connection:
        rows.insert(connection, kept, ROWS)

    assert [{**row, "word": word} for row, word in zip(ROWS, STORED, strict=True)] == stored(database)


def test_nothing_at_all_is_stored_too(database: Database) -> None:
    """A column of which no row says anything."""
    nothing = {"word": None, "octets": None, "at": None, "is_so": None, "size": None}
    with database.write() as connection:
        rows.insert(connection, kept, [{"id": 1, **nothing}, {"id": 2, **nothing}])

    assert [{"id": 1, **nothing}, {"id": 2, **nothing}] == stored(database)


def test_each_row_is_changed_by_its_own_values(database: Database) -> None:
    """And those of which nothing is said stay; what a statement does not ask for is not told."""
    change = (
        sa.update(kept)
        .where(kept.c.id == sa.bindparam("of"), kept.c.is_so)
        .values(word=sa.bindparam("said"), at=sa.bindparam("when"), size=kept.c.size + 1)
    )
    when = datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)
    with database.write() as connection:
        rows.insert(connection, kept, ROWS)
        rows.write(
            connection, change, [{"of": number, "said": f"no {number}", "when": when, "not": ""} for number in (2, 3)]
        )

    changed = [row for row, before in zip(stored(database), ROWS, strict=True) if row["size"] != before["size"]]
    assert [{**ROWS[1], "word": "no 2", "at": when, "size": 11}] == changed


def test_what_is_there_may_be_replaced(database: Database) -> None:
    """What a statement is told besides the columns is the same for all rows."""
    insert = upsert.insert(database.dialect, kept)
    smaller = insert.on_conflict_do_update(
        index_elements=["id"], set_={"word": insert.excluded.word}, where=kept.c.size < sa.bindparam("limit")
    )
    with database.write() as connection:
        rows.insert(connection, kept, [{"id": 1, "word": "old", "size": 5}, {"id": 2, "word": "old", "size": 50}])
        rows.write(connection, smaller, [{"id": n, "word": "new", "size": 0, "limit": 10} for n in (1, 2, 3)])

    assert [(1, "new", 5), (2, "old", 50), (3, "new", 0)] == [
        (row["id"], row["word"], row["size"]) for row in stored(database)
    ]
