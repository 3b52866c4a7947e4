"""A backup of a running database, and a database that was brought back from an older one (threats X-48)."""

import shutil
import stat
from pathlib import Path

import pytest

from models.store.backup import restored
from models.store.database import Database
from tests.builders import NOW
from tests.faults.accounts import message_id_of
from tests.faults.conftest import MakeDesk
from tests.faults.talking import is_whole, move_to_postgres, send
from tests.load import History, Installation, Load, Mails, populate
from tests.services import PrivatePostgres, wait_until
from tests.system.service import Desk, sent_files

SENT_OF_CASES = "SELECT count(*) FROM outbox WHERE state = 'submitted' AND case_id IS NOT NULL"
"""Without the admin's mail of the day, which from 08:00 on tells of what was taken back."""
SENT_TO = "SELECT message_id FROM outbox WHERE recipient = :to ORDER BY id"


def restore(desk: Installation, backup: Path) -> None:
    """What docs/operations.md says."""
    database = desk.state / "casegate.db"
    for path in desk.state.glob("casegate.db*"):
        path.rename(path.with_name(f"{path.name}.old"))
    shutil.copy(backup, database)
    database.chmod(0o600)


@pytest.mark.timeout(300)
def test_a_backup_under_load_is_whole() -> None:
    """Mail flows meanwhile; the copy is one private file, `verify` finds nothing in it, and a service starts on it."""
    with Installation() as installation, History() as history:
        population = populate(installation.database_url, organisations=20, mpocs=100)
        mails = Mails(population, installation.intake_address, seed=48)
        installation.start()
        copies = [installation.directory / f"{number}.db" for number in range(2)]
        with Load(installation.smtp_port, mails, history, connections=4, rate=10):
            for number, copy in enumerate(copies, 1):
                wait_until(lambda: len(history.accepted) >= 15 * number, what="mail flows")  # noqa: B023
                said = installation.casegate("db", "backup", str(copy)).stdout
                assert f"{copy}: {copy.stat().st_size} octets, checked\n" == said
        assert 0 == installation.end()

        counts = []
        for copy in copies:
            assert 0o600 == stat.S_IMODE(copy.stat().st_mode)
            restore(installation, copy)
            assert "promises hold" in installation.casegate("verify").stdout
            assert "whole" in installation.casegate("db", "check").stdout
            counts.append(installation.count("SELECT count(*) FROM inbox"))
        assert sorted(counts) == counts
        assert 15 <= counts[0] < counts[-1]
        assert [] == list(installation.directory.glob("*.part"))
        installation.start()
        wait_until(installation.is_quiet, 60, what="all is done")
        assert 0 == installation.end()


def test_a_backup_overwrites_nothing(make_desk: MakeDesk, tmp_path: Path) -> None:
    """One line, and the file is as it was."""
    (tmp_path / "kept").write_text("kept")

    done = make_desk().casegate("db", "backup", str(tmp_path / "kept"), check=False)

    assert (1, f"casegate: {tmp_path / 'kept'}: it exists, and is not overwritten\n") == (done.returncode, done.stderr)
    assert "kept" == (tmp_path / "kept").read_text()


def test_a_backup_that_was_broken_off_is_named(make_desk: MakeDesk, tmp_path: Path) -> None:
    """A power cut leaves the part that was written: whether it is one may be known to the admin alone."""
    part = tmp_path / "copy.part"
    part.write_text("begun")

    done = make_desk().casegate("db", "backup", str(tmp_path / "copy"), check=False)

    assert (1, f"casegate: {part}: another backup writes it, or was broken off: then remove it\n") == (
        done.returncode,
        done.stderr,
    )
    assert "begun" == part.read_text()


def test_a_backup_that_fails_leaves_nothing(make_desk: MakeDesk, tmp_path: Path) -> None:
    """Where it cannot be written."""
    done = make_desk().casegate("db", "backup", str(tmp_path / "none" / "copy"), check=False)

    assert (1, f"casegate: {tmp_path / 'none' / 'copy.part'}: No such file or directory\n") == (
        done.returncode,
        done.stderr,
    )


