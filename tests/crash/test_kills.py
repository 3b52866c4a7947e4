"""kill -9 of the service, of each role and of the parse worker, at random and at each commit, under load.

The rig stands where an MTA, a service manager and the recipients stand: it sends mails that
are all different, offers again what got no answer, starts the service again after each
crash, and reads what arrived at Dovecot behind a Postfix relay. Then every 250 must have
exactly one outcome, and everything owed must have arrived, once.
"""

import time
import uuid
from collections.abc import Callable, Iterator

import pytest

from tests.crash.checker import Checker
from tests.crash.hands import Pipe, round_the_clock
from tests.crash.nemesis import Nemesis
from tests.crash.orders import Orders
from tests.load import History, Installation, Load, Mails, populate
from tests.services import PrivateDovecot, PrivatePostfix, PrivatePostgres, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.system]

StartPostfix = Callable[[PrivatePostfix], PrivatePostfix]


@pytest.fixture(params=["sqlite", "postgres"])
def engine(request: pytest.FixtureRequest) -> Iterator[str | None]:
    """Each engine in turn: the address of an empty database, or None for a file of the installation's own."""
    if request.param == "sqlite":
        yield None
        return
    cluster: PrivatePostgres = request.getfixturevalue("postgres")
    url = cluster.database()
    yield url
    cluster.drop(url)


@pytest.mark.timeout(600)
def test_nothing_is_lost_or_doubled_by_a_few_kills(
    postfix: StartPostfix, dovecot: PrivateDovecot, engine: str | None
) -> None:
    """Eight kills in half a minute, four of them at commits: the short form of the proof below."""
    breaches = torment(postfix, dovecot, engine, kills=8, rate=15, organisations=100, mpocs=500, seed=8)

    assert [] == breaches


@pytest.mark.soak
@pytest.mark.timeout(10_800)
def test_nothing_is_lost_or_doubled_by_three_hundred_kills(
    postfix: StartPostfix, dovecot: PrivateDovecot, engine: str | None
) -> None:
    """Three hundred kills, half of them at commits, thousands of mails of 5,000 MPOCs: one outcome each."""
    breaches = torment(postfix, dovecot, engine, kills=300, rate=5, organisations=1_000, mpocs=5_000, seed=300)

    assert [] == breaches


def torment(
    postfix: StartPostfix,
    dovecot: PrivateDovecot,
    engine: str | None,
    *,
    kills: int,
    rate: float,
    organisations: int,
    mpocs: int,
    seed: int,
) -> list[str]:
    """Send and kill, wait until all is quiet, print the figures; what was broken."""
    began = time.monotonic()
    everybody = f"all-{uuid.uuid4().hex[:12]}@example.com"
    relay = postfix(one_mailbox(f"lmtp:unix:{dovecot.lmtp_socket}", everybody))
    with (
        Installation(relay=f"smtp://127.0.0.1:{relay.port}", database=engine) as installation,
        History(installation.directory / "history.jsonl") as history,
    ):
        round_the_clock(installation)
        population = populate(installation.database_url, organisations=organisations, mpocs=mpocs)
        orders = Orders(installation.directory / "orders")
        installation.run_by(orders.command())
        mails = Mails(population, installation.intake_address, seed=seed)
        piped = Mails(population, installation.intake_address, seed=seed + 1, mpocs_only=True)
        pipe = Pipe(installation, piped, history, installation.directory / "orders-of-the-pipe")
        nemesis = Nemesis(installation, seed=seed, orders=orders, pipe=pipe)
        with Load(installation.smtp_port, mails, history, connections=10, rate=rate, resend=0.02, seed=seed) as load:
            nemesis.strike(kills)
            load.finish()
        wait_until(lambda: installation.is_quiet() and not relay.queue(), 900, what="all is delivered")
        assert installation.end() == 0
        delivered = fetch_all(dovecot, everybody)
        checker = Checker(installation, history, population, delivered, nemesis.unclean)
        breaches = checker.breaches()
        verified = installation.casegate("verify", check=False)
        if verified.returncode != 0:
            breaches.append(f"casegate verify: {verified.stdout}{verified.stderr}")
        figures = [("engine", installation.database_url.partition(":")[0]), ("seed", str(seed))]
        figures += [*nemesis.figures(), *checker.figures()]
        figures += [("casegate verify", verified.stdout.strip()), ("breaches", str(len(breaches)))]
        figures.append(("seconds in all", f"{time.monotonic() - began:.0f}"))
        print("\n" + "\n".join(f"| {name} | {value} |" for name, value in figures))
        installation.keep = bool(breaches)
        return breaches


def one_mailbox(deliver_to: str, everybody: str) -> PrivatePostfix:
    """A relay that brings all mail into one mailbox, the recipient it was for in the address's detail."""
    relay = PrivatePostfix.relay(deliver_to, settings={"recipient_canonical_classes": "envelope_recipient"})
    user, _, domain = everybody.partition("@")
    table = relay.write("canonical", f"/^([^+]+)@(.+)$/ {user}+$1=$2@{domain}\n")
    relay.add_settings({"recipient_canonical_maps": f"regexp:{table}"})
    return relay


def fetch_all(dovecot: PrivateDovecot, user: str) -> list[bytes]:
    """All messages of a mailbox with one command."""
    with dovecot.imap(user) as connection:
        connection.select(readonly=True)
        _, answer = connection.fetch("1:*", "(BODY.PEEK[])")
        return [item[1] for item in answer if isinstance(item, tuple)]
