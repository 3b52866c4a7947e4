"""PostgreSQL is ended at once and started again, as often as it takes, under load (threats X-15).

Every session is cut wherever it was; what was under way is looked up. The service itself goes
on: no role ends (one that is away for longer is `tests.faults.test_database_gone`).
"""

import random
from collections import Counter
from collections.abc import Iterator

import pytest

from tests.conftest import require
from tests.crash.hands import let_time_pass
from tests.crash.nemesis import let_pass
from tests.crash.rig import StartPostfix, rig
from tests.services import PrivateDovecot, PrivatePostgres

pytestmark = [pytest.mark.crash, pytest.mark.system]

LONGEST_LIFE = 4.0
"""Seconds of PostgreSQL between two ends."""
AWAY = 20
"""Looks a second apart that a database stays away for once."""


@pytest.fixture
def cluster() -> Iterator[PrivatePostgres]:
    """A cluster of the test's own, for nobody else's sessions are to be cut."""
    require("postgres")
    made = PrivatePostgres()
    yield made.start()
    made.close()


@pytest.mark.timeout(900)
def test_x15_a_few_restarts_of_postgresql(
    postfix: StartPostfix, dovecot: PrivateDovecot, cluster: PrivatePostgres
) -> None:
    """Two: the short form of the proof below."""
    assert [] == restart(postfix, dovecot, cluster, restarts=2, rate=10, seed=15)


@pytest.mark.soak
@pytest.mark.timeout(10_800)
def test_x15_fifty_restarts_of_postgresql(
    postfix: StartPostfix, dovecot: PrivateDovecot, cluster: PrivatePostgres
) -> None:
    """Fifty; after every tenth it stays away for a while."""
    assert [] == restart(postfix, dovecot, cluster, restarts=50, rate=10, seed=1_015)


def restart(
    postfix: StartPostfix,
    dovecot: PrivateDovecot,
    cluster: PrivatePostgres,
    *,
    restarts: int,
    rate: float,
    seed: int,
) -> list[str]:
    """Send and restart; what was broken. The service goes on."""
    chance = random.Random(seed)
    with rig(postfix, dovecot, database=cluster.database(), seed=seed) as run:
        installation = run.installation
        installation.launch().wait_ready(100)
        processes = installation.processes()
        with run.load(installation.smtp_port, rate=rate):
            for number in range(1, restarts + 1):
                let_time_pass(installation)
                let_pass(chance.uniform(0, LONGEST_LIFE))
                cluster.crash()
                if number % 10 == 0:
                    let_pass(AWAY)
                cluster.start()
        troubles = Counter(
            event["role"] for event in installation.events() if event["event"] in {"database.trouble", "accept.failed"}
        )
        assert processes == installation.processes(), "no role has ended"
        words = ", ".join(f"{role} {count}" for role, count in sorted(troubles.items()))
        return run.breaches([("immediate restarts", str(restarts)), ("troubles in the log", words)])
