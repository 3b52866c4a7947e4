"""A disk that fills up under load, to the last octet, and is emptied again (threats X-5, X-6, X-7).

The state directory, or PostgreSQL's, lies on a tmpfs of its own.
"""

import shutil
import sys
from collections.abc import Iterator

import pytest

from tests.conftest import require
from tests.faults import impatient
from tests.faults.accounts import breaches
from tests.faults.conftest import MakeDesk
from tests.faults.disks import MEGABYTE, missing, small_disk
from tests.faults.talking import events_named, move_to_postgres, offer, send, wait_for_event
from tests.load import History, Installation, Load, Mails, Profile, populate
from tests.load.installation import CASEGATE
from tests.services import PrivatePostgres, wait_until

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())

LARGEST = MEGABYTE
PROFILE = Profile(attachment=0.3, attachment_octets=(10_000, 200_000))


@pytest.fixture
def installation() -> Iterator[Installation]:
    with Installation(settings={"smtp.max_message_bytes": LARGEST}) as installation:
        yield installation


def test_x5_a_full_disk_is_said_before_it_is_full(make_desk: MakeDesk) -> None:
    """452 at MAIL while there is room for what is under way; `check` says so, the log once; then all is as before."""
    desk = make_desk(settings={"smtp.max_message_bytes": LARGEST})
    with small_disk(desk.state, 24) as disk:
        desk.start()
        desk.wait_settled(send(desk))
        disk.fill(but=LARGEST)

        assert [452] * 3 == [offer(desk)[1] for _ in range(3)]
        checked = desk.casegate("check", "--local", check=False)
        assert (1, True) == (checked.returncode, "mail is put off (452); make room" in checked.stdout)
        assert [True] == ["make room" in event["remedy"] for event in events_named(desk, "disk.low")]
        disk.empty()

        desk.wait_settled(send(desk))
        assert 1 == len(events_named(desk, "disk.back"))
        assert [] == events_named(desk, "database.trouble", "crashed")
        desk.stop()


@pytest.mark.parametrize("left", [0, 300_000], ids=lambda left: f"{left}_left")
def test_x5_a_disk_that_is_full_to_the_brim(installation: Installation, left: int) -> None:
    """Under load no octet, or a few, are left of it, twice: commits and checkpoints fail in their middle."""
    population = populate(installation.database_url, organisations=20, mpocs=100)
    mails = Mails(population, installation.intake_address, seed=5, profile=PROFILE)
    with small_disk(installation.state, 96) as disk:
        installation.start()
        processes = installation.processes()
        with (
            History() as history,
            Load(installation.smtp_port, mails, history, connections=4, rate=40) as load,
        ):
            for _ in range(2):
                settled = len(history.accepted)
                wait_until(lambda: len(history.accepted) >= settled + 20, what="mail flows")  # noqa: B023
                disk.fill(but=left)
                seen = len(history.sendings)
                wait_until(lambda: len(history.sendings) >= seen + 40, what="senders are sent away")  # noqa: B023
                disk.empty()
            load.finish()
        wait_until(installation.is_quiet, 90, what="all is done")
        assert processes == {name: pid for name, pid in installation.processes().items() if name in processes}
        troubles = events_named(installation, "database.trouble")
        print(
            f"\n{left} octets left, twice: {len(history.accepted)} mails accepted in {len(history.sendings)} "
            f"offers, {len(troubles)} lines of trouble"
        )
        assert [] == breaches(installation, history)
        assert "whole" in installation.casegate("db", "check").stdout
        assert 0 == installation.end()


def test_x5_postgres_runs_out_of_disk() -> None:
    """The server lives on, or ends and comes back when there is room: 451 meanwhile, and nothing is lost."""
    require("postgres")
    server = PrivatePostgres().start()
    url = server.database()
    server.stop()
    with (
        small_disk(server._cluster, 220) as disk,
        Installation(settings={"smtp.max_message_bytes": LARGEST}) as installation,
    ):
        server.start()
        move_to_postgres(installation, url)
        population = populate(url, organisations=20, mpocs=100)
        mails = Mails(population, installation.intake_address, seed=6, profile=PROFILE)
        installation.start()
        with (
            History() as history,
            Load(installation.smtp_port, mails, history, connections=4, rate=30) as load,
        ):
            wait_until(lambda: len(history.accepted) >= 20, what="mail flows")
            disk.fill()
            seen = len(history.sendings)
            wait_until(lambda: len(history.sendings) >= seen + 60, what="senders are sent away")
            trouble = wait_for_event(installation, "database.trouble")
            disk.empty()
            if not server.is_ready():
                server.kill()
                server.start()
            load.finish()
        wait_until(installation.is_quiet, 90, what="all is done")
        print(f"\n{len(history.accepted)} mails accepted in {len(history.sendings)} offers; {trouble}")
        assert trouble["remedy"]
        assert [] == breaches(installation, history)
        assert 0 == installation.end()
        server.stop()
    server.close()


def test_x7_a_start_on_a_read_only_disk(make_desk: MakeDesk) -> None:
    """As after a reboot on a disk the kernel does not trust: a line with the remedy, and an end that says: again."""
    desk = make_desk(command=[sys.executable, impatient.__file__], settings={"smtp.max_message_bytes": LARGEST})
    with small_disk(desk.state, 24) as disk:
        disk.make_read_only(yes=True)
        desk.launch()
        assert 75 == desk.wait_ended()
        assert "on a disk that can be written" in wait_for_event(desk, "database.trouble")["remedy"]
        disk.make_read_only(yes=False)
        desk.start()
        desk.wait_settled(send(desk))
        desk.stop()
    ended = [line for line in desk.log.splitlines() if line.startswith("casegate: ")]
    assert [True] == ["Read-only file system" in line for line in ended]


def test_l1_a_state_directory_of_somebody_else_s(make_desk: MakeDesk) -> None:
    """Made by another user than the service's: one line that says which file, and no traceback."""
    powerless = ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"]  # root without them is like anybody
    desk = make_desk(command=[*powerless, CASEGATE])
    shutil.chown(desk.state, "nobody")

    desk.launch()

    assert 1 == desk.wait_ended()
    assert [f"casegate: {desk.state}/casegate.db: Permission denied"] == desk.log.splitlines()
