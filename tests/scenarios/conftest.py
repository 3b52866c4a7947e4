"""The fixtures of the scenarios: `world`, a small desk that is ready, and `open_world` for a desk of another kind."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from intake.parsing import Parser
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.builders import ALICE, a_policy
from tests.world import World

OpenWorld = Callable[..., World]
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
"""Scenarios prove no durability (tests/crash does): they need not wait for a disk."""


@pytest.fixture(scope="session")
def parser() -> Iterator[Parser]:
    """One parse process for all scenarios: a second to start, and it keeps nothing of a message."""
    parser = Parser()
    yield parser
    parser.close()


@pytest.fixture(scope="session")
def fresh_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the newest schema and nothing in it, to be copied."""
    path = tmp_path_factory.mktemp("fresh") / "casegate.db"
    database = Database(f"sqlite:///{path}")
    upgrade(database)
    database.close()
    return path


@pytest.fixture
def open_world(parser: Parser, fresh_database: Path) -> Iterator[OpenWorld]:
    """Opens installations; keywords are those of the policy. In the end each must have kept its promises."""
    worlds: list[World] = []
    with ExitStack() as stack:

        def enter(**policy: Any) -> World:
            directory = Path(tempfile.mkdtemp(prefix="cg-", dir=MEMORY))
            stack.callback(shutil.rmtree, directory)
            shutil.copy(fresh_database, directory / "casegate.db")
            world = World(directory, parser, policy=a_policy(**policy))
            stack.callback(world.close)
            worlds.append(world)
            world.add_department("support", address="agents@example.net")
            world.add_department("billing", address="accounts@example.net")
            world.add_agent("dana")
            return world

        yield enter
        assert [] == [offender for world in worlds for offender in world.offenders()]


@pytest.fixture
def world(open_world: OpenWorld) -> World:
    """A desk with one agent, Dana, and one organisation, Acme, whose MPOC Alice is believed by her address."""
    world = open_world()
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    return world
