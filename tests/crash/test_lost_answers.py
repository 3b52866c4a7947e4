"""The connection to PostgreSQL is lost in a COMMIT, on either side of it (threats X-16).

A proxy before the database reads its protocol and swallows the answers of COMMITs, with the
connection cut or left hanging, or the COMMITs themselves. What was done has to be found done.
"""

import smtplib
from collections import Counter
from collections.abc import Iterator
from itertools import product

import pytest

from tests.builders import a_mail
from tests.crash.hands import let_time_pass
from tests.crash.orders import with_limits
from tests.crash.rig import StartPostfix, rig
from tests.load import Installation
from tests.services import Fate, PostgresProxy, PrivateDovecot, PrivatePostgres, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.system]

ROLES = ("casegate-smtp", "casegate-worker", "casegate-submit", "casegate-schedu")
SECONDS = 30.0
"""How long a role may take to come to its next COMMIT; the scheduler has not always one."""
ANSWER_SECONDS = 4


@pytest.fixture
def proxy(postgres: PrivatePostgres) -> Iterator[PostgresProxy]:
    """A proxy before the cluster."""
    with PostgresProxy(postgres.port) as made:
        yield made


@pytest.fixture
def database(postgres: PrivatePostgres, proxy: PostgresProxy) -> Iterator[str]:
    """The address of an empty database, by way of the proxy."""
    url = postgres.database()
    yield url.replace(f":{postgres.port}/", f":{proxy.port}/")
    postgres.drop(url)


@pytest.mark.parametrize(
    ("fate", "reply", "stored"),
    [(Fate.UNANSWERED, 250, 1), (Fate.SILENT, 250, 1), (Fate.LOST, 451, 0)],
    ids=lambda value: value.name.lower() if isinstance(value, Fate) else "",
)
def test_the_door_says_what_has_happened(
    proxy: PostgresProxy, database: str, fate: Fate, reply: int, stored: int
) -> None:
    """A mail that is stored is answered 250 though the answer of its COMMIT was lost; one that is not, 451."""
    with Installation(database=database, roles=["smtp"]) as installation:
        installation.run_by(with_limits(DATABASE_ANSWER_SECONDS=ANSWER_SECONDS))
        installation.launch().wait_ready(100)
        proxy.order("casegate-smtp", fate)
        with smtplib.SMTP("127.0.0.1", installation.smtp_port, timeout=60) as client:
            client.ehlo()
            client.mail("a@elsewhere.example")
            client.rcpt(installation.intake_address)
            code, _ = client.data(a_mail())

        assert [("casegate-smtp", fate)] == proxy.done
        assert (reply, stored) == (code, installation.count("SELECT count(*) FROM inbox"))
        assert 0 == installation.end()


@pytest.mark.timeout(900)
def test_x16_a_few_lost_answers(
    postfix: StartPostfix, dovecot: PrivateDovecot, proxy: PostgresProxy, database: str
) -> None:
    """Six, and two COMMITs that do not arrive: the short form of the proof below."""
    assert [] == lose(postfix, dovecot, proxy, database, orders=8, rate=10, seed=16)


@pytest.mark.soak
@pytest.mark.timeout(10_800)
def test_x16_fifty_lost_answers(
    postfix: StartPostfix, dovecot: PrivateDovecot, proxy: PostgresProxy, database: str
) -> None:
    """Fifty answers that are lost, with every role, and every fourth time a COMMIT instead."""
    assert [] == lose(postfix, dovecot, proxy, database, orders=67, rate=10, seed=1_016)


def lose(
    postfix: StartPostfix,
    dovecot: PrivateDovecot,
    proxy: PostgresProxy,
    database: str,
    *,
    orders: int,
    rate: float,
    seed: int,
) -> list[str]:
    """Send, and lose answers of one role after the other; what was broken. The service itself goes on."""
    with rig(postfix, dovecot, database=database, seed=seed) as run:
        installation = run.installation
        installation.run_by(with_limits(DATABASE_ANSWER_SECONDS=ANSWER_SECONDS))
        installation.launch().wait_ready(100)
        processes = installation.processes()
        with run.load(installation.smtp_port, rate=rate):
            possible = list(product(Fate, ROLES))
            for number in range(orders):
                fate, role = possible[number * 5 % len(possible)]  # each role and each fate, in turn
                assert is_met(installation, proxy, role, fate), f"{role} has no COMMIT"
        assert processes.keys() == installation.processes().keys()
        assert processes == installation.processes() | {"parser": processes["parser"]}
        met = Counter(f"{role}: {fate.name.lower()}" for role, fate in proxy.done)
        return run.breaches([("COMMITs in all", str(met.total())), *((name, str(met[name])) for name in sorted(met))])


def is_met(installation: Installation, proxy: PostgresProxy, role: str, fate: Fate) -> bool:
    """Whether the role's next COMMIT ends so."""
    proxy.order(role, fate)
    for _ in range(3):
        if role == "casegate-schedu":
            let_time_pass(installation)
        try:
            return wait_until(lambda: proxy.is_obeyed(role), SECONDS)
        except TimeoutError:
            continue
    return not proxy.withdraw(role)
