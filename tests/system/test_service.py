"""The service as systemd sees it: ready, alive, reloaded, drained, and gone without a trace."""

import contextlib
import itertools
import json
import os
import signal
import smtplib
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from intake.wake import Ear
from tests.at_once import all_at_once
from tests.load.installation import CASEGATE, Installation
from tests.services import DEADLINE, PrivatePostgres, free_port, short_directory, wait_until
from tests.system.conftest import MakeDesk
from tests.system.service import Desk, a_mail_of

pytestmark = pytest.mark.system

ROLES = {"smtp", "worker", "submitter", "scheduler"}
PATIENCE = DEADLINE


def client_of(desk: Desk) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", desk.smtp_port, local_hostname="client.example", timeout=PATIENCE)


def send(desk: Desk, to: str = "support@example.net", subject: str = "No dial tone") -> str:
    """Hand in a mail of the MPOC by SMTP; its Message-ID."""
    message_id, raw = a_mail_of(desk.mpoc, subject=subject)
    with client_of(desk) as client:
        client.sendmail(desk.mpoc, [to], raw)
    return message_id


def pid_of(desk: Desk) -> int:
    return desk.processes()["supervisor"]


def events_named(desk: Desk, name: str) -> list[dict[str, object]]:
    return [event for event in desk.events() if event["event"] == name]


class Manager:
    """The service manager's ear: the datagrams of sd_notify."""

    def __init__(self, place: Path) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(place))
        self.socket.settimeout(PATIENCE)

    def next(self, beginning: str) -> float:
        """Wait for a notification that has a line with that beginning; when it came."""
        while not any(line.startswith(beginning) for line in self.socket.recv(4096).decode().splitlines()):
            pass
        return time.monotonic()

    def sign_of_life(self) -> bool:
        """Whether one more comes within the patience."""
        with contextlib.suppress(TimeoutError):
            return bool(self.next("WATCHDOG=1"))
        return False


@pytest.fixture
def manager(directory: Path) -> Iterator[Manager]:
    manager = Manager(directory / "notify")
    yield manager
    manager.socket.close()


def test_it_is_ready_when_every_role_is(make_desk: MakeDesk, directory: Path, manager: Manager) -> None:
    """READY=1 is told when the doors are open and all roles work, and not before."""
    desk = make_desk(environment={"NOTIFY_SOCKET": str(directory / "notify")}).launch()

    manager.next("READY=1")

    assert set() == ROLES - set(desk.processes())
    with client_of(desk) as client:
        assert 250 == client.noop()[0]
    desk.wait_settled(send(desk))


def test_it_says_what_is_going_on(make_desk: MakeDesk, directory: Path, manager: Manager) -> None:
    """The line of `systemctl status`, from the scheduler's look into the database."""
    make_desk(environment={"NOTIFY_SOCKET": str(directory / "notify")}).launch()

    manager.next("STATUS=Serving: smtp, worker, submitter, scheduler; nothing waits")


