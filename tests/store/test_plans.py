"""No statement of the store walks a table that grows with mail; on a desk with 5,000 cases, on either engine.

The desk's day is played twice (`tests.benchmarks.desk_day`): once, to be multiplied by SQL, and
once again on what that made; every statement of the second day is asked how it would be answered.
"""

import ast
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.parsing import Parser
from models import store
from models.store.database import Database
from models.store.upgrade import upgrade
from tests.benchmarks.busy_plans import a_day_on_a_busy_desk, walks
from tests.benchmarks.plans import plans
from tests.services import PrivatePostgres

CASES = 5_000
NOT_ASKED = (
    "directory", "directory_reading", "directory_reports", "exceptions",  # tables that do not grow with mail
    "imap_comparison", "imap_ledger.status",  # `imap reconcile` and `imap status` look at everything
    "backup", "database", "upgrade", "schema", "verify", "reports.operations.all_cases",
    "claims.renew", "inbox.release", "inbox.postpone", "inbox.still_ours", "outbox.park", "outbox.release",
    "obligations.postpone", "obligations.release", "obligations.free_interrupted",  # by key or by token
    "threads.take_in_hand",  # on PostgreSQL alone
    "held.was_admitted", "admission._last",
)  # fmt: skip
"""Modules and functions that the day does not come to."""


@pytest.fixture(scope="module")
def parser() -> Iterator[Parser]:
    """The parse process of both days."""
    parser = Parser()
    yield parser
    parser.close()


@pytest.fixture(params=["sqlite", "postgres"])
def database(request: pytest.FixtureRequest) -> Iterator[tuple[Path, str]]:
    """A directory, and an empty database."""
    directory = Path(tempfile.mkdtemp(prefix="cg-", dir="/dev/shm" if Path("/dev/shm").is_dir() else None))
    cluster: PrivatePostgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    url = f"sqlite:///{directory / 'casegate.db'}" if cluster is None else cluster.database()
    made = Database(url)
    upgrade(made)
    made.close()
    yield directory, url
    if cluster is not None:
        cluster.drop(url)
    shutil.rmtree(directory)


@pytest.mark.timeout(300)
def test_nothing_that_grows_is_walked(database: tuple[Path, str], parser: Parser) -> None:
    """The one thing that makes a desk slow after years; and no function of the store is left out."""
    directory, url = database
    asked = a_day_on_a_busy_desk(directory, url, parser, cases=CASES)
    there = Database(url)
    answered = plans(there, list(asked.statements.values()))
    there.close()

    assert 150 < len(answered)
    assert [] == [str(plan) for plan in walks(answered)]
    assert "" == ", ".join(sorted(functions_that_ask() - asked.functions)), "ask them in desk_day, or say why not here"


def functions_that_ask() -> set[str]:
    """Every function of the store that executes something, but for those that are not asked here."""
    root = Path(store.__file__).parent
    found: set[str] = set()
    for path in root.rglob("*.py"):
        module = str(path.relative_to(root).with_suffix("")).replace("/", ".")
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef) and _executes(node):
                found.add(f"{module}.{node.name}")
    return {
        name
        for name in found
        if not name.startswith(("migrations.", "tables."))
        and name not in NOT_ASKED
        and name.rpartition(".")[0] not in NOT_ASKED
    }


def _executes(function: ast.FunctionDef) -> bool:
    words = {"execute", "scalar", "scalars"}
    return any(isinstance(node, ast.Attribute) and node.attr in words for node in ast.walk(function))
