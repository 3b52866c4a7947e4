"""Several processes on one PostgreSQL: each row is worked on by one of them, and its outcome is written once."""

import io
import uuid
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from intake.parsing import Parser
from intake.scheduler import Scheduler
from intake.wake import Bell
from intake.worker import Worker
from models.limits import LEASE_SECONDS
from models.mail import Envelope, Route
from models.rules.failures import failure_told
from models.store import inbox, obligations, outbox
from models.store.claims import Lease, ours
from models.store.database import Database
from models.store.inbox import Arrival
from models.store.outbox import Intent
from models.store.tables import inbox as inbox_table
from models.store.threads import take_in_hand
from models.store.upgrade import upgrade
from models.store.verify import verify
from tests.at_once import all_at_once
from tests.builders import NOW, SUPPORT, a_mail, a_policy
from tests.load import populate
from tests.services import PrivatePostgres, wait_until

MAILS = 120
CLIENTS = ["mpoc0@org00000.example", "mpoc1@org00001.example", "mpoc2@org00000.example"]


@pytest.fixture
def database(postgres: PrivatePostgres) -> Iterator[Database]:
    """A desk on PostgreSQL with two organisations."""
    url = postgres.database()
    made = Database(url)
    upgrade(made)
    populate(url, organisations=2, mpocs=3)
    yield made
    made.close()
    postgres.drop(url)


def take_in(database: Database, *raws: bytes) -> list[int]:
    """Have messages accepted as a door does."""
    envelope = Envelope(route=Route.SMTP, reverse_path="bounces@client.example", forward_paths=(SUPPORT,))
    with database.write() as connection:
        return inbox.accept(connection, [Arrival(envelope, NOW, io.BytesIO(raw), len(raw)) for raw in raws])


def mails(count: int) -> list[bytes]:
    """Different mails of the three MPOCs."""
    return [
        a_mail(from_=CLIENTS[n % 3], subject=f"Trouble {n}", message_id=f"{n}@client.example") for n in range(count)
    ]


def until_idle(step: Callable[[], bool]) -> Callable[[], None]:
    """Steps until there is nothing more to do."""

    def work() -> None:
        while step():
            pass

    return work


def a_worker(database: Database, directory: Path, now: datetime = NOW) -> Iterator[Worker]:
    """A worker with a parse process of its own."""
    parser, bell = Parser(), Bell(directory)
    yield Worker(database, a_policy(), parser, clock=lambda: now, bell=bell)
    parser.close()
    bell.close()


@pytest.fixture
def bell(directory: Path) -> Iterator[Bell]:
    """A bell that nobody hears."""
    bell = Bell(directory)
    yield bell
    bell.close()


@pytest.fixture
def worker(database: Database, directory: Path) -> Iterator[Worker]:
    """One worker."""
    yield from a_worker(database, directory)


@pytest.fixture
def another_worker(database: Database, directory: Path) -> Iterator[Worker]:
    """And another."""
    yield from a_worker(database, directory)


def count(database: Database, query: str) -> int:
    """The one number that a query answers."""
    with database.read() as connection:
        return int(connection.execute(sa.text(query)).scalar_one())


def test_two_workers_open_each_case_once(database: Database, worker: Worker, another_worker: Worker) -> None:
    """Among them copies of one content, which both may have in hand at the same moment."""
    take_in(database, *mails(MAILS), *mails(MAILS))

    all_at_once(until_idle(worker.step), until_idle(another_worker.step))
    until_idle(worker.step)()  # what lost a race was put back

    assert 0 == count(database, "SELECT count(*) FROM inbox WHERE state <> 'settled'")
    assert MAILS == count(database, "SELECT count(*) FROM cases")
    assert [] == list(verify(database))


STOP_BEFORE_DECIDING = (
    """CREATE FUNCTION pass() RETURNS trigger LANGUAGE plpgsql
       AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN NULL; END $$""",
    "CREATE TRIGGER stop BEFORE INSERT ON decision EXECUTE FUNCTION pass()",
)
"""Who has gathered the facts writes the first decision only when nobody holds the lock any more."""
STOPPED = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"


