"""What has to hold, scaled by this machine's yardsticks: passed or missed.

The figures of peers and of the floor are of a machine on which aiosmtpd with a null handler
took so many messages a second over 10 connections. The peer is the fastest of those that were
measured there (django-helpdesk 2.6 on PostgreSQL with two processes that stay); the floor is
the smallest program that keeps the promise, on SQLite. Another such program, of our own, is
measured beside us, on either engine (`tests.benchmarks.floor`); it says how much more the
floor costs on PostgreSQL, where nobody has measured that one.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.benchmarks.journey import Results, Row

YARDSTICK = {"small": 2_752.0, "mixed": 720.0}
"""What the null handler took there, of mail of 3 kB and of 50 kB."""
PEER_RATE = {"small": 106.0, "mixed": 97.0}
FLOOR_CPU_MS = {"small": 0.61, "mixed": 2.0}
FLOOR_ENGINE = "SQLite"
TIMES_THE_PEER, TIMES_THE_FLOOR = 4.0, 3.0
GOAL_TIMES_THE_PEER, GOAL_TIMES_THE_FLOOR = {"small": 10.0, "mixed": 5.0}, 2.0


def scale(profile: str, null: float) -> float:
    """What the same work costs here, of what it cost there."""
    return YARDSTICK[profile] / null


@dataclass(frozen=True, slots=True)
class Scaled:
    """What a row is held against, as a peer and the floor would do here."""

    peer: float
    floor: float

    def speed(self, rate: float) -> str:
        return f"{rate / self.peer:.1f} x, {'passed' if rate >= TIMES_THE_PEER * self.peer else 'missed'}"

    def cost(self, cpu_ms: float) -> str:
        return f"{cpu_ms / self.floor:.1f} x, {'passed' if cpu_ms <= TIMES_THE_FLOOR * self.floor else 'missed'}"


def table(rows: Sequence[Row], results: Results, floors: Results) -> Iterator[str]:
    """Every gate as Markdown, each scaled by the yardstick beside its own runs; then the floor that was measured."""
    based = [row for row in rows if row.is_base and row in results.runs]
    yield "| gate | yardstick | bound | found | | goal | strictly |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for row in based:
        of_mail = {profile: scale(profile, results.null(row, profile)) for profile in YARDSTICK}
        rate, cpu = results.rate(row), results.cpu(row)
        own = _scaled(row, of_mail[row.profile], _costlier(row, floors))
        strict = _scaled(row, of_mail["small"], 1.0)
        null = f"{results.null(row, row.profile):,.0f}"
        yield (
            f"| {row}: mails/s, {TIMES_THE_PEER:g} x the fastest peer's {own.peer:,.0f} | {null} "
            f"| {TIMES_THE_PEER * own.peer:,.0f} | {rate:,.0f} | {own.speed(rate)} "
            f"| {GOAL_TIMES_THE_PEER[row.profile]:g} x | {strict.speed(rate)} |"
        )
        yield (
            f"| {row}: CPU ms a mail, {TIMES_THE_FLOOR:g} x the floor's {own.floor:.2f} | {null} "
            f"| {TIMES_THE_FLOOR * own.floor:.2f} | {cpu:.2f} | {own.cost(cpu)} "
            f"| {GOAL_TIMES_THE_FLOOR:g} x | {strict.cost(cpu)} |"
        )
    yield ""
    yield "| the floor, measured here | mails/s | CPU ms a mail | casegate's speed of it | casegate's CPU time of it |"
    yield "| --- | --- | --- | --- | --- |"
    for row in based:
        rate, cpu = floors.rate(row), floors.cpu(row)
        yield (f"| {row} | {rate:,.0f} | {cpu:.2f} | {results.rate(row) / rate:.2f} | {results.cpu(row) / cpu:.1f} x |")


def _scaled(row: Row, slower: float, costlier: float) -> Scaled:
    return Scaled(PEER_RATE[row.profile] / slower, FLOOR_CPU_MS[row.profile] * slower * costlier)


def _costlier(row: Row, floors: Results) -> float:
    """What the floor costs on this row's engine, of what it costs on the one that the figures are of."""
    (there,) = (one for one in floors.runs if (one.engine, one.profile) == (FLOOR_ENGINE, row.profile))
    return floors.cpu(row) / floors.cpu(there)
