"""Turns: who decides looks and thinks while the door writes on, and nobody changes meanwhile what it looked at."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.store import ids, tables
from models.store.database import Database
from tests.services import PrivatePostgres

SECONDS = 60
own = sa.MetaData()
noted = sa.Table("noted", own, sa.Column("word", sa.Text))


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[str]:
    """The address of a database with the tables these tests write to."""
    yield from made(f"sqlite:///{tmp_path / 'turns.db'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def address(request: pytest.FixtureRequest) -> Iterator[str]:
    """The same on each engine."""
    if request.param == "sqlite":
        yield request.getfixturevalue("sqlite")
        return
    server: PrivatePostgres = request.getfixturevalue("postgres")
    url = server.database()
    yield from made(url)
    server.drop(url)


def made(url: str) -> Iterator[str]:
    database = Database(url)
    with database.write() as connection:
        own.create_all(connection)
        tables.cases.metadata.create_all(connection, [tables.counter])
        connection.execute(sa.text("CREATE SEQUENCE cases_id_seq") if not database.is_sqlite else sa.select(1))
    database.close()
    yield url


@pytest.fixture
def decider(address: str) -> Iterator[Database]:
    """The database as a worker has it open."""
    database = Database(address)
    yield database
    database.close()


@pytest.fixture
def other(address: str) -> Iterator[Database]:
    """The database as another process has it open."""
    database = Database(address)
    yield database
    database.close()


def note(connection: sa.Connection, word: str) -> None:
    connection.execute(sa.insert(noted).values(word=word))


def words(connection: sa.Connection) -> list[str]:
    return list(connection.scalars(sa.select(noted.c.word).order_by(noted.c.word)))


def test_the_door_writes_while_somebody_decides(decider: Database, other: Database) -> None:
    """Neither waits for the other: what came meanwhile stands beside what was decided."""
    with decider.decide() as turn:
        assert [] == words(turn.looks)
        with other.write_meanwhile() as connection:
            note(connection, "accepted")
        with turn.write() as connection:
            note(connection, "decided")

    with other.read() as connection:
        assert ["accepted", "decided"] == words(connection)


def test_who_fails_while_deciding_has_written_nothing(decider: Database, other: Database) -> None:
    """And leaves the turn and the gate to the next."""

    def fail_in(database: Database, *, written: bool) -> None:
        with database.decide() as turn:
            if written:
                with turn.write() as connection:
                    note(connection, "half")
                    raise ValueError("a write failed")
            raise ValueError("a rule failed")

    with pytest.raises(ValueError, match="a write"):
        fail_in(decider, written=True)
    with pytest.raises(ValueError, match="a rule"):
        fail_in(decider, written=False)

    with other.write() as connection:
        assert [] == words(connection)


def test_what_was_looked_at_is_changed_by_nobody_before_it_is_decided(sqlite: str) -> None:
    """On SQLite: an admin's command, or another worker, waits for the end of the turn."""
    decider, other, door = (Database(sqlite) for _ in range(3))
    begins = threading.Event()

    def change() -> None:
        begins.set()
        with other.write() as connection:
            note(connection, "b: changed")

    changing = threading.Thread(target=change)
    with decider.decide() as turn:
        words(turn.looks)
        changing.start()
        assert begins.wait(SECONDS)
        for _ in range(20):  # it would have been quick enough
            with door.write_meanwhile() as connection:
                note(connection, "a: accepted")
        with turn.write() as connection:
            assert {"a: accepted"} == set(words(connection))
    changing.join(SECONDS)

    with door.read() as connection:
        assert [*["a: accepted"] * 20, "b: changed"] == words(connection)
    for database in (decider, other, door):
        database.close()


def test_ids_that_were_foreseen_are_the_next_ones(decider: Database) -> None:
    """What is worded before it is written may name them."""
    given = []
    for count in (2, 0, 3):
        with decider.decide() as turn:
            given.append(list(ids.foresee(turn.looks, tables.cases, count)))
            with turn.write() as connection:
                ids.take(connection, tables.cases, given[-1])

    assert [[1, 2], [], [3, 4, 5]] == given


def test_ids_that_somebody_without_the_turn_took_are_not_used(sqlite: str) -> None:
    """It would be a fault of ours; nothing of the batch is written then."""
    decider, other = Database(sqlite), Database(sqlite)

    def decide() -> None:
        with decider.decide() as turn:
            foreseen = ids.foresee(turn.looks, tables.cases, 1)
            with other.write_meanwhile() as connection:
                ids.allocate(connection, tables.cases, 1)
            with turn.write() as connection:
                note(connection, "half")
                ids.take(connection, tables.cases, foreseen)

    with pytest.raises(RuntimeError, match="ids of cases"):
        decide()

    with other.read() as connection:
        assert [] == words(connection)
    decider.close()
    other.close()
