"""A report of failures says at its end why, however much was logged: its reader may see no more of it."""

import subprocess
import sys
from pathlib import Path

NOISY = """
import pytest

def test_wrong():
    print("noise\\n" * 500)
    assert 1 == 2

@pytest.fixture
def broken():
    print("noise\\n" * 500)
    raise RuntimeError("no such place")

def test_never_begun(broken):
    pass
"""


def test_the_last_lines_say_why(tmp_path: Path) -> None:
    """Also of what failed before the test began."""
    (tmp_path / "test_noisy.py").write_text(NOISY)
    command = [sys.executable, "-m", "pytest", "-p", "tests.reasons", "-p", "no:cacheprovider", "--rootdir"]

    done = subprocess.run([*command, str(tmp_path), str(tmp_path)], capture_output=True, text=True, check=False)

    end = done.stdout.splitlines()[-30:]
    assert 1 == done.returncode, done.stdout
    assert "test_noisy.py::test_wrong (call)" in end
    assert "    E       assert 1 == 2" in end
    assert "test_noisy.py::test_never_begun (setup)" in end
    assert "    E       RuntimeError: no such place" in end
