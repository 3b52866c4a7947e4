"""A desk under load, with a real relay and a real mailbox behind it, and a judge in the end.

The rig stands where an MTA, a service manager and the recipients stand: it sends mails that
are all different, offers again what got no answer, and reads what arrived at Dovecot behind a
Postfix relay. Whoever uses it breaks things meanwhile. Then every 250 must have exactly one
outcome, and everything owed must have arrived, once.
"""

import time
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from intake.clock import system_clock
from models.store import held, obligations, tables
from models.store.claims import owners
from models.store.database import Database
from tests.crash.checker import Checker
from tests.crash.hands import round_the_clock
from tests.load import History, Installation, Load, Mails, Population, populate
from tests.services import PrivateDovecot, PrivatePostfix, wait_until

StartPostfix = Callable[[PrivatePostfix], PrivatePostfix]
_DELIVERED_SECONDS = 900


@dataclass
class Rig:
    """One run."""

    installation: Installation
    history: History
    population: Population
    relay: PrivatePostfix
    dovecot: PrivateDovecot
    everybody: str
    seed: int
    began: float

    def mails(self, seed: int, *, mpocs_only: bool = False) -> Mails:
        """Different mails of the desk's people."""
        return Mails(self.population, self.installation.intake_address, seed=seed, mpocs_only=mpocs_only)

    @contextmanager
    def load(self, *ports: int, rate: float) -> Iterator[None]:
        """Mails come at the doors for as long as the block takes; then each that was begun is brought to its end."""
        loads = [
            Load(
                port,
                self.mails(self.seed + number),
                self.history,
                connections=10 // len(ports),
                rate=rate / len(ports),
                resend=0.02,
                seed=self.seed + number,
            )
            for number, port in enumerate(ports)
        ]
        for load in loads:
            load.__enter__()
        try:
            yield
        except BaseException as error:
            for load in loads:
                load.__exit__(type(error), error, None)
            raise
        for load in loads:
            load.finish(600)

    def breaches(
        self,
        figures: Iterable[tuple[str, str]],
        *,
        unclean: Sequence[tuple[datetime, datetime]] = (),
        others: Sequence[Installation] = (),
    ) -> list[str]:
        """Wait until all is quiet, end the service, print the figures; what was broken."""
        installation = self.installation
        wait_until(
            lambda: _nothing_is_due(installation) and installation.is_quiet() and not self.relay.queue(),
            _DELIVERED_SECONDS,
            what="all is delivered",
        )
        assert [0] * (1 + len(others)) == [one.end() for one in (installation, *others)]
        checker = Checker(installation, self.history, self.population, self._delivered(), unclean)
        breaches = checker.breaches()
        verified = installation.casegate("verify", check=False)
        if verified.returncode != 0:
            breaches.append(f"casegate verify: {verified.stdout}{verified.stderr}")
        rows = [("engine", installation.database_url.partition(":")[0]), ("seed", str(self.seed))]
        rows += [*figures, *checker.figures()]
        rows += [("casegate verify", verified.stdout.strip()), ("breaches", str(len(breaches)))]
        rows.append(("seconds in all", f"{time.monotonic() - self.began:.0f}"))
        print("\n" + "\n".join(f"| {name} | {value} |" for name, value in rows))
        installation.keep = bool(breaches)
        return breaches

    def _delivered(self) -> list[bytes]:
        """All messages of the mailbox of everybody, with one command."""
        with self.dovecot.imap(self.everybody) as connection:
            connection.select(readonly=True)
            _, answer = connection.fetch("1:*", "(BODY.PEEK[])")
            return [item[1] for item in answer if isinstance(item, tuple)]


def _nothing_is_due(installation: Installation) -> bool:
    """Whether the scheduler, which looks once a second, has seen to all whose time has come."""
    database, now = Database(installation.database_url), system_clock()
    try:
        with database.read() as connection:
            in_hand = owners(connection, tables.obligation)
            return not (in_hand or obligations.is_any_due(connection, now) or held.is_any_over(connection, now))
    finally:
        database.close()


@contextmanager
def rig(
    postfix: StartPostfix,
    dovecot: PrivateDovecot,
    *,
    database: str | None,
    seed: int,
    organisations: int = 100,
    mpocs: int = 500,
) -> Iterator[Rig]:
    """An installation with its people and its relay, not started yet."""
    began = time.monotonic()
    everybody = f"all-{uuid.uuid4().hex[:12]}@example.com"
    relay = postfix(_one_mailbox(f"lmtp:unix:{dovecot.lmtp_socket}", everybody))
    with (
        Installation(relay=f"smtp://127.0.0.1:{relay.port}", database=database) as installation,
        History(installation.directory / "history.jsonl") as history,
    ):
        round_the_clock(installation)
        population = populate(installation.database_url, organisations=organisations, mpocs=mpocs)
        yield Rig(installation, history, population, relay, dovecot, everybody, seed, began)


def _one_mailbox(deliver_to: str, everybody: str) -> PrivatePostfix:
    """A relay that brings all mail into one mailbox, the recipient it was for in the address's detail."""
    relay = PrivatePostfix.relay(deliver_to, settings={"recipient_canonical_classes": "envelope_recipient"})
    user, _, domain = everybody.partition("@")
    table = relay.write("canonical", f"/^([^+]+)@(.+)$/ {user}+$1=$2@{domain}\n")
    relay.add_settings({"recipient_canonical_maps": f"regexp:{table}"})
    return relay
