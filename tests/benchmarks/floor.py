"""The floor, measured in the same run: what the smallest program that keeps the promise takes here."""

import contextlib
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from tests.benchmarks import engines, floor_program
from tests.benchmarks.engines import Setting
from tests.benchmarks.feeding import feed
from tests.benchmarks.journey import Row, Run, mails_of
from tests.benchmarks.processes import cpu_ms
from tests.load import Mail, populate
from tests.services import free_port, wait_until
from tests.services.process import answers

PROGRAM = floor_program.__file__
_POLL_SECONDS = 0.1
_FIRST = 50


def run(row: Row) -> Run:
    """The same mails as the service is sent in this row; what belongs to cases is new ones here."""
    with engines.setting(row.engine) as desk:
        population = populate(desk.service.database_url)
        mails = mails_of(row, population, desk.service.intake_address)
        url = desk.service.database_url if desk.server is not None else f"{desk.service.database_url}.floor"
        if desk.server is not None:
            url = desk.server.database()
        store = floor_program.Store(url)
        store.make()
        with _programs(desk, url) as (port, processes):
            _take(store, port, mails[:_FIRST], _FIRST)
            used = processes()
            before, began = cpu_ms(used), time.perf_counter()
            _take(store, port, mails[_FIRST:], len(mails))
            return Run(
                mails=row.mails,
                seconds=time.perf_counter() - began,
                cpu=cpu_ms(used) - before,
                written=Counter(),
                memory={},
            )


def _take(store: floor_program.Store, port: int, mails: Sequence[Mail], count: int) -> None:
    feed(port, mails)
    while store.rows("SELECT count(*) FROM outbox WHERE done = 1")[0][0] < count:
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _programs(desk: Setting, url: str) -> Iterator[tuple[int, Callable[[], list[tuple[str, int]]]]]:
    port = free_port()
    told = {"door": port, "worker": 0, "submitter": desk.relay_port}
    running = {role: subprocess.Popen([sys.executable, PROGRAM, role, url, str(at)]) for role, at in told.items()}

    def processes() -> list[tuple[str, int]]:
        return [*((role, process.pid) for role, process in running.items()), *desk.of_server()]

    try:
        wait_until(lambda: answers(port, b"220"), what="the floor's door listens")
        yield port, processes
    finally:
        for process in running.values():
            process.terminate()
        for process in running.values():
            process.wait()
