"""The door alone: messages a second, beside aiosmtpd's null handler, fed by Postfix's smtp-source in turns."""

import contextlib
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.processes import cpu_ms
from tests.load import Installation, populate
from tests.services import free_port, wait_until
from tests.services.process import answers, as_user, find_program

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


def measure(rounds: int) -> Iterator[str]:
    """Rows of Markdown."""
    if find_program("smtp-source") is None:
        yield "smtp-source is not installed (make services)"
        return
    yield "| accept, messages/s | aiosmtpd null | casegate, durable | ratio | CPU ms a message |"
    yield "| --- | --- | --- | --- | --- |"
    with null_handler() as null_port, Installation(roles=["smtp"], settings={"service.log_level": "info"}) as door:
        populate(door.database_url, organisations=10, mpocs=10)
        door.start()
        feed(door.smtp_port, Case(3_000, 10, 500))
        feed(null_port, Case(3_000, 10, 500))
        for case in CASES:
            null, ours, cpu = [], [], []
            for _ in range(rounds):
                null.append(feed(null_port, case))
                before = cpu_ms(door)
                ours.append(feed(door.smtp_port, case))
                cpu.append((cpu_ms(door) - before)["smtp"] / case.messages)
            ratio = statistics.median(own / other for own, other in zip(ours, null, strict=True))
            yield (
                f"| {case} | {statistics.median(null):,.0f} | {statistics.median(ours):,.0f} "
                f"| {ratio:.2f} | {statistics.median(cpu):.2f} |"
            )


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


@contextlib.contextmanager
def sink() -> Iterator[int]:
    """A relay that takes everything at once: Postfix's smtp-sink."""
    port = free_port()
    program = find_program("smtp-sink")
    if program is None:
        raise FileNotFoundError("smtp-sink is not installed (make services)")
    process = subprocess.Popen([*as_user("nobody", signal.SIGTERM), program, f"127.0.0.1:{port}", "100"])
    try:
        wait_until(lambda: answers(port, b"220"), what="the sink listens")
        yield port
    finally:
        process.terminate()
        process.wait()
