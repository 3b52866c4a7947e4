"""An installation without a service: made as `casegate init` makes it, with people in its database."""

import shutil
import socket
from pathlib import Path

import pytest
import sqlalchemy as sa

from intake.cli import initialise
from models.store import tables
from models.store.database import Database

MPOC = "alice@acme.example"
AGENT = "dana@example.org"


def make(directory: Path) -> Path:
    """What `casegate init` makes, all of it in one directory; relay and admin are set so that nothing is wrong."""
    configuration = initialise.make(directory, directory, "example.net")
    text = configuration.read_text("utf-8")
    edits = {
        'relay = "smtp://127.0.0.1:25"': f'relay = "maildir:{directory}/sent"',
        f'hostname = "{socket.getfqdn()}"': 'hostname = "mx.example.net"',
        'admin = "postmaster@admin.example.net"': 'admin = "ops@example.org"',
    }
    for written, wanted in edits.items():
        assert written in text, written
        text = text.replace(written, wanted)
    configuration.write_text(text, "utf-8")
    return directory


def fill(directory: Path, *, mpoc: str = MPOC, agent: str = AGENT) -> Path:
    """Put departments, an agent and an organisation with one MPOC into the database."""
    people: list[tuple[sa.Table, dict[str, object]]] = [
        (tables.department, {"id": 1, "key": "support", "name": "Support", "address": "desk@example.org"}),
        (tables.agent, {"id": 1, "login": "dana", "name": "Dana", "address": agent, "active": 1, "on_duty": 1}),
        (tables.agent_department, {"agent_id": 1, "department_id": 1}),
        (
            tables.organisation,
            {"id": 1, "name": "Acme", "plan": "calltower-2021", "language": "en", "zone": "America/Denver"},
        ),
        (tables.contact, {"id": 1, "organisation_id": 1, "name": "Alice", "title": "", "phone": "", "active": 1}),
        (tables.contact_address, {"contact_id": 1, "address": mpoc, "organisation_id": 1, "position": 0}),
        (tables.contact_role, {"contact_id": 1, "role": "primary-mpoc"}),
    ]
    database = Database(f"sqlite:///{directory}/casegate.db")
    with database.write() as connection:
        for table, values in people:
            connection.execute(sa.insert(table).values(**values))
    database.close()
    return directory


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new installation with people in it, in one directory; never used itself."""
    return fill(make(tmp_path_factory.mktemp("pristine")))


@pytest.fixture
def place(pristine: Path, tmp_path: Path) -> Path:
    """A copy of it, whose configuration names the copy."""
    copy = Path(shutil.copytree(pristine, tmp_path / "desk"))
    configuration = copy / "casegate.toml"
    configuration.write_text(configuration.read_text("utf-8").replace(str(pristine), str(copy)), "utf-8")
    return copy
