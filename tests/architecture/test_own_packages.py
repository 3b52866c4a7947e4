"""Four common names: a foreign package in the place of one of ours is noticed before it is used."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.load.installation import CASEGATE


def run_with_foreign(package: str, directory: Path, text: str = "") -> "subprocess.CompletedProcess[str]":
    """`casegate --help` with another distribution's package earlier on the path."""
    place = directory / package
    place.mkdir()
    (place / "__init__.py").write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(directory)}
    return subprocess.run([CASEGATE, "--help"], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("package", ["models", "parser", "responders"])
def test_a_foreign_package_stops_the_start(package: str, tmp_path: Path) -> None:
    """One line says which package is whose and what to do; nothing of it has been imported."""
    done = run_with_foreign(package, tmp_path, "raise SystemExit('a foreign package was imported')")

    foreign = tmp_path / package / "__init__.py"
    expected = (
        f"casegate: the package {package!r} at {foreign} is not casegate's: another distribution of that name is "
        "installed in the same environment; install casegate in an environment of its own\n"
    )
    assert (1, "", expected) == (done.returncode, done.stdout, done.stderr)


def test_a_foreign_intake_stops_the_start(tmp_path: Path) -> None:
    """The package the command itself lives in: there is no casegate to speak, but nothing runs either."""
    done = run_with_foreign("intake", tmp_path)

    assert (1, "") == (done.returncode, done.stdout)
    assert "'intake.cli'" in done.stderr.splitlines()[-1]
