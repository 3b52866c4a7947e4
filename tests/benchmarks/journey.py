"""From the first octet at the door to the relay's 250 for everything owed: speed, CPU time, memory.

Each row is run in turn with the others, round after round, so that whatever else the machine
does slows all of them; the ratios are those of one round, their median is told.
"""

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa

from models.store.database import Database
from tests.benchmarks import engines, flushes
from tests.benchmarks.engines import Setting
from tests.benchmarks.feeding import REPLIES, feed, made
from tests.benchmarks.filled import multiply
from tests.benchmarks.processes import cpu_ms, memory, written
from tests.load import MIXED, SMALL, Installation, Mail, Mails, Population, Profile, populate

ROLES = ("smtp", "worker", "parser", "submitter", "scheduler", "supervisor", "postgres")
_POLL_SECONDS = 0.1
_TEMPLATES = 500
_SHORT = Profile(text_octets=(300, 1_500))
"""Mails that a desk is filled with."""


@dataclass(frozen=True, slots=True)
class Row:
    """One way of being used."""

    engine: str
    profile: str
    mails: int
    cases: int = 0
    workers: int | None = None
    slower: bool = False
    after_pause: bool = False

    def __str__(self) -> str:
        how = [
            f"{self.cases:,} cases there" * bool(self.cases),
            f"workers: {self.workers}" * bool(self.workers),
            "each flush 2 ms slower" * self.slower,
            "the worker after a pause" * self.after_pause,
        ]
        return f"{self.engine}, {self.profile}" + "".join(f", {one}" for one in how if one)

    @property
    def is_base(self) -> bool:
        return self == self.base

    @property
    def base(self) -> "Row":
        """What it is compared with."""
        return Row(self.engine, self.profile, self.mails)

    def missing(self) -> str:
        """Why it cannot be run here; "" if it can."""
        if self.slower and flushes.missing():
            return flushes.missing()
        return engines.missing(self.engine)


@dataclass(frozen=True, slots=True)
class Run:
    """What one run took."""

    mails: int
    seconds: float
    cpu: Counter[str]
    written: Counter[str]
    memory: dict[str, tuple[float, float]]
    flushes: int | None = None

    @property
    def rate(self) -> float:
        return self.mails / self.seconds

    @property
    def cpu_ms(self) -> float:
        return self.cpu.total() / self.mails


@dataclass(slots=True)
class Results:
    """The runs of each row, round by round."""

    runs: dict[Row, list[Run]] = field(default_factory=dict)
    nulls: dict[Row, list[dict[str, float]]] = field(default_factory=dict)
    """What the null handler took of each profile's yardstick, right before and after each run."""

    def add(self, row: Row, run: Run) -> None:
        self.runs.setdefault(row, []).append(run)

    def null(self, row: Row, profile: str) -> float:
        """A profile's yardstick beside this row."""
        return statistics.median(null[profile] for null in self.nulls[row])

    def rate(self, row: Row) -> float:
        return statistics.median(run.rate for run in self.runs[row])

    def cpu(self, row: Row) -> float:
        return statistics.median(run.cpu_ms for run in self.runs[row])

    def ratio(self, row: Row) -> float | None:
        """Its speed against the base of the same round."""
        if row.is_base or row.base not in self.runs:
            return None
        pairs = zip(self.runs[row], self.runs[row.base], strict=False)
        return statistics.median(run.rate / base.rate for run, base in pairs)


def run(row: Row) -> Run:
    """One run on a new installation of 1,000 organisations with 5,000 MPOCs."""
    with engines.setting(row.engine, workers=row.workers, slower=row.slower) as desk:
        population = populate(desk.service.database_url)
        if row.cases:
            fill(desk, population, row.cases)
        known = threads(desk.service.database_url) if row.cases else []
        mails = mails_of(row, population, desk.service.intake_address, to=known)
        if row.after_pause:
            door_only(desk, mails[50:])
        desk.start()
        if not row.after_pause:  # a first mail for everybody, so that nobody's first costs are measured
            feed(desk.service.smtp_port, mails[:50])
            wait_quiet(desk.service)
        used = measured(desk, [] if row.after_pause else mails[50:], row.mails)
        desk.end()
        return used


