"""Small disks: a tmpfs over a directory, which can be filled to the last octet and emptied again."""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

MEGABYTE = 1_048_576
_BLOCK = b"\0" * 65_536


def missing() -> str:
    """Why no small disk can be had here; "" if one can."""
    return "" if os.geteuid() == 0 and shutil.which("mount") else "a tmpfs can be mounted by root only"


class SmallDisk:
    """A directory that is a file system of its own."""

    def __init__(self, directory: Path) -> None:
        self._ballast = directory / "ballast"
        self._directory = directory

    @property
    def free(self) -> int:
        return shutil.disk_usage(self._directory).free

    def fill(self, *, but: int = 0) -> None:
        """Take all room that is left, except for so many octets."""
        with self._ballast.open("ab", buffering=0) as file, contextlib.suppress(OSError):
            while self.free > but:
                file.write(_BLOCK[: max(1, min(len(_BLOCK), self.free - but))])

    def empty(self) -> None:
        """Give it back."""
        self._ballast.unlink()

    def make_read_only(self, *, yes: bool) -> None:
        """As a kernel does that no longer trusts the disk."""
        subprocess.run(["mount", "-o", f"remount,{'ro' if yes else 'rw'}", str(self._directory)], check=True)


@contextlib.contextmanager
def small_disk(directory: Path, megabytes: int) -> Iterator[SmallDisk]:
    """Put a directory, with all that is in it, on a disk of its own; back at the end, so that it can be looked at."""
    before = directory.with_name(f"{directory.name}.before")
    directory.rename(before)
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(directory)], check=True)
    try:
        _copy(before, directory)
        shutil.rmtree(before)
        yield SmallDisk(directory)
    finally:
        aside = directory.with_name(f"{directory.name}.aside")
        aside.mkdir()
        _copy(directory, aside)
        subprocess.run(["umount", "-l", str(directory)], check=True)
        directory.rmdir()
        aside.rename(directory)


def _copy(source: Path, target: Path) -> None:
    subprocess.run(["cp", "-a", "-T", str(source), str(target)], check=True)
