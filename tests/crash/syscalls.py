"""Reads what `strace` saw and tells whether something was said before it was durable.

strace sees each call begin and end, in one order for all threads and processes: a call that
began on a later line than another one ended on has begun after it. What counts of SQLite is
its write-ahead log: frames, each a header of 24 octets and a page; a header whose second
word is not zero ends a transaction (https://sqlite.org/fileformat2.html#wal_file_format).
All writers of one database take turns, so that the frames between two such headers are one
transaction's, whoever wrote them.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

_CALLS: Final = ("write", "writev", "sendto", "sendmsg", "pwrite64", "pwritev", "fdatasync", "fsync")
_FLUSHES: Final = frozenset({"fdatasync", "fsync"})
_LINE: Final = re.compile(
    r"(?P<pid>\d+) +(?:<\.\.\. (?P<resumed>\w+) resumed>|(?P<name>\w+)\(\d+<(?P<path>[^>]*)>)(?P<rest>.*)"
)
_STRING: Final = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')
_UNFINISHED: Final = "<unfinished ...>"
_RESULT: Final = re.compile(r"\) += (-?\d+)")
_FRAME_HEADER: Final = 24


def strace(output: Path) -> list[str]:
    """What goes before a command so that its calls are seen, those of its children too.

    strace makes itself a grandchild (-D), so that signals reach the command; the trace is
    whole when strace has ended too.
    """
    calls = f"trace={','.join(_CALLS)}"
    return [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-y",
        "-xx",
        "-s",
        "70000000",
        "--seccomp-bpf",
        "-e",
        calls,
        "-o",
        str(output),
        "--",
    ]


@dataclass(frozen=True, slots=True)
class Call:
    """One system call; `began` and `ended` are lines of the trace."""

    pid: int
    name: str
    path: str
    octets: bytes
    began: int
    ended: int
    result: int

    @property
    def is_flush(self) -> bool:
        return self.name in _FLUSHES and self.result == 0


@dataclass(frozen=True, slots=True)
class Transaction:
    """The frames of one transaction in a write-ahead log: everything written, by whom, when."""

    pid: int
    log: str
    octets: bytes
    began: int
    ended: int


def read(lines: Iterable[str]) -> list[Call]:
    """The calls of a trace in the order they began; one that never ended has ended after all others."""
    calls: list[Call] = []
    under_way: dict[int, int] = {}
    number = 0
    for number, line in enumerate(lines):
        found = _LINE.match(line)
        if found is None:
            continue
        pid = int(found["pid"])
        if found["resumed"]:
            if (index := under_way.pop(pid, None)) is not None:
                calls[index] = replace(calls[index], ended=number, result=_result(found["rest"]))
            continue
        unfinished = line.rstrip().endswith(_UNFINISHED)
        if unfinished:
            under_way[pid] = len(calls)
        path = _octets(f'"{found["path"]}"').decode("utf-8", "replace")
        ended, result = (-1, -1) if unfinished else (number, _result(found["rest"]))
        calls.append(Call(pid, found["name"], path, _octets(found["rest"]), number, ended, result))
    return [replace(call, ended=number + 1) if call.ended < 0 else call for call in calls]


def _result(text: str) -> int:
    found = _RESULT.search(text)
    return int(found[1]) if found else -1


def _octets(text: str) -> bytes:
    """All strings of a call's arguments, one after the other: buffers, and the names of socket addresses."""
    pieces = []
    for found in _STRING.finditer(text):
        assert not found[2], "strace cut a string: its -s is too small"
        pieces.append(bytes.fromhex(found[1].replace("\\x", "")))
    return b"".join(pieces)


def transactions(calls: Iterable[Call]) -> Iterator[Transaction]:
    """The transactions that were written to write-ahead logs, ended ones only."""
    frames: list[Call] = []
    is_last = False
    for call in calls:
        if not call.path.endswith("-wal") or not call.name.startswith("pwrite"):
            continue
        frames.append(call)
        if len(call.octets) == _FRAME_HEADER:
            is_last = any(call.octets[4:8])
        elif is_last:
            octets = b"".join(frame.octets for frame in frames)
            yield Transaction(call.pid, call.path, octets, frames[0].began, call.ended)
            frames, is_last = [], False


def said_too_early(
    calls: list[Call], saying: Callable[[Call], bool], of: Callable[[Transaction], bool] = lambda _: True
) -> list[str]:
    """The calls that said something though a transaction `of` theirs, ended before, was not flushed yet.

    A flush counts when it began after the transaction's last write and ended before the
    saying began. Transactions are those that ended before the saying began.
    """
    flushes = [call for call in calls if call.is_flush]
    owed = [done for done in transactions(calls) if of(done)]
    return [
        f"line {call.began + 1}: {call.octets[:60]!r} before the flush of the transaction of line {done.began + 1}"
        for call in calls
        if saying(call)
        for done in owed
        if done.ended < call.began
        and not any(
            flush.path == done.log and done.ended < flush.began and flush.ended < call.began for flush in flushes
        )
    ]


def replies_before_flush(calls: list[Call], accepted: Mapping[str, str]) -> list[str]:
    """The 250s that were written before their message was durable; `accepted` gives each canary its reply.

    A message's transaction is the first one with its canary: later ones may write the same
    page again for a neighbour's sake. A reply that is nowhere, or whose message was not
    written when it began, is wrong as well.
    """
    done = list(transactions(calls))
    flushes = [call for call in calls if call.is_flush]
    wrong = []
    for canary, reply in accepted.items():
        said = next((call for call in calls if f"{reply}\r\n".encode() in call.octets), None)
        written = next((one for one in done if canary.encode() in one.octets), None)
        if said is None or written is None:
            wrong.append(f"{reply}: {'the reply' if said is None else 'the message'} is not in the trace")
        elif not any(
            flush.path == written.log and written.ended < flush.began and flush.ended < said.began for flush in flushes
        ):
            wrong.append(f"{reply} (line {said.began + 1}): its message ends at line {written.ended + 1}, not flushed")
    return wrong


def is_bell(call: Call, role: str) -> bool:
    """Whether a call wakes a role up."""
    return call.name.startswith("send") and call.octets.endswith(f"/{role}.wake".encode())
