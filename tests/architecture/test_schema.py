"""The schema that migrations make is the schema that the code believes in."""

import re
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from models.store import schema
from models.store.database import Database, DatabaseError
from models.store.tables import metadata
from models.store.upgrade import newest, upgrade
from tests.cli.running import casegate


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database made by the migrations."""
    path = tmp_path_factory.mktemp("schema") / "casegate.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


def test_the_newest_schema_is_the_newest_migration() -> None:
    """The code asks for what the last migration makes."""
    assert newest() == schema.NEWEST


def test_alembic_finds_no_difference(migrated: Path) -> None:
    """Tables, columns, keys and indexes are those of models/store/tables.py."""
    database = Database(f"sqlite:///{migrated}")
    with database.read() as connection:
        differences = compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata)
    database.close()

    assert [] == differences


def test_checks_and_partial_indexes_are_the_same(migrated: Path, tmp_path: Path) -> None:
    """What Alembic does not compare: check constraints, conditions of indexes, WITHOUT ROWID."""
    made = tmp_path / "made.db"
    engine = sa.create_engine(f"sqlite:///{made}")
    metadata.create_all(engine)
    engine.dispose()

    assert _statements(made) == _statements(migrated)


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO approval_answer VALUES (1, 1, 1, 1, '', 'perhaps', '')",
        "INSERT INTO settlement (inbox_id, settled_at, fate, case_id) VALUES (1, '', 'open_case', NULL)",
    ],
    ids=["unknown word", "case that is not there"],
)
def test_checks_that_were_reworded_are_asked(migrated: Path, statement: str) -> None:
    """The words of a check were changed where the schema lies: it refuses as before."""
    with sqlite3.connect(migrated) as connection, pytest.raises(sqlite3.IntegrityError, match="CHECK constraint"):
        connection.execute(statement)
    connection.close()


def _unquoted(name: str, sql: str) -> str:
    """A table that was rebuilt keeps its name in quotes."""
    return sql.replace(f'CREATE TABLE "{name}"', f"CREATE TABLE {name}", 1)


def _statements(path: Path) -> dict[str, list[str]]:
    """Every table and index as SQLite keeps its words, in parts, without regard to white space and order."""
    with sqlite3.connect(path) as connection:
        rows = connection.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    connection.close()
    return {
        name: sorted(re.sub(r"\s+", " ", part).strip() for part in re.split(r",\s*\n|\n\)", _unquoted(name, sql)))
        for name, sql in rows
        if name != "alembic_version"
    }


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        (
            "UPDATE alembic_version SET version_num = '9999'",
            "newer than this version of casegate: install the newer one",
        ),
        ("UPDATE alembic_version SET version_num = '0000'", "run 'casegate db upgrade'"),
        ("DROP TABLE alembic_version", "run 'casegate db upgrade'"),
    ],
    ids=["newer", "older", "none"],
)
def test_another_schema_is_refused(migrated: Path, tmp_path: Path, statement: str, refusal: str) -> None:
    """Code and database go together, or nothing starts (threats X-22)."""
    path = tmp_path / "casegate.db"
    path.write_bytes(migrated.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute(statement)
    connection.close()
    database = Database(f"sqlite:///{path}")

    with pytest.raises(DatabaseError, match=refusal):
        schema.require_newest(database)
    database.close()


def test_a_downgrade_is_refused_before_anything_is_touched(migrated: Path, place: Path) -> None:
    """`casegate db upgrade` leaves a database of a newer casegate as it is: exit 78, one line (threats X-22)."""
    path = place / "casegate.db"
    path.write_bytes(migrated.read_bytes())
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    before = _statements(path)

    done = casegate("db", "upgrade", "--config", place / "casegate.toml")

    assert (78, 1) == (done.code, len(done.err.splitlines()))
    assert "newer than this version of casegate" in done.err
    assert before == _statements(path)
