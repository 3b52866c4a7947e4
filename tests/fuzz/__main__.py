"""`python -m tests.fuzz [--seconds N | --inputs N] [--seed N]`: read mutated mail, and say what came of it.

Each input is a mail of the corpus, or a sample reply, changed by chance. What raises is kept
as a file; the seed and the number of an input make it again. Ends with 1 if anything raised,
took more than the two seconds a reader has, or could not be stored.
"""

import argparse
import random
import resource
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from models.limits import PARSE_CPU_SECONDS
from models.store.inbox import MESSAGE
from parser.message import parse, parse_headers_only
from tests.fuzz.hostile_inputs import PACKED
from tests.fuzz.mutations import mutated
from tests.parsing.corpus_case import CORPUS

LARGEST = 40_000
"""Larger mails of the corpus would take the time of hundreds of others."""
STORED_ONE_IN = 20
_SAY_EVERY = 100_000


@dataclass
class Findings:
    """What came of the inputs."""

    inputs: int = 0
    raised: int = 0
    slow: int = 0
    unstorable: int = 0
    cpu_seconds: float = 0
    slowest: tuple[float, int, int] = (0, 0, 0)
    kinds: dict[str, int] = field(default_factory=dict)


def main() -> None:
    """Read until the time is up."""
    arguments = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    arguments.add_argument("--seconds", type=float, default=120, help="how long (default 120)")
    arguments.add_argument("--seed", type=int, default=1, help="where chance begins (default 1)")
    arguments.add_argument("--inputs", type=int, help="how many inputs, however long it takes")
    asked = arguments.parse_args()
    mails = [octets for path in _files() if len(octets := path.read_bytes()) <= LARGEST] + _packed()
    keep = Path(tempfile.mkdtemp(prefix="casegate-fuzz-"))
    findings = Findings()
    end = time.monotonic() + asked.seconds
    while findings.inputs < asked.inputs if asked.inputs else time.monotonic() < end:
        chance = random.Random(f"{asked.seed}/{findings.inputs}")
        _read(mutated(chance, mails), findings, keep)
        if findings.inputs % _SAY_EVERY == 0:
            print(f"{findings.inputs:,} inputs, {findings.raised} raised, {findings.slow} slow", flush=True)
    _report(findings, keep, len(mails), asked.seed)
    sys.exit(1 if findings.raised or findings.slow or findings.unstorable else 0)


def _files() -> list[Path]:
    return sorted([*CORPUS.glob("*.eml"), *CORPUS.with_name("replies").glob("*.eml")])


def _packed() -> list[bytes]:
    """Mails whose text and files are packed into others: no file of the corpus is."""
    return [hostile.make() for hostile in PACKED]


def _read(mail: bytes, findings: Findings, keep: Path) -> None:
    number = findings.inputs
    findings.inputs += 1
    before = time.process_time()
    try:
        message = parse(mail)
        if number % STORED_ONE_IN == 0:
            parse_headers_only(mail)
    except Exception as error:  # noqa: BLE001 - that nothing raises is what is asked
        findings.raised += 1
        name = f"{type(error).__name__}: {error}"[:100]
        findings.kinds[name] = findings.kinds.get(name, 0) + 1
        (keep / f"raised-{number}.eml").write_bytes(mail)
        return
    took = time.process_time() - before
    findings.cpu_seconds += took
    findings.slowest = max(findings.slowest, (took, number, len(mail)))
    if took > PARSE_CPU_SECONDS:
        findings.slow += 1
        (keep / f"slow-{number}.eml").write_bytes(mail)
    if number % STORED_ONE_IN == 0 and MESSAGE.validate_json(MESSAGE.dump_json(message)) != message:
        findings.unstorable += 1
        (keep / f"unstorable-{number}.eml").write_bytes(mail)


def _report(findings: Findings, keep: Path, mails: int, seed: int) -> None:
    took, number, size = findings.slowest
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"seed {seed}, {mails} mails to begin with")
    print(f"inputs       {findings.inputs:,}")
    print(f"raised       {findings.raised:,}")
    print(f"over {PARSE_CPU_SECONDS} s     {findings.slow:,}")
    print(f"unstorable   {findings.unstorable:,}")
    print(f"CPU          {findings.cpu_seconds / max(1, findings.inputs) * 1000:.2f} ms an input")
    print(f"slowest      {took * 1000:.0f} ms, input {number}, {size:,} octets")
    print(f"peak memory  {peak / 1024:.0f} MB")
    for kind, times in sorted(findings.kinds.items(), key=lambda one: -one[1]):
        print(f"  {times:,} x {kind}")
    if findings.raised or findings.slow or findings.unstorable:
        print(f"kept in {keep}")


if __name__ == "__main__":
    main()
