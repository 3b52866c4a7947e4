"""Kills the parts of a running service, at random or at a COMMIT, and is its service manager at the same time."""

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Final

from intake.clock import system_clock
from tests.crash.hands import INGEST, Pipe, let_time_pass
from tests.crash.orders import SIDES, Orders
from tests.load import Installation
from tests.load.installation import TARGETS
from tests.services import wait_until

UNCLEAN: Final = ("supervisor", "group", "submitter")
"""Kills that end the submitter at once; after any other it is asked to end and finishes its offers."""
_LONGEST_LIFE: Final = 2.5
_AT_START: Final = 3
"""Every third kill at random does not wait until the service is ready."""
_START_SECONDS: Final = 4.0
_MOST_PASSING: Final = 20
"""Commits at a place that may pass before one is the last."""
_MET_SECONDS: Final = 20.0
"""How long an order waits for somebody to come by."""
_END_SECONDS: Final = 100.0
_PIPED: Final = 10
_UNMET_COUNTS: Final = 3
"""A commit that is seldom come by is looked for less often than the others."""


@dataclass(frozen=True, slots=True)
class Kill:
    """One SIGKILL: of what, when, and what it took to be back."""

    target: str
    at: datetime
    at_start: bool = False
    at_commit: bool = False
    gone_at: datetime | None = None
    """When the last process had ended: a supervisor's go on until it is gone. None: the service goes on."""


