"""Time, numbers and errors are limited, and honest clients never notice."""

import contextlib
import select
import time
from collections.abc import Iterator
from ipaddress import ip_network

import pytest

from intake.doors.reception import DoorLimits, Peer, Reception
from tests.doors.conftest import OpenHouse
from tests.doors.house import ADDRESSES, PATIENCE, Client, Ledger

RAW = b"Subject: x\r\n\r\n"


def drips(client: Client, octets: bytes, *, every: float) -> Iterator[None]:
    """Send octet by octet with pauses, until the server answers or all was sent."""
    for octet in octets:
        readable, _, _ = select.select([client.socket], [], [], every)
        if readable:
            return
        with contextlib.suppress(OSError):
            client.send(bytes([octet]))
        yield


def test_a11_a_client_that_says_nothing_is_sent_away(open_house: OpenHouse) -> None:
    house = open_house(command_seconds=0.1)
    with house.connect() as client:
        client.reply()
        assert client.reply() == "421 4.4.2 Timeout"
        assert client.is_closed_by_peer()


def test_a11_a_command_that_drips_in_has_a_deadline_as_a_whole(open_house: OpenHouse) -> None:
    house = open_house(command_seconds=0.3)
    with house.greeted() as client:
        sent = sum(1 for _ in drips(client, b"NOOP " + b"x" * 100, every=0.03))
        assert sent < 60
        assert client.reply() == "421 4.4.2 Timeout"


def test_a11_a_session_without_mail_ends_however_busy_it_is(open_house: OpenHouse) -> None:
    house = open_house(session_seconds=0.5, idle_commands=1_000_000)
    with house.greeted() as client:
        deadline = time.monotonic() + PATIENCE
        while (reply := client.say("NOOP")) == "250 2.0.0 Ok":
            assert time.monotonic() < deadline
        assert reply == "421 4.4.2 Timeout"


