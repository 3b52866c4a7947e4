"""A log that nobody reads, that is gone, or whose disk is full: mail goes on (threats X-41)."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import MakeDesk
from tests.faults.disks import missing, small_disk
from tests.faults.talking import client_of, is_whole, send
from tests.services import wait_until
from tests.system.service import Desk

MAILS = 150
"""Their lines are more than a pipe holds (64 kB)."""


class Reader:
    """Whoever reads a service's standard error, when it pleases."""

    def __init__(self, kind: str) -> None:
        if kind == "pipe":
            self._ours, self.theirs = os.pipe()
        else:
            pair = socket.socketpair()
            self._ours, self.theirs = (one.detach() for one in pair)
        self._read = bytearray()

    def read_on(self) -> None:
        """Read from now on, in the background, until the writers have ended."""
        threading.Thread(target=self._read_all, daemon=True).start()

    def _read_all(self) -> None:
        while octets := os.read(self._ours, 65_536):
            self._read += octets

    def leave(self) -> None:
        """Go away."""
        os.close(self._ours)

    def lines(self) -> list[str]:
        """The whole lines that were read so far."""
        return bytes(self._read).decode().split("\n")[:-1]


def launch(desk: Desk, reader: Reader) -> Desk:
    """Start a desk with its log in somebody's hands, and wait until its door is open."""
    desk._process = subprocess.Popen(
        desk.command(), stdin=subprocess.DEVNULL, stderr=reader.theirs, cwd=desk.directory, start_new_session=True
    )
    os.close(reader.theirs)
    wait_until(lambda: is_open(desk), what="the door is open")
    return desk


def is_open(desk: Desk) -> bool:
    try:
        client_of(desk).close()
    except OSError:
        return False
    return True


@pytest.fixture(params=["pipe", "socket"])
def reader(request: pytest.FixtureRequest) -> Reader:
    return Reader(request.param)


@pytest.fixture
def desk(make_desk: MakeDesk) -> Iterator[Desk]:
    """A desk that does not mind how many cases an MPOC opens."""
    desk = make_desk(settings={"breaker.cases_per_hour": 100_000, "breaker.alike_per_hour": 100_000})
    yield desk
    desk.kill()


def test_x41_a_reader_that_stands_still_stops_no_mail(desk: Desk, reader: Reader) -> None:
    """More is logged than fits; when somebody reads again, whole lines go on, and one says how many are missing."""
    launch(desk, reader)
    message_ids = [send(desk) for _ in range(MAILS)]
    desk.wait_outbox("submitted", 2 * MAILS, deadline=60)

    reader.read_on()
    desk.wait_settled(send(desk))
    assert 0 == desk.end()

    events = [json.loads(line) for line in reader.lines()]
    dropped = [event["lines"] for event in events if event["event"] == "log.dropped"]
    assert len(message_ids) * 4 < len(events) + sum(dropped)
    assert sum(dropped) > 0
    assert "" == is_whole(desk)


def test_x41_a_reader_that_is_gone_stops_no_mail(desk: Desk, reader: Reader) -> None:
    """EPIPE."""
    launch(desk, reader)
    reader.leave()

    for message_id in [send(desk) for _ in range(3)]:
        desk.wait_settled(message_id)

    assert 0 == desk.end()


def test_x41_without_a_standard_error_nothing_is_written_elsewhere(desk: Desk) -> None:
    """Closed, its number must not become a database's: what libraries write there would go into the mail."""
    command = ["sh", "-c", 'exec "$@" 0<&- 1>&- 2>&-', "sh", *desk.command()]
    desk._process = subprocess.Popen(command, cwd=desk.directory, start_new_session=True)
    wait_until(lambda: is_open(desk), what="the door is open")

    desk.wait_settled(send(desk))

    for pid in desk.processes().values():
        assert {"/dev/null"} == {str(Path(f"/proc/{pid}/fd/{number}").resolve()) for number in range(3)}
    assert 0 == desk.end()


@pytest.mark.skipif(missing() != "", reason=missing())
def test_x41_a_full_disk_under_the_log_stops_no_mail(desk: Desk) -> None:
    """ENOSPC for each line."""
    place = desk.directory / "logs"
    place.mkdir()
    with small_disk(place, 1) as disk, (place / "log").open("wb") as log:
        desk._process = subprocess.Popen(
            desk.command(), stdin=subprocess.DEVNULL, stderr=log, cwd=desk.directory, start_new_session=True
        )
        wait_until(lambda: is_open(desk), what="the door is open")
        disk.fill()
        full = (place / "log").stat().st_size

        for message_id in [send(desk) for _ in range(10)]:
            desk.wait_settled(message_id)

        assert (place / "log").stat().st_size < full + 8192
        assert 0 == desk.end()
