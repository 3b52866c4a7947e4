"""Reading mail in a process that can be killed (design.md 2; threats E-21, M14, M15).

Almost every library that reads mail has an input of a few hundred kilobytes that keeps it
busy for minutes. A thread cannot be stopped; a process can. So messages are parsed, a batch
at a time, in a worker process with a CPU limit for the batch, a wall-clock limit ten times
that, a memory limit, and no database, key or network code in it.

A batch that dies is read message by message. A message that dies alone is read once more by
its headers only. A message whose header kills the reader too is what `Unreadable` is for.
"""

import multiprocessing
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import pebble

from intake import log, parse_worker
from intake.parse_worker import Raw
from models.limits import PARSE_CPU_SECONDS, PARSE_MEMORY_BYTES, PARSE_WALL_FACTOR
from models.message import Message

_WARM_UP: Final = b"From: a@b.example\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Even the header of this message killed the reader; `why` says how."""

    why: str


class Parser:
    """One parse worker, started anew whenever it died. Not shared between threads."""

    def __init__(self) -> None:
        """Start the worker and wait until it answers, so that no message waits for imports."""
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["intake.parse_worker"])
        self._pool = pebble.ProcessPool(
            max_workers=1, context=context, initializer=parse_worker.confine, initargs=(PARSE_MEMORY_BYTES,)
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
            parse_worker.read, args=[list(raws), headers_only], timeout=PARSE_CPU_SECONDS * PARSE_WALL_FACTOR
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
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _cause_of_death(exitcode: int | None) -> str:
    if exitcode == -signal.SIGXCPU:
        return f"it took more than {PARSE_CPU_SECONDS} s of CPU time"
    name = signal.Signals(-exitcode).name if exitcode is not None and exitcode < 0 else str(exitcode)
    return f"the parse worker ended ({name})"
