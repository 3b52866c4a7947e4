"""What the envelope says of the client: the connecting host, or the one our relay named."""

import pytest

from models.mail import Route
from tests.doors.conftest import OpenHouse
from tests.doors.house import Client

RAW = b"Subject: x\r\n\r\n"


def test_a_stranger_speaks_for_itself(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.deliver(RAW)

    envelope, _ = house.ledger.only
    assert (envelope.route, envelope.peer, envelope.relay, envelope.helo) == (
        Route.SMTP,
        "127.0.0.1",
        None,
        "client.example",
    )


def test_m4_a_null_reverse_path_is_the_empty_string(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.begin(sender="")
        client.send(b".\r\n")
        client.reply()

    assert house.ledger.only[0].reverse_path == ""


def test_a_source_route_is_cut_from_the_reverse_path(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.begin(sender="@relay.example,@other.example:alice@mpoc.example")
        client.send(b".\r\n")
        client.reply()

    assert house.ledger.only[0].reverse_path == "alice@mpoc.example"


def test_one_transaction_to_several_addresses_is_one_envelope(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as client:
        client.deliver(RAW, "support@example.net", "billing@example.net", "support@example.net")

    assert house.ledger.only[0].forward_paths == ("support@example.net", "billing@example.net")


@pytest.mark.parametrize(
    ("attributes", "peer", "helo"),
    [
        ("ADDR=192.0.2.7 HELO=mail.mpoc.example", "192.0.2.7", "mail.mpoc.example"),
        ("addr=IPV6:2001:db8::7 helo=mail+2Empoc.example", "2001:db8::7", "mail.mpoc.example"),
        ("ADDR=[UNAVAILABLE] HELO=[UNAVAILABLE]", None, None),
        ("ADDR=[unavailable]", None, None),
        ("NAME=localhost SOURCE=LOCAL", None, None),
        ("ADDR=not.an.address", None, None),
        ("HELO=only.example", None, "only.example"),
    ],
)
def test_a24_a_listed_relay_names_its_client(
    attributes: str, peer: str | None, helo: str | None, open_house: OpenHouse
) -> None:
    house = open_house(relays=("127.0.0.1",))
    with house.greeted() as relay:
        assert relay.say(f"XFORWARD {attributes}") == "250 2.0.0 Ok"
        relay.deliver(RAW)

    envelope, _ = house.ledger.only
    assert (peer, helo, "127.0.0.1") == (envelope.peer, envelope.helo, envelope.relay)


def test_what_was_named_holds_for_one_transaction(open_house: OpenHouse) -> None:
    house = open_house(relays=("127.0.0.1",))
    with house.greeted() as relay:
        relay.say("XFORWARD ADDR=192.0.2.7")
        relay.deliver(RAW)
        relay.deliver(RAW)

    assert [envelope.peer for envelope, _ in house.ledger.messages] == ["192.0.2.7", None]


def test_a_relay_that_names_nobody_is_not_taken_for_the_client(open_house: OpenHouse) -> None:
    house = open_house(relays=("127.0.0.0/8",))
    with house.greeted() as relay:
        relay.deliver(RAW)

    envelope, _ = house.ledger.only
    assert (envelope.peer, envelope.relay) == (None, "127.0.0.1")


def test_a_program_on_this_machine_may_name_its_client_by_lmtp(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted(1) as mta:
        assert mta.say("XFORWARD ADDR=192.0.2.7 HELO=mail.mpoc.example") == "250 2.0.0 Ok"
        mta.deliver(RAW)
        mta.deliver(RAW)

    first, second = (envelope for envelope, _ in house.ledger.messages)
    assert (first.route, first.peer, first.relay, first.helo) == (Route.LMTP, "192.0.2.7", "local", "mail.mpoc.example")
    assert (second.peer, second.relay, second.helo) == (None, "local", "client.example")


def test_a5_a_stranger_that_talks_before_the_greeting_is_not_greeted(open_house: OpenHouse) -> None:
    """The octets must be there when the door looks: the door is held until they are."""
    house = open_house()
    held: list[Client] = []

    def connect_and_talk() -> None:
        held.append(house.connect())
        held[0].send(b"EHLO client.example\r\n")

    house.call(connect_and_talk)
    assert held[0].reply() == "554 5.5.0 SMTP protocol synchronization"
    assert held[0].is_closed_by_peer()
    held[0].close()


def test_a6_http_before_the_greeting_hears_nothing_at_all(open_house: OpenHouse) -> None:
    house = open_house()
    held: list[Client] = []

    def connect_and_talk() -> None:
        held.append(house.connect())
        held[0].send(b"GET / HTTP/1.1\r\nHost: mx\r\n\r\n")

    house.call(connect_and_talk)
    assert held[0].is_closed_by_peer()
    held[0].close()
