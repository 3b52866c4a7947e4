"""Statements, commits, flushes and octets of a mail: counted, not timed. What is counted is exact for its run."""

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks import engines, flushes, journey
from tests.benchmarks.feeding import REPLIES, feed, made
from tests.load import MIXED, SMALL, Mails, populate

OBSERVED = Path(__file__).with_name("observed.py")
_ROLES = ("smtp", "worker", "submitter")
_COUNTED = ("statements", "reads", "writes", "commits")


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one run: by role what SQLAlchemy executed, and what all processes flushed and wrote."""

    mails: int
    by_role: dict[str, dict[str, int]]
    flushes: int | None
    written: int


def measure(mails: int, directory: Path) -> Iterator[str]:
    """Rows of Markdown."""
    words = ", ".join(_COUNTED)
    yield f"| counted, a mail: {words} | {' | '.join(_ROLES)} | flushes | kB to disk |"
    yield f"| --- | {' | '.join('---' for _ in _ROLES)} | --- | --- |"
    for engine in engines.ENGINES:
        for profile in ("small", "mixed"):
            if reason := engines.missing(engine):
                yield f"| {engine}, {profile} | not run: {reason} |"
                continue
            yield _row(f"{engine}, {profile}", counted(engine, profile, mails, directory))
    if flushes.missing():
        yield ""
        yield f"Flushes are not counted: {flushes.missing()}."


def _row(name: str, found: Counts) -> str:
    each = " | ".join(
        ", ".join(f"{found.by_role[role].get(what, 0) / found.mails:.2f}" for what in _COUNTED) for role in _ROLES
    )
    flushed = "-" if found.flushes is None else f"{found.flushes / found.mails:.3f}"
    return f"| {name} | {each} | {flushed} | {found.written / found.mails / 1000:.1f} |"


def counted(engine: str, profile: str, count: int, directory: Path) -> Counts:
    """One run over 10 connections; the few statements of the start and the end are counted too."""
    os.environ["OBSERVED_DIRECTORY"] = str(directory)
    os.environ.pop("OBSERVED_PROFILE", None)
    command = (sys.executable, str(OBSERVED))
    with engines.setting(engine, workers=1, counted=not flushes.missing(), command=command) as desk:
        shape, replies = (MIXED, REPLIES) if profile == "mixed" else (SMALL, 0.0)
        source = Mails(
            populate(desk.service.database_url), desk.service.intake_address, seed=1, profile=shape, mpocs_only=True
        )
        mails = made(source, count, replies=replies)
        desk.start()
        used = journey.measured(desk, mails, count)
        desk.end()
    by_role = {role: json.loads((directory / f"{role}.json").read_text()) for role in _ROLES}
    return Counts(count, by_role, used.flushes, used.written.total())


def profile(mails: int, directory: Path) -> str:
    """Profile each role (cProfile) over small mails; where the files are."""
    os.environ["OBSERVED_DIRECTORY"] = str(directory)
    os.environ["OBSERVED_PROFILE"] = "1"
    try:
        with engines.setting("SQLite", command=(sys.executable, str(OBSERVED))) as desk:
            population = populate(desk.service.database_url)
            source = Mails(population, desk.service.intake_address, seed=1, profile=SMALL, mpocs_only=True)
            desk.start()
            feed(desk.service.smtp_port, made(source, mails))
            journey.wait_quiet(desk.service)
            desk.end()
    finally:
        os.environ.pop("OBSERVED_PROFILE", None)
    return f"Profiles by role: {directory}/*.txt, and *.profile for pstats or snakeviz."
