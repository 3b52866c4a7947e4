"""What has to hold, scaled by this machine's yardstick: passed or missed.

The figures of peers and of the floor are of a machine on which aiosmtpd with a null handler
took 2,752 messages of 3 kB a second over 10 connections. The peer is the fastest of those that
were measured there (django-helpdesk 2.6 on PostgreSQL with two processes that stay); the floor
is the smallest program that keeps the promise.
"""

from collections.abc import Iterator, Sequence

from tests.benchmarks.journey import Results, Row

YARDSTICK = 2_752.0
PEER_RATE = {"small": 106.0, "mixed": 97.0}
FLOOR_CPU_MS = {"small": 0.61, "mixed": 2.0}
FLOOR_RATE = {"small": 2_373.0, "mixed": 705.0}
TIMES_THE_PEER, TIMES_THE_FLOOR = 4.0, 3.0
GOAL_TIMES_THE_PEER, GOAL_TIMES_THE_FLOOR = {"small": 10.0, "mixed": 5.0}, 2.0


def scale(null: float) -> float:
    """What the same work costs here, of what it cost there."""
    return YARDSTICK / null


def table(rows: Sequence[Row], results: Results, null: float) -> Iterator[str]:
    """Every gate as Markdown."""
    dearer = scale(null)
    yield f"The yardstick of this run: aiosmtpd null {null:,.0f}/s; peers and floor are scaled by {1 / dearer:.2f}."
    yield ""
    yield "| gate | bound | found | | goal |"
    yield "| --- | --- | --- | --- | --- |"
    for row in rows:
        if not row.is_base or row not in results.runs:
            continue
        peer, rate = PEER_RATE[row.profile] / dearer, results.rate(row)
        passed = "passed" if rate >= TIMES_THE_PEER * peer else "missed"
        yield (
            f"| {row}: mails/s, {TIMES_THE_PEER:g} x the fastest peer's {peer:,.0f} | {TIMES_THE_PEER * peer:,.0f} "
            f"| {rate:,.0f}, {rate / peer:.1f} x | {passed} | {GOAL_TIMES_THE_PEER[row.profile]:g} x |"
        )
        floor, cpu = FLOOR_CPU_MS[row.profile] * dearer, results.cpu(row)
        passed = "passed" if cpu <= TIMES_THE_FLOOR * floor else "missed"
        yield (
            f"| {row}: CPU ms a mail, {TIMES_THE_FLOOR:g} x the floor's {floor:.2f} | {TIMES_THE_FLOOR * floor:.2f} "
            f"| {cpu:.2f}, {cpu / floor:.1f} x | {passed} | {GOAL_TIMES_THE_FLOOR:g} x |"
        )
    yield ""
    floors = ", ".join(f"{profile} {rate / dearer:,.0f}" for profile, rate in FLOOR_RATE.items())
    yield f"The floor's own speed, scaled: {floors} mails/s on SQLite."
