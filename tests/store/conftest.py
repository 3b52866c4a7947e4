"""A fresh installation for the tests of the directory."""

from tests.store.directory_desk import desk, fresh

__all__ = ["desk", "fresh"]
