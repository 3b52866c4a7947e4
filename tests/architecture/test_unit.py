"""The systemd unit: understood by systemd, and as closed as it can be."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.architecture.sources import ROOT
from tests.load.installation import CASEGATE

UNIT = ROOT / "systemd" / "casegate.service"
MOST_EXPOSED = 1.5

pytestmark = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, with the casegate of these tests in it: systemd looks whether it is there."""
    path = tmp_path / UNIT.name
    path.write_text(UNIT.read_text("utf-8").replace("/usr/local/bin/casegate", CASEGATE))
    return path


def analyze(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(["systemd-analyze", *arguments], capture_output=True, text=True, check=False)


def test_systemd_understands_the_unit(unit: Path) -> None:
    """No unknown key, no wrong value."""
    done = analyze("verify", "--man=no", str(unit))

    assert [] == [line for line in done.stderr.splitlines() if unit.name in line]


def test_the_unit_is_closed(unit: Path) -> None:
    """`systemd-analyze security` finds little to complain of."""
    done = analyze("security", "--offline=yes", f"--threshold={int(MOST_EXPOSED * 10)}", "--no-pager", str(unit))

    assert (0, "") == (done.returncode, "" if done.returncode == 0 else done.stdout[-3000:] + done.stderr)


def test_systemd_never_gives_the_service_up(unit: Path) -> None:
    """However often it ends, and however soon: no "start request repeated too quickly" (threats X-15)."""
    lines = unit.read_text("utf-8").splitlines()

    assert "StartLimitIntervalSec=0" in lines[lines.index("[Unit]") : lines.index("[Service]")]
    assert {"Restart=on-failure", "RestartSec=2"} <= set(lines[lines.index("[Service]") :])