def test_a11_too_many_errors_end_the_session(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        for _ in range(20):
            assert client.say("FROBNICATE").startswith("500 ")
        assert client.reply() == "421 4.7.0 Too many errors"
        assert client.is_closed_by_peer()


def test_a11_too_many_commands_without_mail_end_the_session(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        for command in ("NOOP", "RSET", "VRFY x", "NOOP") * 25:
            assert client.say(command).startswith("25")
        client.send(b"NOOP\r\n")
        assert [client.reply(), client.reply()] == ["250 2.0.0 Ok", "421 4.7.0 Too many commands without mail"]


def test_errors_and_idle_commands_are_forgiven_by_a_message(open_house: OpenHouse) -> None:
    house = open_house(errors=3, idle_commands=3)
    with house.greeted() as client:
        for number in range(1, 6):
            client.say("FROBNICATE")
            client.say("FROBNICATE")
            client.say("RSET")
            client.say("NOOP")
            assert client.deliver(RAW) == f"250 2.0.0 Accepted as {number}"


def test_an_endless_command_line_is_refused_and_the_session_goes_on(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.send(b"NOOP " + b"x" * 3_000_000 + b"\r\n")
        assert client.reply() == "500 5.5.2 Line too long"
        assert client.say("NOOP " + "x" * 2_041) == "250 2.0.0 Ok"
        assert client.say("NOOP " + "x" * 2_042) == "500 5.5.2 Line too long"


def test_a12_data_below_the_minimum_rate_is_cut_off_and_not_stored(open_house: OpenHouse) -> None:
    house = open_house(data_grace_seconds=0.2, data_minimum_rate=1_000)
    with house.greeted() as client:
        client.begin()
        for _ in drips(client, RAW + b"x" * 200, every=0.02):
            pass
        assert client.reply() == "421 4.4.2 Timeout"
        assert client.is_closed_by_peer()
    assert not house.ledger.messages


def test_a12_data_has_an_upper_bound(open_house: OpenHouse) -> None:
    house = open_house(data_grace_seconds=0.1, data_minimum_rate=1, data_seconds=0.3)
    with house.greeted() as client:
        client.begin()
        for _ in drips(client, RAW + b"x" * 200, every=0.02):
            pass
        assert client.reply() == "421 4.4.2 Timeout"


def test_m8_slow_but_steady_data_outlives_every_command_timer(open_house: OpenHouse) -> None:
    house = open_house(command_seconds=0.5)
    with house.greeted() as client:
        client.begin()
        started = time.monotonic()
        for _ in drips(client, RAW + b"slowly, and yet it moves\r\n.\r\n", every=0.02):
            pass
        assert client.reply() == "250 2.0.0 Accepted as 1"
        assert time.monotonic() - started > 0.5


def test_a13_more_connections_than_allowed_are_told_to_come_back(open_house: OpenHouse) -> None:
    house = open_house(connections=2)
    with house.greeted(), house.greeted() as second, house.connect() as third:
        assert third.reply() == "421 4.3.2 Too busy; try again later"
        assert third.is_closed_by_peer()
        second.say("QUIT")
        assert second.is_closed_by_peer()
        with house.connect() as fourth:
            assert fourth.reply().startswith("220 ")


class _Guest:
    """A session as the reception sees it."""

    committing = False

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    def drain(self) -> None: ...

    def abort(self) -> None: ...


@pytest.mark.parametrize(
    ("addresses", "admitted"),
    [
        (["192.0.2.1"] * 4, 2),
        (["192.0.2.1", "192.0.2.2", "192.0.2.3"], 3),
        (["fe80::1%eth0", "fe80::2%eth0", "fe80::3%eth0"], 2),
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"], 2),
        (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1"], 3),
        (["::ffff:192.0.2.1", "192.0.2.1", "192.0.2.1"], 2),
        (["198.51.100.7"] * 4, 4),
        (["127.0.0.1"] * 4, 4),
        (["::1"] * 4, 4),
        ([None] * 4, 4),
    ],
)
def test_a13_one_client_may_hold_only_so_many_relays_and_this_machine_more(
    addresses: list[str | None], admitted: int
) -> None:
    reception = Reception(
        hostname="mx.example.net",
        addresses=ADDRESSES,
        acceptance=Ledger(),
        max_message_bytes=1,
        relays=(ip_network("198.51.100.0/24"),),
        limits=DoorLimits(connections_per_peer=2),
    )
    guests = [_Guest(reception.peer_at((address, 4711) if address else "")) for address in addresses]

    assert admitted == sum(reception.admit(guest) for guest in guests)
    for guest in guests:
        reception.leave(guest)
    assert reception.admit(guests[0])


def test_a14_recipients_beyond_the_limit_wait_for_another_transaction(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.send(
            b"MAIL FROM:<a@mpoc.example>\r\n"
            + b"".join(b"RCPT TO:<support+%d@example.net>\r\n" % n for n in range(1_500))
        )
        client.reply()
        replies = [client.reply() for _ in range(1_500)]
        client.say("DATA")
        client.send(RAW + b".\r\n")
        assert client.reply() == "250 2.0.0 Accepted as 1"

    assert replies == ["250 2.1.5 Ok"] * 100 + ["452 4.5.3 Too many recipients"] * 1_400
    assert tuple(f"support+{n}@example.net" for n in range(100)) == house.ledger.only[0].forward_paths


@pytest.mark.parametrize("uv", [True, False], ids=["uvloop", "asyncio"])
def test_a_client_that_never_reads_our_replies_does_not_keep_us(uv: bool, open_house: OpenHouse) -> None:
    house = open_house(uv=uv, command_seconds=0.5, farewell_seconds=0.1, idle_commands=10_000_000)
    with house.greeted() as client:
        client.socket.settimeout(0.1)
        with contextlib.suppress(OSError):
            while True:
                client.send(b"HELP\r\n" * 10_000)
        house.wait_for(lambda: not house.doors.reception.sessions)
