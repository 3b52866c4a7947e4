"""What a message may consist of: one end, CRLF, any octets, any length of line, up to the limit."""

import resource
import socket

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.doors.conftest import OpenHouse
from tests.doors.house import PATIENCE, Client, House
from tests.doors.test_data_reader import SMUGGLED_ENDS

MEBIBYTE = 1_048_576


@pytest.mark.parametrize("end", SMUGGLED_ENDS)
def test_a1_a_smuggled_end_of_data_from_a_stranger_stores_nothing(end: bytes, open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.begin()
        client.send(
            b"Subject: x\r\n\r\nbody" + end + b"MAIL FROM:<ceo@mpoc.example>\r\nRCPT TO:<support@example.net>\r\n.\r\n"
        )
        reply = client.reply()

        has_bare = any(octet in end.replace(b"\r\n", b"") for octet in b"\r\n")
        assert reply == ("550 5.5.2 Message has a bare CR or LF" if has_bare else "250 2.0.0 Accepted as 1")
        assert client.say("NOOP") == "250 2.0.0 Ok"
    assert len(house.ledger.messages) == (0 if has_bare else 1)


@pytest.mark.parametrize("end", SMUGGLED_ENDS)
@pytest.mark.parametrize("door", [0, 1], ids=["relay", "lmtp"])
def test_a1_from_our_own_mail_system_it_is_one_message_stored_as_received(
    end: bytes, door: int, open_house: OpenHouse
) -> None:
    house = open_house(relays=("127.0.0.0/8",))
    raw = b"Subject: x\r\n\r\nbody" + end + b"MAIL FROM:<ceo@mpoc.example>\r\n"
    with house.greeted(door) as client:
        client.begin()
        client.send(raw + b".\r\n")
        assert client.reply() == "250 2.0.0 Accepted as 1"

    envelope, stored = house.ledger.only
    assert envelope.bare_line_ends == any(octet in end.replace(b"\r\n", b"") for octet in b"\r\n")
    assert stored == raw.replace(b"\r\n.", b"\r\n")


def test_a3_a_bare_cr_in_a_header_from_a_stranger_is_refused(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        assert (
            client.deliver(b"Subject: x\rFrom: alice@mpoc.example\r\n\r\n") == "550 5.5.2 Message has a bare CR or LF"
        )
    assert not house.ledger.messages


def test_lmtp_over_tcp_is_as_lenient_and_says_so(open_house: OpenHouse) -> None:
    house = open_house(lmtp=("127.0.0.1:0",))
    with house.greeted(1) as client:
        assert client.deliver(b"Subject: x\n\r\n") == "250 2.0.0 Accepted as 1"
        assert client.say("XFORWARD ADDR=192.0.2.1") == "550 5.7.1 Not a listed relay"
    assert house.ledger.only[0].bare_line_ends


def test_m8_lines_of_any_length_and_any_octets_are_taken(open_house: OpenHouse) -> None:
    house = open_house()
    raw = b"Subject: x\r\n\r\n" + bytes(octet for octet in range(256) if octet not in b"\r\n") * 2_000 + b"\r\n"
    with house.greeted() as client:
        assert client.deliver(raw) == "250 2.0.0 Accepted as 1"
    assert house.ledger.only[1] == raw


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    lines=st.lists(st.sampled_from([b"", b".", b"..", b"...x", b"text", b"y" * 300]), max_size=30),
    cuts=st.lists(st.integers(1, 400), min_size=1, max_size=20),
)
def test_what_is_stored_is_what_was_sent_however_the_network_cuts_it(
    lines: list[bytes], cuts: list[int], shared: House
) -> None:
    raw = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." + line if line.startswith(b".") else line) + b"\r\n" for line in lines)
    octets = stuffed + b".\r\nNOOP\r\n"
    with shared.greeted() as client:
        client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.begin()
        start = 0
        for cut in cuts:
            client.send(octets[start : start + cut])
            start += cut
        client.send(octets[start:])
        assert client.reply().startswith("250 2.0.0 Accepted as ")
        assert client.reply() == "250 2.0.0 Ok"
    assert shared.ledger.messages[-1][1] == raw


@pytest.fixture
def shared(open_house: OpenHouse) -> House:
    return open_house()


@pytest.mark.parametrize("size", [100, 300_000, 3_000_000])
def test_messages_pass_through_memory_or_a_file_unchanged(size: int, open_house: OpenHouse) -> None:
    house = open_house()
    raw = b"Subject: x\r\n\r\n" + b"0123456789abcde\r\n" * (size // 17)
    with house.greeted() as client:
        assert client.deliver(raw) == "250 2.0.0 Accepted as 1"
    assert house.ledger.only[1] == raw


def test_a9_a_message_that_says_it_is_too_big_is_refused_at_mail(open_house: OpenHouse) -> None:
    house = open_house(max_message_bytes=1_000)
    with house.greeted() as client:
        assert client.say("MAIL FROM:<a@mpoc.example> SIZE=1001") == "552 5.3.4 Message is larger than we take"
        assert client.say("MAIL FROM:<a@mpoc.example> SIZE=1000") == "250 2.1.0 Ok"


def test_a_message_somewhat_too_big_is_read_to_its_end_and_refused_and_the_session_goes_on(
    open_house: OpenHouse,
) -> None:
    house = open_house(max_message_bytes=1_000)
    with house.greeted() as client:
        assert client.deliver(b"y" * 1_500 + b"\r\n") == "552 5.3.4 Message is larger than we take"
        assert client.deliver(b"y" * 998 + b"\r\n") == "250 2.0.0 Accepted as 1"


def test_on_lmtp_too_big_is_said_to_every_recipient(open_house: OpenHouse) -> None:
    house = open_house(max_message_bytes=1_000)
    with house.greeted(1) as client:
        first = client.deliver(b"y" * 1_500 + b"\r\n", "support@example.net", "billing@example.net")
        assert [first, client.reply()] == ["552 5.3.4 Message is larger than we take"] * 2
        assert client.say("NOOP") == "250 2.0.0 Ok"


@pytest.mark.parametrize("uv", [True, False], ids=["uvloop", "asyncio"])
def test_a10_octets_without_end_are_forgotten_and_refused_and_cost_no_memory(uv: bool, open_house: OpenHouse) -> None:
    """400 MB without a line end grew stock aiosmtpd by as much (M3)."""
    house = open_house(uv=uv, max_message_bytes=40 * MEBIBYTE)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with house.greeted() as client:
        client.begin()
        client.socket.settimeout(PATIENCE)
        sent = _send_until_refused(client, b"a" * MEBIBYTE, 400)
        assert client.reply() == "552 5.3.4 Message is larger than we take"
        client.socket.shutdown(socket.SHUT_WR)
        assert client.is_closed_by_peer()
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert sent >= 80
    assert grown < 16 * 1_024  # kibibytes
    assert not house.ledger.messages


def _send_until_refused(client: Client, block: bytes, times: int) -> int:
    """How many blocks were sent until the server had something to say."""
    for sent in range(times):
        client.socket.setblocking(False)
        try:
            if client.socket.recv(1, socket.MSG_PEEK):
                client.socket.settimeout(PATIENCE)
                return sent
        except BlockingIOError:
            client.socket.settimeout(PATIENCE)
        client.send(block)
    return times


def test_a10_the_end_of_a_message_too_big_is_waited_for_only_so_long(open_house: OpenHouse) -> None:
    house = open_house(max_message_bytes=1_000, discard_seconds=0.1)
    with house.greeted() as client:
        client.begin()
        client.send(b"a" * 1_500)
        assert client.reply() == "552 5.3.4 Message is larger than we take"
        assert client.is_closed_by_peer()


def test_a_client_that_leaves_before_the_end_of_data_has_sent_nothing(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.begin()
        client.send(b"Subject: half a message\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        assert client.is_closed_by_peer()
    assert not house.ledger.messages


def test_a_relay_that_sends_half_a_session_at_once_and_leaves_has_sent_nothing(open_house: OpenHouse) -> None:
    house = open_house(relays=("127.0.0.1",))
    with house.connect() as relay:
        relay.send(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.net>\r\nDATA\r\nSubject: half\r\n")
        relay.socket.shutdown(socket.SHUT_WR)
        replies = [relay.reply()[:3] for _ in range(5)]
        assert relay.is_closed_by_peer()
    assert replies == ["220", "250", "250", "250", "354"]
    assert not house.ledger.messages
