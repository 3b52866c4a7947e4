"""Two services on one PostgreSQL, each with all roles, as on two machines that have the same host name (threats X-20).

One of them is killed again and again: the other goes on, nobody takes what it has in hand, and
what the dead one had is taken over when its leases end. And whoever was stopped for longer than
its lease writes nothing when it goes on.
"""

import os
import random
import shutil
import signal
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial

import pytest

from intake.clock import system_clock
from tests.crash.containers import Contained, require_namespaces
from tests.crash.nemesis import UNCLEAN, let_pass
from tests.crash.orders import Orders, with_limits
from tests.crash.rig import StartPostfix, rig
from tests.load import Installation, Mails, populate, send
from tests.load.installation import TARGETS
from tests.services import PrivateDovecot, PrivatePostgres, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.system]

STOPPED_LEASE_SECONDS = 5
LONGEST_LIFE = 6.0
SECONDS = 100.0


@pytest.fixture
def database(postgres: PrivatePostgres) -> Iterator[str]:
    """The address of an empty database."""
    url = postgres.database()
    yield url
    postgres.drop(url)


@contextmanager
def another(first: Installation) -> Iterator[Installation]:
    """A second service for the same desk: directory, door and process ids are its own; key and people are shared."""
    relay = next(line for line in first.configuration.read_text().splitlines() if line.startswith("relay = "))
    with Contained(relay=relay.split('"')[1], database=first.database_url) as second:
        shutil.copy(first.directory / "casegate.key", second.directory / "casegate.key")
        if (first.directory / "plans").is_dir():
            second.set("plans.directory", str(first.directory / "plans"))
        yield second


@pytest.mark.timeout(900)
def test_x20_one_of_two_services_is_killed(postfix: StartPostfix, dovecot: PrivateDovecot, database: str) -> None:
    """Three times: the short form of the proof below."""
    assert [] == kill_one_of_two(postfix, dovecot, database, kills=3, rate=8, seed=20)


@pytest.mark.soak
@pytest.mark.timeout(10_800)
def test_x20_one_of_two_services_is_killed_fifty_times(
    postfix: StartPostfix, dovecot: PrivateDovecot, database: str
) -> None:
    """In all its parts, at random."""
    assert [] == kill_one_of_two(postfix, dovecot, database, kills=50, rate=8, seed=1_020)


def kill_one_of_two(
    postfix: StartPostfix, dovecot: PrivateDovecot, database: str, *, kills: int, rate: float, seed: int
) -> list[str]:
    """Send to both doors, and kill the second service; what was broken. The first one never notices."""
    require_namespaces()
    chance = random.Random(seed)
    targets = [target for target in TARGETS if target != "parser"]
    unclean: list[tuple[datetime, datetime]] = []
    with rig(postfix, dovecot, database=database, seed=seed) as run, another(run.installation) as second:
        first = run.installation
        for each in (first, second):
            each.launch().wait_ready(SECONDS)
        processes = first.processes()
        with run.load(first.smtp_port, second.smtp_port, rate=rate):
            for number in range(kills):
                target = targets[number % len(targets)]
                let_pass(chance.uniform(0, LONGEST_LIFE))
                wait_until(partial(second.strike, target), SECONDS, what=f"{target} is there")
                killed_at = system_clock()
                second.wait_ended(SECONDS)
                if target in UNCLEAN:
                    unclean.append((killed_at, system_clock()))
                second.launch().wait_ready(SECONDS)
        assert processes == first.processes(), "no role of the first has ended"
        events = [Counter(event["event"] for event in each.events(of_all_starts=True)) for each in (first, second)]
        breaches = run.breaches(
            [
                ("kills of one of two services", str(kills)),
                ("settled by the one that lived, and by the other", f"{[one['settled'] for one in events]}"),
            ],
            unclean=unclean,
            others=[second],
        )
        breaches += [f"{one['lease.lost']} leases were lost" for one in events if one["lease.lost"]]
        second.keep = bool(breaches)
        return breaches


STOPS = {"worker": "worker:Worker._claim", "submitter": "submitter:Submitter._exchange"}
"""The role that is stopped, and the place where it has just claimed what it works on."""
MAILS = 5


@pytest.mark.timeout(900)
@pytest.mark.parametrize("role", STOPS)
def test_x20_who_was_stopped_for_longer_than_its_lease_writes_nothing(database: str, role: str) -> None:
    """It has claimed, and stands still; another one takes over; when it goes on, its token is no longer good."""
    require_namespaces()
    with Installation(database=database) as first, another(first) as second:
        orders = Orders(second.directory / "orders")
        first.run_by(with_limits(LEASE_SECONDS=STOPPED_LEASE_SECONDS))
        second.run_by([*orders.told(), *with_limits(LEASE_SECONDS=STOPPED_LEASE_SECONDS)])
        leave_work_for(role, first)
        orders.give(STOPS[role], "after", number=signal.SIGSTOP)
        second.run_roles(role)
        second.set("service.workers", 1)
        second.launch()
        wait_until(orders.is_obeyed, SECONDS, what=f"the {role} has claimed, and stands")

        first.run_roles()
        first.launch().wait_ready(SECONDS)
        wait_until(first.is_quiet, SECONDS, what="the other one has taken over")
        before = state_of(first)
        os.kill(second.processes()[role], signal.SIGCONT)
        wait_until(partial(has_lost_a_lease, second), SECONDS, what="it has noticed")

        assert before == state_of(first)
        assert [0, 0] == [first.end(), second.end()]
        assert "promises hold" in first.casegate("verify").stdout
        assert MAILS == first.count("SELECT count(*) FROM cases")


def leave_work_for(role: str, installation: Installation) -> None:
    """Mails that wait, and for a submitter what they lead to; then nothing runs."""
    population = populate(installation.database_url, organisations=5, mpocs=10)
    installation.run_roles("smtp", *(["worker"] if role == "submitter" else []))
    installation.launch().wait_ready(SECONDS)
    mails = Mails(population, installation.intake_address, seed=20, mpocs_only=True)
    send(installation.smtp_port, mails, count=MAILS, connections=1)
    if role == "submitter":
        ready = "SELECT count(*) FROM outbox WHERE state = 'ready'"
        wait_until(lambda: installation.count(ready) == 2 * MAILS, SECONDS, what="there is something to offer")
    assert 0 == installation.end()


def has_lost_a_lease(installation: Installation) -> bool:
    """Whether it has noticed that somebody else has what it had claimed."""
    return any(event["event"] == "lease.lost" for event in installation.events())


def state_of(installation: Installation) -> list[list[tuple[object, ...]]]:
    """What has become of each message and each notice."""
    queries = (
        "SELECT id, state, strikes, interruptions, claimed_by FROM inbox ORDER BY id",
        "SELECT id, inbox_id, decided_at FROM decision ORDER BY id",
        "SELECT id, state, claimed_by FROM outbox ORDER BY id",
        "SELECT outbox_id, number, outcome, ended_at FROM attempt ORDER BY outbox_id, number",
    )
    return [[tuple(row) for row in installation.rows(query)] for query in queries]
