"""`python -m tests.benchmarks [--quick]`: a few minutes, Markdown on standard output."""

import argparse
import os
import platform
import sqlite3
import tempfile
from pathlib import Path

from tests.benchmarks import accept, journey, reading, stages


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(prog="python -m tests.benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the mails: to see that it works")
    quick = parser.parse_args().quick
    directory = Path(tempfile.mkdtemp(prefix="casegate-bench-"))
    load = os.getloadavg()[0]
    say(f"{os.cpu_count()} cores, load {load:.1f}, Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}")
    for rows in (
        accept.measure(1 if quick else 3),
        reading.measure(0.2 if quick else 2),
        stages.measure(100 if quick else 1_000),
        journey.measure(*((400, 100, 400) if quick else (6_000, 1_000, 6_000))),
        journey.counted(100 if quick else 1_000, directory),
        [journey.profile(200 if quick else 2_000, directory)],
    ):
        say("")
        for row in rows:
            say(row)


def say(line: str) -> None:
    print(line, flush=True)


if __name__ == "__main__":
    main()
