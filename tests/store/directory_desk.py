"""An installation whose directory tests import into and look at, through the commands themselves."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
    """A fresh installation for example.net, and its commands."""

    def __init__(self, directory: Path, capture: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._directory = directory
        self._capture = capture
        self.configuration = initialise.make(directory, directory, "example.net")
        monkeypatch.setenv("CASEGATE_CONFIG", str(self.configuration))

    def run(self, *arguments: str) -> Answer:
        """Run a command as `casegate` does, in this process."""
        self._capture.readouterr()
        try:
            app(arguments)
            status: Any = 0
        except SystemExit as end:
            status = end.code
        except Exception as error:  # noqa: BLE001 - as intake.cli.main does
            status = exit_status_of(error)
        said = self._capture.readouterr()
        return Answer(status, said.out, said.err)

    def bring_in(self, text: str, *options: str) -> Answer:
        """Import a directory file of this text."""
        path = self._directory / "directory.toml"
        path.write_text(text, "utf-8")
        return self.run("org", "import", str(path), *options)

    def asked(self, *arguments: str) -> Any:
        """The answer of a reading command, as its JSON says it."""
        answer = self.run(*arguments, "--json")
        assert (0, "") == (answer.status, answer.errors)
        return json.loads(answer.output)

    def everything(self) -> dict[str, Any]:
        """The whole directory, as the commands list it."""
        return {noun: self.asked(noun, "list") for noun in ("org", "contact", "agent", "department")}
