"""What a process has freed stays with it, up to a bound: the kernel need not fill its pages with zeros again."""

import platform
import subprocess
import sys

import pytest

COPIES = """
import resource
from intake.process import keep_freed_memory
{keep}
def copy() -> None:
    copies = [b"x" * 1_000_000 for _ in range(8)]
copy()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(20):
    copy()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""
PAGES = 20 * 8 * 1_000_000 // 4_096


def faults(keep: str) -> int:
    """How many pages the kernel had to give for the same copies, made again and again."""
    code = COPIES.format(keep=keep)
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="another C library has nothing to be set")
def test_memory_that_was_freed_is_used_again() -> None:
    """Copies of messages of megabytes cost their copying alone."""
    assert faults("") > PAGES / 2
    assert faults("keep_freed_memory()") < PAGES / 20
