"""An installation to spoil, and one that takes directory files."""

from tests.cli.desk import place, pristine
from tests.store.directory_desk import desk, fresh

__all__ = ["desk", "fresh", "place", "pristine"]
