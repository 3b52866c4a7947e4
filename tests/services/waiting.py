"""Waiting for conditions: the one place of the tests that sleeps."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

INTERVAL = 0.02
DEADLINE = 60.0
"""Seconds; generous, because a loaded machine is no failure. What is true at once costs no time.

Half of what a test may take (pyproject.toml), so that the end of a wait says what was waited for."""


def wait_until(condition: Callable[[], T], deadline: float = DEADLINE, *, what: str = "") -> T:
    """Ask until the answer is true and return it; after `deadline` seconds raise TimeoutError.

    `what` says in the error what was waited for. A condition may be asked once more after
    the deadline, so that a machine that slept is not blamed on the tested program.
    """
    end = time.monotonic() + deadline
    while True:
        late = time.monotonic() >= end
        answer = condition()
        if answer:
            return answer
        if late:
            wanted = what or getattr(condition, "__name__", "a condition")
            raise TimeoutError(f"not within {deadline:g} s: {wanted}; last answer: {answer!r}")
        time.sleep(INTERVAL)
