"""Kills the parts of a running service at random, and is its service manager at the same time."""

import random
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from intake.clock import system_clock
from tests.load import Installation
from tests.load.installation import TARGETS
from tests.services import wait_until

UNCLEAN: Final = frozenset({"supervisor", "group", "submitter"})
"""Kills that end the submitter at once; after any other it is asked to end and finishes its offers."""
_LONGEST_LIFE: Final = 2.5
_AT_START: Final = 5
"""Every fifth kill does not wait until the service is ready."""
_START_SECONDS: Final = 4.0


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: of what, when, and what it took to be back."""

    target: str
    at: datetime
    at_start: bool
    down_seconds: float | None
    """From the kill to the end of the last process; None where the service goes on."""


class Nemesis:
    """Strikes a number of times. The installation runs before and after."""

    def __init__(self, installation: Installation, *, seed: int) -> None:
        self._installation = installation
        self._random = random.Random(seed)
        self.kills: list[Kill] = []
        self.start_seconds: list[float] = []
        self.given_up = 0
        """How often the service ended because its parse worker was killed before it was ready."""

    def strike(self, times: int) -> None:
        """Kill `times` times; every target about equally often, in no order."""
        targets = [TARGETS[number % len(TARGETS)] for number in range(times)]
        self._random.shuffle(targets)
        self._start()
        for number, target in enumerate(targets, 1):
            at_start = number % _AT_START == 0
            if at_start:
                self._end()
                self._installation.launch()
            _let_pass(self._random.uniform(0, _START_SECONDS if at_start else _LONGEST_LIFE))
            self._kill(target, at_start=at_start)
        self._end()
        self._start()

    def _kill(self, target: str, *, at_start: bool) -> None:
        """Kill it as soon as it is there, and start the service again."""
        wait_until(lambda: self._is_struck(target), what=f"{target} is there to be killed")
        at, began = system_clock(), time.monotonic()
        if target == "parser":
            self.kills.append(Kill(target, at, at_start, None))
            return
        self._installation.wait_ended()
        self.kills.append(Kill(target, at, at_start, time.monotonic() - began))
        self._start()

    def _is_struck(self, target: str) -> bool:
        if not self._installation.is_running:
            self._end()
            self._start()
        return self._installation.strike(target)

    def _end(self) -> None:
        """End it as asked; that it has ended already, only a kill of its parse worker excuses."""
        if self._installation.end() != 0:
            assert self.kills[-1].target == "parser", "the service ended though nothing was killed"
            self.given_up += 1

    def _start(self) -> None:
        began = time.monotonic()
        self._installation.start()
        self.start_seconds.append(time.monotonic() - began)

    @property
    def unclean(self) -> list[datetime]:
        """When the submitter could not finish what it was doing."""
        return [kill.at for kill in self.kills if kill.target in UNCLEAN]

    def figures(self) -> Iterator[tuple[str, str]]:
        """What was done, in words and numbers."""
        by_target = Counter(kill.target for kill in self.kills)
        yield "kills", f"{len(self.kills)} ({', '.join(f'{target} {by_target[target]}' for target in TARGETS)})"
        yield "of them while it started", str(sum(kill.at_start for kill in self.kills))
        yield "ends of the service by a kill of its parse worker", str(self.given_up)
        down = [kill.down_seconds for kill in self.kills if kill.down_seconds is not None]
        yield "seconds from a kill to the end of all, median and most", _spread(down)
        yield "seconds from a start to ready, median and most", _spread(self.start_seconds)


def _spread(seconds: list[float]) -> str:
    return f"{sorted(seconds)[len(seconds) // 2]:.1f}, {max(seconds):.1f}" if seconds else "-"


def _let_pass(seconds: float) -> None:
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 5, what="time passes")
