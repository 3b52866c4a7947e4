"""The installations of the scenarios, to be attacked."""

from tests.scenarios.conftest import fresh_database, open_world, parser, world

__all__ = ["fresh_database", "open_world", "parser", "world"]
