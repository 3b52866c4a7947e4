"""kill -9 of the service, of each role and of the parse worker, at random, under load.

The rig stands where an MTA, a service manager and the recipients stand: it sends mails that
are all different, offers again what got no answer, starts the service again after each
crash, and reads what arrived at Dovecot behind a Postfix relay. Then every 250 must have
exactly one outcome, and everything owed must have arrived, once.
"""

import time
import uuid
from collections.abc import Callable

import pytest

from tests.crash.checker import Checker
from tests.crash.nemesis import Nemesis
from tests.load import History, Installation, Load, Mails, populate
from tests.services import PrivateDovecot, PrivatePostfix, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.system]

StartPostfix = Callable[[PrivatePostfix], PrivatePostfix]


@pytest.mark.timeout(300)
def test_nothing_is_lost_or_doubled_by_a_few_kills(postfix: StartPostfix, dovecot: PrivateDovecot) -> None:
    """Eight kills in half a minute: the short form of the proof below."""
    breaches = torment(postfix, dovecot, kills=8, rate=40, organisations=100, mpocs=500, seed=8)

    assert [] == breaches


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_nothing_is_lost_or_doubled_by_a_hundred_kills(postfix: StartPostfix, dovecot: PrivateDovecot) -> None:
    """A hundred kills, thousands of mails of 5,000 MPOCs: one outcome each, one acknowledgement each."""
    breaches = torment(postfix, dovecot, kills=100, rate=40, organisations=1_000, mpocs=5_000, seed=100)

    assert [] == breaches


def torment(
    postfix: StartPostfix,
    dovecot: PrivateDovecot,
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
        Installation(relay=f"smtp://127.0.0.1:{relay.port}") as installation,
        History(installation.directory / "history.jsonl") as history,
    ):
        population = populate(installation.database_url, organisations=organisations, mpocs=mpocs)
        mails = Mails(population, installation.intake_address, seed=seed)
        nemesis = Nemesis(installation, seed=seed)
        with Load(installation.smtp_port, mails, history, connections=10, rate=rate, resend=0.02, seed=seed) as load:
            nemesis.strike(kills)
            load.finish()
        wait_until(lambda: installation.is_quiet() and not relay.queue(), 600, what="all is delivered")
        assert installation.end() == 0
        delivered = fetch_all(dovecot, everybody)
        checker = Checker(installation, history, population, delivered, nemesis.unclean)
        breaches = checker.breaches()
        verified = installation.casegate("verify", check=False)
        if verified.returncode != 0:
            breaches.append(f"casegate verify: {verified.stdout}{verified.stderr}")
        figures = [("seed", str(seed)), *nemesis.figures(), *checker.figures()]
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