@pytest.mark.parametrize(
    ("author", "states"),
    [("stranger@unknown.example", ["held", "settled"]), (CLIENTS[0], ["settled", "settled"])],
    ids=["held", "opened"],
)
def test_two_workers_that_look_at_copies_at_the_same_moment_decide_one(
    database: Database, worker: Worker, another_worker: Worker, author: str, states: list[str]
) -> None:
    """Neither finds the other's decision; the later one asks again, and then it is a duplicate."""
    copy = a_mail(from_=author, message_id="the-same@client.example")
    take_in(database, copy)
    with database.write() as connection:
        for statement in STOP_BEFORE_DECIDING:
            connection.exec_driver_sql(statement)
    with database.read() as holder:
        holder.exec_driver_sql("SELECT pg_advisory_lock(1)")

        def another_copy() -> None:
            wait_until(lambda: count(database, STOPPED) == 1, what="the first has looked")
            take_in(database, copy)
            another_worker.step()

        def let_both_go() -> None:
            try:
                wait_until(lambda: count(database, STOPPED) == 2, what="both have looked")
            finally:
                holder.exec_driver_sql("SELECT pg_advisory_unlock(1)")

        all_at_once(worker.step, another_copy, let_both_go)
    until_idle(worker.step)()

    with database.read() as connection:
        assert states == sorted(connection.scalars(sa.select(inbox_table.c.state)))
    assert 1 == count(database, "SELECT count(*) FROM settlement WHERE fate = 'duplicate'")
    assert [] == list(verify(database))


def test_two_schedulers_keep_each_promise_once(database: Database, worker: Worker, bell: Bell) -> None:
    """Two days later everything is due at the same moment."""
    take_in(database, *mails(MAILS))
    until_idle(worker.step)()
    later = NOW + timedelta(days=2)
    one, other = (Scheduler(database, a_policy(), clock=lambda: later, bell=bell) for _ in range(2))

    all_at_once(until_idle(one.step), until_idle(other.step))

    assert MAILS == count(database, "SELECT count(*) FROM outbox WHERE kind = 'scheduled_update'")
    assert 0 == count(database, "SELECT count(*) FROM obligation WHERE claim_token IS NOT NULL")
    assert [] == list(verify(database))


STOP_BEFORE_THE_KEYS = (
    """CREATE FUNCTION passed(words text) RETURNS text IMMUTABLE LANGUAGE plpgsql
       AS $$ BEGIN PERFORM pg_advisory_xact_lock_shared(1); RETURN words; END $$""",
    "ALTER TABLE outbox DROP CONSTRAINT uq_outbox_cause_kind_recipient, DROP CONSTRAINT uq_outbox_message_id",
    "CREATE INDEX ON outbox (passed(cause))",
    "ALTER TABLE outbox ADD UNIQUE (cause, kind, recipient), ADD UNIQUE (message_id)",
)
"""Indexes are written in the order they were made: who holds the lock stops everybody before any key is there."""


def test_what_two_owe_at_the_same_moment_is_owed_once(database: Database) -> None:
    """As two schedulers owe the mail of a day: neither has found the other's when both begin to write."""
    notice = failure_told(
        a_policy(), "parked", what="message 1", look="", retry="", station="worker", because="it is broken", now=NOW
    )

    def owe() -> None:
        with database.write() as connection:
            outbox.intend(connection, [Intent(notice)])

    with database.write() as connection:
        for statement in STOP_BEFORE_THE_KEYS:
            connection.exec_driver_sql(statement)
    with database.read() as holder:
        holder.exec_driver_sql("SELECT pg_advisory_lock(1)")

        def let_both_go() -> None:
            try:
                wait_until(lambda: count(database, STOPPED) == 2, what="both are on their way into the table")
            finally:
                holder.exec_driver_sql("SELECT pg_advisory_unlock(1)")

        all_at_once(owe, owe, let_both_go)

    assert 1 == count(database, "SELECT count(*) FROM outbox")


def a_lease() -> Lease:
    return Lease("host:1:1", uuid.uuid4().hex)


def test_what_one_claims_another_does_not_wait_for(database: Database) -> None:
    """It gets the rows behind them at once."""
    first, second = take_in(database, *mails(2))

    with database.write() as one, database.write() as other:
        mine = inbox.claim(one, a_lease(), NOW, most=1)
        theirs = inbox.claim(other, a_lease(), NOW, most=5)

    assert ([first], [second]) == ([each.inbox_id for each in mine], [each.inbox_id for each in theirs])


