"""Servers that are hostile or broken: whatever they say is bounded, refused, and never believed."""

import base64
import contextlib
import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
import trustme

from intake.doors.imap import wire
from intake.doors.imap.account import Account
from intake.doors.imap.keeper import pause_after
from intake.doors.imap.wire import Connection, ImapError, Lost
from models.limits import IMAP_REPLY_BYTES
from models.store.imap_ledger import Place
from tests.builders import SUPPORT
from tests.doors.imap.desk import DONE, Mailbox
from tests.services import CuttingProxy, PrivateDovecot, free_port

GREETING = b"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready\r\n"


@contextlib.contextmanager
def scripted(*answers: bytes, greeting: bytes = GREETING) -> Iterator[tuple[int, list[bytes]]]:
    """A server that greets, and gives one answer to each command; `TAG` stands for the command's. What it heard."""
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", free_port()))

    def serve() -> None:
        with contextlib.suppress(OSError):
            connection, _ = listener.accept()
            with connection, connection.makefile("rb") as lines:
                connection.sendall(greeting)
                for answer in answers:
                    line = lines.readline()
                    heard.append(line)
                    connection.sendall(answer.replace(b"TAG", line.split(b" ")[0]))
                while line := lines.readline():
                    heard.append(line)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        listener.close()
        thread.join(10)


CAPABILITY = b"* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS MOVE\r\nTAG OK done\r\n"


@pytest.fixture
def account(tmp_path: Path) -> Account:
    """An account on this machine, without TLS."""
    secret = tmp_path / "password"
    secret.write_text("secret\n")
    return Account(
        place=Place("127.0.0.1", 1, "support", "INBOX"),
        tls="none",
        ca_file=None,
        password_file=secret,
        token_file=None,
        done_folder=DONE,
        held_folder=None,
        address=SUPPORT,
        recipient_field="",
        poll_seconds=60,
    )


def at(account: Account, port: int) -> Account:
    return replace(account, place=replace(account.place, port=port))


def opening(account: Account, port: int) -> None:
    connection = Connection()
    try:
        connection.open(at(account, port))
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("greeting", "words"),
    [
        (b"* PREAUTH [CAPABILITY IMAP4rev1] come in\r\n", "PREAUTH"),
        (b"* BYE too many of you\r\n", "too many of you"),
        (b"* OK {%d}\r\n" % (IMAP_REPLY_BYTES + 1), "more than"),
        (b"* BAD \x1b[31m\r\n", "31m"),
        (b"220 mail.example ESMTP\r\n", "unexpected response"),
    ],
    ids=["preauth", "bye", "endless literal", "escape", "another protocol"],
)
def test_j9_a_hostile_greeting_ends_it(account: Account, greeting: bytes, words: str) -> None:
    """No credentials are sent, no good-bye is waited for; the reason is one printable line."""
    with scripted(CAPABILITY, greeting=greeting) as (port, heard), pytest.raises(Lost, match=words) as refusal:
        opening(account, port)

    assert str(refusal.value).isprintable()
    assert [] == [line for line in heard if b"AUTHENTICATE" in line or b"LOG" in line]


def test_a8_nothing_is_sent_where_starttls_was_stripped(account: Account) -> None:
    """A man in the middle takes STARTTLS out of the capabilities: no login, in words."""
    stripped = pytest.raises(Lost, match="STARTTLS was not possible, and nothing is sent without it")
    with scripted(CAPABILITY, CAPABILITY) as (port, heard), stripped:
        opening(replace(account, tls="starttls"), port)

    assert [] == [line for line in heard if b"AUTHENTICATE" in line]


def test_j2_an_answer_that_never_ends_is_cut(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that sends drop by drop, each in time, is cut by whoever watches the connection."""
    monkeypatch.setattr(wire, "IMAP_COMMAND_SECONDS", 0)
    with mailbox.connected() as connection:
        with contextlib.ExitStack() as stack:
            stack.enter_context(pytest.raises(Lost))
            stack.enter_context(connection._speaking())
            assert connection.cut_if_late()
            connection._client.noop()
        assert not connection.cut_if_late()


def test_j2_an_answer_larger_than_asked_for_is_refused(mailbox: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Octets are counted before they are read into memory."""
    monkeypatch.setattr(wire, "IMAP_REPLY_BYTES", 2_000)
    mailbox.deliver(1, body="x" * 10_000)

    with mailbox.connected() as connection:
        connection.select("INBOX")
        with pytest.raises(Lost, match="more than 2000 octets"):
            list(connection.chunks(1))


def test_j10_a_server_that_ends_during_idle_is_noticed(mailbox: Mailbox) -> None:
    """imapclient would answer "nothing new" for ever, at once."""
    with CuttingProxy(mailbox.server.imap_port) as proxy:
        account = replace(mailbox.account, place=replace(mailbox.account.place, port=proxy.port))
        with mailbox.connected(account) as connection:
            connection.select("INBOX")
            timer = threading.Timer(0.2, proxy.cut)
            timer.start()
            with pytest.raises(Lost):
                connection.idle(20)
            timer.join()


def test_idle_ends_when_mail_comes(mailbox: Mailbox) -> None:
    """Long before its time; and the connection goes on."""
    with mailbox.connected() as connection:
        connection.select("INBOX")
        assert connection.can_idle()
        timer = threading.Timer(0.2, mailbox.deliver, (1,))
        timer.start()
        connection.idle(20)
        timer.join()
        assert 1 == connection.select("INBOX").exists


def test_another_thread_can_end_a_wait(mailbox: Mailbox) -> None:
    """What SIGTERM does to a mailbox that is idle."""
    with mailbox.connected() as connection:
        connection.select("INBOX")
        timer = threading.Timer(0.2, connection.cut)
        timer.start()
        with pytest.raises(Lost):
            connection.idle(20)
        timer.join()


def test_a_literal_may_hold_nul(mailbox: Mailbox) -> None:
    """A file with NUL in a Maildir is fetched octet for octet."""
    mailbox.on_server()  # makes the Maildir
    place = mailbox.server.directory / "mail" / mailbox.user / "Maildir" / "new"
    (place / "1.nul.example").write_bytes(b"Subject: nul\r\n\r\na\0b\r\n")

    with mailbox.connected() as connection:
        connection.select("INBOX")
        octets = b"".join(connection.chunks(1))

    assert octets.startswith(b"Subject: nul\r\n\r\na")
    assert octets.endswith(b"b\r\n")


# --- TLS -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with an authority's certificate, and a server's chain and key."""
    place = tmp_path_factory.mktemp("tls")
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "imap.example.net")
    authority.cert_pem.write_to_path(place / "ca.pem")
    for blob in issued.cert_chain_pems:
        blob.write_to_path(place / "chain.pem", append=True)
    issued.private_key_pem.write_to_path(place / "key.pem")
    trustme.CA().cert_pem.write_to_path(place / "other.pem")
    return place


