"""What processes have used, from /proc: CPU time, octets written to files, memory; of a service and its database."""

import contextlib
import os
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from tests.load import Installation

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")
_MIB = 1024


def roles(*installations: Installation) -> Iterator[tuple[str, int]]:
    """The processes of services by what they do; the worker's helpers count as `parser`."""
    for installation in installations:
        for name, pid in installation.processes().items():
            yield "parser" if name.startswith("other") else name.split(" ")[0], pid


def family(leader: int | None) -> list[int]:
    """A server and its children: PostgreSQL's processes each lead a session of their own."""
    if leader is None:
        return []
    children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
    return [leader, *(int(child) for child in children)]


def cpu_ms(named: Iterable[tuple[str, int]]) -> Counter[str]:
    """CPU time so far by role, in milliseconds; with that of children who have ended and were waited for."""
    used: Counter[str] = Counter()
    for name, words in _read(named, "stat"):
        fields = words.rpartition(")")[2].split()
        used[name] += sum(int(field) for field in fields[11:15]) * _TICK_MS
    return used


def written(named: Iterable[tuple[str, int]]) -> Counter[str]:
    """Octets each role has made the kernel write to files so far, in whole pages; the log included."""
    found: Counter[str] = Counter()
    for name, words in _read(named, "io"):
        found[name] += int(_table(words)["write_bytes"])
    return found


def memory(named: Iterable[tuple[str, int]]) -> dict[str, tuple[float, float]]:
    """The peak of each role's resident memory, and its own share now, in MiB; of several processes the largest."""
    named = list(named)
    found: dict[str, tuple[float, float]] = {}
    for (name, status), (_, shares) in zip(_read(named, "status"), _read(named, "smaps_rollup"), strict=False):
        peak, share = int(_table(status)["VmHWM"].split()[0]), int(_table(shares)["Pss"].split()[0])
        found[name] = max(found.get(name, (0.0, 0.0)), (peak / _MIB, share / _MIB))
    return found


def _read(named: Iterable[tuple[str, int]], file: str) -> Iterator[tuple[str, str]]:
    """One file of each process that is still there: PostgreSQL's come and go, and leave their CPU time to the first."""
    for name, pid in named:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            yield name, Path(f"/proc/{pid}/{file}").read_text()


def _table(text: str) -> dict[str, str]:
    lines = (line.partition(":") for line in text.splitlines())
    return {name: value.strip() for name, _, value in lines}
