"""Reading mail in a process that can be killed (design 2; threats E-21, M14, M15).

Almost every library that reads mail has an input of a few hundred kilobytes that keeps it
busy for minutes. A thread cannot be stopped; a process can. So messages are parsed, a batch
at a time, in a worker process with a CPU limit for the batch, a wall-clock limit ten times
that, a memory limit, and no database, key or network code in it.

A batch that dies is read message by message. A message that dies alone is read once more by
its headers only. A message whose header kills the reader too is what `Unreadable` is for. A
worker that is killed from outside is nobody's fault: what it read is read again in full.
"""

import multiprocessing
import signal
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Final, TypeAlias

import pebble

from intake import log, parse_worker
from intake.parse_worker import Raw
from models.limits import PARSE_CPU_SECONDS, PARSE_MEMORY_BYTES, PARSE_WALL_FACTOR
from models.message import Message

_WALL_SECONDS: Final = PARSE_CPU_SECONDS * PARSE_WALL_FACTOR
_SLACK_SECONDS: Final = 30
_TRIES: Final = 2
"""How often the same messages are read in full when the worker is killed from outside."""
_WARM_UP: Final = b"From: a@b.example\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Even the header of this message killed the reader; `why` says how."""

    why: str


Reading: TypeAlias = Callable[[], list[Message | Unreadable]]
"""Messages that are being read: waits for what `Parser.read` would answer."""


class ParserGone(Exception):
    """No parse worker can be had: no message is to blame, and nothing can be read until we start anew."""


@dataclass(frozen=True, slots=True)
class _Death:
    """How a parse worker ended, and whether what it read is to blame."""

    why: str
    by_the_message: bool


_Task: TypeAlias = "pebble.ProcessFuture[list[Message]]"


class Parser:
    """One parse worker, started anew whenever it died. Not shared between threads."""

    def __init__(self, *, alive: Callable[[], None] = lambda: None) -> None:
        """Start the worker and wait until it answers, so that no message waits for imports.

        `alive` is called whenever it is asked something: a batch of bombs takes its time.
        """
        self._alive = alive
        self._pool = _started()
        if not any(self._is_well() for _ in range(_TRIES)):
            raise ParserGone("the parse worker does not start")

    def read(self, raws: Sequence[Raw]) -> list[Message | Unreadable]:
        """What each of the messages says, in order. Raises ParserGone, never anything for a message's sake."""
        return self.begin(raws)()

    def begin(self, raws: Sequence[Raw], meanwhile: Callable[[], None] = lambda: None) -> Reading:
        """Have messages read while the caller does something else; what is returned waits for `read`'s answers.

        `meanwhile` is called whenever a message must be read alone: a batch of those takes minutes.
        """
        task = self._hand_over(raws, headers_only=False)
        return lambda: self._finish(raws, task, meanwhile)

    def _finish(
        self, raws: Sequence[Raw], task: "_Task | _Death", meanwhile: Callable[[], None]
    ) -> list[Message | Unreadable]:
        for nth in range(_TRIES):
            answers = self._answers(task if nth == 0 else self._hand_over(raws, headers_only=False))
            if isinstance(answers, list):
                return [*answers]
            log.parser_killed(messages=len(raws), why=answers.why)
            if answers.by_the_message:
                break
            if not any(self._is_well() for _ in range(_TRIES)):
                raise ParserGone(answers.why)
        if len(raws) > 1:
            return [self._alone(raw, meanwhile) for raw in raws]
        answers = self._answers(self._hand_over(raws, headers_only=True))
        if isinstance(answers, list):
            return [*answers]
        log.parser_killed(messages=1, why=answers.why)
        return [Unreadable(answers.why)]

    def _alone(self, raw: Raw, meanwhile: Callable[[], None]) -> Message | Unreadable:
        meanwhile()
        return self.read([raw])[0]

    def _hand_over(self, raws: Sequence[Raw], *, headers_only: bool) -> "_Task | _Death":
        self._alive()
        if not self._pool.active:
            self._renew()
        try:
            task: _Task = self._pool.schedule(parse_worker.read, args=[list(raws), headers_only], timeout=_WALL_SECONDS)
        except RuntimeError as error:  # it had died before it was asked
            return _Death(str(error), by_the_message=False)
        return task

    def _answers(self, task: "_Task | _Death") -> "list[Message] | _Death":
        """The answers, or how the worker died."""
        if isinstance(task, _Death):
            return task
        try:
            return task.result(timeout=_WALL_SECONDS + _SLACK_SECONDS)
        except CancelledError:  # something else took too long, and all was started anew
            return _Death("the parse worker was started anew", by_the_message=False)
        except TimeoutError:  # its own limit, or nobody answers any more: both are mended by starting anew
            self._renew()
            return _Death(f"it took longer than {_WALL_SECONDS} s", by_the_message=True)
        except pebble.ProcessExpired as expired:
            return _death_by(expired.exitcode)
        except MemoryError:
            return _Death("it took too much memory", by_the_message=True)
        except (BrokenProcessPool, RuntimeError) as error:  # it had died before it was asked
            if self._pool.active:
                raise
            return _Death(str(error), by_the_message=False)

    def _is_well(self) -> bool:
        """Whether the worker reads what anybody could read."""
        warm_up = self._hand_over([Raw(_WARM_UP, bare_line_ends=False)], headers_only=False)
        return isinstance(self._answers(warm_up), list)

    def _renew(self) -> None:
        self.close()
        self._pool = _started()

    def close(self) -> None:
        """End the worker at once."""
        self._pool.stop()  # type: ignore[no-untyped-call]
        self._pool.join()


def _started() -> pebble.ProcessPool:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["intake.parse_worker"])
    return pebble.ProcessPool(
        max_workers=1, context=context, initializer=parse_worker.confine, initargs=(PARSE_MEMORY_BYTES,)
    )


def _death_by(exitcode: int | None) -> _Death:
    """What an exit code means; a plain kill came from outside, everything else from what was read."""
    if exitcode == -signal.SIGXCPU:
        return _Death(f"it took more than {PARSE_CPU_SECONDS} s of CPU time", by_the_message=True)
    name = signal.Signals(-exitcode).name if exitcode is not None and exitcode < 0 else str(exitcode)
    return _Death(f"the parse worker ended ({name})", by_the_message=name not in {"SIGKILL", "SIGTERM"})