@pytest.fixture(scope="module")
def tls_server(authority: Path) -> Iterator[PrivateDovecot]:
    """A Dovecot with TLS on both of its ports."""
    server = PrivateDovecot(certificate=(authority / "chain.pem", authority / "key.pem")).start()
    yield server
    server.close()


@pytest.mark.usefixtures("dovecot")  # skipped without it
@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_mail_is_fetched_by_tls(tls_server: PrivateDovecot, authority: Path, tmp_path: Path, tls: str) -> None:
    """By TLS from the first octet, and by STARTTLS; verified by the authority that is named."""
    mailbox = Mailbox(tmp_path, tls_server)
    port = tls_server.imaps_port if tls == "tls" else tls_server.imap_port
    secured = replace(
        mailbox.account,
        tls=tls,  # type: ignore[arg-type]
        ca_file=authority / "ca.pem",
        place=replace(mailbox.account.place, port=port),
    )
    sent = mailbox.deliver(1)

    mailbox.look(account=secured)

    assert ([sent], []) == (mailbox.raws(), mailbox.on_server())
    mailbox.close()


@pytest.mark.usefixtures("dovecot")  # skipped without it
@pytest.mark.parametrize("tls", ["tls", "starttls"])
@pytest.mark.parametrize("ca_file", ["other.pem", None])
def test_a_certificate_of_nobody_is_refused(
    tls_server: PrivateDovecot, authority: Path, account: Account, tls: str, ca_file: str | None
) -> None:
    """Another authority's, or one the system does not know: no word of ours is sent."""
    port = tls_server.imaps_port if tls == "tls" else tls_server.imap_port
    file = None if ca_file is None else authority / ca_file

    with pytest.raises(Lost, match="certificate verify failed"):
        opening(replace(account, tls=tls, ca_file=file), port)  # type: ignore[arg-type]


def test_a_certificate_for_another_name_is_refused(
    tls_server: PrivateDovecot, authority: Path, account: Account, tmp_path: Path
) -> None:
    """The name that is configured is the name that is verified."""
    other = replace(account, tls="tls", ca_file=authority / "ca.pem")
    there = replace(other, place=replace(other.place, host="localhost", port=tls_server.imaps_port))
    connection = Connection()

    with pytest.raises(Lost, match="certificate verify failed"):
        connection.open(there)
    connection.close()
    assert tmp_path.exists()


# --- OAuth -----------------------------------------------------------------------------------


def test_a_token_is_sent_by_xoauth2(account: Account, tmp_path: Path) -> None:
    """The file is read at each login, so that whoever renews the token needs nothing of us."""
    token = tmp_path / "token"
    token.write_text("ya29.first\n")
    refusal = b"A NO [AUTHENTICATIONFAILED] expired\r\n"
    with scripted(CAPABILITY, b"+ \r\n", refusal) as (port, heard), pytest.raises(ImapError):
        opening(replace(account, password_file=None, token_file=token), port)

    assert b"AUTHENTICATE XOAUTH2" in heard[1]
    assert b"user=support\1auth=Bearer ya29.first\1\1" == base64.b64decode(heard[2])


# --- how long to wait ------------------------------------------------------------------------


def test_pauses_double_and_a_refused_login_waits_long() -> None:
    """A second to ten minutes; five minutes to an hour after a refused login (no account is locked by us)."""
    name = "support at imap.example.net:993, folder INBOX"
    network = [pause_after(failures, name, is_login=False) for failures in (1, 2, 3, 100)]
    login = [pause_after(failures, name, is_login=True) for failures in (1, 2, 100)]

    spread = network[0]
    assert 1 <= spread < 1.2
    assert [1, 2, 4, 600] == [round(seconds / spread) for seconds in network]
    assert [300, 600, 3600] == [round(seconds / spread) for seconds in login]
