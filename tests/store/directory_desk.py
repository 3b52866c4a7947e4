"""An installation whose directory tests import into and look at, through the commands themselves."""

import json
import os
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Self

import pytest

from intake.cli import initialise
from intake.cli.commands import app
from intake.cli.errors import exit_status_of


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said, and its exit code."""

    status: int
    output: str
    errors: str


class DirectoryDesk:
    """An installation for example.net, and its commands."""

    def __init__(self, directory: Path, configuration: Path) -> None:
        self.directory = directory
        self.configuration = configuration

    @classmethod
    def made(cls, directory: Path) -> Self:
        """A fresh one."""
        return cls(directory, initialise.make(directory, directory, "example.net"))

    def copied(self, directory: Path) -> "DirectoryDesk":
        """One of the same content and its own database: far quicker to have than a fresh one."""
        text = self.configuration.read_text("utf-8").replace(
            f"{self.directory}/casegate.db", f"{directory}/casegate.db"
        )
        configuration = directory / "casegate.toml"
        configuration.write_text(text, "utf-8")
        shutil.copy(self.directory / "casegate.db", directory)
        return DirectoryDesk(directory, configuration)

    def run(self, *arguments: str) -> Answer:
        """Run a command as `casegate` does, in this process."""
        output, errors = StringIO(), StringIO()
        before = os.environ.get("CASEGATE_CONFIG")
        os.environ["CASEGATE_CONFIG"] = str(self.configuration)
        with redirect_stdout(output), redirect_stderr(errors):
            try:
                app(arguments)
                status: Any = 0
            except SystemExit as end:
                status = end.code
            except Exception as error:  # noqa: BLE001 - as intake.cli.main does
                status = exit_status_of(error)
        if before is None:
            del os.environ["CASEGATE_CONFIG"]
        else:
            os.environ["CASEGATE_CONFIG"] = before
        return Answer(status, output.getvalue(), errors.getvalue())

    def bring_in(self, text: str, *options: str) -> Answer:
        """Import a directory file of this text."""
        path = self.directory / "directory.toml"
        path.write_text(text, "utf-8")
        return self.run("org", "import", str(path), *options)

    def asked(self, *arguments: str) -> Any:
        """The answer of a reading command, as its JSON says it."""
        answer = self.run(*arguments, "--json")
        assert (answer.status, answer.errors) == (0, "")
        return json.loads(answer.output)

    def everything(self) -> dict[str, Any]:
        """The whole directory, as the commands list it."""
        return {noun: self.asked(noun, "list") for noun in ("org", "contact", "agent", "department")}


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> DirectoryDesk:
    """A fresh installation, to be copied."""
    return DirectoryDesk.made(tmp_path_factory.mktemp("fresh"))


@pytest.fixture
def desk(fresh: DirectoryDesk, tmp_path: Path) -> DirectoryDesk:
    """A fresh installation."""
    return fresh.copied(tmp_path)
