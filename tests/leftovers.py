"""What a failed test left open is closed with it: found some tests later, it would fail one that is not to blame."""

import gc
import sys
import warnings
from collections.abc import Generator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """After a failure: nothing holds its frames any more, and that they held something open is no second one."""
    before = item.session.testsfailed
    done = yield
    if item.session.testsfailed > before:
        for name in ("last_exc", "last_type", "last_value", "last_traceback"):
            if hasattr(sys, name):
                delattr(sys, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)
            gc.collect()
    return done
