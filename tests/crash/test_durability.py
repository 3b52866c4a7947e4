"""Each 250 is written after a flush that began after its message's last write (design, promise 1).

Kills cannot show that: what a dead process has written is in the page cache all the same
(threats, section 1). So the system calls are looked at, and two broken casegates, one that
does not flush and one that answers first, show that the look is sharp.
"""

import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.crash.mutants import __file__ as mutants
from tests.crash.syscalls import Call, is_bell, read, replies_before_flush, said_too_early, strace, transactions
from tests.load import Installation, Mails, Profile, populate, send
from tests.load.installation import CASEGATE
from tests.services import wait_until

# Where services are required a missing strace fails these tests: the proof must not go silently.
_MAY_BE_MISSING = os.environ.get("CI") != "true" and os.environ.get("CASEGATE_REQUIRE_SERVICES") != "1"

pytestmark = [
    pytest.mark.crash,
    pytest.mark.skipif(
        shutil.which("strace") is None and _MAY_BE_MISSING, reason="strace is not installed (make services)"
    ),
]

MAILS = 60
SETTLED = b'"event": "settled"'
PROFILE = Profile(html=0.1, attachment=0.2, text_octets=(200, 9_000), attachment_octets=(10_000, 400_000))


def test_every_250_follows_the_flush_of_its_message() -> None:
    """The door says yes to what is on disk; the worker rings for what is on disk."""
    calls, accepted, processes = seen_of(CASEGATE)
    worker = processes["worker"]

    def is_said_by_the_worker(call: Call) -> bool:
        return call.pid == worker and (is_bell(call, "submitter") or SETTLED in call.octets)

    assert MAILS == len(accepted)
    assert [] == replies_before_flush(calls, accepted)
    said = [call for call in calls if is_said_by_the_worker(call)]
    assert MAILS == sum(call.octets.count(SETTLED) for call in said)
    assert any(is_bell(call, "submitter") for call in said)
    assert any(done.pid == worker for done in transactions(calls))
    assert [] == said_too_early(calls, is_said_by_the_worker, of=lambda done: done.pid == worker)


@pytest.mark.parametrize("mutant", ["synchronous_normal_unnoticed", "reply_first"])
def test_a_casegate_that_breaks_the_promise_is_seen(mutant: str) -> None:
    """Without the flush, or with the reply before it, the same look finds every kind of mail answered too early."""
    calls, accepted, _ = seen_of(sys.executable, program(mutant))

    assert MAILS == len(accepted)
    assert MAILS / 2 < len(replies_before_flush(calls, accepted))


def test_a_database_that_does_not_flush_is_refused() -> None:
    """`synchronous=NORMAL`, however it came about, does not start."""
    with Installation(command=[sys.executable, program("synchronous_normal")]) as installation:
        installation.launch()

        assert 0 != installation.wait_ended()
        assert "not durable" in installation.log


def program(mutant: str) -> str:
    return str(Path(mutants).with_name(f"{mutant}.py"))


def seen_of(*command: str) -> tuple[list[Call], dict[str, str], dict[str, int]]:
    """What a casegate does while it takes mails and settles them; each canary's reply; its processes."""
    with installed(command) as installation:
        population = populate(installation.database_url, organisations=10, mpocs=30)
        mails = Mails(population, installation.intake_address, seed=250, profile=PROFILE)
        installation.start()
        history = send(installation.smtp_port, mails, count=MAILS, connections=6)
        wait_until(installation.is_quiet, 60, what="all is settled and sent")
        processes = installation.processes()
        assert 0 == installation.end()
        with (installation.directory / "trace").open() as trace:
            calls = read(trace)
    return calls, {one.canary: one.reply for one in history.sendings if one.is_accepted and one.reply}, processes


def installed(command: Sequence[str]) -> Installation:
    """An installation whose service runs under strace."""
    installation = Installation()
    installation.run_by([*strace(installation.directory / "trace"), *command])
    return installation
