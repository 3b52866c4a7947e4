"""Reading mail in a process that can be killed (design.md 2; threats E-21, M14, M15).

Almost every library that reads mail has an input of a few hundred kilobytes that keeps it
busy for minutes. A thread cannot be stopped; a process can. So messages are parsed, a batch
at a time, in a worker process with a CPU limit for the batch, a wall-clock limit ten times
that, a memory limit, and no database, key or network code in it.

A batch that dies is read message by message. A message that dies alone is read once more by
its headers only. A message whose header kills the reader too is what `Unreadable` is for.
"""

import contextlib
import multiprocessing
import os
import resource
import signal
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pebble

from intake import log
from intake.process import die_with_parent
from models.limits import PARSE_CPU_SECONDS, PARSE_MEMORY_BYTES, PARSE_WALL_FACTOR
from models.message import Message
from parser.message import parse, parse_headers_only

_WARM_UP: Final = b"From: a@b.example\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Raw:
    """One message to be read."""

    octets: bytes
    bare_line_ends: bool


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Even the header of this message killed the reader; `why` says how."""

    why: str


class Parser:
    """One parse worker, started anew whenever it died. Not shared between threads."""

    def __init__(self) -> None:
        """Start the worker and wait until it answers, so that no message waits for imports."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["intake.parsing"])
        self._pool = pebble.ProcessPool(
            max_workers=1, context=context, initializer=_confine, initargs=(PARSE_MEMORY_BYTES,)
        )
        self.read([Raw(_WARM_UP, bare_line_ends=False)])

    def read(self, raws: Sequence[Raw]) -> list[Message | Unreadable]:
        """What each of the messages says, in order; never raises for a message's sake."""
        answers = self._ask(raws, headers_only=False)
        if isinstance(answers, list):
            return [*answers]
        log.parser_killed(messages=len(raws), why=answers)
        if len(raws) > 1:
            return [message for raw in raws for message in self.read([raw])]
        answers = self._ask(raws, headers_only=True)
        if isinstance(answers, list):
            return [*answers]
        log.parser_killed(messages=1, why=answers)
        return [Unreadable(answers)]

    def _ask(self, raws: Sequence[Raw], *, headers_only: bool) -> list[Message] | str:
        """The answers, or why there are none."""
        task = self._pool.schedule(
            _read, args=[list(raws), headers_only], timeout=PARSE_CPU_SECONDS * PARSE_WALL_FACTOR
        )
        try:
            answers: list[Message] = task.result()
        except TimeoutError:
            return f"it took longer than {PARSE_CPU_SECONDS * PARSE_WALL_FACTOR} s"
        except pebble.ProcessExpired as expired:
            return _cause_of_death(expired.exitcode)
        except MemoryError:
            return "it took too much memory"
        return answers

    def close(self) -> None:
        """End the worker at once."""
        self._pool.stop()
        self._pool.join()


def _cause_of_death(exitcode: int | None) -> str:
    if exitcode == -signal.SIGXCPU:
        return f"it took more than {PARSE_CPU_SECONDS} s of CPU time"
    name = signal.Signals(-exitcode).name if exitcode is not None and exitcode < 0 else str(exitcode)
    return f"the parse worker ended ({name})"


# --- in the worker process -----------------------------------------------------------------


def _confine(memory: int) -> None:
    """Limits of the worker: memory, no core, an end with its parent; signals are the parent's business."""
    die_with_parent(os.getppid())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    size_now = int(_status_kilobytes("VmSize")) * 1024
    resource.setrlimit(resource.RLIMIT_AS, (size_now + memory, size_now + memory))


def _status_kilobytes(field: str) -> str:
    with open("/proc/self/status", encoding="ascii") as status:  # noqa: PTH123 - a kernel file
        return next(line.split()[1] for line in status if line.startswith(field + ":"))


def _read(raws: list[Raw], headers_only: bool) -> list[Message]:  # noqa: FBT001 - sent over a pipe by position
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