def test_it_shows_that_it_lives(make_desk: MakeDesk, directory: Path, manager: Manager) -> None:
    """WATCHDOG=1 comes more often than the manager asks for, with nothing to do as well."""
    environment = {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": "30000000"}
    make_desk(environment=environment).launch()
    manager.next("READY=1")

    beats = [manager.next("WATCHDOG=1") for _ in range(6)]

    assert [] == [pause for before, after in itertools.pairwise(beats) if (pause := after - before) > 30]


def test_a_role_that_hangs_is_not_hidden(make_desk: MakeDesk, directory: Path, manager: Manager) -> None:
    """When one role's loop stands still the signs of life end, so that the manager starts all anew (X-44)."""
    environment = {"NOTIFY_SOCKET": str(directory / "notify"), "WATCHDOG_USEC": "4000000"}
    desk = make_desk(environment=environment).launch()
    manager.next("READY=1")

    worker = desk.processes()["worker"]
    os.kill(worker, signal.SIGSTOP)
    manager.socket.settimeout(4)
    signs = iter(manager.sign_of_life, False)
    assert len(list(signs)) < 20
    os.kill(worker, signal.SIGKILL)
    assert 1 == desk.wait_ended()


def test_sigterm_ends_it_with_a_word_and_0(make_desk: MakeDesk, directory: Path, manager: Manager) -> None:
    """STOPPING=1, no process left, the Unix socket gone."""
    desk = make_desk(environment={"NOTIFY_SOCKET": str(directory / "notify")}).start()
    assert desk.lmtp.is_socket()

    os.kill(pid_of(desk), signal.SIGTERM)

    manager.next("STOPPING=1")
    assert 0 == desk.wait_ended()
    assert not desk.lmtp.exists()


def test_a_transaction_under_way_gets_its_250(make_desk: MakeDesk) -> None:
    """SIGTERM in the middle of DATA: the message is taken and stored, then the service ends with 0."""
    desk = make_desk().start()
    message_id, raw = a_mail_of(desk.mpoc)
    client = client_of(desk)
    client.ehlo()
    client.mail(desk.mpoc)
    client.rcpt("support@example.net")
    assert 354 == client.docmd("DATA")[0]
    client.sock.sendall(raw[:100])  # type: ignore[union-attr]

    os.kill(pid_of(desk), signal.SIGTERM)
    wait_until(lambda: events_named(desk, "stopping"), what="the door drains")
    client.sock.sendall(raw[100:] + b".\r\n")  # type: ignore[union-attr]

    assert 250 == client.getreply()[0]
    client.close()
    assert 0 == desk.wait_ended()
    assert 1 == desk.count("SELECT count(*) FROM inbox")
    desk.start()
    assert "open_case" == desk.wait_settled(message_id)["decisions"][0]["fate"]


def test_a_session_that_waits_is_sent_away(make_desk: MakeDesk) -> None:
    """Who has nothing under way hears 421 and comes again later (RFC 5321 3.8)."""
    desk = make_desk().start()
    client = client_of(desk)
    client.ehlo()

    os.kill(pid_of(desk), signal.SIGTERM)

    assert 421 == client.getreply()[0]
    client.close()
    assert 0 == desk.wait_ended()


@pytest.mark.parametrize("role", sorted(ROLES))
def test_a_role_that_dies_ends_the_service(make_desk: MakeDesk, role: str) -> None:
    """Crash-only: exit 1, said in the log, and nothing of it left behind."""
    desk = make_desk().start()

    assert desk.strike(role)

    assert 1 == desk.wait_ended()
    assert [(role, -9)] == [(event["ended"], event["status"]) for event in events_named(desk, "role.ended")]


def test_a_supervisor_that_is_killed_leaves_no_process(make_desk: MakeDesk) -> None:
    """Roles and parse workers die with it; the next start finds everything free."""
    desk = make_desk().start()
    assert desk.strike("supervisor")

    assert -signal.SIGKILL == desk.wait_ended()

    desk.start()
    assert "open_case" == desk.wait_settled(send(desk))["decisions"][0]["fate"]


def test_a_parse_worker_that_is_killed_costs_nothing(make_desk: MakeDesk) -> None:
    """It is started anew; the service goes on and the mail is decided."""
    desk = make_desk().start()
    wait_until(lambda: desk.strike("parser"), what="the parse worker is there")

    assert "open_case" == desk.wait_settled(send(desk))["decisions"][0]["fate"]
    assert set() == ROLES - set(desk.processes())


# --- several workers ------------------------------------------------------------------------


def workers_of(desk: Installation) -> set[str]:
    return {name for name in desk.processes() if name.startswith("worker")}


def test_there_are_as_many_workers_as_are_wanted(make_desk: MakeDesk) -> None:
    """They share the work, and end together."""
    desk = make_desk(settings={"service.workers": 3}).start()

    settled = [desk.wait_settled(one) for one in [send(desk, subject=f"Line {word}") for word in ("one", "two", "six")]]

    assert ["open_case"] * 3 == [row["decisions"][0]["fate"] for row in settled]
    assert {"worker", "worker 2", "worker 3"} == workers_of(desk)
    assert 0 == desk.end()


def test_workers_that_begin_at_the_same_moment_share_one_bell(directory: Path) -> None:
    """One of them is rung for, the others look once a second; none fails for the place that another has taken."""
    for _ in range(50):
        ears: list[Ear] = []
        all_at_once(*[lambda ears=ears: ears.append(Ear(directory, "worker"))] * 4)

        assert 4 == len(ears)
        for ear in ears:
            ear.close()


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_where_nothing_is_said_postgresql_has_two_workers_and_sqlite_one(
    engine: str, request: pytest.FixtureRequest
) -> None:
    """Two where there are two processors; on SQLite a second one would wait for the first."""
    if engine == "sqlite":
        with Installation() as installation:
            assert {"worker"} == workers_of(installation.start())
        return
    server: PrivatePostgres = request.getfixturevalue("postgres")
    url = server.database()
    with Installation(database=url) as installation:
        expected = {"worker", "worker 2"} if len(os.sched_getaffinity(0)) > 1 else {"worker"}
        assert expected == workers_of(installation.start())
    server.drop(url)


# --- SIGHUP ---------------------------------------------------------------------------------


def refused_recipient(desk: Desk, recipient: str) -> bool:
    with client_of(desk) as client:
        client.ehlo()
        client.mail(desk.mpoc)
        return client.rcpt(recipient)[0] == 550


def test_a_bad_configuration_keeps_the_old_one(make_desk: MakeDesk) -> None:
    """SIGHUP with a mistake changes nothing and says what is wrong (threats X-45)."""
    desk = make_desk().start()
    desk.add_intake("help@example.net", "nobody\nknows")  # no TOML

    os.kill(pid_of(desk), signal.SIGHUP)

    wait_until(lambda: len(events_named(desk, "reload.refused")) == len(ROLES), what="every role refused")
    assert [True] * len(ROLES) == [
        "it is no TOML" in str(event["error"]) for event in events_named(desk, "reload.refused")
    ]
    assert refused_recipient(desk, "help@example.net")
    assert "open_case" == desk.wait_settled(send(desk))["decisions"][0]["fate"]


def test_a_missing_key_file_keeps_the_old_one(make_desk: MakeDesk) -> None:
    """A configuration that reads well but cannot be used is refused by every role, not by some."""
    desk = make_desk().start()
    (desk.directory / "casegate.key").rename(desk.directory / "elsewhere.key")
    desk.add_intake("help@example.net", "billing")

    os.kill(pid_of(desk), signal.SIGHUP)

    wait_until(lambda: events_named(desk, "reload.refused"), what="it is refused")
    wait_until(
        lambda: len(events_named(desk, "reload.refused") + events_named(desk, "reloaded")) == len(ROLES),
        what="every role has answered",
    )
    assert refused_recipient(desk, "help@example.net")


def test_new_intake_addresses_are_taken(make_desk: MakeDesk) -> None:
    """SIGHUP with a good configuration: the door takes the new address, the worker knows its department."""
    desk = make_desk().start()
    assert refused_recipient(desk, "help@example.net")
    desk.add_intake("help@example.net", "billing")

    os.kill(pid_of(desk), signal.SIGHUP)

    wait_until(lambda: len(events_named(desk, "reloaded")) == len(ROLES), what="every role has reloaded")
    row = desk.wait_settled(send(desk, "help@example.net"))
    department = "SELECT department.key FROM cases JOIN department ON department.id = department_id"
    assert [("billing",)] == desk.rows(f"{department} WHERE opened_from = :id", id=row["inbox"])


# --- two at once ------------------------------------------------------------------------------


@contextlib.contextmanager
def second(desk: Desk, *roles: str) -> Iterator["subprocess.Popen[str]"]:
    """Another `casegate serve` of the same configuration."""
    options = [word for role in roles for word in ("--role", role)]
    command = [CASEGATE, "serve", "--config", str(desk.configuration), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)


def test_a_second_service_is_refused(make_desk: MakeDesk) -> None:
    """The doors are taken: a line says which, exit not 0, and the first one goes on undisturbed."""
    desk = make_desk().start()

    with second(desk) as other:
        said, _ = other.communicate(timeout=PATIENCE)

    lines = [json.loads(line) for line in said.splitlines() if line.startswith("{")]
    assert 1 == other.returncode
    (line,) = [line for line in lines if "error" in line]
    assert "smtp.cannot_listen" == line["event"]
    assert f"cannot listen on 127.0.0.1:{desk.smtp_port}: Address already in use" == line["error"]
    assert "open_case" == desk.wait_settled(send(desk))["decisions"][0]["fate"]
    assert set() == ROLES - set(desk.processes())


def test_a_second_service_takes_no_bell_away(make_desk: MakeDesk) -> None:
    """After a second service came and went the roles of the first still hear one another."""
    desk = make_desk().start()

    with second(desk) as other:
        other.communicate(timeout=PATIENCE)

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as bell:
        for role in ("worker", "submitter"):
            bell.sendto(b"1", str(desk.state / f"{role}.wake"))


@pytest.mark.timeout(300)
def test_two_workers_do_nothing_twice(make_desk: MakeDesk) -> None:
    """`--role worker` beside the service on one database: every mail is decided once, every notice sent once."""
    desk = make_desk().start()
    with second(desk, "worker") as other:
        assert other.stdout is not None
        for line in iter(other.stdout.readline, ""):
            if '"ready"' in line:
                break

        message_ids = [send(desk, subject=f"Phone {number} is dead") for number in range(30)]
        desk.wait_outbox("submitted", 2 * len(message_ids))

    assert 0 == other.returncode
    counts = [desk.count(f"SELECT count(*) FROM {table}") for table in ("inbox", "settlement", "cases", "outbox")]
    assert [30, 30, 30, 60] == counts
    assert 60 == len(list((desk.directory / "sent" / "new").iterdir()))
    assert "promises hold" in desk.casegate("verify").stdout


# --- sockets of systemd ----------------------------------------------------------------------

LAUNCHER = """
import fcntl, os, socket, sys
port, path, pid, *command = sys.argv[1:]
tcp, unix = socket.socket(), socket.socket(socket.AF_UNIX)
tcp.bind(("127.0.0.1", int(port))); tcp.listen()
unix.bind(path); os.chmod(path, 0o666); unix.listen()
high = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 100) for one in (tcp, unix)]
for number, one in enumerate(high, 3):
    os.dup2(one, number)
os.closerange(5, 200)
os.environ |= {"LISTEN_FDS": "2", "LISTEN_FDNAMES": "smtp:lmtp"}
os.environ["LISTEN_PID"] = str(os.getpid()) if pid == "own" else pid
os.execv(command[0], command)
"""


def launched(port: int, path: Path, pid: str = "own") -> list[str]:
    """The beginning of a command that is started as systemd starts it: with two open sockets."""
    return [sys.executable, "-c", LAUNCHER, str(port), str(path), pid, CASEGATE]


def test_sockets_that_systemd_opened_are_served(make_desk: MakeDesk) -> None:
    """LISTEN_FDS: SMTP on the TCP socket, LMTP on the Unix socket, beside the configured ones."""
    place = short_directory()
    port, path = free_port(), place / "inherited"
    desk = make_desk(command=launched(port, path)).start()

    by_smtp, raw = a_mail_of(desk.mpoc)
    with smtplib.SMTP("127.0.0.1", port, timeout=PATIENCE) as client:
        client.sendmail(desk.mpoc, ["support@example.net"], raw)
    by_lmtp, raw = a_mail_of(desk.mpoc)
    with smtplib.LMTP(str(path)) as local:
        local.sendmail(desk.mpoc, ["support@example.net"], raw)

    assert ["smtp", "lmtp"] == [desk.wait_settled(one)["envelope"]["route"] for one in (by_smtp, by_lmtp)]
    assert "open_case" == desk.wait_settled(send(desk))["decisions"][0]["fate"]
    desk.stop()
    assert path.is_socket()  # it is systemd's, and mail that comes meanwhile waits in it
    path.unlink()
    place.rmdir()


def test_sockets_meant_for_another_process_are_left_alone(make_desk: MakeDesk) -> None:
    """LISTEN_PID of somebody else (sd_listen_fds(3)): the descriptors are none of ours."""
    place = short_directory()
    path = place / "inherited"
    desk = make_desk(command=launched(free_port(), path, "1")).start()

    (listening,) = events_named(desk, "smtp.listening")

    assert [f"127.0.0.1:{desk.smtp_port}", str(desk.lmtp)] == listening["doors"]
    path.unlink()
    place.rmdir()


def test_a_socket_file_that_nobody_serves_is_replaced(make_desk: MakeDesk) -> None:
    """After a crash the old Unix socket lies about; the next start takes its place."""
    desk = make_desk().start()
    assert desk.strike("group")
    desk.wait_ended()
    assert desk.lmtp.is_socket()

    desk.start()

    message_id, raw = a_mail_of(desk.mpoc)
    with smtplib.LMTP(str(desk.lmtp)) as local:
        local.sendmail(desk.mpoc, ["support@example.net"], raw)
    assert "lmtp" == desk.wait_settled(message_id)["envelope"]["route"]


# --- an MTA on the same machine ------------------------------------------------------------


def test_a_pipe_beside_the_running_service(desk: Desk) -> None:
    """`casegate ingest` as a process of the MTA's: stored with CRLF, decided by the service."""
    message_id, raw = a_mail_of(desk.mpoc)
    command = [CASEGATE, "ingest", "--config", str(desk.configuration), "--from", desk.mpoc, "support@example.net"]

    done = subprocess.run(command, input=raw.replace(b"\r\n", b"\n"), capture_output=True, check=False)

    row = desk.wait_settled(message_id)
    assert (0, f"accepted as {row['inbox']}\n".encode(), b"") == (done.returncode, done.stdout, done.stderr)
    assert ("pipe", "open_case") == (row["envelope"]["route"], row["decisions"][0]["fate"])
    assert [(raw,)] == desk.rows("SELECT octets FROM inbox_chunk WHERE inbox_id = :id", id=row["inbox"])


def test_a_paused_door_sends_mail_back_to_wait(make_desk: MakeDesk) -> None:
    """`intake pause`: a 4xx for every new transaction, at once and without a reload; `resume` opens it."""
    desk = make_desk().start()
    with client_of(desk) as client:
        client.ehlo()
        desk.casegate("intake", "pause")
        paused, reply = client.mail(desk.mpoc)
        client.rset()
        desk.casegate("intake", "resume")
        resumed, _ = client.mail(desk.mpoc)

    assert (True, True, 250) == (400 <= paused < 500, reply.startswith(b"4."), resumed)
    assert "open_case" == desk.wait_settled(send(desk))["decisions"][0]["fate"]
