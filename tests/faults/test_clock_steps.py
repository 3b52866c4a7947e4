"""The clock on the wall jumps an hour ahead and back under the running service (threats X-33, X-20)."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import MakeDesk
from tests.faults.relays import BadRelay
from tests.faults.stopping import stopped
from tests.faults.talking import events_named, is_whole, send, wait_for_event
from tests.services import free_port, wait_until
from tests.system.service import Desk

HOUR = 3600
MINUTES = 300
"""Longer than a lease."""
SHIFTED = (sys.executable, "-m", "tests.faults.shifted")
WORKING = "SELECT count(*) FROM inbox WHERE claim_token IS NOT NULL"
OFFERED = "SELECT count(*) FROM attempt WHERE outcome IS NOT NULL"


class Wall:
    """The clock of a desk."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self.shift(0)

    def shift(self, seconds: float) -> None:
        """Set it so many seconds before or behind the machine's."""
        ready = self._file.with_suffix(".new")
        ready.write_text(str(seconds))
        ready.replace(self._file)

    @property
    def environment(self) -> dict[str, str]:
        return {"CLOCK_SHIFT": str(self._file), "PYTHONPATH": str(Path(__file__).parents[2])}


@pytest.fixture
def wall(directory: Path) -> Wall:
    return Wall(directory / "shift")


def test_x33_an_hour_ahead_and_back_without_a_relay(make_desk: MakeDesk, wall: Wall) -> None:
    """What was put off while the clock was ahead is offered when it is right again, not an hour later; each once."""
    port = free_port()
    desk = make_desk(relay=f"smtp://127.0.0.1:{port}", environment=wall.environment, command=SHIFTED).start()
    desk.wait_settled(send(desk))
    wait_until(lambda: desk.count(OFFERED) == 2, what="both offers were in vain")

    wall.shift(HOUR)
    desk.wait_settled(send(desk))
    wait_until(lambda: desk.count(OFFERED) >= 6, what="all were offered again")
    with BadRelay(port) as relay:
        wall.shift(0)
        desk.wait_outbox("submitted", 4)
        desk.wait_settled(send(desk))
        desk.wait_outbox("submitted", 6)

        assert ({1}, 6) == (set(relay.heard.values()), len(relay.heard))
    assert 3 == desk.count("SELECT count(*) FROM cases")
    assert [(0, 0)] == desk.rows("SELECT max(strikes), max(interruptions) FROM inbox")
    assert "" == is_whole(desk)


@pytest.mark.parametrize("step", [HOUR, -HOUR], ids=["ahead", "back"])
def test_x33_a_step_while_a_relay_thinks(make_desk: MakeDesk, wall: Wall, step: int) -> None:
    """An offer under way when the clock jumps is not offered a second time beside the first."""
    with BadRelay(pause=0.7) as relay:
        desk = make_desk(relay=f"smtp://127.0.0.1:{relay.port}", environment=wall.environment, command=SHIFTED)
        desk.start()
        send(desk)
        assert relay.begun.wait(20)

        wall.shift(step)

        desk.wait_outbox("submitted", 2)
        assert ({1}, 2) == (set(relay.heard.values()), len(relay.heard))
        assert [] == events_named(desk, "lease.lost", "interrupted")
        assert "" == is_whole(desk)


@contextlib.contextmanager
def another_worker(desk: Desk, wall: Wall) -> Iterator[None]:
    """A second `casegate serve --role worker` beside the service."""
    command = [*SHIFTED, "serve", "--config", str(desk.configuration), "--role", "worker"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=os.environ | wall.environment) as process:
        try:
            yield
        finally:
            process.terminate()
    assert 0 == process.returncode


def test_x20_a_worker_that_was_stopped_longer_than_its_lease(make_desk: MakeDesk, wall: Wall) -> None:
    """Its mail is settled by another; when it goes on it finds that out in the write, and writes nothing."""
    desk = make_desk(environment=wall.environment, command=SHIFTED).start()
    desk.wait_settled(send(desk))
    processes = desk.processes()
    with contextlib.ExitStack() as parser, contextlib.ExitStack() as worker:
        parser.enter_context(stopped(processes["parser"]))
        message_id = send(desk)
        wait_until(lambda: desk.count(WORKING) == 1, what="the worker has it")
        worker.enter_context(stopped(processes["worker"]))
        wall.shift(MINUTES)
        with another_worker(desk, wall):
            desk.wait_settled(message_id, deadline=60)
            worker.close()
            parser.close()
            wait_for_event(desk, "lease.lost")

    desk.wait_settled(send(desk))
    assert [3, 3, 3] == [desk.count(f"SELECT count(*) FROM {table}") for table in ("settlement", "decision", "cases")]
    desk.wait_outbox("submitted", 6)
    assert [(0, 0)] == desk.rows("SELECT max(strikes), max(interruptions) FROM inbox")
    assert "" == is_whole(desk)
