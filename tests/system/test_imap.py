"""The service and a mailbox: mail laid into a Dovecot's INBOX becomes cases, whatever is killed on the way."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.services import PASSWORD, CuttingProxy, PrivateDovecot, wait_until
from tests.system.conftest import MakeDesk
from tests.system.service import Desk, a_mail_of

pytestmark = pytest.mark.system

DONE = "casegate-done"
MAILS = 200


@pytest.fixture
def make_box(make_desk: MakeDesk, dovecot: PrivateDovecot) -> Callable[..., Desk]:
    """Makes desks that fetch from one INBOX; `port` is where they find the server."""

    def make(user: str, port: int | None = None, more: str = "", **keywords: object) -> Desk:
        desk = make_desk(**keywords)
        add_mailbox(desk, user, port or dovecot.imap_port, more)
        return desk

    return make


def add_mailbox(desk: Desk, user: str, port: int, more: str = "", password: str = PASSWORD) -> None:
    """Add a mailbox to a desk's configuration."""
    secret = desk.directory / f"{user}.password"
    secret.write_text(password)
    secret.chmod(0o600)
    with desk.configuration.open("a") as file:
        file.write(
            f'\n[[imap]]\nhost = "127.0.0.1"\nport = {port}\ntls = "none"\nuser = "{user}"\n'
            f'password_file = "{secret}"\npoll_seconds = 1\n{more}\n'
        )


@pytest.fixture
def user(request: pytest.FixtureRequest) -> str:
    """A user of the Dovecot that no other test has."""
    return f"box-{os.getpid()}-{abs(hash(request.node.name)):x}@example.net"


def laid(dovecot: PrivateDovecot, user: str, desk: Desk, count: int) -> dict[str, bytes]:
    """Mails of the desk's MPOC in the user's INBOX, by Message-ID."""
    mails = dict(a_mail_of(desk.mpoc) for _ in range(count))
    with dovecot.imap(user) as connection:
        for raw in mails.values():
            connection.append("INBOX", "", "", raw)
    return mails


def cases(desk: Desk) -> int:
    return desk.count("SELECT count(*) FROM cases")


def stored(desk: Desk) -> int:
    return desk.count("SELECT count(*) FROM inbox")


def events_named(desk: Desk, name: str, **fields: object) -> list[dict[str, object]]:
    return [line for line in desk.events() if line.get("event") == name and fields.items() <= line.items()]


def assert_each_once(
    desk: Desk, dovecot: PrivateDovecot, user: str, mails: dict[str, bytes], *, verified: bool = True
) -> None:
    """Every mail is in our inbox once, opened one case, and lies in the done folder."""
    octets = {bytes(row[0]) for row in desk.rows("SELECT octets FROM inbox_chunk")}
    assert (len(mails), set(mails.values())) == (stored(desk), octets)
    assert len(mails) == cases(desk)
    assert ([], set(mails.values())) == (dovecot.messages(user), set(dovecot.messages(user, DONE)))
    if verified:
        assert "promises hold" in desk.casegate("verify").stdout


def test_mail_in_a_mailbox_becomes_a_case(make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str) -> None:
    """What waited at the start, and what comes while the service idles; the acknowledgement goes out."""
    desk = make_box(user)
    mails = laid(dovecot, user, desk, 1)
    desk.start()
    wait_until(lambda: cases(desk) == 1, what="the first case")

    mails |= laid(dovecot, user, desk, 1)

    wait_until(lambda: cases(desk) == 2 and not dovecot.messages(user), what="the second case")
    assert ["imap", "imap"] == [desk.wait_settled(one)["envelope"]["route"] for one in mails]
    desk.wait_outbox("submitted", 4)
    assert_each_once(desk, dovecot, user, mails)
    assert 0 == desk.end()


@pytest.mark.parametrize("words", [b"SIZE", b"BODY.PEEK", b"UID MOVE", b"after UID MOVE"])
def test_j6_a_kill_at_each_step_neither_loses_nor_doubles(
    make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str, words: bytes
) -> None:
    """SIGKILL of the whole service at the moment it says these words, or right after the server has heard them."""
    struck: list[bool] = []
    after, command = words.startswith(b"after "), words.removeprefix(b"after ")

    def strike(said: bytes) -> bool:
        if command in said and not struck:
            struck.append(desk.strike("group"))
            return after  # the server does it; we never hear so
        return True

    with CuttingProxy(dovecot.imap_port, on_client=strike) as proxy:
        desk = make_box(user, proxy.port)
        mails = laid(dovecot, user, desk, 3)
        desk.launch()
        wait_until(lambda: bool(struck), what=f"the service says {words!r}")
        desk.wait_ended()

        desk.start()

        wait_until(lambda: cases(desk) == len(mails) and not dovecot.messages(user), what="all is taken in")
        assert 0 == desk.end()
    assert_each_once(desk, dovecot, user, mails)


