"""A database on a network file system is refused: neither locks nor flushes can be trusted there (threats X-12)."""

import subprocess
from pathlib import Path

import pytest

from tests.faults.conftest import MakeDesk
from tests.faults.disks import missing
from tests.load.installation import CASEGATE

pytestmark = pytest.mark.skipif(missing() != "", reason=missing())

_PRETENDING = 'mount --bind "$1" /proc/$$/mountinfo && shift && exec "$@"'
"""A process that is told by the kernel what stands in a file: which file systems there are."""


@pytest.mark.parametrize(("kind", "words"), [("nfs4", ["serve"]), ("fuse.sshfs", ["case", "list"])])
def test_x12_a_database_on_a_network_file_system_is_refused(
    make_desk: MakeDesk, tmp_path: Path, kind: str, words: list[str]
) -> None:
    """By the service and by every command, with the place, the kind and what to do."""
    desk = make_desk()
    told = tmp_path / "mountinfo"
    told.write_text(
        "21 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"40 21 0:40 / {desk.directory} rw,relatime - {kind} server.example:/export rw\n"
    )
    command = ["unshare", "--mount", "sh", "-c", _PRETENDING, "sh", str(told), CASEGATE, *words]
    command += ["--config", str(desk.configuration)]

    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)

    assert 78 == done.returncode
    assert f"lies on {desk.directory}, a network file system ({kind})" in done.stderr
    assert "use a local disk or PostgreSQL" in done.stderr
