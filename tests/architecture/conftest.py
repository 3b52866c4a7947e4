"""An installation to spoil."""

from tests.cli.desk import place, pristine

__all__ = ["place", "pristine"]