def numbers(desk: Desk) -> list[str]:
    """The Message-IDs of what the MPOC was sent."""
    return [row.message_id for row in desk.rows(SENT_TO, to=desk.mpoc)]


def test_x48_a_restored_database_gives_no_number_twice(make_desk: MakeDesk) -> None:
    """What came since the backup is forgotten, not its numbers and Message-IDs; nothing old is sent again."""
    desk = make_desk().start()
    desk.wait_settled(send(desk))
    desk.wait_outbox("submitted", 2)
    backup = desk.directory / "backup.db"
    desk.casegate("db", "backup", str(backup))
    lost = [desk.wait_settled(send(desk)) for _ in range(2)]
    desk.wait_outbox("submitted", 6)
    given = set(numbers(desk))
    assert 0 == desk.end()
    restore(desk, backup)

    said = desk.casegate("db", "restored").stdout
    assert "the next case will be CG-001002 or later; 0 notices are not sent again\n" == said
    desk.start()
    desk.wait_settled(send(desk))
    desk.wait_outbox("submitted", 4)

    assert [(1,), (1002,)] == desk.rows("SELECT id FROM cases ORDER BY id")
    assert [(1,), (2,)] == desk.rows("SELECT id FROM outbox WHERE id <= 1000002 AND state = 'submitted' ORDER BY id")
    assert set(numbers(desk)[1:]).isdisjoint(given)
    sent = [message_id_of(path.read_bytes()) for path in sent_files(desk)]
    assert 8 == len(sent) == len(set(sent))
    assert 2 == len(lost)
    assert "" == is_whole(desk)


def test_x48_what_waited_then_is_not_sent_by_itself(make_desk: MakeDesk) -> None:
    """It was most likely sent since: it is listed, and an admin may have it offered again."""
    desk = make_desk(roles=["smtp", "worker", "scheduler"]).start()
    desk.wait_settled(send(desk))
    desk.wait_outbox("ready", 2)
    backup = desk.directory / "backup.db"
    desk.casegate("db", "backup", str(backup))
    desk.run_roles()
    assert 0 == desk.end()
    desk.start().wait_outbox("submitted", 2)
    assert 0 == desk.end()
    restore(desk, backup)

    assert "2 notices are not sent again" in desk.casegate("db", "restored").stdout
    desk.start()
    desk.wait_settled(send(desk))
    wait_until(lambda: desk.count(SENT_OF_CASES) == 2, what="the new case's notices are submitted")

    assert [("unknown",), ("unknown",)] == desk.rows("SELECT state FROM outbox ORDER BY id LIMIT 2")
    assert 0 == desk.count("SELECT count(*) FROM attempt WHERE outbox_id < 3")
    assert "" == is_whole(desk)
    desk.casegate("outbox", "retry", "1")
    wait_until(lambda: desk.count(SENT_OF_CASES) == 3, what="it is offered again")


def test_x48_numbers_on_postgresql(postgres: PrivatePostgres, make_desk: MakeDesk) -> None:
    """The same where sequences give the numbers."""
    desk = make_desk()
    move_to_postgres(desk, postgres.database())
    database = Database(desk.database_url)
    with database.write() as connection:
        done = restored(connection, NOW, skip=1000, who="root")
        following = connection.exec_driver_sql("SELECT nextval('cases_id_seq'), nextval('inbox_id_seq')").one()
    database.close()

    assert (1000, 0, (1001, 1_000_001)) == (done.last_case, done.not_sent, tuple(following))


@pytest.mark.usefixtures("directory")
def test_a_backup_of_postgresql_is_its_own(postgres: PrivatePostgres, make_desk: MakeDesk, tmp_path: Path) -> None:
    """One line that says what to use."""
    desk = make_desk()
    move_to_postgres(desk, postgres.database())

    done = desk.casegate("db", "backup", str(tmp_path / "copy"), check=False)

    assert (78, True) == (done.returncode, "back it up with pg_dump" in done.stderr)
