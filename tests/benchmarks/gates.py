"""What has to hold, scaled by this machine's yardstick: passed or missed.

The figures of peers and of the floor are of a machine on which aiosmtpd with a null handler
took 2,752 messages of 3 kB a second over 10 connections. The peer is the fastest of those that
were measured there (django-helpdesk 2.6 on PostgreSQL with two processes that stay); the floor
is the smallest program that keeps the promise, on SQLite. Another such program, of our own, is
measured beside us, on either engine (`tests.benchmarks.floor`).
"""

from collections.abc import Iterator, Sequence

from tests.benchmarks.journey import Results, Row

YARDSTICK = 2_752.0
PEER_RATE = {"small": 106.0, "mixed": 97.0}
FLOOR_CPU_MS = {"small": 0.61, "mixed": 2.0}
TIMES_THE_PEER, TIMES_THE_FLOOR = 4.0, 3.0
GOAL_TIMES_THE_PEER, GOAL_TIMES_THE_FLOOR = {"small": 10.0, "mixed": 5.0}, 2.0


def scale(null: float) -> float:
    """What the same work costs here, of what it cost there."""
    return YARDSTICK / null


def table(rows: Sequence[Row], results: Results, floors: Results) -> Iterator[str]:
    """Every gate as Markdown, each scaled by the yardstick beside its own runs; then the floor that was measured."""
    based = [row for row in rows if row.is_base and row in results.runs]
    yield "| gate | yardstick | bound | found | | goal |"
    yield "| --- | --- | --- | --- | --- | --- |"
    for row in based:
        null = results.null(row)
        peer, rate = PEER_RATE[row.profile] / scale(null), results.rate(row)
        passed = "passed" if rate >= TIMES_THE_PEER * peer else "missed"
        yield (
            f"| {row}: mails/s, {TIMES_THE_PEER:g} x the fastest peer's {peer:,.0f} | {null:,.0f} "
            f"| {TIMES_THE_PEER * peer:,.0f} | {rate:,.0f}, {rate / peer:.1f} x | {passed} "
            f"| {GOAL_TIMES_THE_PEER[row.profile]:g} x |"
        )
        floor, cpu = FLOOR_CPU_MS[row.profile] * scale(null), results.cpu(row)
        passed = "passed" if cpu <= TIMES_THE_FLOOR * floor else "missed"
        yield (
            f"| {row}: CPU ms a mail, {TIMES_THE_FLOOR:g} x the floor's {floor:.2f} | {null:,.0f} | "
            f"{TIMES_THE_FLOOR * floor:.2f} | {cpu:.2f}, {cpu / floor:.1f} x | {passed} | {GOAL_TIMES_THE_FLOOR:g} x |"
        )
    yield ""
    yield "| the floor, measured here | mails/s | CPU ms a mail | casegate's speed of it | casegate's CPU time of it |"
    yield "| --- | --- | --- | --- | --- |"
    for row in based:
        rate, cpu = floors.rate(row), floors.cpu(row)
        yield (f"| {row} | {rate:,.0f} | {cpu:.2f} | {results.rate(row) / rate:.2f} | {results.cpu(row) / cpu:.1f} x |")
