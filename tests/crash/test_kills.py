"""kill -9 of the service, of each role and of the parse worker, at random and at each commit, under load."""

import os
from collections.abc import Iterator

import pytest

from tests.crash.hands import Pipe
from tests.crash.nemesis import Nemesis
from tests.crash.orders import Orders
from tests.crash.rig import StartPostfix, rig
from tests.services import PrivateDovecot, PrivatePostgres

KILLS = int(os.environ.get("SOAK_KILLS", "150"))
"""Kills of each long run."""
_OF_THE_PIPE = 1_000_000
"""Other mails come through the pipe than through the door; a seed and its negative are the same to Python."""

pytestmark = [pytest.mark.crash, pytest.mark.system]


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


@pytest.mark.timeout(900)
def test_nothing_is_lost_or_doubled_by_a_few_kills(
    postfix: StartPostfix, dovecot: PrivateDovecot, engine: str | None
) -> None:
    """Eight kills, four of them at commits: the short form of the proof below."""
    breaches = torment(postfix, dovecot, engine, kills=8, rate=15, organisations=100, mpocs=500, seed=8)

    assert [] == breaches


@pytest.mark.soak
@pytest.mark.timeout(10_800)
@pytest.mark.parametrize("seed", [300, 301])
def test_nothing_is_lost_or_doubled_by_three_hundred_kills(
    postfix: StartPostfix, dovecot: PrivateDovecot, engine: str | None, seed: int
) -> None:
    """Twice 150 on each engine, half of them at commits, thousands of mails of 5,000 MPOCs: one outcome each."""
    breaches = torment(postfix, dovecot, engine, kills=KILLS, rate=5, organisations=1_000, mpocs=5_000, seed=seed)

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
    """Send and kill; what was broken."""
    with rig(postfix, dovecot, database=engine, seed=seed, organisations=organisations, mpocs=mpocs) as run:
        installation = run.installation
        orders = Orders(installation.directory / "orders")
        installation.run_by(orders.command())
        piped = run.mails(_OF_THE_PIPE + seed, mpocs_only=True)
        pipe = Pipe(installation, piped, run.history, installation.directory / "piped")
        nemesis = Nemesis(installation, seed=seed, orders=orders, pipe=pipe)
        with run.load(installation.smtp_port, rate=rate):
            nemesis.strike(kills)
        return run.breaches(nemesis.figures(), unclean=nemesis.unclean)
