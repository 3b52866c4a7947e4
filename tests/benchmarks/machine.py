"""What figures are of: the machine, its disk, the versions. No date and no name, for they say nothing of speed."""

import os
import platform
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.services import PrivatePostgres

_FLUSHES = 50


def describe() -> Iterator[str]:
    """Two lines."""
    postgres = PrivatePostgres.missing() or f"PostgreSQL {PrivatePostgres.version()}"
    yield (
        f"{os.cpu_count()} cores ({_model()}), load {os.getloadavg()[0]:.1f} at the start; "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, {postgres}."
    )
    yield f"A flush of 4 kB takes {flush_ms():.2f} ms (median) where the databases lie."


def _model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def flush_ms() -> float:
    """What a flush costs on the file system of the private services."""
    taken = []
    with tempfile.NamedTemporaryFile(dir="/tmp") as file:
        for _ in range(_FLUSHES):
            file.write(b"\0" * 4_096)
            file.flush()
            began = time.perf_counter()
            os.fdatasync(file.fileno())
            taken.append((time.perf_counter() - began) * 1_000)
    return statistics.median(taken)
