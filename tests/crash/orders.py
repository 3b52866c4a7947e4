"""Orders to a service whose program is `mains/ends_at_commit.py`: end, or stop, at that COMMIT."""

import json
import signal
import sys
from pathlib import Path

from tests.crash.mains import __file__ as mains

SIDES = ("before", "after")


def with_limits(**limits: float) -> list[str]:
    """A program like `casegate` with other limits than models/limits.py says."""
    return ["env", f"TEST_LIMITS={json.dumps(limits)}", sys.executable, _program("with_limits")]


def _program(name: str) -> str:
    return str(Path(mains).with_name(f"{name}.py"))


class Orders:
    """One order at a time; each is carried out by one process, once."""

    def __init__(self, directory: Path) -> None:
        directory.mkdir(exist_ok=True)
        self._directory = directory

    def command(self) -> list[str]:
        """What stands where `casegate` does."""
        return [*self.told(), sys.executable, _program("ends_at_commit")]

    def told(self) -> list[str]:
        """What goes before a program that is to hear the orders."""
        return ["env", f"TEST_ORDERS={self._directory}"]

    def sites(self) -> list[str]:
        """Every place that has committed so far."""
        noted = self._directory / "sites"
        return sorted(set(noted.read_text().splitlines())) if noted.exists() else []

    def give(self, site: str, side: str, *, passing: int = 0, number: signal.Signals = signal.SIGKILL) -> None:
        """Have whoever commits there get a signal, after so many commits that pass; forgets an earlier order."""
        (self._directory / "taken").unlink(missing_ok=True)
        fresh = self._directory / "fresh"
        fresh.write_text(json.dumps({"site": site, "side": side, "passing": passing, "signal": number}))
        fresh.rename(self._directory / "order")

    def is_obeyed(self) -> bool:
        """Whether the order was carried out."""
        return (self._directory / "taken").exists()

    def withdraw(self) -> bool:
        """Take the order back; False when somebody had taken it."""
        try:
            (self._directory / "order").unlink()
        except FileNotFoundError:
            return False
        return True
