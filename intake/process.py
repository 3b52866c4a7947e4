"""Who this process is, and whether another one still lives: the owners of leases."""

import ctypes
import gc
import hashlib
import os
import signal
from functools import cache
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_NAME = 15
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_PIECE_BYTES = 4_194_304
_KEPT_BYTES = 33_554_432


def start_of(pid: int) -> str | None:
    """When a process of this machine started (kernel ticks), or None when there is no such process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_bytes()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] == b"Z" else fields[19].decode()  # a zombie runs no more


def own_name() -> str:
    """This process as an owner of leases: host, for people; where its id means something; its id; its start."""
    return f"{os.uname().nodename}:{_here()}:{os.getpid()}:{start_of(os.getpid())}"


def is_dead(owner: str) -> bool:
    """Whether an owner of leases was a process that we would see, and runs no more.

    Of any other nothing is known, and its leases run out: host names are no evidence, for two
    machines or containers on one database may have the same.
    """
    match owner.rsplit(":", 3):
        case [_, place, pid, start]:
            return place == _here() and start_of(int(pid)) != start
    return False


@cache
def _here() -> str:
    """Where process ids are told apart: one boot of one kernel, and in it one namespace (pid_namespaces(7))."""
    boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return hashlib.sha256(f"{boot} {Path('/proc/self/ns/pid').readlink()}".encode()).hexdigest()[:16]


def die_with_parent(parent: int) -> None:
    """End this process at once when its parent ends, however that ends (crash-only)."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it ended before we could ask
        os.kill(os.getpid(), signal.SIGKILL)


def collect_garbage_seldom() -> None:
    """For a process that has started: what stands now stays, and is never looked through again.

    Almost nothing we make refers to itself, so that the collector finds next to nothing and
    costs a twentieth of a worker's time; every 20,000 objects is often enough.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def keep_freed_memory() -> None:
    """For a process through which messages go: what it has freed stays with it, up to a bound.

    glibc gives octets beyond 128 kB back to the kernel as soon as they are freed, and the kernel
    fills each page with zeros when it is asked for the next: half the cost of copying a message
    of 2 MB. Other C libraries have nothing to be set, and do as they do.
    """
    if mallopt := getattr(ctypes.CDLL(None), "mallopt", None):
        mallopt(_M_MMAP_THRESHOLD, _PIECE_BYTES)
        mallopt(_M_TRIM_THRESHOLD, _KEPT_BYTES)


def call_yourself(name: str) -> None:
    """The name that ps, top and /proc/PID/comm show, at most 15 octets."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_NAME, name.encode()[:15])
