"""The door's memory does not depend on what clients send (threats M3): beyond a few blocks a message is a file.

The peak is the kernel's own (VmHWM), set back before each measurement.
"""

import contextlib
import itertools
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.load import Installation, Mails, populate, send

pytestmark = pytest.mark.crash

MEGABYTE = 1_048_576
FLOOD = 400 * MEGABYTE
FLOOD_MAY_COST = 16 * MEGABYTE
"""Read buffers and the transport's; stock aiosmtpd took 404 MB of the same."""
LARGE = 20 * MEGABYTE
PAGE_CACHE = 16 * MEGABYTE
"""SQLite's, for all mails together (models/store/database.py, cache_size): the first large mail fills it."""
LARGE_MAY_COST = 6 * MEGABYTE
"""Rows in groups of a megabyte, read buffers, the index of the write-ahead log."""
AT_ONCE = 4
LINE = b"0123456789abcdef" * 4 + b"\r\n"


@pytest.fixture(scope="module")
def door() -> Iterator[Installation]:
    """The door alone, warm: what its first mails cost once is paid."""
    with Installation(roles=["smtp"]) as installation:
        population = populate(installation.database_url, organisations=5, mpocs=10)
        installation.start()
        send(installation.smtp_port, Mails(population, installation.intake_address, seed=3), count=200, connections=10)
        yield installation


def test_400_megabytes_without_a_line_end_cost_nothing(door: Installation) -> None:
    """A client that never ends its line is heard out to a limit and then left, again and again."""
    idle, stored, sent = at_rest(door), door.count("SELECT count(*) FROM inbox"), 0
    while sent < FLOOD:
        with contextlib.suppress(ConnectionError), invited(door) as client:
            for _ in range((FLOOD - sent) // MEGABYTE):
                client.sendall(b"x" * MEGABYTE)
                sent += MEGABYTE

    cost = peak(door) - idle
    print(f"\n400 MB without a line end: {sent} octets sent, idle {mb(idle)}, peak {mb(idle + cost)}, cost {mb(cost)}")
    assert cost < FLOOD_MAY_COST
    assert stored == door.count("SELECT count(*) FROM inbox")


def test_a_large_mail_costs_no_more_than_a_spool_file(door: Installation) -> None:
    """20 MB on their way through the spool into the database, for real: a few blocks of them in memory."""
    costs = []
    for _ in range(3):
        idle = at_rest(door)
        with invited(door) as client:
            give(client, LARGE)
        costs.append(peak(door) - idle)

    print(f"\n20 MB mail: the first costs {mb(costs[0])}, the second {mb(costs[1])}, the third {mb(costs[2])}")
    assert costs[0] < PAGE_CACHE + LARGE_MAY_COST
    assert max(costs[1:]) < LARGE_MAY_COST
    assert LARGE <= door.count("SELECT max(size) FROM inbox")


def test_large_mails_at_once_cost_what_one_costs(door: Installation) -> None:
    """Several of them side by side lie in their spool files; one after the other goes through memory."""
    idle = at_rest(door)
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(invited(door)) for _ in range(AT_ONCE)]
        for client in clients:
            client.sendall(LINE * (LARGE // len(LINE)))
        for client in clients:
            give(client, 0)

    cost = peak(door) - idle
    print(f"\n{AT_ONCE} mails of 20 MB: idle {mb(idle)}, peak {mb(idle + cost)}, cost {mb(cost)}")
    assert cost < PAGE_CACHE + LARGE_MAY_COST


@contextlib.contextmanager
def invited(door: Installation) -> Iterator[socket.socket]:
    """A connection on which the door has just said 354."""
    with socket.create_connection(("127.0.0.1", door.smtp_port), timeout=60) as client:
        commands = ("EHLO big.example", "MAIL FROM:<a@elsewhere.example>", f"RCPT TO:<{door.intake_address}>", "DATA")
        for command, answer in itertools.zip_longest(("", *commands), ("220", "250", "250", "250", "354")):
            if command:
                client.sendall(f"{command}\r\n".encode())
            assert client.recv(4096).decode().startswith(answer)
        yield client


def give(client: socket.socket, octets: int) -> None:
    """The rest of a message, and its 250."""
    client.sendall(LINE * (octets // len(LINE) + 1) + b".\r\n")
    assert client.recv(4096).startswith(b"250 ")


def at_rest(door: Installation) -> int:
    """What the door takes now; its peak is measured from here on (proc_pid_clear_refs(5))."""
    Path(f"/proc/{door.processes()['smtp']}/clear_refs").write_text("5")
    return status(door, "VmRSS")


def peak(door: Installation) -> int:
    return status(door, "VmHWM")


def status(door: Installation, field: str) -> int:
    """A field of /proc/PID/status of the door, in octets."""
    text = Path(f"/proc/{door.processes()['smtp']}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in text.splitlines() if line.startswith(f"{field}:"))


def mb(octets: int) -> str:
    return f"{octets / MEGABYTE:.1f} MB"
