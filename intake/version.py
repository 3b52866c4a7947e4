"""Which casegate this is."""

from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("casegate")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+checkout"


VERSION: Final = _installed()

MADE_AT: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""Not after this version was made: a clock that is before it is wrong (threats X-36). Moved with each release."""