@pytest.mark.timeout(300)
def test_200_messages_and_kills_at_any_time(make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str) -> None:
    """Six kills while 200 mails are fetched: each is stored, decided and moved exactly once."""
    fetched: list[int] = []

    def count(said: bytes) -> bool:
        if b"BODY.PEEK" in said:
            fetched.append(1)
        return True

    with CuttingProxy(dovecot.imap_port, on_client=count) as proxy:
        desk = make_box(user, proxy.port)
        mails = laid(dovecot, user, desk, MAILS)
        for kill in range(6):
            desk.launch()
            began = len(fetched)
            wanted = began + (10, 60)[kill % 2]  # before a batch is stored, and after one
            wait_until(lambda wanted=wanted: len(fetched) > wanted or stored(desk) == MAILS, what="some are fetched")
            assert desk.strike("imap" if kill % 2 else "group")
            desk.wait_ended()
        desk.start()
        wait_until(lambda: cases(desk) == MAILS and not dovecot.messages(user), 60, what="all is taken in")
        assert 0 == desk.end()
    # One writer of 200 mails in a minute meets the loop breaker, so not every case is acknowledged.
    assert_each_once(desk, dovecot, user, mails, verified=False)


def test_a_broken_mailbox_stops_no_other(make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str) -> None:
    """A wrong password here, a server that is not there: the third mailbox is fetched; status says which and why."""
    desk = make_box(user)
    add_mailbox(desk, f"wrong-{user}", dovecot.imap_port, password="not the secret")
    add_mailbox(desk, f"nowhere-{user}", 1)
    laid(dovecot, user, desk, 1)
    desk.start()

    wait_until(lambda: cases(desk) == 1, what="the case")
    wait_until(lambda: len(events_named(desk, "imap.failed", level="error")) >= 2, what="both are alarms")

    good, wrong, nowhere = json_of(desk, "imap", "status")
    assert (None, 0) == (good["error"], good["failures"])
    assert "refused the login" in wrong["error"]
    assert "refused" in nowhere["error"]
    refused = events_named(desk, "imap.failed", mailbox=wrong["mailbox"])
    assert [True] == [300 <= float(str(line["again_in_seconds"])) for line in refused]


def json_of(desk: Desk, *arguments: str) -> list[dict[str, str]]:
    """What a command answers to a program."""
    answer: list[dict[str, str]] = json.loads(desk.casegate(*arguments, "--json", check=False).stdout)
    return answer


def test_a_server_that_goes_and_comes_back(make_box: Callable[..., Desk], directory: Path, user: str) -> None:
    """Killed and started again: the mailbox is found again by itself, and what came meanwhile is taken in."""
    (directory / "server").mkdir()
    server = PrivateDovecot(directory / "server").start()
    try:
        desk = make_box(user, server.imap_port)
        laid(server, user, desk, 1)
        desk.start()
        wait_until(lambda: cases(desk) == 1, what="the first case")
        server.kill()
        wait_until(lambda: bool(events_named(desk, "imap.failed")), what="it is noticed")
        server.start()
        laid(server, user, desk, 1)
        wait_until(lambda: cases(desk) == 2, what="the second case")
        wait_until(lambda: bool(events_named(desk, "imap.back")), what="it says so")
        assert 0 == desk.end()
    finally:
        server.close()


def test_a_server_that_will_not_move_slows_nothing_down(
    make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str
) -> None:
    """The done folder cannot be made: said once as an error; mail is taken in at every look as before, once."""
    desk = make_box(user, more=f'done_folder = "{"x/" * 120}"')
    laid(dovecot, user, desk, 1)
    desk.start()
    for number in (1, 2, 3):
        wait_until(lambda number=number: cases(desk) == number, what=f"case {number}")
        laid(dovecot, user, desk, 1)
    wait_until(lambda: cases(desk) == 4, what="the last case")

    assert 4 == stored(desk) == len(dovecot.messages(user))
    assert 1 == len(events_named(desk, "imap.failed", level="error"))
    (row,) = json_of(desk, "imap", "status")
    assert (0, 4) == (row["waiting"], row["unmoved"])
    assert "cannot be made" in row["error"]


