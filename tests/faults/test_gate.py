"""The write gate: in turn, across processes and threads, and an end to everybody's patience (threats X-9, X-20)."""

import fcntl
import os
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from models.store.gate import Gate, holder_of
from tests.services import wait_until

IMPATIENT = 0.2


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "casegate.db.gate"


@pytest.fixture
def other(path: Path) -> Iterator[int]:
    """Another process's descriptor, as the kernel sees it: it has the gate."""
    file = os.open(path, os.O_RDWR | os.O_CREAT)
    fcntl.flock(file, fcntl.LOCK_EX)
    yield file
    os.close(file)


def is_free(path: Path) -> bool:
    file = os.open(path, os.O_RDWR)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(file)
    return True


@pytest.mark.usefixtures("other")
def test_x9_who_waits_too_long_is_told_who_has_it(path: Path) -> None:
    """An error of the database's kind, for which no message is to blame, that names the process."""
    gate = Gate(path, patience=IMPATIENT)

    with pytest.raises(sa.exc.OperationalError) as failed, gate.held():
        pytest.fail("the gate is taken")

    assert f"process {os.getpid()} " in str(failed.value.orig)
    assert "let it go on (kill -CONT) or end it" in str(failed.value.orig)


def test_it_can_be_had_again_when_the_other_lets_go(path: Path, other: int) -> None:
    """A failed wait leaves nothing behind: neither the lock nor a place in the queue that nobody wants."""
    gate = Gate(path, patience=IMPATIENT)
    for _ in range(3):
        with pytest.raises(sa.exc.OperationalError), gate.held():
            pytest.fail("the gate is taken")
    assert 1 == sum(thread.name == "write gate" for thread in threading.enumerate())

    fcntl.flock(other, fcntl.LOCK_UN)
    wait_until(lambda: is_free(path), what="nobody has it")

    with gate.held():
        assert not is_free(path)
    assert is_free(path)
    gate.close()


def test_it_comes_to_who_waits_when_the_other_lets_go(path: Path, other: int) -> None:
    """The usual case: somebody writes, and is done soon."""
    gate = Gate(path)
    threading.Timer(IMPATIENT, fcntl.flock, (other, fcntl.LOCK_UN)).start()

    with gate.held():
        assert not is_free(path)

    assert is_free(path)
    gate.close()


@pytest.mark.usefixtures("other")
def test_threads_of_a_process_wait_no_longer_than_one(path: Path) -> None:
    """Many threads find the gate taken: each is told in time, not one after the other."""
    gate = Gate(path, patience=1)

    def told() -> str:
        with pytest.raises(sa.exc.OperationalError) as failed, gate.held():
            pytest.fail("the gate is taken")
        return str(failed.value.orig)

    with ThreadPoolExecutor(8) as threads:
        answers = [threads.submit(told) for _ in range(8)]

    assert ["has held"] * 8 == ["has held" if "has held" in answer.result() else answer.result() for answer in answers]


def test_only_one_writes_at_a_time(path: Path) -> None:
    """Three gates of one file, as three processes have, under the hands of six threads: never two inside."""
    gates = [Gate(path) for _ in range(3)]
    inside: list[int] = []
    most: list[int] = []

    def write(gate: Gate) -> None:
        for _ in range(200):
            with gate.held(), gate.held():
                inside.append(1)
                most.append(len(inside))
                inside.pop()

    with ThreadPoolExecutor(6) as threads:
        for done in [threads.submit(write, gate) for gate in gates * 2]:
            done.result()

    assert (1, 1200) == (max(most), len(most))
    for gate in gates:
        gate.close()


def test_a_gate_that_cannot_be_opened_is_the_database_s_trouble(tmp_path: Path) -> None:
    """No descriptor, a read-only disk: an error of the database, never one of the message at hand."""
    gate = Gate(tmp_path / "not there" / "casegate.db.gate")

    with pytest.raises(sa.exc.OperationalError), gate.held():
        pytest.fail("there is no gate")


def test_nobody_is_named_where_nobody_has_it(tmp_path: Path) -> None:
    """/proc/locks may not tell; then the words are general."""
    assert "another process" == holder_of(tmp_path / "none")
