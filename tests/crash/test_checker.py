"""The checker of the kill runs itself: it finds nothing in a quiet run, and whatever was taken away or put in."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from tests.crash.checker import Checker
from tests.load import History, Installation, Mails, Population, Writer, populate, send
from tests.services import wait_until

pytestmark = pytest.mark.crash


@dataclass(frozen=True, slots=True)
class Run:
    """A run in which nothing was killed, and what it would have brought to the mailbox of all."""

    installation: Installation
    population: Population
    history: History
    delivered: tuple[bytes, ...]

    def breaches(self, *, history: History | None = None, delivered: tuple[bytes, ...] | None = None) -> list[str]:
        """What the checker says to this run, or to one with another history or mailbox."""
        seen = self.delivered if delivered is None else delivered
        return Checker(self.installation, history or self.history, self.population, seen, []).breaches()

    def retold(self) -> History:
        """The history, to be changed."""
        history = History()
        history.mails, history.sendings = dict(self.history.mails), list(self.history.sendings)
        return history


@pytest.fixture(scope="module")
def run() -> Iterator[Run]:
    with Installation() as installation:
        population = populate(installation.database_url, organisations=10, mpocs=30)
        installation.start()
        mails = Mails(population, installation.intake_address, seed=12)
        history = send(installation.smtp_port, mails, count=80, connections=4)
        wait_until(installation.is_quiet, 60, what="all is sent")
        installation.stop()
        rows = installation.rows(
            "SELECT outbox.recipient, frozen.raw FROM outbox JOIN frozen ON frozen.outbox_id = outbox.id"
        )
        delivered = tuple(delivery(row.recipient, bytes(row.raw)) for row in rows)
        yield Run(installation, population, history, delivered)


def delivery(recipient: str, raw: bytes) -> bytes:
    """What the relay and LMTP put on top."""
    return f"Delivered-To: all+{recipient.replace('@', '=')}@example.com\r\n".encode() + raw


def test_a_quiet_run_keeps_every_promise(run: Run) -> None:
    """No breach is made up, and every kind of mail was there."""
    assert [] == run.breaches()
    assert {*Writer} == {mail.writer for mail in run.history.mails.values()}


def test_a_notice_that_did_not_arrive_is_seen(run: Run) -> None:
    """One acknowledgement less at Dovecot."""
    assert ["0 copies arrived" in breach for breach in run.breaches(delivered=run.delivered[1:])] == [True]


def test_a_second_copy_without_a_kill_is_seen(run: Run) -> None:
    """One more at Dovecot than was ever excused."""
    (breach,) = run.breaches(delivered=(*run.delivered, run.delivered[0]))

    assert "2 copies arrived, at most 1 may" in breach


def test_other_octets_are_seen(run: Run) -> None:
    """The last octet of one notice has changed on its way."""
    changed = run.delivered[0][:-3] + b"?\r\n"

    assert any("other octets" in breach for breach in run.breaches(delivered=(changed, *run.delivered[1:])))


def test_another_recipient_is_seen(run: Run) -> None:
    """A notice was brought to somebody else."""
    misled = run.delivered[0].replace(b"Delivered-To: all+", b"Delivered-To: all+not-", 1)

    assert any("delivered to not-" in breach for breach in run.breaches(delivered=(misled, *run.delivered[1:])))


def test_mail_nobody_owed_is_seen(run: Run) -> None:
    """Something arrived that no row tells of."""
    stray = delivery("x@org00001.example", b"Message-ID: <stray@gate.example.net>\r\n\r\n")

    assert run.breaches(delivered=(*run.delivered, stray)) == ["<stray@gate.example.net> arrived, and is no notice"]


def test_a_250_without_a_row_is_seen(run: Run) -> None:
    """A mail was answered 250 once more than it is stored."""
    history = run.retold()
    history.sendings.append(history.sendings[0])

    assert any("answered 250 2 times" in breach for breach in run.breaches(history=history))


def test_a_row_without_a_sending_is_seen(run: Run) -> None:
    """A mail is stored and settled that nobody sent."""
    history = run.retold()
    forgotten = history.sendings.pop(0).canary
    del history.mails[forgotten]

    assert any(f"{forgotten} was never sent" in breach for breach in run.breaches(history=history))


@pytest.mark.parametrize("writer", [Writer.STRANGER, Writer.AUTORESPONDER, Writer.NULL])
def test_an_effect_for_somebody_who_has_none_is_seen(run: Run, writer: Writer) -> None:
    """A mail of an MPOC opened a case, and the sender says now that it was another's."""
    history = run.retold()
    mail = next(mail for mail in history.mails.values() if mail.writer is Writer.MPOC)
    history.mails[mail.canary] = replace(mail, writer=writer)

    found = run.breaches(history=history)

    assert any("ended as" in breach for breach in found)
    assert any("cases [(" in breach for breach in found)
    assert any("acknowledged to" in breach for breach in found)
