"""STARTTLS: offered where there is a certificate, and nothing said before it counts (RFC 3207)."""

import socket
import ssl
import struct
from pathlib import Path

import pytest
import trustme

from tests.doors.conftest import OpenHouse
from tests.doors.house import HOSTNAME, Client, House, Ledger

RAW = b"Subject: x\r\n\r\n"


class Certificates:
    """A certificate for the door, and a client's context that trusts it."""

    def __init__(self, directory: Path) -> None:
        authority = trustme.CA()
        self.path = directory / "door.pem"
        authority.issue_cert(HOSTNAME).private_key_and_cert_chain_pem.write_to_path(str(self.path))
        self.client = ssl.create_default_context()
        authority.configure_trust(self.client)

    def wrap(self, client: Client) -> None:
        client.use(self.client.wrap_socket(client.socket, server_hostname=HOSTNAME))


@pytest.fixture
def certificates(tmp_path: Path) -> Certificates:
    return Certificates(tmp_path)


@pytest.fixture(params=[True, False], ids=["uvloop", "asyncio"])
def house(request: pytest.FixtureRequest, open_house: OpenHouse, certificates: Certificates) -> House:
    return open_house(uv=request.param, tls_certificate=certificates.path)


def test_a_message_over_tls(house: House, certificates: Certificates) -> None:
    with house.connect() as client:
        client.reply()
        assert "250-STARTTLS" in client.say("EHLO client.example")
        assert client.say("STARTTLS") == "220 2.0.0 Ready to start TLS"
        certificates.wrap(client)
        assert "STARTTLS" not in client.say("EHLO client.example")
        big = RAW + b"0123456789abcde\r\n" * 100_000
        assert client.deliver(big) == "250 2.0.0 Accepted as 1"
        assert client.say("STARTTLS") == "502 5.5.1 STARTTLS is not offered"
        assert client.say("QUIT") == "221 2.0.0 Bye"
        assert client.is_closed_by_peer()
    assert house.ledger.only[1] == big


def test_a7_what_was_said_before_the_handshake_is_forgotten(house: House, certificates: Certificates) -> None:
    with house.greeted() as client:
        client.send(b"STARTTLS\r\nMAIL FROM:<mallory@mpoc.example>\r\nRCPT TO:<support@example.net>\r\n")
        assert client.reply() == "220 2.0.0 Ready to start TLS"
        certificates.wrap(client)
        assert client.say("MAIL FROM:<alice@mpoc.example>") == "503 5.5.1 EHLO first"
        client.say("EHLO client.example")
        assert client.say("RCPT TO:<support@example.net>") == "503 5.5.1 MAIL first"


def test_a7_a_transaction_begun_in_the_clear_does_not_go_on_over_tls(house: House, certificates: Certificates) -> None:
    with house.greeted() as client:
        client.say("MAIL FROM:<mallory@mpoc.example>")
        client.say("STARTTLS")
        certificates.wrap(client)
        client.say("EHLO client.example")
        assert client.say("RCPT TO:<support@example.net>") == "503 5.5.1 MAIL first"


def test_a_handshake_that_fails_ends_only_this_session(house: House) -> None:
    with house.greeted() as client:
        client.say("STARTTLS")
        client.send(b"MAIL FROM:<a@mpoc.example>\r\n" * 10)
        client.socket.settimeout(10)
        while client.socket.recv(1_000):
            pass
    with house.greeted() as client:
        assert client.deliver(RAW) == "250 2.0.0 Accepted as 1"


def test_a_handshake_that_never_comes_is_not_waited_for(open_house: OpenHouse, certificates: Certificates) -> None:
    house = open_house(tls_certificate=certificates.path, command_seconds=0.5)
    with house.greeted() as client:
        client.say("STARTTLS")
        assert client.is_closed_by_peer()


@pytest.mark.parametrize("linger", [[], [1, 0]], ids=["closes", "resets"])
def test_a_client_that_leaves_during_the_handshake_is_not_counted_for_ever(house: House, linger: list[int]) -> None:
    for _ in range(3):
        with house.greeted() as client:
            client.say("STARTTLS")
            client.send(b"\x16\x03\x01\x02\x00\x01")
            if linger:
                client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", *linger))
    house.wait_for(lambda: not house.doors.reception.sessions)


@pytest.mark.parametrize("uv", [True, False], ids=["uvloop", "asyncio"])
def test_closing_does_not_wait_for_a_handshake(uv: bool, open_house: OpenHouse, certificates: Certificates) -> None:
    house = open_house(uv=uv, tls_certificate=certificates.path, drain_seconds=0.1)
    with house.greeted() as client:
        client.say("STARTTLS")
        house.begin_to_close()
        house.wait_closed()


def test_a_client_that_closes_after_the_final_dot_over_tls_cancels_nothing(
    open_house: OpenHouse, certificates: Certificates
) -> None:
    ledger = Ledger(held=True)
    house = open_house(ledger=ledger, tls_certificate=certificates.path)
    with house.greeted() as client:
        client.say("STARTTLS")
        certificates.wrap(client)
        client.say("EHLO client.example")
        client.begin()
        client.send(RAW + b".\r\n")
        ledger.wait_for(lambda: ledger.begun == 1)
    with house.greeted():
        ledger.release()
        ledger.wait_for(lambda: len(ledger.messages) == 1)
