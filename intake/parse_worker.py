"""The inside of the parse worker: limits, then reading. It imports readers of mail and nothing else."""

import contextlib
import os
import resource
import signal
from collections.abc import Iterator
from dataclasses import dataclass

from intake.process import die_with_parent, keep_freed_memory
from models.limits import PARSE_CPU_SECONDS
from models.message import Message
from parser.message import parse, parse_headers_only


@dataclass(frozen=True, slots=True)
class Raw:
    """One message to be read."""

    octets: bytes
    bare_line_ends: bool


def confine(memory: int) -> None:
    """Limits of the worker: memory, no core, an end with its parent; signals are the parent's business."""
    die_with_parent(os.getppid())
    keep_freed_memory()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size_now = int(_status_kilobytes("VmSize")) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size_now + memory, size_now + memory))


def _status_kilobytes(field: str) -> str:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a kernel file
        return next(line.split()[1] for line in status if line.startswith(field + ":"))


def read(raws: list[Raw], headers_only: bool) -> list[Message]:  # noqa: FBT001 - sent over a pipe by position
    with _cpu_limit():
        if headers_only:
            return [parse_headers_only(raw.octets) for raw in raws]
        return [_read_one(raw) for raw in raws]


def _read_one(raw: Raw) -> Message:
    """Our own reader is total; a library's surprise in it costs the message its full reading, no more."""
    try:
        return parse(raw.octets, bare_line_ends=raw.bare_line_ends)
    except Exception:  # noqa: BLE001 - any exception of any library below: safe mode, marked as such
        return parse_headers_only(raw.octets)


@contextlib.contextmanager
def _cpu_limit() -> Iterator[None]:
    """At most PARSE_CPU_SECONDS from here on; SIGXCPU ends the process then."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + PARSE_CPU_SECONDS + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (limit, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_CPU, (hard, hard))
