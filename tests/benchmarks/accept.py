"""The door alone: messages a second, beside aiosmtpd's null handler, fed by Postfix's smtp-source in turns."""

import contextlib
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.benchmarks import engines
from tests.benchmarks.engines import Setting
from tests.benchmarks.processes import cpu_ms
from tests.load import Installation, populate
from tests.services import free_port, wait_until
from tests.services.process import answers, find_program

NULL_HANDLER = Path(__file__).with_name("null_handler.py")


@dataclass(frozen=True, slots=True)
class Case:
    """One way of feeding."""

    octets: int
    connections: int
    messages: int

    def __str__(self) -> str:
        return f"{self.octets // 1000} kB, {self.connections} connections"


CASES = (Case(3_000, 10, 5_000), Case(3_000, 50, 5_000), Case(50_000, 10, 1_500))
YARDSTICKS = {"small": CASES[0], "mixed": CASES[2]}
"""What the null handler is fed to scale a profile by: a machine may be fast with many mails, and slow with big ones."""

_FEEDS = 3
"""A look at the null handler is the median of so many, for one alone may be a third beside the next."""


@dataclass(slots=True)
class Yardstick:
    """What aiosmtpd with a null handler took, by profile, over the whole run."""

    rates: dict[str, list[float]] = field(default_factory=lambda: {profile: [] for profile in YARDSTICKS})

    def rate(self, profile: str) -> float:
        return statistics.median(self.rates[profile])

    def look_again(self) -> dict[str, float]:
        """Feed the null handler once more: the machine may be another than a minute ago. What it takes now."""
        now: dict[str, list[float]] = {profile: [] for profile in YARDSTICKS}
        with null_handler() as port:
            feed(port, Case(3_000, 10, 500))
            for _ in range(_FEEDS):
                for profile, case in YARDSTICKS.items():
                    now[profile].append(feed(port, replace(case, messages=case.messages // _FEEDS)))
        for profile, rates in now.items():
            self.rates[profile].extend(rates)
        return {profile: statistics.median(rates) for profile, rates in now.items()}


def measure(rounds: int, yardstick: Yardstick) -> Iterator[str]:
    """Rows of Markdown; what the null handler took is added to the yardstick."""
    if find_program("smtp-source") is None:
        yield "smtp-source is not installed (make services)"
        return
    doors = [engine for engine in engines.ENGINES if not engines.missing(engine)]
    yield (
        f"| accept, messages/s | aiosmtpd null | {' | '.join(f'{engine}, durable' for engine in doors)} "
        f"| {' | '.join(f'{engine}: {what}' for what in ('ratio', 'CPU ms') for engine in doors)} |"
    )
    yield f"| --- | --- | {' | '.join('---' for _ in range(3 * len(doors)))} |"
    with contextlib.ExitStack() as stack:
        null_port = stack.enter_context(null_handler())
        desks = {engine: stack.enter_context(engines.setting(engine)) for engine in doors}
        for desk in desks.values():
            desk.service.run_roles("smtp")
            populate(desk.service.database_url, organisations=10, mpocs=10)
            desk.start()
            feed(desk.service.smtp_port, Case(3_000, 10, 500))
        feed(null_port, Case(3_000, 10, 500))
        for case in CASES:
            null, found = _in_turns(case, null_port, desks, rounds)
            for profile, its_case in YARDSTICKS.items():
                if case == its_case:
                    yardstick.rates[profile].extend(null)
            yield _row(case, null, found)


def _in_turns(
    case: Case, null_port: int, desks: dict[str, Setting], rounds: int
) -> tuple[list[float], dict[str, list[tuple[float, float]]]]:
    """What the null handler takes a second, and for each door what it takes and its CPU time a message."""
    null: list[float] = []
    found: dict[str, list[tuple[float, float]]] = {engine: [] for engine in desks}
    for _ in range(rounds):
        null.append(feed(null_port, case))
        for engine, desk in desks.items():
            before = cpu_ms(desk.processes())
            rate = feed(desk.service.smtp_port, case)
            found[engine].append((rate, (cpu_ms(desk.processes()) - before).total() / case.messages))
    return null, found


def _row(case: Case, null: list[float], found: dict[str, list[tuple[float, float]]]) -> str:
    rates = [statistics.median(rate for rate, _ in runs) for runs in found.values()]
    ratios = [
        statistics.median(rate / other for (rate, _), other in zip(runs, null, strict=True)) for runs in found.values()
    ]
    cpu = [statistics.median(cpu for _, cpu in runs) for runs in found.values()]
    cells = [
        *(f"{rate:,.0f}" for rate in rates),
        *(f"{ratio:.2f}" for ratio in ratios),
        *(f"{each:.2f}" for each in cpu),
    ]
    return f"| {case} | {statistics.median(null):,.0f} | {' | '.join(cells)} |"


def feed(port: int, case: Case) -> float:
    """Messages a second that a server takes."""
    command = [find_program("smtp-source") or "smtp-source", "-d", "-s", str(case.connections), "-l", str(case.octets)]
    envelope = ["-f", "load@elsewhere.example", "-t", f"support@{Installation.domain}", "-m", str(case.messages)]
    began = time.perf_counter()
    subprocess.run([*command, *envelope, f"127.0.0.1:{port}"], check=True, timeout=300)
    return case.messages / (time.perf_counter() - began)


@contextlib.contextmanager
def null_handler() -> Iterator[int]:
    port = free_port()
    process = subprocess.Popen([sys.executable, str(NULL_HANDLER), str(port)])
    try:
        wait_until(lambda: answers(port, b"220"), what="the null handler listens")
        yield port
    finally:
        process.terminate()
        process.wait()
