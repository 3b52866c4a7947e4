"""Too few descriptors, a dead resolver, a relay that never answers, an end under load (threats X-8, X-23, X-43)."""

import contextlib
import os
import resource
import socket
import time
from pathlib import Path

import pytest

from tests.faults.accounts import breaches
from tests.faults.conftest import MakeDesk
from tests.faults.relays import BadRelay
from tests.faults.talking import client_of, events_named, is_whole, offer, send, wait_for_event
from tests.load import History, Installation, Load, Mails, populate
from tests.load.installation import CASEGATE
from tests.services import wait_until
from tests.system.service import Desk, a_mail_of

DESCRIPTORS = 64
LOOK = 2.0


def cpu_seconds(pid: int) -> float:
    """The CPU time a process has used so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_x8_more_connections_than_descriptors(make_desk: MakeDesk) -> None:
    """EMFILE at the door: no process ends, none spins, what was said stays said; when they leave all is as before."""
    limit = f"--nofile={DESCRIPTORS}:{DESCRIPTORS}"
    desk = make_desk(command=["prlimit", limit, CASEGATE]).start()
    desk.wait_settled(send(desk))
    door = desk.processes()["smtp"]
    with contextlib.ExitStack() as crowd:
        for _ in range(2 * DESCRIPTORS):
            connection = crowd.enter_context(socket.create_connection(("127.0.0.1", desk.smtp_port), timeout=5))
            connection.setblocking(False)
        wait_until(lambda: len(list(Path(f"/proc/{door}/fd").iterdir())) >= DESCRIPTORS - 4, what="none is left")
        before, began = cpu_seconds(door), time.monotonic()
        wait_until(lambda: time.monotonic() - began > LOOK, what="some time passes")
        used = (cpu_seconds(door) - before) / (time.monotonic() - began)
    assert used < 0.5

    message_id = wait_until(lambda: accepted(desk), what="mail is taken again")
    desk.wait_settled(message_id)
    desk.wait_outbox("submitted", 4)
    assert door == desk.processes()["smtp"]
    assert [(0, 0)] == desk.rows("SELECT max(strikes), max(interruptions) FROM inbox")
    assert "" == is_whole(desk)


def test_x8_a_worker_without_a_descriptor_blames_no_message(make_desk: MakeDesk) -> None:
    """It cannot have another parse worker: the service begins anew, and the mail at hand bears no strike."""
    desk = make_desk().start()
    desk.wait_settled(send(desk))
    resource.prlimit(desk.processes()["worker"], resource.RLIMIT_NOFILE, (3, 3))
    assert desk.strike("parser")

    message_id = send(desk)

    assert 1 == desk.wait_ended()
    desk.start()
    desk.wait_settled(message_id)
    assert [(0,)] == desk.rows("SELECT max(strikes) FROM inbox")
    assert "" == is_whole(desk)


def test_x8_a_worker_without_a_descriptor_parks_no_notice(make_desk: MakeDesk) -> None:
    """It cannot read the words of its first mail: the service begins anew, and the mail is written then."""
    desk = make_desk().start()
    message_id, raw = a_mail_of(desk.mpoc)
    with client_of(desk) as client:
        client.sendmail("", ["support@example.net"], raw)
    desk.wait_settled(message_id)
    resource.prlimit(desk.processes()["worker"], resource.RLIMIT_NOFILE, (3, 3))

    send(desk)

    assert 1 == desk.wait_ended()
    desk.start()
    desk.wait_outbox("submitted", 2)
    assert "" == is_whole(desk)


def accepted(desk: Desk) -> str:
    """Offer a mail once; its Message-ID where it was taken."""
    with contextlib.suppress(OSError):
        message_id, code = offer(desk)
        assert code // 100 in {2, 4}
        return message_id if code == 250 else ""
    return ""


def test_x23_a_relay_whose_name_nobody_resolves(make_desk: MakeDesk) -> None:
    """A resolver that is dead when we start: mail is taken and decided, notices wait, one line says so."""
    desk = make_desk(relay="smtp://relay.invalid:25").start()

    desk.wait_settled(send(desk))

    assert "relay.invalid" in wait_for_event(desk, "relay.unavailable")["reply"]
    desk.wait_outbox("ready", 2)
    desk.wait_settled(send(desk))
    assert 1 == len(events_named(desk, "relay.unavailable"))
    checked = desk.casegate("check", check=False)
    assert (1, True) == (checked.returncode, "delivery.relay: relay.invalid:25 cannot be reached" in checked.stdout)
    assert 0 == desk.end()


def test_x28_a_relay_that_never_answers_holds_nobody_up(make_desk: MakeDesk) -> None:
    """Silent after every final dot: mail is taken and decided meanwhile, and nothing is offered a second time."""
    with BadRelay(answers_the_dot=False) as relay:
        desk = make_desk(relay=f"smtp://127.0.0.1:{relay.port}").start()
        desk.wait_settled(send(desk))
        wait_until(lambda: len(relay.heard) == 2, what="the relay has heard both")

        for message_id in [send(desk) for _ in range(3)]:
            desk.wait_settled(message_id)

        assert {1} == set(relay.heard.values())
        assert "" == is_whole(desk)
        desk.kill()


@pytest.mark.soak
@pytest.mark.timeout(300)
def test_x43_an_end_while_a_relay_is_silent(make_desk: MakeDesk) -> None:
    """SIGTERM: it is left alone after a minute, and what was offered is offered again after the start."""
    with BadRelay(answers_the_dot=False) as relay:
        desk = make_desk(relay=f"smtp://127.0.0.1:{relay.port}").start()
        desk.wait_settled(send(desk))
        wait_until(lambda: len(relay.heard) == 2, what="the relay has heard both")
        began = time.monotonic()

        status = desk.end()

        took = time.monotonic() - began
        print(f"\nended with {status} after {took:.0f} s")
        assert 0 == status
        assert took < 80
        relay.answers_the_dot = True
        desk.start()
        desk.wait_outbox("submitted", 2)
        assert {2} == set(relay.heard.values())


def test_x43_an_end_under_load() -> None:
    """SIGTERM three times in the middle of it: exit 0 in time, and every mail that was answered is there."""
    with Installation() as installation, History() as history:
        population = populate(installation.database_url, organisations=20, mpocs=100)
        mails = Mails(population, installation.intake_address, seed=43)
        installation.start()
        with Load(installation.smtp_port, mails, history, connections=6, rate=60) as load:
            for _ in range(3):
                seen = len(history.accepted)
                wait_until(lambda: len(history.accepted) >= seen + 30, what="mail flows")  # noqa: B023
                began = time.monotonic()
                assert 0 == installation.end()
                assert time.monotonic() - began < 60
                installation.start()
            load.finish()
        wait_until(installation.is_quiet, 90, what="all is done")
        assert [] == breaches(installation, history)
