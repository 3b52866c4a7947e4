"""The fixtures of the scenarios: `world` and `desk`, small desks, and `open_world` for one of another kind."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from intake.parsing import Parser
from models.authentication import Authentication
from models.organisation import Mode
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.builders import ALICE, NETWORK_OF_RELAYS, a_policy
from tests.services import PrivatePostgres
from tests.world import AUTHSERV_ID, World

OpenWorld = Callable[..., World]
NewDatabase = Callable[[Path], str]
ON_BOTH_ENGINES = pytest.mark.parametrize("engine", ["sqlite", "postgres"], indirect=True)
"""The mark of a module whose scenarios are also played on PostgreSQL, where there is one."""
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


@pytest.fixture(scope="session")
def fresh_on_postgres(postgres: PrivatePostgres) -> str:
    """The same on PostgreSQL; its name, to be copied."""
    database = Database(postgres.database())
    upgrade(database)
    database.close()
    return str(database.url.database)


@pytest.fixture
def engine(request: pytest.FixtureRequest) -> str:
    """The database of the test's worlds: SQLite, but for modules that say ON_BOTH_ENGINES."""
    return getattr(request, "param", "sqlite")


@pytest.fixture
def new_database(request: pytest.FixtureRequest, engine: str, fresh_database: Path) -> Iterator[NewDatabase]:
    """Makes the database of an installation with this directory; its URL."""
    with ExitStack() as stack:

        def on_postgres(_directory: Path) -> str:
            cluster: PrivatePostgres = request.getfixturevalue("postgres")
            url = cluster.database(request.getfixturevalue("fresh_on_postgres"))
            stack.callback(cluster.drop, url)
            return url

        def on_sqlite(directory: Path) -> str:
            return f"sqlite:///{shutil.copy(fresh_database, directory / 'casegate.db')}"

        yield on_postgres if engine == "postgres" else on_sqlite


@pytest.fixture
def open_world(parser: Parser, new_database: NewDatabase) -> Iterator[OpenWorld]:
    """Opens installations; keywords are those of the policy. In the end each must have kept its promises."""
    worlds: list[World] = []
    with ExitStack() as stack:

        def enter(**policy: Any) -> World:
            directory = Path(tempfile.mkdtemp(prefix="cg-", dir=MEMORY))
            stack.callback(shutil.rmtree, directory)
            world = World(directory, parser, url=new_database(directory), policy=a_policy(**policy))
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


@pytest.fixture
def desk(open_world: OpenWorld) -> World:
    """A desk that believes known customers and its own relay, with an open case of Alice's that Dana has."""
    world = open_world(
        mode=Mode.ADDRESS, authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS)
    )
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    world.send()
    world.work()
    return world
