"""Whether the disk can take what may still come in (after Postfix queue_minfree)."""

import shutil
from pathlib import Path
from typing import Final

from models.limits import CONNECTIONS, DISK_FREE_FACTOR

_DISK_FRACTION: Final = 0.01


def has_room(directory: Path, max_message_bytes: int) -> bool:
    """Whether enough of the disk under the state directory is free for another message."""
    usage = shutil.disk_usage(directory)
    room = int(max_message_bytes * DISK_FREE_FACTOR)
    return usage.free > max(room, min(usage.total * _DISK_FRACTION, room * CONNECTIONS))
