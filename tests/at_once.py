"""Several works at the same moment, in threads that no failure leaves behind."""

import threading
from collections.abc import Callable
from typing import Final

AT_MOST_SECONDS: Final = 60
"""Longest that they are waited for: they take a second or two."""


def all_at_once(*works: Callable[[], object]) -> None:
    """Do each in a thread of its own, all from the same moment on; whatever one raises is raised here."""
    errors: list[BaseException] = []
    start = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            start.wait(AT_MOST_SECONDS)
            work()
        except BaseException as error:  # noqa: BLE001 - raised by who waits for it
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,), daemon=True) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(AT_MOST_SECONDS)
    assert not any(thread.is_alive() for thread in threads), "one of them waits for ever"
    if errors:
        raise errors[0]
