"""The fixture of the fault tests: desks that are served, each for one test."""

from tests.system.conftest import MakeDesk, make_desk

__all__ = ["MakeDesk", "make_desk"]
