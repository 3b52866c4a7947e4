"""A PostgreSQL that is away: for a while, for ten minutes, and when the service starts (threats X-15, X-44)."""

import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import require
from tests.faults import impatient
from tests.faults.accounts import breaches
from tests.faults.conftest import MakeDesk
from tests.faults.relays import BadRelay
from tests.faults.talking import events_named, is_whole, move_to_postgres, send, wait_for_event
from tests.load import History, Installation, Load, Mails, populate
from tests.load.installation import CASEGATE
from tests.services import PrivatePostgres, wait_until
from tests.system.test_service import Manager

WATCHDOG = 30


@pytest.fixture
def server() -> Iterator[PrivatePostgres]:
    """A PostgreSQL of the test's own, for it is stopped."""
    require("postgres")
    server = PrivatePostgres()
    yield server.start()
    server.close()


@pytest.fixture
def manager(directory: Path) -> Iterator[Manager]:
    manager = Manager(directory / "notify")
    yield manager
    manager.socket.close()


@pytest.fixture
def installation(server: PrivatePostgres, directory: Path) -> Iterator[Installation]:
    """An installation on that PostgreSQL, watched over by a service manager."""
    environment = [f"NOTIFY_SOCKET={directory / 'notify'}", f"WATCHDOG_USEC={WATCHDOG}000000"]
    with Installation(command=["env", *environment, CASEGATE]) as installation:
        move_to_postgres(installation, server.database())
        yield installation


def test_x15_ten_seconds_without_a_database(
    installation: Installation, server: PrivatePostgres, manager: Manager
) -> None:
    """The short form of the proof below."""
    outage(installation, server, manager, seconds=10)


@pytest.mark.soak
@pytest.mark.timeout(1200)
def test_x15_ten_minutes_without_a_database(
    installation: Installation, server: PrivatePostgres, manager: Manager
) -> None:
    """Nothing is lost, nobody is struck, and two minutes after its return all is done."""
    outage(installation, server, manager, seconds=600)


def outage(installation: Installation, server: PrivatePostgres, manager: Manager, *, seconds: float) -> None:
    """Under load the database goes and comes back; senders hear 451 at once, the manager that we live."""
    population = populate(installation.database_url, organisations=20, mpocs=100)
    mails = Mails(population, installation.intake_address, seed=15)
    installation.launch()
    manager.next("READY=1")
    processes = installation.processes()
    with (
        History() as history,
        Load(installation.smtp_port, mails, history, connections=4, rate=10) as load,
    ):
        wait_until(lambda: len(history.accepted) >= 20, what="mail flows")
        began_with, used = len(history.sendings), cpu_seconds(processes)
        server.stop()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            assert manager.sign_of_life()
        used = cpu_seconds(processes) - used
        during = history.sendings[began_with:]
        assert processes == {name: pid for name, pid in installation.processes().items() if name in processes}
        server.start()
        back = time.monotonic()
        wait_until(lambda: events_named(installation, "database.back"), what="it is back")
        load.finish()
    wait_until(installation.is_quiet, 120, what="all is done")
    drained = time.monotonic() - back
    troubles = events_named(installation, "database.trouble")
    slowest = max(one.ended_at - one.began_at for one in during if one.refused_at is None)
    print(
        f"\n{seconds:.0f} s without a database: {len(during)} offers, the slowest answer after {slowest:.2f} s, "
        f"{used:.1f} s of CPU ({100 * used / seconds:.1f} %), {len(troubles)} lines of trouble; "
        f"all done {drained:.1f} s after its return; {len(history.accepted)} mails accepted"
    )
    assert slowest < 5
    assert used < 0.3 * seconds
    assert len(troubles) <= 3 * (2 + seconds / 600)
    assert all(trouble["remedy"] for trouble in troubles)
    assert [] == breaches(installation, history)


def cpu_seconds(processes: dict[str, int]) -> float:
    """The CPU time that processes have used so far."""
    ticks = 0
    for pid in processes.values():
        ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def test_x15_a_start_waits_for_the_database(
    installation: Installation, server: PrivatePostgres, manager: Manager
) -> None:
    """The machine's services start in any order: casegate is not ready, says why, and begins when it can."""
    server.stop()
    installation.launch()

    trouble = wait_for_event(installation, "database.trouble")
    assert "is the server running" in trouble["remedy"]
    manager.next("STATUS=Waiting for the database: ")
    assert not installation.is_ready()
    server.start()

    manager.next("READY=1")
    assert 1 == len(events_named(installation, "database.back"))
    assert 0 == installation.end()


def test_x15_a_start_ends_when_the_database_stays_away(installation: Installation, server: PrivatePostgres) -> None:
    """After a while the manager is told, and starts it again: one clear line, exit 75, and no process left."""
    server.stop()
    installation.run_by(["env", sys.executable, str(impatient.__file__)])
    installation.launch()

    assert 75 == installation.wait_ended()
    (said,) = [line for line in installation.log.splitlines() if line.startswith("casegate: ")]
    assert said.startswith("casegate: the database does not answer: ")
    assert "Connection refused" in said or "connection to server" in said


def test_x43_an_end_while_the_database_is_away(make_desk: MakeDesk, server: PrivatePostgres) -> None:
    """How an offer ended cannot be written: that is waited for; then it is as after a kill, but no failure of ours."""
    with BadRelay(answers_the_dot=False) as relay:
        desk = make_desk(
            relay=f"smtp://127.0.0.1:{relay.port}",
            database=server.database(),
            command=[sys.executable, str(impatient.__file__)],
        ).start()
        desk.wait_settled(send(desk))
        wait_until(lambda: len(relay.heard) == 2, what="the relay has heard both")
        server.stop()
        relay.ending.set()

        assert 0 == desk.end()

        assert [2] == [event["count"] for event in events_named(desk, "offers.left")]
        server.start()
        relay.answers_the_dot = True
        desk.start()
        desk.wait_outbox("submitted", 2)
        assert {2} == set(relay.heard.values())
        assert "" == is_whole(desk)


def test_x15_check_says_that_the_database_is_away(installation: Installation, server: PrivatePostgres) -> None:
    """Among all else that is wrong, once, with the remedy; what guards the start leaves it to the start."""
    installation.set("delivery.relay", "smtp://127.0.0.1:9")
    server.stop()

    whole, start = installation.casegate("check", check=False), installation.casegate("check", "--start", check=False)

    assert 1 == whole.returncode
    assert ["delivery.relay", "service.database"] == sorted(
        line.partition(": ")[0] for line in whole.stdout.splitlines() if not line.startswith("smtp.")
    )
    assert "is the server running, and does service.database say where?" in whole.stdout
    assert (0, "nothing is wrong\n", "") == (start.returncode, start.stdout, start.stderr)
