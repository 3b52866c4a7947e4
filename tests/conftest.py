"""Fixtures everybody may use; those of real services come from tests.services.

A test that asks for a service that is not installed is skipped with the reason, or fails
where services are required: CI=true or CASEGATE_REQUIRE_SERVICES=1.
"""

import os
import platform
import shutil
import sqlite3
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import pytest

from tests import services
from tests.leftovers import pytest_runtest_protocol  # noqa: F401 - a hook is what has its name here
from tests.reasons import pytest_terminal_summary  # noqa: F401 - the same
from tests.services import PrivateDovecot, PrivatePostfix, PrivatePostgres

SERVICES: dict[str, type[services.PrivateService]] = {
    "postfix": PrivatePostfix,
    "dovecot": PrivateDovecot,
    "postgres": PrivatePostgres,
}
FAILED = pytest.StashKey[bool]()


def pytest_report_header() -> list[str]:
    """Which versions a report speaks of."""
    lines = [f"python {platform.python_version()}, sqlite {sqlite3.sqlite_version}"]
    return lines + [f"{name}: {service.missing() or service.version()}" for name, service in SERVICES.items()]


def require(name: str) -> None:
    """Skip the asking test when a service cannot be had here, or fail it where services are required."""
    reason = SERVICES[name].missing()
    if reason and (os.environ.get("CI") == "true" or os.environ.get("CASEGATE_REQUIRE_SERVICES") == "1"):
        pytest.fail(reason, pytrace=False)
    if reason:
        pytest.skip(reason)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show with a failed test what the services logged, and keep their directories."""
    report = yield
    if report.failed:
        item.stash[FAILED] = True
        for service in services.live:
            service.keep = True
            report.sections.append((f"{service.name} log", service.log_tail))
    return report


@pytest.fixture
def directory(request: pytest.FixtureRequest) -> Iterator[Path]:
    """A directory for one test, open to every user, short enough for Unix sockets; kept when the test failed."""
    path = services.short_directory()
    yield path
    if request.node.stash.get(FAILED, False):
        print(f"kept for a look: {path}")
    else:
        shutil.rmtree(path)


@pytest.fixture(scope="session")
def dovecot() -> Iterator[PrivateDovecot]:
    """One Dovecot for all tests; a test uses recipients of its own."""
    require("dovecot")
    service = PrivateDovecot()
    yield service.start()
    service.close()


@pytest.fixture(scope="session")
def postgres() -> Iterator[PrivatePostgres]:
    """One PostgreSQL cluster for all tests; a test asks it for a database of its own."""
    require("postgres")
    service = PrivatePostgres()
    yield service.start()
    service.close()


@pytest.fixture
def postfix() -> Iterator[Callable[[PrivatePostfix], PrivatePostfix]]:
    """Starts an instance the test describes, and closes all after it: `relay = postfix(PrivatePostfix.relay(...))`."""
    require("postfix")
    started: list[PrivatePostfix] = []

    def start(instance: PrivatePostfix) -> PrivatePostfix:
        started.append(instance)
        return instance.start()

    yield start
    for instance in started:
        instance.close()
