"""Each station of the journey alone: CPU time of one process over full batches, without the database's server.

The budgets are of the same machine as the yardstick's figure; they are scaled by this run's.
"""

import os
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, TypeVar

from intake import journey, log
from intake.clock import system_clock
from intake.parsing import Parser
from intake.wake import Bell
from intake.worker import Worker
from models.limits import BATCH_MESSAGES
from models.store import outbox
from models.store.claims import Lease
from models.store.database import Database
from models.store.outbox import Ended
from tests.benchmarks import engines
from tests.benchmarks.backlog import accepted
from tests.builders import a_policy
from tests.load import SMALL, Mails, populate

BUDGET_MS = {"accept": 0.40, "examine": 0.35, "settle": 0.30, "compose": 0.15, "submit": 0.20}
"""What a small mail may cost at each station."""
T = TypeVar("T")


def measure(mails: int, scale: float) -> Iterator[str]:
    """Rows of Markdown; `scale` is what this machine costs of the one the budgets are of."""
    stations = ("accept", "examine", "claim and settle", "compose", "submit")
    yield f"| a small mail at each station, CPU ms of our process | {' | '.join(stations)} |"
    yield f"| --- | {' | '.join('---' for _ in stations)} |"
    yield f"| budget, scaled | {' | '.join(f'{budget * scale:.2f}' for budget in BUDGET_MS.values())} |"
    for engine in engines.ENGINES:
        if reason := engines.missing(engine):
            yield f"| {engine} | not run: {reason} |"
            continue
        spent = stations_of(engine, mails)
        yield f"| {engine} | {' | '.join(f'{spent[one] / mails:.2f}' for one in stations)} |"
    yield ""
    yield (
        "Accept is the statements of the door alone (the session is in the table before); examine what the worker "
        "waits for and stores, not the parser's own time; submit the statements of the submitter alone."
    )


def stations_of(engine: str, mails: int) -> Counter[str]:
    """Milliseconds of CPU time that so many small mails cost at each station."""
    spent: Counter[str] = Counter()
    with engines.setting(engine) as desk, logging_to_nobody():
        people = populate(desk.service.database_url)
        source = Mails(people, desk.service.intake_address, seed=1, profile=SMALL, mpocs_only=True)
        database, parser, bell = Database(desk.service.database_url), Parser(), Bell(desk.service.state)
        worker = Worker(database, a_policy(), parser, clock=system_clock, bell=bell)
        try:
            accepted(desk, source, BATCH_MESSAGES)
            while worker.step():  # nobody's first costs are measured
                pass
            with clocked(spent, "accept"):
                spent["accept"] -= accepted(desk, source, mails)
            with (
                timed(journey, "examine", spent, "examine"),
                timed(Worker, "_word", spent, "compose"),
                clocked(spent, "claim and settle"),
            ):
                while worker.step():
                    pass
            spent["claim and settle"] -= spent["examine"] + spent["compose"]
            with clocked(spent, "submit"):
                offer(database)
        finally:
            parser.close()
            bell.close()
            database.close()
    return spent


@contextmanager
def logging_to_nobody() -> Iterator[None]:
    """The lines of a service are made, and written to where nobody reads them."""
    with Path(os.devnull).open("w") as nobody, redirect_stderr(nobody):
        log.configure(role="worker")
        yield
    log.configure(role="benchmarks", level="error")


@contextmanager
def clocked(spent: Counter[str], station: str) -> Iterator[None]:
    """Add the CPU time of the block, in milliseconds."""
    began = time.process_time()
    yield
    spent[station] += (time.process_time() - began) * 1000  # type: ignore[assignment]


@contextmanager
def timed(owner: Any, name: str, spent: Counter[str], station: str) -> Iterator[None]:
    """Time every call of one function meanwhile."""
    whole: Callable[..., T] = getattr(owner, name)

    def watched(*arguments: Any) -> Any:
        with clocked(spent, station):
            return whole(*arguments)

    setattr(owner, name, watched)
    try:
        yield
    finally:
        setattr(owner, name, whole)


def offer(database: Database) -> None:
    """Take every notice and say that the relay has taken it, twenty at a time."""
    lease, taken = Lease("bench:1:1", "t"), [True]
    ended: list[Ended] = []
    while taken or ended:
        now = system_clock()
        with database.write() as connection:
            outbox.record_attempts(connection, lease, ended, now)
            ready = outbox.claim_ready(connection, lease, now, most=20)
        taken = [True] * bool(ready)
        ended = [
            Ended(
                outbox_id=one.outbox_id,
                number=one.attempts + 1,
                outcome="submitted",
                reply="250 2.0.0 Ok",
                state="submitted",
                not_before=now,
            )
            for one in ready
        ]
