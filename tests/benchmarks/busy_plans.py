"""The plans of every statement on a desk with 50,000 cases: what `tests/store/test_plans.py` asks with 5,000."""

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from intake.parsing import Parser
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.benchmarks import desk_day, engines
from tests.benchmarks.filled import multiply
from tests.benchmarks.plans import Asked, Plan, plans
from tests.services import PrivatePostgres
from tests.world import World

ON_REQUEST: Final = {
    "reports.operations.stats": "counts everything there is",
    "reports.cases.list_cases": "walks from the newest until there are enough",
    "reports.notices.list_outbox": "walks from the newest until there are enough",
    "reports.operations.list_events": "walks from the newest until there are enough",
    "decided.decided": "asks again everything that was decided since",
    "ahead.is_any_ahead": "at a start, the first promise to come: there are always some, and PostgreSQL meets one soon",
}
"""What is asked seldom, and what it does instead of looking something up."""


def a_day_on_a_busy_desk(directory: Path, url: str, parser: Parser, *, cases: int) -> Asked:
    """Everything that is asked on a day after years: a first day, many times over by SQL, and then another."""
    world = World(directory, parser, url=url, policy=desk_day.POLICY)
    desk_day.prepare(world)
    desk_day.work(world)
    evening, first = world.now, len(world.cases())
    world.close()
    filled = Database(url)
    multiply(filled, cases // first + 1)
    filled.close()
    world = World(directory, parser, url=url, policy=desk_day.POLICY)
    world.now = evening
    world._sent = 1_000  # other Message-IDs than those of the first day
    environment = desk_day.installed(world, directory)
    try:
        with Asked() as asked:
            desk_day.work(world)
            refused = desk_day.ask(world, environment)
    finally:
        world.close()
    if refused:
        raise RuntimeError(f"commands that could not be understood: {refused}")
    return asked


def walks(answered: Sequence[Plan]) -> list[Plan]:
    """The plans that walk a table which grows with mail, though nobody asked for all of it."""
    return [plan for plan in answered if plan.scanned and not ON_REQUEST.keys() & {*plan.statement.asked_by}]


def measure(cases: int) -> Iterator[str]:
    """A line for each engine, and one for each statement that walks what it should look up."""
    parser = Parser()
    try:
        for engine in engines.ENGINES:
            if not engines.missing(engine):
                yield from _of(engine, cases, parser)
    finally:
        parser.close()


def _of(engine: str, cases: int, parser: Parser) -> Iterator[str]:
    directory = Path(tempfile.mkdtemp(prefix="cg-"))
    server = PrivatePostgres().start() if engine == "PostgreSQL" else None
    try:
        url = f"sqlite:///{directory / 'casegate.db'}" if server is None else server.database()
        made = Database(url)
        upgrade(made)
        made.close()
        asked = a_day_on_a_busy_desk(directory, url, parser, cases=cases)
        there = Database(url)
        answered = plans(there, list(asked.statements.values()))
        there.close()
    finally:
        if server is not None:
            server.close()
        shutil.rmtree(directory)
    found = walks(answered)
    yield f"{engine}, {cases:,} cases: {len(answered)} statements, {len(found)} walk a table that grows with mail."
    yield from (f"- {plan}" for plan in found)
