"""Where a message lies while its octets arrive: in memory, then in a file without a name.

The file has no name (O_TMPFILE where the system has it), so that nothing is left behind
by a process that dies, and nobody can open it. It is no store: a message is safe only
once `acceptance.accept` has returned.
"""

import tempfile
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, cast

from models import limits


class Spool:
    """One message on its way in; holds at most `memory_bytes` octets in memory."""

    __slots__ = ("_directory", "_file", "_memory_bytes", "_on_disk", "size")

    def __init__(self, directory: Path | None, memory_bytes: int = limits.SPOOL_MEMORY_BYTES) -> None:
        self._directory = directory
        self._memory_bytes = memory_bytes
        self._file: BinaryIO = BytesIO()
        self._on_disk = False
        self.size = 0

    def write(self, octets: bytes) -> None:
        """Append; raises OSError when the disk is full or fails."""
        if not self._on_disk and self.size + len(octets) > self._memory_bytes:
            self._move_to_disk()
        self._file.write(octets)
        self.size += len(octets)

    def rewound(self) -> BinaryIO:
        """The message, from its beginning; raises OSError when what is buffered cannot be written."""
        self._file.flush()
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        """Give the memory or the file back; may be called twice."""
        self._file.close()

    @property
    def on_disk(self) -> bool:
        return self._on_disk

    def _move_to_disk(self) -> None:
        on_disk = cast(BinaryIO, tempfile.TemporaryFile(dir=self._directory, prefix="casegate-"))  # noqa: SIM115
        try:
            on_disk.write(cast(BytesIO, self._file).getbuffer())
        except OSError:
            on_disk.close()
            raise
        self._file = on_disk
        self._on_disk = True
