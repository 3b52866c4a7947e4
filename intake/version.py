"""Which casegate this is."""

from importlib.metadata import PackageNotFoundError, version
from typing import Final


def _installed() -> str:
    try:
        return version("casegate")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "0+checkout"


VERSION: Final = _installed()
