"""The stages of a notice alone, in CPU time: worded (compose), and offered to a relay (one session after another)."""

import asyncio
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import uvloop

from models.notice import Context, Notice
from responders.compose import compose
from responders.examples import AGENT_NEW_CASE, CASE_OPENED, NOW
from responders.submission import Submits, open_submission
from tests.benchmarks.engines import sink
from tests.responses.builders import IDENTITY, a_notice, composed

ROUNDS = 7
TEXT = "\n".join(f"Line {number} says what is wrong with the phones in room {number}." for number in range(45))


def measure(notices: int) -> Iterator[str]:
    """Rows of Markdown."""
    yield f"| a notice, microseconds of CPU | median of {ROUNDS} | least |"
    yield "| --- | --- | --- |"
    owed = [a_notice_of_its_own(number) for number in range(notices)]
    yield row("worded and frozen in memory", *spent(lambda: word(owed), notices))
    with sink() as port, asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        relay = open_submission(f"smtp://127.0.0.1:{port}", helo="mx.example.net")
        yield row("offered to a relay that pipelines", *spent(lambda: runner.run(offer(relay, notices)), notices))
        runner.run(relay.close())


def row(name: str, median: float, least: float) -> str:
    return f"| {name} | {median:.0f} | {least:.0f} |"


def spent(work: Callable[[], None], notices: int) -> tuple[float, float]:
    """Median and least microseconds of CPU time a notice, this process's alone."""
    rounds = []
    for _ in range(ROUNDS + 1):
        began = time.process_time()
        work()
        rounds.append((time.process_time() - began) * 1e6 / notices)
    return statistics.median(rounds[1:]), min(rounds[1:])  # the first one fills caches


def a_notice_of_its_own(number: int) -> Notice:
    """An acknowledgement or an agent's notice in turns, seven seconds after the last."""
    now = NOW + timedelta(seconds=7 * number)
    case = f"CG-{number:06d}"
    if number % 2:
        context: Context = replace(AGENT_NEW_CASE, items=(), marks=(), text=TEXT, case_number=case, received_at=now)
    else:
        context = replace(CASE_OPENED, items=(), case_number=case, opened_at=now, received_at=now)
    return a_notice(context, message_id=f"<{number}.k7q2x4@mx.example.net>", created_at=now)


def word(owed: list[Notice]) -> None:
    for notice in owed:
        compose(notice, identity=IDENTITY)


async def offer(relay: Submits, notices: int) -> None:
    """Twenty at a time, as the submitter does."""
    raw = composed(CASE_OPENED).raw
    for first in range(0, notices, 20):
        await asyncio.gather(
            *(
                relay.submit(raw, reverse_path="", recipient=f"a{number}@mpoc.example", smtputf8=False)
                for number in range(first, min(first + 20, notices))
            )
        )