class Nemesis:
    """Strikes a number of times. The installation runs before and after."""

    def __init__(
        self,
        installation: Installation,
        *,
        seed: int,
        orders: Orders | None = None,
        pipe: Pipe | None = None,
    ) -> None:
        """With `orders`, half of the kills are at a COMMIT; with a `pipe`, every tenth of those is a command's."""
        self._installation = installation
        self._random = random.Random(seed)
        self._orders = orders
        self._pipe = pipe
        self.kills: list[Kill] = []
        self.start_seconds: list[float] = []
        self.given_up = 0
        """How often the service ended because its parse worker was killed before it was ready."""
        self.struck: Counter[tuple[str, str]] = Counter()
        """How often it was killed at each commit, by the place and the side of it."""
        self.unmet: Counter[tuple[str, str]] = Counter()
        """Orders that nobody came by in time."""

    def strike(self, times: int) -> None:
        """Kill `times` times; every target and every commit about equally often, in no order."""
        at_commit = times // 2 if self._orders is not None else 0
        piped = at_commit // _PIPED if self._pipe is not None else 0
        targets = [TARGETS[number % len(TARGETS)] for number in range(times - at_commit)]
        targets += ["commit"] * (at_commit - piped) + ["pipe"] * piped
        self._random.shuffle(targets)
        self._start()
        for number, target in enumerate(targets, 1):
            if target == "commit":
                self._kill_at_a_commit()
            elif target == "pipe":
                self._kill_a_command()
            else:
                self._kill_at_random(target, at_start=number % _AT_START == 0)
        self._start()

    # --- at random -------------------------------------------------------------------------------

    def _kill_at_random(self, target: str, *, at_start: bool) -> None:
        at_start = at_start and not self._is_running()
        if at_start:
            self._installation.launch()
        else:
            self._start()
        let_pass(self._random.uniform(0, _START_SECONDS if at_start else _LONGEST_LIFE))
        wait_until(lambda: self._is_struck(target), _END_SECONDS, what=f"{target} is there to be killed")
        if target == "parser":
            self.kills.append(Kill(target, system_clock(), at_start=at_start))
        else:
            self._down(target, at_start=at_start)

    def _is_struck(self, target: str) -> bool:
        if not self._is_running():
            self._start()
        return self._installation.strike(target)

    # --- at a commit -----------------------------------------------------------------------------

    def _kill_at_a_commit(self) -> None:
        """Have it end at one of the commits that it was killed at least often."""
        assert self._orders is not None, "only then it is asked for"
        while True:
            site, side = self._next_commit(self._orders)
            if "scheduler" in site:
                let_time_pass(self._installation)
            if self._ends_at(self._orders, site, side):
                break
            self.unmet[site, side] += 1
        self.struck[site, side] += 1

    def _next_commit(self, orders: Orders) -> tuple[str, str]:
        wait_until(orders.sites, what="something commits")
        possible = [(site, side) for site in orders.sites() for side in SIDES]
        self._random.shuffle(possible)
        return min(possible, key=lambda one: self.struck[one] + _UNMET_COUNTS * self.unmet[one])

    def _ends_at(self, orders: Orders, site: str, side: str) -> bool:
        """Whether somebody came by in time and ended there; then the service has ended."""
        passing = 0 if site.endswith("free_interrupted") else self._random.randrange(_MOST_PASSING)
        if site.endswith("free_interrupted") and self._is_running():
            self._end()  # at a start alone
        orders.give(site, side, passing=passing)
        if not self._is_running():
            self._installation.launch()
        if not _within(_MET_SECONDS, orders.is_obeyed) and orders.withdraw():
            return False
        self._down(site, at_commit=True)
        return True

    def _kill_a_command(self) -> None:
        assert self._pipe is not None, "only then it is asked for"
        site = (INGEST, SIDES[self.struck.total() % 2])
        self._pipe.kill(site[1])
        self.struck[site] += 1
        self.kills.append(Kill("pipe", system_clock(), at_commit=True))

    # --- the service manager ---------------------------------------------------------------------

    def _is_running(self) -> bool:
        """Whether it runs; that it has ended by itself, only a kill of its parse worker excuses."""
        if self._installation.was_started and not self._installation.is_running:
            self._end()
        return self._installation.is_running

    def _end(self) -> None:
        """End it as asked."""
        if self._installation.end() != 0:
            assert self._was_parser_killed(), "the service ended though nothing was killed"
            self.given_up += 1

    def _was_parser_killed(self) -> bool:
        """Whether the parse worker was killed since something else that ended the service."""
        since = takewhile(lambda kill: kill.gone_at is None, reversed(self.kills))
        return any(kill.target == "parser" for kill in since)

    def _down(self, target: str, *, at_start: bool = False, at_commit: bool = False) -> None:
        """It was killed: note it, and wait until nothing of it is left."""
        at = system_clock()
        self._installation.wait_ended(_END_SECONDS)
        self.kills.append(Kill(target, at, at_start=at_start, at_commit=at_commit, gone_at=system_clock()))

    def _start(self) -> None:
        """Have it run, and ready."""
        if self._is_running():
            self._installation.wait_ready(_END_SECONDS)
            return
        began = time.monotonic()
        self._installation.launch()
        self._installation.wait_ready(_END_SECONDS)
        self.start_seconds.append(time.monotonic() - began)

    # --- what was done -----------------------------------------------------------------------------

    @property
    def unclean(self) -> list[tuple[datetime, datetime]]:
        """When the submitter could not finish what it was doing: from the kill until nothing was left."""
        return [(kill.at, kill.gone_at or kill.at) for kill in self.kills if kill.target.startswith(UNCLEAN)]

    def figures(self) -> Iterator[tuple[str, str]]:
        """What was done, in words and numbers."""
        by_target = Counter(kill.target for kill in self.kills)
        yield "kills", f"{len(self.kills)} ({', '.join(f'{target} {by_target[target]}' for target in TARGETS)})"
        yield "of them while it started", str(sum(kill.at_start for kill in self.kills))
        yield "of them at a commit", str(sum(kill.at_commit for kill in self.kills))
        for site in sorted({site for site, _ in [*self.struck, *self.unmet]}):
            words = [f"{side} {self.struck[site, side]}" for side in SIDES]
            unmet = sum(self.unmet[site, side] for side in SIDES)
            yield f"at {site}", ", ".join(words) + (f", not met {unmet}" if unmet else "")
        yield "ends of the service by a kill of its parse worker", str(self.given_up)
        down = [(kill.gone_at - kill.at).total_seconds() for kill in self.kills if kill.gone_at is not None]
        yield "seconds from a kill to the end of all, median and most", _spread(down)
        yield "seconds from a start to ready, median and most", _spread(self.start_seconds)


def _spread(seconds: list[float]) -> str:
    return f"{sorted(seconds)[len(seconds) // 2]:.1f}, {max(seconds):.1f}" if seconds else "-"


def _within(seconds: float, condition: Callable[[], bool]) -> bool:
    try:
        return wait_until(condition, seconds)
    except TimeoutError:
        return False


def let_pass(seconds: float) -> None:
    """Time passes."""
    end = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() >= end, seconds + 5, what="time passes")
