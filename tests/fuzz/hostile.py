"""`python -m tests.fuzz.hostile`: each hostile input, read as the service reads mail: outcome, CPU and memory.

The reader is the real parse worker, with its limits; its memory is counted anew for each input.
Ends with 1 where an outcome is not the one that is written down.
"""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from intake.parse_worker import Raw
from intake.parsing import Parser, Unreadable
from models.message import Message
from tests.fuzz.hostile_inputs import HOSTILE, Hostile

TICKS = os.sysconf("SC_CLK_TCK")


def main() -> None:
    """Read each, and print a table."""
    print("| row | input | octets | outcome | CPU ms | MB |\n| --- | --- | ---: | --- | ---: | ---: |")
    unlike = 0
    parser = Parser()
    for hostile in HOSTILE:
        raw = hostile.make()
        outcome, milliseconds, megabytes, as_wanted = _read(parser, hostile, raw)
        print(f"| {hostile.row} | {hostile.what} | {len(raw):,} | {outcome} | {milliseconds:.0f} | {megabytes:.0f} |")
        sys.stdout.flush()
        unlike += not as_wanted
    parser.close()
    print(f"\n{len(HOSTILE)} inputs, {unlike} with another outcome than they must have")
    sys.exit(1 if unlike else 0)


def _read(parser: Parser, hostile: Hostile, raw: bytes) -> tuple[str, float, float, bool]:
    worker = next(_workers())
    Path(f"/proc/{worker}/clear_refs").write_text("5")  # the peak of its memory begins anew
    before = _cpu(worker)
    (answer,) = parser.read([Raw(raw, bare_line_ends=False)])
    if not Path(f"/proc/{worker}").exists():
        return "the reader was killed", 0, 0, False
    took, peak = _cpu(worker) - before, _peak(worker)
    return _outcome(answer), took * 1000 / TICKS, peak / 1024, _is_as_wanted(hostile, answer)


def _outcome(answer: Message | Unreadable) -> str:
    if isinstance(answer, Unreadable):
        return f"unreadable: {answer.why}"
    said = "safe mode" if answer.safe_mode else "in full"
    return f"{said}: {answer.marks[0]}" if answer.marks else said


def _is_as_wanted(hostile: Hostile, answer: Message | Unreadable) -> bool:
    return isinstance(answer, Message) and answer.safe_mode == hostile.is_safe_mode


def _workers() -> Iterator[int]:
    """Children of our children: the forkserver's, which are the parse workers."""
    parents = {int(one.name): _parent(one) for one in Path("/proc").iterdir() if one.name.isdecimal()}
    for process, parent in parents.items():
        if parents.get(parent) == os.getpid():
            yield process


def _parent(process: Path) -> int:
    try:
        return int((process / "stat").read_text().rpartition(")")[2].split()[1])
    except OSError:  # it has ended meanwhile
        return 0


def _cpu(process: int) -> int:
    """Ticks of CPU a process has used."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _peak(process: int) -> int:
    """The most memory it has held, in kB."""
    status = Path(f"/proc/{process}/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:")))


if __name__ == "__main__":
    main()
