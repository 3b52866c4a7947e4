"""Flushes that are counted, and slower ones: a library between a program and its fsync, made by the C compiler here."""

import struct
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.services.process import find_program

_SOURCE = Path(__file__).with_suffix(".c")
_COUNT = struct.Struct("<Q")


def missing() -> str:
    """Why flushes can be neither counted nor slowed down here; "" if they can."""
    return "" if find_program("cc") else "there is no C compiler here (cc)"


@dataclass(frozen=True, slots=True)
class Flushes:
    """What goes before a command to count its flushes, and those of all it starts."""

    library: Path
    counted_in: Path
    slower_us: int

    @property
    def prefix(self) -> list[str]:
        return [
            "env",
            f"LD_PRELOAD={self.library}",
            f"FLUSH_COUNT={self.counted_in}",
            f"FLUSH_DELAY_US={self.slower_us}",
        ]

    @property
    def count(self) -> int:
        """How many there were so far."""
        (counted,) = _COUNT.unpack(self.counted_in.read_bytes())
        return int(counted)


def watched(directory: Path, *, slower_us: int = 0) -> Flushes:
    """Make the library and a new count in a directory that every user may pass."""
    library = directory / "flushes.so"
    if not library.exists():
        command = ["cc", "-O2", "-shared", "-fPIC", "-o", str(library), str(_SOURCE), "-ldl"]
        subprocess.run(command, check=True, capture_output=True)
    counted_in = directory / f"flushes-{slower_us}-{len(list(directory.glob('flushes-*')))}"
    counted_in.write_bytes(_COUNT.pack(0))
    counted_in.chmod(0o666)  # PostgreSQL runs as another user
    return Flushes(library, counted_in, slower_us)