def test_a_new_password_is_taken_by_sighup(make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str) -> None:
    """The pause after a refused login is long; whoever has mended the file need not wait for it."""
    desk = make_box(user)
    secret = desk.directory / f"{user}.password"
    secret.write_text("not the secret")
    laid(dovecot, user, desk, 1)
    desk.start()
    wait_until(lambda: bool(events_named(desk, "imap.failed", level="error")), what="the login is refused")
    secret.write_text(PASSWORD)

    os.kill(desk.processes()["supervisor"], signal.SIGHUP)

    wait_until(lambda: cases(desk) == 1, what="the case")


def test_paused_intake_leaves_the_mailbox_untouched(
    make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str
) -> None:
    """`intake pause` before the start: the mail stays where it is; `intake resume` takes it in."""
    desk = make_box(user)
    desk.casegate("intake", "pause")
    mails = laid(dovecot, user, desk, 1)
    desk.start()
    logged_in = f"Login: user=<{user}>"
    before = dovecot.log.count(logged_in)
    desk.casegate("intake", "resume")

    wait_until(lambda: cases(desk) == 1, what="the case")
    assert 1 <= before <= dovecot.log.count(logged_in) - 1
    assert_each_once(desk, dovecot, user, mails)


def test_status_and_reconcile_tell_what_is_where(
    make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str
) -> None:
    """Mail that is in done and was never ours is found and, when asked, put back; what we have is left."""
    desk = make_box(user)
    mails = laid(dovecot, user, desk, 2)
    desk.start()
    wait_until(lambda: cases(desk) == 2 and not dovecot.messages(user), what="two cases")
    desk.end()
    assert [] == json_of(desk, "imap", "reconcile")
    stray_id, stray = a_mail_of(desk.mpoc)
    dovecot.append(user, stray, DONE)
    without_id = stray.replace(f"Message-ID: <{stray_id}>\r\n".encode(), b"X-No: id\r\n")
    dovecot.append(user, without_id, DONE)

    (told,) = json_of(desk, "imap", "reconcile")
    (did,) = json_of(desk, "imap", "reconcile", "--put-back")
    desk.start()
    wait_until(lambda: cases(desk) == 4 and not dovecot.messages(user), what="all are ours")

    assert (DONE, 2, "are not in our inbox") == tuple(told[key] for key in ("folder", "messages", "what"))
    assert "2 put back into INBOX" in did["done"]
    desk.end()
    assert [] == json_of(desk, "imap", "reconcile")
    assert_each_once(desk, dovecot, user, mails | {stray_id: stray, "none": without_id})
    (row,) = json_of(desk, "imap", "status")
    assert (0, 4, None) == (row["waiting"], row["moved"], row["error"])


def test_a_stranger_is_moved_to_the_held_folder(
    make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str
) -> None:
    """What our decision holds lies apart on the server too; the rest goes to done."""
    desk = make_box(user, more='held_folder = "casegate-held"')
    _, stranger = a_mail_of("mallory@elsewhere.example")
    dovecot.append(user, stranger)
    (ours,) = laid(dovecot, user, desk, 1).values()

    desk.start()

    wait_until(lambda: not dovecot.messages(user), what="both are moved")
    assert ([stranger], [ours]) == (dovecot.messages(user, "casegate-held"), dovecot.messages(user, DONE))


def test_check_tries_the_login_and_the_folder(
    make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str
) -> None:
    """Nothing is said of a mailbox that is right; a folder that is not there is named."""
    desk = make_box(user)
    add_mailbox(desk, f"other-{user}", dovecot.imap_port)
    with desk.configuration.open("a") as file:
        file.write('folder = "Support"\n')

    findings = [line["what"] for line in json_of(desk, "check") if line["where"].startswith("imap ")]

    assert 1 == len(findings)
    assert "doesn't exist: Support" in findings[0]


def test_the_role_alone(make_box: Callable[..., Desk], dovecot: PrivateDovecot, user: str) -> None:
    """`serve --role imap` only fetches; without an [[imap]] it is refused, exit 78."""
    desk = make_box(user, roles=["imap"])
    laid(dovecot, user, desk, 1)
    desk.start()
    wait_until(lambda: desk.count("SELECT count(*) FROM inbox WHERE state = 'accepted'") == 1, what="it is stored")

    assert {"supervisor", "imap"} == set(desk.processes())


def test_the_role_without_a_mailbox_is_refused(make_desk: MakeDesk) -> None:
    desk = make_desk()

    done = desk.casegate("serve", "--role", "imap", check=False)

    assert (78, "casegate: there is no [[imap]] in the configuration: nothing to fetch\n") == (
        done.returncode,
        done.stderr,
    )
