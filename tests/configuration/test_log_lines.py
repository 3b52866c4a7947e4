"""What the log writes: whole lines, in order, and never a reason to stop (threats X-41)."""

import json
import select
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import IO, Any

SETUP = """
    from intake import log
    log.configure(role="submitter")
"""


def run(program: str, stderr: int | IO[bytes] = subprocess.PIPE) -> subprocess.CompletedProcess[bytes]:
    """Run a program that logs, in a process of its own: the log is one for a process."""
    whole = textwrap.dedent(SETUP) + textwrap.dedent(program)
    return subprocess.run([sys.executable, "-c", whole], stderr=stderr, timeout=60, check=True)


def lines(program: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(program).stderr.splitlines()]


def test_a_line_says_what_happened_to_whom_and_when() -> None:
    (line,) = lines("log.expired(inbox_id=7)")

    assert line.pop("timestamp").endswith("Z")
    assert {"event": "expired", "level": "warning", "role": "submitter", "inbox": 7} == line


def test_what_is_long_is_cut() -> None:
    (line,) = lines("log.stopping(why='x' * 5_000)")

    assert line["why"] == "x" * 2_000


def test_lines_of_a_group_come_in_order_and_in_few_writes_that_a_pipe_takes_whole() -> None:
    """Several roles write into one pipe: a longer write could be torn apart by another's."""
    program = """
        with log.together():
            for number in range(100):
                log.expired(inbox_id=number)
        log.expired(inbox_id=100)
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # which keeps writes apart
    with ours, theirs:
        run(program, stderr=theirs.fileno())
        theirs.close()
        writes = list(iter(lambda: ours.recv(1 << 20), b""))

    assert list(range(101)) == [json.loads(line)["inbox"] for write in writes for line in write.splitlines()]
    assert len(writes) < 10
    assert max(map(len, writes)) <= select.PIPE_BUF
    assert all(write.endswith(b"\n") for write in writes)


def test_a_line_within_a_group_that_fails_is_written_all_the_same() -> None:
    program = """
        import contextlib
        with contextlib.suppress(RuntimeError), log.together():
            log.expired(inbox_id=1)
            raise RuntimeError
    """

    assert [line["inbox"] for line in lines(program)] == [1]


def test_a_long_line_goes_to_a_file_whatever_letters_it_has(tmp_path: Path) -> None:
    """A piece of it ends within one of them."""
    program = "from intake.log_writer import LineWriter\nLineWriter(print).msg('x' + 'ü' * 3_000 + 'end')"
    with (tmp_path / "log").open("wb") as file:
        run(program, stderr=file)

    assert (tmp_path / "log").read_text("utf-8").endswith("üend\n")


def test_x41_a_log_that_cannot_be_written_stops_nothing() -> None:
    with Path("/dev/full").open("wb") as full:
        run("log.expired(inbox_id=1)\nwith log.together():\n    log.expired(inbox_id=2)", stderr=full)
