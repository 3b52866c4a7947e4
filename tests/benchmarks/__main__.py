"""`python -m tests.benchmarks`: how fast casegate is here, as Markdown; what has to hold, passed or missed.

Without options a few minutes: the door, reading, stations, both engines with small and mixed
mail against the gates, counts. `--all` adds 50,000 cases, slower flushes, one worker alone, a
second round, backlogs of 100,000, and the plans of every statement: under half an hour.
"""

import argparse
import contextlib
import importlib.util
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from intake import log
from tests.benchmarks import (
    accept,
    backlog,
    busy_plans,
    counts,
    floor,
    gates,
    journey,
    machine,
    reading,
    stages,
    stations,
)
from tests.benchmarks.engines import ENGINES
from tests.benchmarks.journey import Row

BEGIN, END = "<!-- what follows is written by `make bench` -->", "<!-- end of what `make bench` writes -->"
TWO_WORKERS = "tests.benchmarks.two_workers"


@dataclass(frozen=True, slots=True)
class Size:
    """How much of everything."""

    small: int
    mixed: int
    rounds: int
    accept_rounds: int
    seconds: float
    """For each figure of a reader alone."""
    alone: int
    """Mails or notices of each station alone."""
    counted: int
    cases: int
    waiting: int
    waiting_seconds: float


SIZES = {
    "smoke": Size(200, 40, 1, 1, 0.1, 100, 100, 1_000, 1_000, 5),
    "quick": Size(2_000, 1_000, 1, 1, 1, 1_000, 500, 5_000, 10_000, 20),
    "all": Size(3_000, 1_000, 2, 3, 1, 2_000, 1_000, 50_000, 100_000, 40),
}


def main() -> None:
    """Measure what is asked for."""
    options = _options()
    size = SIZES["smoke" if options.smoke else "all" if options.all else "quick"]
    wanted = options.only or [name for name in SECTIONS if name not in (SEPARATE if options.all else SEPARATE | WHOLE)]
    lines = []
    log.configure(role="benchmarks", level="error")  # what works in this process keeps its lines to itself
    with contextlib.suppress(BrokenPipeError):
        for line in _report(wanted, size, whole=options.all):
            print(line, flush=True)
            lines.append(line)
    if options.write is not None:
        write(options.write, lines)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="everything, under half an hour")
    parser.add_argument("--smoke", action="store_true", help="next to nothing of everything: to see that it works")
    parser.add_argument("--only", action="append", choices=SECTIONS, metavar="SECTION", help=", ".join(SECTIONS))
    parser.add_argument("--write", type=Path, metavar="FILE", help="put the report into this file, between its marks")
    return parser.parse_args()


def _report(wanted: Iterable[str], size: Size, *, whole: bool) -> Iterator[str]:
    """The sections, each with a heading."""
    yield from machine.describe()
    run = Measurement(size, whole=whole, directory=Path(tempfile.mkdtemp(prefix="casegate-bench-")))
    for name in wanted:
        yield from ("", f"### {name.capitalize()}", "")
        yield from SECTIONS[name](run)
    if "profile" not in wanted:
        shutil.rmtree(run.directory)


class Measurement:
    """What sections tell one another: the yardstick, and what the end to end runs gave."""

    def __init__(self, size: Size, *, whole: bool, directory: Path) -> None:
        self.size = size
        self.whole = whole
        self.directory = directory
        self.yardstick = accept.Yardstick()

    def accept(self) -> Iterator[str]:
        yield from accept.measure(self.size.accept_rounds, self.yardstick)

    def reading(self) -> Iterator[str]:
        yield from reading.measure(self.size.seconds)

    def stations(self) -> Iterator[str]:
        if not self.yardstick.rates["small"]:
            self.yardstick.look_again()
        yield from stations.measure(self.size.alone, gates.scale("small", self.yardstick.rate("small")))
        yield ""
        yield from stages.measure(self.size.alone // 2)

    def end_to_end(self) -> Iterator[str]:
        rows = list(self.rows())
        results, floors = journey.Results(), journey.Results()
        null = self.yardstick.look_again()
        for row in [row for row in rows if not row.missing()] * self.size.rounds:
            results.add(row, journey.run(row))
            before, null = null, self.yardstick.look_again()
            results.nulls.setdefault(row, []).extend((before, null))
            if row.is_base:
                floors.add(row, floor.run(row))
        yield from gates.table(rows, results, floors)
        yield ""
        yield from journey.table(rows, results)
        yield ""
        yield from journey.memory_table(rows, results)

    def rows(self) -> Iterator[Row]:
        """The ways of being used, those that others are compared with first."""
        size = self.size
        for engine in ENGINES:
            small, mixed = Row(engine, "small", size.small), Row(engine, "mixed", size.mixed)
            yield small
            yield mixed
            if self.whole:
                yield Row(engine, "small", size.small, after_pause=True)
                yield Row(engine, "small", size.small, slower=True)
                yield Row(engine, "mixed", size.mixed, slower=True)
                yield Row(engine, "small", size.small, cases=size.cases)
                yield Row(engine, "mixed", size.mixed, cases=size.cases)
        if self.whole:
            yield Row("PostgreSQL", "small", size.small, workers=1)

    def counts(self) -> Iterator[str]:
        yield from counts.measure(self.size.counted, self.directory)

    def backlogs(self) -> Iterator[str]:
        yield from backlog.measure(self.size.waiting, self.size.waiting_seconds)

    def plans(self) -> Iterator[str]:
        yield from busy_plans.measure(self.size.cases)

    def two_workers(self) -> Iterator[str]:
        """Two workers on PostgreSQL at the end of a slow line."""
        if importlib.util.find_spec(TWO_WORKERS) is None:
            yield "Not there."
        else:
            yield from importlib.import_module(TWO_WORKERS).measure(self.size.rounds, self.size.small)

    def profile(self) -> Iterator[str]:
        yield counts.profile(self.size.small, self.directory)


SECTIONS: dict[str, Callable[[Measurement], Iterator[str]]] = {
    "accept": Measurement.accept,
    "reading": Measurement.reading,
    "stations": Measurement.stations,
    "end to end": Measurement.end_to_end,
    "counts": Measurement.counts,
    "backlogs": Measurement.backlogs,
    "plans": Measurement.plans,
    "two workers": Measurement.two_workers,
    "profile": Measurement.profile,
}
WHOLE = frozenset({"backlogs", "plans", "two workers"})
"""What is measured with `--all` or by name alone."""
SEPARATE = frozenset({"profile"})
"""What is done by name alone."""


def write(path: Path, lines: Iterable[str]) -> None:
    """Put the report between the marks of a file."""
    text = path.read_text("utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{path}: the marks are not there: {BEGIN} and {END}")
    path.write_text("\n".join([before + BEGIN, "", *lines, "", END + after]), "utf-8")


if __name__ == "__main__":
    main()