def mails_of(
    row: Row, population: Population, intake_address: str, *, to: Sequence[tuple[str, str]] = ()
) -> list[Mail]:
    """What is sent in this row, and 50 mails before that."""
    source = Mails(population, intake_address, seed=1, profile=_profile(row.profile), mpocs_only=True)
    return made(source, row.mails + 50, replies=REPLIES if row.profile == "mixed" else 0.0, to=to)


def measured(desk: Setting, mails: Sequence[object], count: int) -> Run:
    """Feed and wait until nothing is left to do; without mails wait alone."""
    before, octets = cpu_ms(desk.processes()), written(desk.processes())
    flushed = desk.flushes.count if desk.flushes is not None else 0
    began = time.perf_counter()
    if mails:
        feed(desk.service.smtp_port, mails)  # type: ignore[arg-type]
    wait_quiet(desk.service)
    return Run(
        mails=count,
        seconds=time.perf_counter() - began,
        cpu=cpu_ms(desk.processes()) - before,
        written=written(desk.processes()) - octets,
        memory=memory(desk.processes()),
        flushes=desk.flushes.count - flushed if desk.flushes is not None else None,
    )


def _profile(name: str) -> Profile:
    return MIXED if name == "mixed" else SMALL


def door_only(desk: Setting, mails: Sequence[object]) -> None:
    """Let the door take mails while nobody works on them."""
    desk.service.run_roles("smtp")
    desk.start()
    feed(desk.service.smtp_port, mails)  # type: ignore[arg-type]
    desk.service.end()
    desk.service.run_roles()


def fill(desk: Setting, population: Population, cases: int) -> None:
    """Give a desk so many cases: some that it worked on itself, many times over."""
    source = Mails(population, desk.service.intake_address, seed=9, profile=_SHORT, mpocs_only=True)
    desk.start()
    feed(desk.service.smtp_port, made(source, _TEMPLATES))
    wait_quiet(desk.service)
    desk.service.end()
    database = Database(desk.service.database_url)
    try:
        multiply(database, cases // _TEMPLATES)
    finally:
        database.close()


def threads(database_url: str) -> list[tuple[str, str]]:
    """Authors and Message-IDs of mails that are in cases, to be answered."""
    database = Database(database_url)
    try:
        with database.read() as connection:
            found = sa.text(
                "SELECT author_address, message_id FROM correspondence "
                "WHERE inbox_id IS NOT NULL ORDER BY id LIMIT 5000"
            )
            return [(row.author_address, row.message_id) for row in connection.execute(found)]
    finally:
        database.close()


def wait_quiet(service: Installation) -> None:
    """Until nothing is left to be done; one connection, few looks."""
    database = Database(service.database_url)
    try:
        while not service.is_quiet(database):
            time.sleep(_POLL_SECONDS)
    finally:
        database.close()


def table(rows: Sequence[Row], results: Results) -> Iterator[str]:
    """Speed and CPU time, as Markdown."""
    yield f"| end to end | mails | mails/s | against base | CPU ms a mail | {' | '.join(ROLES)} | kB to disk |"
    yield f"| --- | --- | --- | --- | --- | {' | '.join('---' for _ in ROLES)} | --- |"
    for row in rows:
        if row not in results.runs:
            yield f"| {row} | not run: {row.missing()} |"
            continue
        last, ratio = results.runs[row][-1], results.ratio(row)
        each = " | ".join(f"{last.cpu[role] / last.mails:.2f}" if last.cpu[role] else "-" for role in ROLES)
        against = "base" if row.is_base else "-" if ratio is None else f"{ratio:.2f}"
        yield (
            f"| {row} | {row.mails:,} | {results.rate(row):,.0f} | {against} | {results.cpu(row):.2f} | {each} "
            f"| {last.written.total() / last.mails / 1000:.0f} |"
        )


def memory_table(rows: Sequence[Row], results: Results) -> Iterator[str]:
    """The peak of resident memory and the own share (PSS) at the end, as Markdown."""
    yield f"| memory, MiB: peak, and own share at the end | {' | '.join(ROLES)} |"
    yield f"| --- | {' | '.join('---' for _ in ROLES)} |"
    for row in rows:
        if row in results.runs:
            used = results.runs[row][-1].memory
            each = (f"{used[role][0]:.0f}, {used[role][1]:.0f}" if role in used else "-" for role in ROLES)
            yield f"| {row} | {' | '.join(each)} |"
