"""What is owed, on both engines: taken by one scheduler at a time, kept once, and never lost by a kill."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from intake.casework import open_case
from intake.scheduler import Scheduler
from intake.wake import Bell
from models.acts import Actor
from models.case import Priority
from models.directory.entries import DirectoryRules
from models.directory.file import parse_directory
from models.rules.opening_by_agent import CaseRequest
from models.store import obligations, tables
from models.store.claims import Lease
from models.store.contacts import contacts_by_address
from models.store.database import Database
from models.store.directory import bring_in
from models.store.upgrade import upgrade
from tests.at_once import all_at_once
from tests.builders import ALICE, NOW, a_policy, plans

PEOPLE = f"""
[[department]]
key = "support"
name = "Support"
address = "agents@example.net"

[[organisation]]
name = "Acme"

  [[organisation.contact]]
  name = "Alice Anders"
  addresses = ["{ALICE}"]
  roles = ["primary-mpoc"]
"""
MANY = 120
AN_HOUR_LATER = NOW + timedelta(hours=1)


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A desk with one MPOC, on each engine."""
    is_sqlite = request.param == "sqlite"
    made = Database(
        f"sqlite:///{tmp_path}/casegate.db" if is_sqlite else request.getfixturevalue("postgres").database()
    )
    upgrade(made)
    rules = DirectoryRules(
        plans=frozenset(plans()),
        addresses=a_policy().addresses,
        default_plan="calltower-2021",
        default_language="en",
        default_zone="America/Denver",
    )
    with made.write() as connection:
        bring_in(connection, parse_directory(PEOPLE, rules), rules, NOW, who="ops")
    yield made
    made.close()


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    """A bell that nobody hears."""
    bell = Bell(tmp_path)
    yield bell
    bell.close()


def open_cases(database: Database, count: int) -> None:
    """P1 cases of Alice's, opened at once: an update of each is due an hour later."""
    with database.write() as connection:
        contact = contacts_by_address(connection, [ALICE])[ALICE][0]
        for number in range(count):
            asked = CaseRequest(
                contact=contact, subject=f"Trouble {number}", text="", priority=Priority.P1, department="support"
            )
            open_case(connection, a_policy(), asked, by=Actor(login="dana", agent=None), now=NOW)


def a_scheduler(database: Database, bell: Bell, now: datetime = AN_HOUR_LATER) -> Scheduler:
    return Scheduler(database, a_policy(), clock=lambda: now, bell=bell)


def updates(database: Database) -> list[tuple[int, str]]:
    """The cases of which an update was recorded, and its cause."""
    chosen = sa.select(tables.outbox.c.case_id, tables.outbox.c.cause).where(tables.outbox.c.kind == "scheduled_update")
    with database.read() as connection:
        return [(row.case_id, row.cause) for row in connection.execute(chosen.order_by(tables.outbox.c.case_id))]


def states(database: Database, kind: str = "scheduled_update") -> dict[str, int]:
    """How many obligations of a kind stand how."""
    state = tables.obligation.c.state
    chosen = sa.select(state, sa.func.count()).where(tables.obligation.c.kind == kind).group_by(state)
    with database.read() as connection:
        return {row[0]: row[1] for row in connection.execute(chosen)}


def test_schedulers_side_by_side_keep_each_promise_once(database: Database, bell: Bell) -> None:
    """Four at once over more than two batches: one mail a case, each under its own cause, the next one owed."""
    open_cases(database, MANY)

    def keep() -> None:
        scheduler = a_scheduler(database, bell)
        while scheduler.step():
            pass

    all_at_once(*[keep] * 4)

    kept = updates(database)
    assert (MANY, MANY) == (len(kept), len({case_id for case_id, _ in kept}))
    assert {f"obligation:{case_id}:scheduled_update:{AN_HOUR_LATER.isoformat()}" for case_id, _ in kept} == {
        cause for _, cause in kept
    }
    assert {"kept": MANY, "owed": MANY} == states(database)


def test_one_thing_of_a_case_is_taken_at_a_time(database: Database) -> None:
    """A reminder and an update are due: the earlier one alone, and the other in the next batch."""
    open_cases(database, 1)
    with database.write() as connection:
        first = obligations.claim_due(connection, Lease("a", "1"), AN_HOUR_LATER, most=10)

    assert ["first_response_reminder"] == [owed.obligation.kind.value for owed in first]


def test_what_another_has_taken_is_left_alone_until_its_lease_ends(database: Database) -> None:
    """A process that was killed holds nobody up for long."""
    open_cases(database, 1)

    def claimed(token: str, now: datetime) -> int:
        with database.write() as connection:
            return len(obligations.claim_due(connection, Lease("a", token), now, most=1))

    assert [1, 1] == [claimed("1", AN_HOUR_LATER), claimed("2", AN_HOUR_LATER)]  # the reminder, then the update
    assert [0, 1] == [claimed("3", AN_HOUR_LATER), claimed("4", AN_HOUR_LATER + timedelta(seconds=61))]


def test_the_claims_of_a_dead_process_are_released(database: Database) -> None:
    """Whoever starts on the same host need not wait for the lease."""
    open_cases(database, 3)
    with database.write() as connection:
        obligations.claim_due(connection, Lease("a", "1"), AN_HOUR_LATER, most=2)
        freed = obligations.free_interrupted(connection, ["a"])
        again = obligations.claim_due(connection, Lease("b", "2"), AN_HOUR_LATER, most=2)

    assert freed == len(again) > 0
