"""What a client has sent and we have not asked for yet."""

import asyncio
from typing import Final

STREAM_LIMIT: Final = 65_536
"""Half of what a session buffers before it stops reading from the network, octets."""
EVERYTHING: Final = 1 << 30
"""More octets than a session ever holds: `read(EVERYTHING)` takes all there is."""


class DoorReader(asyncio.StreamReader):
    """A stream reader that can tell what it holds, and take octets back."""

    _buffer: bytearray  # asyncio's own; tests/doors guards that it exists

    @property
    def pending(self) -> int:
        """Octets that came and were not read yet."""
        return len(self._buffer)

    @property
    def has_line(self) -> bool:
        return b"\n" in self._buffer

    @property
    def beginning(self) -> bytes:
        """The first few octets that were not read yet."""
        return bytes(self._buffer[:16])

    def unread(self, octets: bytes) -> None:
        """Put octets back in front of everything else; also after EOF."""
        self._buffer[:0] = octets
