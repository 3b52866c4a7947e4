"""Who is told to be dead: a process that we would see if it ran, and nobody else (threats X-20).

Two machines or containers with one host name may work on one database, and neither may take
what the other has for left behind.
"""

import os
import subprocess
import sys

import pytest

from intake.process import is_dead, own_name

NAME = "from intake.process import own_name; print(own_name())"
OF_ANOTHER = "from intake.process import is_dead; print(is_dead({!r}))"
CONTAINER = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--mount-proc"]


def said(*command: str) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def container() -> list[str]:
    """What runs a command among process ids of its own, under the same host name."""
    done = subprocess.run([*CONTAINER, "true"], capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("no namespaces can be made here")
    return CONTAINER


def test_a_process_that_runs_is_not_dead() -> None:
    """Our own, for one."""
    assert not is_dead(own_name())


def test_a_process_that_has_ended_is_dead() -> None:
    """It was of this machine, and is to be seen no more."""
    assert is_dead(said(sys.executable, "-c", NAME))


def test_a_process_id_that_was_given_anew_is_another_owner() -> None:
    """The id runs, but it began at another moment."""
    assert is_dead(f"{own_name()}1")


def test_r26_of_a_container_with_our_host_name_nothing_is_known(container: list[str]) -> None:
    """Its ids mean nothing to us, nor ours to it."""
    theirs = said(*container, sys.executable, "-c", NAME)

    assert theirs.startswith(f"{os.uname().nodename}:")
    assert not is_dead(theirs)
    assert said(*container, sys.executable, "-c", OF_ANOTHER.format(own_name())) == "False"


def test_r26_of_a_machine_with_our_host_name_nothing_is_known() -> None:
    """Or of ours before it was started again: leases run out."""
    host, _, pid, start = own_name().rsplit(":", 3)

    assert not is_dead(f"{host}:0123456789abcdef:{pid}:{start}1")


def test_of_an_owner_of_an_older_version_nothing_is_known() -> None:
    """It gave no more than its host."""
    host, _, pid, start = own_name().rsplit(":", 3)

    assert not is_dead(f"{host}:{pid}:{start}1")
