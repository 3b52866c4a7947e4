"""Sockets: where the settings say, with the modes they should have, or from systemd; nothing half open."""

import asyncio
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.doors.listeners import DoorSettings, Inherited, inherited_sockets, split_place
from models.intake_address import IntakeAddress, IntakeAddresses
from tests.doors.conftest import OpenHouse
from tests.doors.house import HOSTNAME, House, Ledger

RAW = b"Subject: x\r\n\r\n"


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("127.0.0.1:2525", ("127.0.0.1", 2525)),
        ("localhost:25", ("localhost", 25)),
        ("[::1]:25", ("::1", 25)),
        ("*:25", (None, 25)),
        (":25", (None, 25)),
    ],
)
def test_places_read_as_admins_write_them(place: str, expected: tuple[str | None, int]) -> None:
    assert split_place(place) == expected


@pytest.mark.parametrize(
    "place", ["", "25", "localhost", "::1:25", "localhost:smtp", "localhost:65536", "localhost:-1", "h:²"]
)
def test_places_that_are_none_are_refused(place: str) -> None:
    with pytest.raises(ValueError, match=r"host:port|brackets"):
        split_place(place)


def test_an_ipv6_socket_serves(open_house: OpenHouse) -> None:
    house = open_house(listen=("[::1]:0",))
    with house.greeted() as client:
        client.deliver(RAW)
    assert house.ledger.only[0].peer == "::1"


def test_a_unix_socket_is_for_the_group_only_and_gone_in_the_end(open_house: OpenHouse, tmp_path: Path) -> None:
    house = open_house()
    path = tmp_path / "lmtp.sock"
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    house.begin_to_close()
    house.wait_closed()
    assert not path.exists()


