"""Whether the disk can take what may still come in (after Postfix queue_minfree)."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.limits import CONNECTIONS, DISK_FREE_FACTOR

_DISK_FRACTION: Final = 0.01


@dataclass(frozen=True, slots=True)
class Room:
    """What is free of the disk under the state directory, and what is wanted before another message is taken."""

    free: int
    wanted: int

    @property
    def is_enough(self) -> bool:
        return self.free > self.wanted


def room_in(directory: Path, max_message_bytes: int) -> Room:
    """Look at the disk under the state directory."""
    usage = shutil.disk_usage(directory)
    room = int(max_message_bytes * DISK_FREE_FACTOR)
    return Room(usage.free, int(max(room, min(usage.total * _DISK_FRACTION, room * CONNECTIONS))))


def has_room(directory: Path, max_message_bytes: int) -> bool:
    """Whether enough of it is free for another message."""
    return room_in(directory, max_message_bytes).is_enough
