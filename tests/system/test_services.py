"""The private services themselves: they start, pass mail, and leave nothing behind.

When these fail, distrust every other test of the system before distrusting casegate.
"""

import contextlib
import os
import signal
import smtplib
import subprocess
import sys
import uuid
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.services import DEADLINE, PrivateDovecot, PrivatePostfix, PrivatePostgres, wait_until

pytestmark = pytest.mark.system

StartPostfix = Callable[[PrivatePostfix], PrivatePostfix]


def a_message(subject: str) -> bytes:
    lines = (
        "From: alice@example.org",
        "To: support@example.net",
        f"Subject: {subject}",
        "Date: Sat, 21 Nov 2026 09:00:00 +0000",
        f"Message-ID: <{subject}@example.org>",
        "",
        "It is broken.",
        "",
    )
    return "\r\n".join(lines).encode()


def a_recipient(domain: str = "example.com") -> str:
    """A recipient no other test shares: the Dovecot is everybody's."""
    return f"{uuid.uuid4().hex[:12]}@{domain}"


def submit(port: int, recipient: str, raw: bytes) -> None:
    with smtplib.SMTP("127.0.0.1", port, timeout=DEADLINE) as client:
        client.sendmail("alice@example.org", [recipient], raw)


def test_the_relay_delivers_to_dovecot(postfix: StartPostfix, dovecot: PrivateDovecot) -> None:
    """What is submitted to the relay is read again by IMAP, with its recipient as it was."""
    recipient = a_recipient()
    relay = postfix(PrivatePostfix.relay(f"lmtp:unix:{dovecot.lmtp_socket}"))

    submit(relay.port, recipient.replace("@", "+token@"), a_message("one"))

    (message,) = dovecot.wait_for(recipient, 1)
    assert message.endswith(a_message("one"))
    assert f"Delivered-To: {recipient.replace('@', '+token@')}".encode() in message
    wait_until(lambda: not relay.queue(), what="the relay's queue is empty")


@pytest.mark.parametrize("protocol", ["unix", "tcp"])
def test_postfix_in_front_hands_on_what_is_ours_and_refuses_the_rest(
    postfix: StartPostfix, dovecot: PrivateDovecot, protocol: str
) -> None:
    """Known recipients pass the door; unknown ones and foreign domains are refused at RCPT."""
    known = a_recipient("example.net")
    door = f"unix:{dovecot.lmtp_socket}" if protocol == "unix" else f"inet:[127.0.0.1]:{dovecot.lmtp_port}"
    front = postfix(PrivatePostfix.in_front(f"lmtp:{door}", ["example.net"], recipients=f"{known} ours\n"))

    submit(front.port, known.replace("@", "+token@"), a_message("two"))

    assert len(dovecot.wait_for(known, 1)) == 1
    for stranger, code in ((a_recipient("example.net"), 550), (a_recipient("example.com"), 554)):
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
            submit(front.port, stranger, a_message("two"))
        assert refusal.value.recipients[stranger][0] == code


def test_mail_waits_in_the_queue_while_the_next_hop_is_down(
    postfix: StartPostfix, dovecot: PrivateDovecot, directory: Path
) -> None:
    """Deferred mail is seen in the queue, survives a restart of Postfix, and is tried again soon."""
    recipient = a_recipient("example.net")
    front = postfix(PrivatePostfix.in_front(f"lmtp:unix:{directory}/door", ["example.net"]))
    submit(front.port, recipient, a_message("three"))
    wait_until(lambda: [entry["queue_name"] for entry in front.queue()] == ["deferred"], what="the mail is deferred")

    front.kill()
    front.start()
    (directory / "door").symlink_to(dovecot.lmtp_socket)
    front.flush()

    assert len(dovecot.wait_for(recipient, 1)) == 1


def test_settings_change_while_postfix_runs(postfix: StartPostfix, dovecot: PrivateDovecot) -> None:
    """A relay can be told to refuse, and to take mail again."""
    relay = postfix(PrivatePostfix.relay(f"lmtp:unix:{dovecot.lmtp_socket}"))
    relay.add_settings({"smtpd_recipient_restrictions": "defer"})
    relay.reload()

    def is_deferring() -> bool:
        try:
            submit(relay.port, a_recipient(), a_message("four"))
        except smtplib.SMTPRecipientsRefused:
            return True
        return False

    wait_until(is_deferring)


@pytest.mark.usefixtures("dovecot")  # skipped without it
def test_dovecot_keeps_its_mail_when_it_is_restarted(directory: Path) -> None:
    """Mailboxes of both kinds outlive the server, and what is appended is read as it was."""
    for storage in ("maildir", "mdbox"):
        place = directory / storage
        place.mkdir()
        server = PrivateDovecot(place, storage=storage).start()
        try:
            server.append("agent@example.net", a_message(storage))
            server.stop()
            server.start()
            assert server.messages("agent@example.net") == [a_message(storage)]
            assert server.messages("nobody@example.net") == []
        finally:
            server.close()


def test_every_database_of_postgres_is_fresh(postgres: PrivatePostgres) -> None:
    """Two databases share nothing but the template they were copied from."""
    template = postgres.database()
    postgres.execute("CREATE TABLE cases (number integer)", template.rpartition("/")[2])
    first, second = (postgres.database(template.rpartition("/")[2]) for _ in range(2))
    postgres.execute("INSERT INTO cases VALUES (1)", first.rpartition("/")[2])

    with psycopg.connect(second.replace("+psycopg", "")) as connection:
        assert connection.execute("SELECT count(*) FROM cases").fetchone() == (0,)
    for url in (first, second, template):
        postgres.drop(url)


@pytest.mark.usefixtures("postfix", "dovecot", "postgres")  # skipped without them
def test_nothing_is_left_when_the_tests_are_killed() -> None:
    """Services end with the process that started them, even when it is killed and cannot tidy up."""
    script = """
import sys
from tests.services import PrivateDovecot, PrivatePostfix, PrivatePostgres
for service in (PrivateDovecot(), PrivatePostfix.relay("discard:"), PrivatePostgres()):
    service.start()
    print(service.directory, flush=True)
print("started", flush=True)
sys.stdin.read()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as tests:
        assert tests.stdout is not None
        directories = [Path(line.strip()) for line in iter(tests.stdout.readline, "started\n")]
        assert all(processes_of(directory) for directory in directories)
        tests.send_signal(signal.SIGKILL)

    wait_until(lambda: not any(processes_of(directory) for directory in directories), what="all services ended")
    for directory in directories:
        subprocess.run(["rm", "-r", str(directory)], check=True)


def processes_of(directory: Path) -> list[int]:
    """The processes that work in a directory or below it."""
    found = []
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if entry.name.isdigit() and (entry / "cwd").readlink().is_relative_to(directory):
                found.append(int(entry.name))
    return [pid for pid in found if pid != os.getpid()]