def test_a_case_that_another_has_in_hand_is_not_waited_for(database: Database, worker: Worker) -> None:
    """What is about it is asked again when it is free; everything else goes on."""
    take_in(database, *mails(1))
    until_idle(worker.step)()
    answer = a_mail(from_=CLIENTS[0], subject="Re: [#CG-000001] Trouble", message_id="answer@client.example")
    take_in(database, answer, *mails(3)[1:])
    waiting = "SELECT count(*) FROM inbox WHERE state <> 'settled'"

    with database.write() as other:
        assert set() == take_in_hand(other, {1})
        worker.step()
        assert (1, 3) == (count(database, waiting), count(database, "SELECT count(*) FROM cases"))
    with database.write() as connection:
        connection.execute(sa.update(inbox_table).values(not_before=NOW))
    until_idle(worker.step)()

    assert 0 == count(database, waiting)
    assert 2 == count(database, "SELECT count(*) FROM settlement WHERE case_id = 1")


def test_notices_and_promises_are_claimed_by_one(database: Database, worker: Worker) -> None:
    """The same for what is to be worded, offered and kept."""
    take_in(database, *mails(2))
    until_idle(worker.step)()
    later = NOW + timedelta(days=2)

    with database.write() as one, database.write() as other:
        notices = [len(outbox.claim_ready(connection, a_lease(), NOW, most=3)) for connection in (one, other)]
        promises = [
            {owed.obligation_id for owed in obligations.claim_due(connection, a_lease(), later, most=1)}
            for connection in (one, other)
        ]

    assert [3, 1] == notices
    assert [1, 1, 2] == [len(promises[0]), len(promises[1]), len(promises[0] | promises[1])]


def test_a_lease_that_ends_while_its_outcome_is_written_is_not_taken_over(database: Database) -> None:
    """Whoever has shown its token writes the outcome; the row is nobody else's until that is done."""
    take_in(database, *mails(1))
    lease = a_lease()
    with database.write() as connection:
        (mine,) = inbox.claim(connection, lease, NOW, most=1)
    expired = NOW + timedelta(seconds=LEASE_SECONDS + 1)

    with database.write() as writing:
        assert {mine.inbox_id} == ours(writing, inbox_table, lease, [mine.inbox_id])
        with database.write() as other:
            assert [] == inbox.claim(other, a_lease(), expired, most=1)
        inbox.end(writing, lease, [mine.inbox_id], "settled")

    with database.write() as other:
        assert [] == inbox.claim(other, a_lease(), expired, most=1)


def test_what_was_claimed_a_moment_later_than_we_looked_at_the_clock_is_not_taken(database: Database) -> None:
    """Two processes, or two machines, never have the same time; a clock that was far ahead is another matter."""
    take_in(database, *mails(1))
    ahead = NOW + timedelta(seconds=LEASE_SECONDS - 1)
    with database.write() as connection:
        assert 1 == len(inbox.claim(connection, a_lease(), ahead, most=1))

    with database.write() as connection:
        assert [] == inbox.claim(connection, a_lease(), NOW, most=1)
        assert 1 == len(inbox.claim(connection, a_lease(), NOW - timedelta(seconds=2), most=1))


def test_x16_offers_that_were_never_made_leave_nothing(database: Database, worker: Worker) -> None:
    """The COMMIT that took notices was done, and its answer lost: nobody offers them until they are given back."""
    take_in(database, *mails(2))
    until_idle(worker.step)()
    lease = a_lease()
    with database.write() as connection:
        known, *_ = outbox.claim_ready(connection, lease, NOW, most=1)
    with database.write() as connection:
        outbox.claim_ready(connection, lease, NOW, most=5)

    with database.write() as connection:
        outbox.withdraw(connection, lease, [known.outbox_id])

    assert 1 == count(database, "SELECT count(*) FROM outbox WHERE claim_token IS NOT NULL")
    assert 1 == count(database, "SELECT count(*) FROM attempt")
    assert [] == list(verify(database))
