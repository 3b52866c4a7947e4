"""What processes have used: CPU time and octets written, from /proc."""

import os
from collections import Counter
from pathlib import Path

from tests.load import Installation

_TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")


def cpu_ms(installation: Installation) -> Counter[str]:
    """CPU time of each process of a service so far, in milliseconds; helpers of the worker count as `parser`."""
    used: Counter[str] = Counter()
    for name, pid in installation.processes().items():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        used["parser" if name.startswith("other") else name] += (int(fields[11]) + int(fields[12])) * _TICK_MS
    return used


def written(installation: Installation) -> Counter[str]:
    """Octets each process has given to write calls so far, the log included."""
    found: Counter[str] = Counter()
    for name, pid in installation.processes().items():
        lines = dict(line.split(": ") for line in Path(f"/proc/{pid}/io").read_text().splitlines())
        found["parser" if name.startswith("other") else name] += int(lines["wchar"])
    return found
