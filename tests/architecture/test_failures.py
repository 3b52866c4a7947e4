"""A failed test fails alone, and its report says at the end why: its reader may see no more of it."""

import subprocess
import sys
from pathlib import Path

import pytest

NOISY = """
import pytest

def test_wrong():
    print("noise\\n" * 500)
    assert 1 == 2

@pytest.fixture
def broken():
    error = RuntimeError("no such place")
    error.add_note("noise\\n" * 500)
    raise error

def test_never_begun(broken):
    pass
"""


LEAKY = """
import gc
import socket

def test_that_fails():
    left_open = [socket.socket()]
    left_open.append(left_open)
    assert not left_open

def test_that_collects():
    gc.collect()
"""


@pytest.fixture(params=["", "true"], ids=["at home", "on CI"])
def ci(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pytest writes more there."""
    monkeypatch.setenv("CI", request.param)
    monkeypatch.delenv("BUILD_NUMBER", raising=False)


def report_of(directory: Path, tests: str, *options: str) -> "subprocess.CompletedProcess[str]":
    """What pytest says to a file of tests."""
    (directory / "test_written.py").write_text(tests)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(directory), *options]
    return subprocess.run([*command, str(directory)], capture_output=True, text=True, check=False)


def test_what_a_failure_left_open_fails_no_other_test(tmp_path: Path) -> None:
    """A socket in a circle of references, found when garbage is collected."""
    done = report_of(tmp_path, LEAKY, "-W", "error", "-p", "tests.leftovers")

    assert "1 failed, 1 passed" in done.stdout


@pytest.mark.usefixtures("ci")
def test_the_last_lines_say_why(tmp_path: Path) -> None:
    """Also of what failed before the test began."""
    done = report_of(tmp_path, NOISY, "-p", "tests.reasons")

    end = done.stdout.splitlines()[-30:]
    assert 1 == done.returncode, done.stdout
    assert "test_written.py::test_wrong (call)" in end
    assert "    E       assert 1 == 2" in end
    assert "test_written.py::test_never_begun (setup)" in end
    assert "    E       RuntimeError: no such place" in end