def test_a_unix_socket_that_nobody_serves_is_replaced(open_house: OpenHouse, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as crashed:
        crashed.bind(str(tmp_path / "lmtp.sock"))
    house = open_house()
    with house.greeted(1) as client:
        assert client.deliver(RAW) == "250 2.0.0 Accepted as 1"


def test_a_unix_socket_in_use_and_a_file_in_its_place_are_left_alone(open_house: OpenHouse, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("precious")
    with pytest.raises(OSError, match="is no socket"):
        open_house(lmtp=(str(tmp_path / "file"),))
    open_house()
    with pytest.raises(OSError, match="another process"):
        open_house()


def test_a_port_in_use_closes_what_was_opened_before(open_house: OpenHouse, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on 127.0.0.1:{port}"):
            open_house(listen=(f"127.0.0.1:{port}",), lmtp=())
    assert list(tmp_path.iterdir()) == []


def test_relays_and_certificates_that_are_none_are_said_at_once(open_house: OpenHouse, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not-a-network"):
        open_house(relays=("not-a-network",))
    with pytest.raises(FileNotFoundError):
        open_house(tls_certificate=tmp_path / "none.pem")


@pytest.fixture
def sockets_of_systemd(tmp_path: Path) -> Iterator[tuple[Inherited, ...]]:
    tcp = socket.create_server(("127.0.0.1", 0))
    unix = socket.socket(socket.AF_UNIX)
    unix.bind(str(tmp_path / "systemd.sock"))
    unix.listen()
    yield Inherited(tcp, "lmtp"), Inherited(unix)
    tcp.close()
    unix.close()


def test_sockets_of_systemd_are_served_and_not_opened_again(
    sockets_of_systemd: tuple[Inherited, ...], open_house: OpenHouse, tmp_path: Path
) -> None:
    port = sockets_of_systemd[0].socket.getsockname()[1]
    places = (f"127.0.0.1:{port}", str(tmp_path / "systemd.sock"))
    house = open_house(inherited=sockets_of_systemd, listen=(), lmtp=places)
    with house.greeted(0) as over_tcp, house.greeted(1) as over_unix:
        assert over_tcp.deliver(RAW, "support@example.net", "billing@example.net") == "250 2.0.0 Accepted as 1"
        assert over_tcp.reply() == "250 2.0.0 Accepted as 1"
        assert over_unix.deliver(RAW) == "250 2.0.0 Accepted as 2"
    house.begin_to_close()
    house.wait_closed()
    assert (tmp_path / "systemd.sock").exists()


_CHILD = """
import os
from intake.doors.listeners import inherited_sockets
environment = dict(os.environ, LISTEN_PID=str(os.getpid()))
for one in inherited_sockets(environment):
    print(one.name, one.socket.getsockname()[1], os.get_inheritable(one.socket.fileno()))
"""


def test_file_descriptors_of_systemd_are_found() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
        child = subprocess.run(
            ["bash", "-c", f"exec {sys.executable} -c '{_CHILD}' 3<&{listening.fileno()}"],
            env={
                "LISTEN_FDS": "1",
                "LISTEN_FDNAMES": "lmtp",
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            pass_fds=[listening.fileno()],
            capture_output=True,
            text=True,
            check=True,
        )
    assert child.stdout == f"lmtp {port} False\n"


def test_file_descriptors_meant_for_another_process_are_not_ours() -> None:
    assert inherited_sockets({"LISTEN_PID": str(os.getpid() + 1), "LISTEN_FDS": "1"}) == []
    assert inherited_sockets({}) == []


def test_reloading_takes_new_addresses_at_once_and_a_bad_certificate_changes_nothing(
    open_house: OpenHouse, tmp_path: Path
) -> None:
    house = open_house()
    fewer = IntakeAddresses([IntakeAddress("billing@example.net", "billing")])

    def reload_badly() -> None:
        settings = DoorSettings(hostname=HOSTNAME, tls_certificate=tmp_path / "none.pem")
        with pytest.raises(FileNotFoundError):
            house.doors.reload(settings, fewer)

    with house.greeted() as client:
        client.say("MAIL FROM:<a@mpoc.example>")
        house.call(reload_badly)
        assert client.say("RCPT TO:<support@example.net>") == "250 2.1.5 Ok"
        house.call(lambda: house.doors.reload(DoorSettings(hostname=HOSTNAME), fewer))
        assert client.say("RCPT TO:<support@example.net>") == "550 5.1.1 No such address here"


def test_closing_sends_idle_clients_away_and_takes_no_new_ones(open_house: OpenHouse) -> None:
    house = open_house(lmtp=())
    place = house.doors.sockets[0].getsockname()
    with house.greeted() as idle, house.greeted() as within:
        within.say("MAIL FROM:<a@mpoc.example>")
        house.begin_to_close()
        for client in (idle, within):
            assert client.reply() == "421 4.3.2 Closing; try again later"
            assert client.is_closed_by_peer()
    house.wait_closed()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(place)


def test_closing_lets_data_end_and_then_says_goodbye(open_house: OpenHouse) -> None:
    house = open_house(lmtp=())
    with house.greeted() as idle, house.greeted() as client:
        client.begin()
        house.begin_to_close()
        assert idle.reply() == "421 4.3.2 Closing; try again later"  # so it is closing by now
        client.send(RAW + b".\r\n")
        assert client.reply() == "250 2.0.0 Accepted as 1"
        assert client.reply() == "421 4.3.2 Closing; try again later"
        assert client.is_closed_by_peer()
    house.wait_closed()


def test_closing_waits_for_data_only_so_long(open_house: OpenHouse) -> None:
    house = open_house(drain_seconds=0.1)
    with house.greeted() as client:
        client.begin()
        house.begin_to_close()
        house.wait_closed()
        assert client.is_closed_by_peer()


@pytest.mark.parametrize("leaves", [True, False], ids=["client leaves", "client stays"])
def test_closing_waits_for_a_commit_as_long_as_it_takes(leaves: bool, open_house: OpenHouse) -> None:
    ledger = Ledger(held=True)
    house = open_house(ledger=ledger, drain_seconds=0.1)
    with house.greeted() as client, house.greeted() as idle:
        client.begin()
        client.send(RAW + b".\r\n")
        ledger.wait_for(lambda: ledger.begun == 1)
        if leaves:
            client.close()
        house.begin_to_close()
        assert idle.reply() == "421 4.3.2 Closing; try again later"
        _let_the_drain_end(house)
        assert not house.is_closed
        ledger.release()
        if not leaves:
            assert client.reply() == "250 2.0.0 Accepted as 1"
        house.wait_closed()
    assert len(ledger.messages) == 1


def _let_the_drain_end(house: House) -> None:
    """Wait for longer than drain_seconds, on the doors' own clock."""
    start = house.doors.reception.limits.drain_seconds
    moments: list[float] = []

    def late_enough() -> bool:
        moments.append(asyncio.get_running_loop().time())
        return moments[-1] - moments[0] > 2 * start

    house.wait_for(late_enough)
