"""The installations of the scenarios, to be attacked."""

from tests.scenarios.conftest import engine, fresh_database, fresh_on_postgres, new_database, open_world, parser, world

__all__ = ["engine", "fresh_database", "fresh_on_postgres", "new_database", "open_world", "parser", "world"]
