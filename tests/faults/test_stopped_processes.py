"""A process that stands still, with the write gate or the turn in its hand (threats X-9, X-20, X-44)."""

import sys
import time

import pytest

from tests.faults import impatient
from tests.faults.conftest import MakeDesk
from tests.faults.stopping import decider_stopped, writer_stopped
from tests.faults.talking import is_whole, offer, send, wait_for_event
from tests.system.service import Desk


@pytest.fixture
def desk(make_desk: MakeDesk) -> Desk:
    """A desk whose processes wait a second for the write gate, not ten."""
    return make_desk(command=[sys.executable, impatient.__file__]).start()


def test_x9_a_stopped_writer_stops_nobody_for_ever(desk: Desk) -> None:
    """While it stands still the door says 451 and everybody waits; when it goes on all is done, nobody is struck."""
    accepted = send(desk)
    desk.wait_settled(accepted)
    with writer_stopped(desk.database_url) as writer:
        began = time.monotonic()
        refused, code = offer(desk)
        assert 451 == code
        assert time.monotonic() - began < 60  # not for ever, on a loaded machine too
        trouble = wait_for_event(desk, "accept.failed")
        assert f"process {writer} (python" in trouble["error"]
        assert "stopped" in trouble["error"]
        assert desk.is_running

    again = send(desk)
    desk.wait_settled(again)
    assert [] == desk.explained(refused)
    assert [(0, 0)] == desk.rows("SELECT max(strikes), max(interruptions) FROM inbox")
    assert "" == is_whole(desk)


def test_x9_who_stands_still_while_deciding_keeps_no_mail_out(desk: Desk) -> None:
    """Mail is accepted as ever; what is to be decided waits, and the log names who has the turn. Nobody is struck."""
    with decider_stopped(desk.database_url) as decider:
        accepted = [send(desk), send(desk)]
        trouble = wait_for_event(desk, "database.trouble")
        assert f"process {decider} (python" in trouble["error"]
        assert "casegate.db.turn" in trouble["error"]
        assert [(0,)] == desk.rows("SELECT count(*) FROM decision")

    for one in accepted:
        desk.wait_settled(one)
    assert [(0, 0)] == desk.rows("SELECT max(strikes), max(interruptions) FROM inbox")
    assert "" == is_whole(desk)
