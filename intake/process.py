"""Who this process is, and whether another one still lives: the owners of leases."""

import ctypes
import os
import signal
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15


def start_of(pid: int) -> str | None:
    """When a process of this machine started (kernel ticks), or None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] == b"Z" else fields[19].decode()  # a zombie runs no more


def own_name() -> str:
    """This process as an owner of leases: host, process id, process start."""
    return f"{os.uname().nodename}:{os.getpid()}:{start_of(os.getpid())}"


def is_dead(owner: str) -> bool:
    """Whether an owner of leases was a process of this host that runs no more."""
    host, pid, start = owner.rsplit(":", 2)
    return host == os.uname().nodename and start_of(int(pid)) != start


def die_with_parent(parent: int) -> None:
    """End this process at once when its parent ends, however that ends (crash-only)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os.kill(os.getpid(), signal.SIGKILL)


def call_yourself(name: str) -> None:
    """The name that ps, top and /proc/PID/comm show, at most 15 octets."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode()[:15])
