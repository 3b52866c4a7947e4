"""From the first octet at the door to the relay's 250 for everything owed: mails a second, CPU time, statements."""

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from models.store.database import Database
from tests.benchmarks.accept import sink
from tests.benchmarks.processes import cpu_ms, written
from tests.load import MIXED, SMALL, History, Installation, Mails, Profile, populate, send
from tests.load.installation import CASEGATE

OBSERVED = Path(__file__).with_name("observed.py")
ROLES = ("smtp", "worker", "parser", "submitter", "supervisor")
_POLL_SECONDS = 0.05


def measure(small: int, mixed: int, backlog: int) -> Iterator[str]:
    """Rows of Markdown."""
    yield f"| one case and two notices a mail | mails | mails/s | CPU ms | {' | '.join(ROLES)} | kB written |"
    yield f"| --- | --- | --- | --- | {' | '.join('---' for _ in ROLES)} | --- |"
    for name, profile, count in (("small, 3.3 kB", SMALL, small), ("mixed", MIXED, mixed)):
        yield row(f"{name}, as they come", *run(profile, count))
    yield row("small, the worker after a pause", *run(SMALL, backlog, accepted_before=True))


def row(name: str, mails: int, seconds: float, cpu: Counter[str], octets: Counter[str]) -> str:
    each = " | ".join(f"{cpu[role] / mails:.2f}" for role in ROLES)
    return (
        f"| {name} | {mails} | {mails / seconds:,.0f} | {cpu.total() / mails:.2f} "
        f"| {each} | {octets.total() / mails / 1000:.0f} |"
    )


def run(
    profile: Profile, count: int, *, accepted_before: bool = False, command: Sequence[str] = (CASEGATE,)
) -> tuple[int, float, Counter[str], Counter[str]]:
    """One measurement on a new installation of 1,000 organisations; mails, seconds, CPU, octets written."""
    with sink() as relay, Installation(relay=f"smtp://127.0.0.1:{relay}") as installation:
        population = populate(installation.database_url)
        mails = Mails(population, installation.intake_address, seed=1, profile=profile, mpocs_only=True)
        history = History()
        if accepted_before:
            installation.run_by([CASEGATE])
            door_only(installation, mails, count, history)
        installation.run_by(command)
        installation.start()
        if not accepted_before:  # a first mail for everybody, so that nobody's first costs are measured
            send(installation.smtp_port, mails, count=50, history=history)
            wait_quiet(installation)
        cpu, octets, began = cpu_ms(installation), written(installation), time.perf_counter()
        if not accepted_before:
            send(installation.smtp_port, mails, count=count, connections=10, history=history)
        wait_quiet(installation)
        seconds = time.perf_counter() - began
        used = (count, seconds, cpu_ms(installation) - cpu, written(installation) - octets)
        installation.end()
        return used


def door_only(installation: Installation, mails: Mails, count: int, history: History) -> None:
    """Let the door take mails while nobody works on them."""
    installation.run_roles("smtp")
    installation.start()
    send(installation.smtp_port, mails, count=count, connections=10, history=history)
    installation.end()
    installation.run_roles()


def wait_quiet(installation: Installation) -> None:
    """Until nothing is left to be done; one connection, few looks."""
    database = Database(installation.database_url)
    try:
        while not installation.is_quiet(database):
            time.sleep(_POLL_SECONDS)
    finally:
        database.close()


def counted(mails: int, directory: Path) -> Iterator[str]:
    """Rows of Markdown: statements, commits and flushes a mail, counted; under strace, so no speed is told."""
    os.environ["OBSERVED_DIRECTORY"] = str(directory)
    os.environ.pop("OBSERVED_PROFILE", None)
    summary = directory / "flushes"
    strace = ["strace", "-D", "-f", "-qq", "-c", "-e", "trace=fdatasync,fsync", "-o", str(summary), "--"]
    run(SMALL, mails, command=[*strace, sys.executable, str(OBSERVED)])
    counts = {role: json.loads((directory / f"{role}.json").read_text()) for role in ("smtp", "worker", "submitter")}
    names = ("statements", "reads", "writes", "commits")
    yield f"| counted over {mails + 50} small mails, a mail | {' | '.join(names)} |"
    yield f"| --- | {' | '.join('---' for _ in names)} |"
    for role, of_role in counts.items():
        yield f"| {role} | {' | '.join(f'{of_role.get(name, 0) / (mails + 50):.2f}' for name in names)} |"
    flushes = sum(int(line.split()[3]) for line in summary.read_text().splitlines() if line.endswith("sync"))
    yield ""
    yield f"Flushes (fdatasync, fsync) of all processes: {flushes / (mails + 50):.2f} a mail."


def profile(mails: int, directory: Path) -> str:
    """Profile each role (cProfile) over small mails; where the files are."""
    os.environ["OBSERVED_DIRECTORY"] = str(directory)
    os.environ["OBSERVED_PROFILE"] = "1"
    run(SMALL, mails, command=[sys.executable, str(OBSERVED)])
    return f"Profiles by role: {directory}/*.txt, and *.profile for pstats or snakeviz."
