"""Our own faults are temporary and silent, and no commit is ever cancelled."""

import contextlib
import socket
import struct
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import pytest

from intake.acceptance import AcceptanceError
from models.intake_address import IntakeAddresses, Recognised
from tests.doors.conftest import OpenHouse
from tests.doors.house import Client, Ledger

RAW = b"Subject: x\r\n\r\n"
SECRET = "secret path /var/lib/casegate password=1"


@pytest.mark.parametrize(
    "fault", [RuntimeError(SECRET), AcceptanceError(SECRET), AssertionError(), OSError(5, SECRET)], ids=repr
)
def test_a19_a_fault_while_storing_is_451_with_an_incident_and_nothing_else(
    fault: Exception, open_house: OpenHouse, events: list[MutableMapping[str, Any]]
) -> None:
    house = open_house(ledger=Ledger(fault=fault))
    with house.greeted() as client:
        reply = client.deliver(RAW)
        assert client.say("NOOP") == "250 2.0.0 Ok"

    assert reply.startswith("451 4.3.0 Temporary internal error (incident ")
    assert SECRET not in reply
    incidents = [event["incident"] for event in events if event["event"] == "smtp.fault"]
    assert [incident in reply for incident in incidents] == [True]


def test_a19_on_lmtp_every_recipient_hears_of_the_fault(open_house: OpenHouse) -> None:
    house = open_house(ledger=Ledger(fault=RuntimeError(SECRET)))
    with house.greeted(1) as client:
        replies = [client.deliver(RAW, "support@example.net", "billing@example.net"), client.reply()]
        assert client.say("NOOP") == "250 2.0.0 Ok"

    assert [reply[:9] for reply in replies] == ["451 4.3.0"] * 2


class _BrokenAddresses(IntakeAddresses):
    def recognise(self, forward_path: str) -> Recognised | None:
        raise KeyError(SECRET, forward_path)


def test_m1_a_fault_in_any_command_is_451_and_the_session_goes_on(open_house: OpenHouse) -> None:
    house = open_house()
    house.call(lambda: setattr(house.doors.reception, "addresses", _BrokenAddresses([])))
    with house.greeted() as client:
        client.say("MAIL FROM:<a@mpoc.example>")
        reply = client.say("RCPT TO:<support@example.net>")
        assert client.say("NOOP") == "250 2.0.0 Ok"

    assert reply.startswith("451 4.3.0 ")
    assert "secret" not in reply


def _close(client: Client) -> None:
    client.close()


def _reset(client: Client) -> None:
    client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    client.close()


@pytest.mark.parametrize("leave", [_close, _reset])
@pytest.mark.parametrize("uv", [True, False], ids=["uvloop", "asyncio"])
def test_a20_a_client_that_leaves_after_the_final_dot_cancels_nothing(
    leave: Any, uv: bool, open_house: OpenHouse
) -> None:
    ledger = Ledger(held=True)
    house = open_house(ledger=ledger, uv=uv)
    with house.greeted() as client:
        client.begin()
        client.send(RAW + b".\r\n")
        ledger.wait_for(lambda: ledger.begun == 1)
        leave(client)
    with house.greeted():  # the doors have seen by now what happened before
        ledger.release()
        ledger.wait_for(lambda: len(ledger.messages) == 1)
    assert ledger.only[1] == RAW


def test_m2_a_client_that_half_closes_after_the_final_dot_gets_its_reply(open_house: OpenHouse) -> None:
    ledger = Ledger(held=True)
    house = open_house(ledger=ledger)
    with house.greeted() as client:
        client.begin()
        client.send(RAW + b".\r\nQUIT\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        ledger.wait_for(lambda: ledger.begun == 1)
        ledger.release()

        assert client.reply() == "250 2.0.0 Accepted as 1"
        assert client.reply() == "221 2.0.0 Bye"
        assert client.is_closed_by_peer()


def test_a_whole_session_and_its_end_in_one_write_by_a_relay(open_house: OpenHouse) -> None:
    house = open_house(relays=("127.0.0.1",))
    with house.connect() as client:
        client.send(b"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<support@example.net>\r\nDATA\r\n.\r\nQUIT\r\n")
        client.socket.shutdown(socket.SHUT_WR)
        codes = [client.reply()[:3] for _ in range(7)]
        assert client.is_closed_by_peer()

    assert codes == ["220", "250", "250", "250", "354", "250", "221"]


def test_m2_the_command_timer_does_not_run_during_the_commit(open_house: OpenHouse) -> None:
    """Shown by a second client, idle for a shorter time, that is sent away meanwhile."""
    ledger = Ledger(held=True)
    house = open_house(ledger=ledger, command_seconds=0.8)
    with house.greeted() as client:
        client.begin()
        client.send(RAW + b".\r\n")
        ledger.wait_for(lambda: ledger.begun == 1)
        with house.greeted() as idle:
            assert idle.reply() == "421 4.4.2 Timeout"
            assert idle.is_closed_by_peer()
        ledger.release()
        assert client.reply() == "250 2.0.0 Accepted as 1"


def test_one_session_s_fault_hurts_no_other(open_house: OpenHouse) -> None:
    house = open_house()
    with house.greeted() as one, house.greeted() as other:
        one.begin()
        other.begin()
        with contextlib.suppress(OSError):
            _reset(one)
        other.send(RAW + b".\r\n")
        assert other.reply() == "250 2.0.0 Accepted as 1"


def test_a21_a_full_disk_is_said_at_mail(open_house: OpenHouse) -> None:
    house = open_house(ledger=Ledger(room=False))
    with house.greeted() as client:
        assert client.say("MAIL FROM:<a@mpoc.example>") == "452 4.3.1 Not enough room; try again later"


def test_a21_a_spool_that_cannot_be_written_is_want_of_room(open_house: OpenHouse, tmp_path: Path) -> None:
    house = open_house(spool_memory_bytes=10, spool_directory=tmp_path / "gone")
    with house.greeted() as client:
        assert client.deliver(b"Subject: more than ten octets\r\n") == "452 4.3.1 Not enough room; try again later"
        assert client.say("NOOP") == "250 2.0.0 Ok"


def test_a_paused_intake_is_temporary(open_house: OpenHouse) -> None:
    house = open_house(ledger=Ledger(paused=True))
    with house.greeted() as client:
        assert client.say("MAIL FROM:<a@mpoc.example>") == "451 4.3.2 Intake is paused; try again later"
