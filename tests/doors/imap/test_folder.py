"""What one look at a folder does: fetched, stored, moved; nothing lost, nothing twice, nothing of others touched."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from intake.doors.imap.folder import MoveRefused
from intake.doors.imap.wire import Denied, ImapError, LoginDenied, Lost
from models.limits import INTERRUPTIONS
from tests.doors.imap.desk import DONE, Mailbox
from tests.services import CuttingProxy, PrivateDovecot, PrivatePostgres


def test_waiting_mail_is_stored_and_moved(mailbox: Mailbox) -> None:
    """Octet for octet, the oldest first; then it lies in the done folder and nowhere else."""
    sent = [mailbox.deliver(number) for number in range(3)]

    mailbox.look()

    assert sent == mailbox.raws() == mailbox.on_server(DONE)
    assert [] == mailbox.on_server()
    assert [(1, "moved"), (2, "moved"), (3, "moved")] == mailbox.ledger()
    assert (mailbox.now, 0, "") == tuple(mailbox.status()[key] for key in ("succeeded_at", "waiting", "error"))


def test_a_fetched_message_stays_unseen(mailbox: Mailbox) -> None:
    """BODY.PEEK: whoever reads the done folder by hand finds it as new as it came."""
    mailbox.deliver(1)

    mailbox.look()

    with mailbox.server.imap(mailbox.user) as connection:
        connection.select(DONE, readonly=True)
        assert ("OK", [b"1"]) == connection.uid("SEARCH", "UNSEEN")


def test_what_others_have_read_or_flagged_is_taken_too(mailbox: Mailbox) -> None:
    """Flags are other people's: a colleague who opened the mailbox hides no mail from us."""
    sent = mailbox.deliver(1)
    with mailbox.server.imap(mailbox.user) as connection:
        connection.select("INBOX")
        connection.uid("STORE", "1", "+FLAGS", r"(\Seen \Answered)")

    mailbox.look()

    assert [sent] == mailbox.raws()


def test_more_than_a_page_is_taken_in_one_look(mailbox: Mailbox) -> None:
    """Several pages and batches, each message once, the oldest first."""
    sent = []
    with mailbox.server.imap(mailbox.user) as connection:
        for number in range(230):
            raw = b"Message-ID: <%d@client.example>\r\nSubject: No dial tone\r\n\r\nBroken.\r\n" % number
            connection.append("INBOX", "", "", raw)
            sent.append(raw)

    mailbox.look()

    assert sent == mailbox.raws()
    assert (0, 230) == (len(mailbox.on_server()), len(mailbox.on_server(DONE)))


def test_a_big_message_comes_in_pieces_and_whole(mailbox: Mailbox) -> None:
    """More than two chunks; with bare line ends and octets of every value, as the server keeps them."""
    body = bytes(range(1, 256)) * 9_000
    raw = mailbox.append(b"Subject: big\r\n\r\n" + body + b"\r\n")

    mailbox.look()

    (stored,) = mailbox.raws()
    assert mailbox.on_server(DONE) == [stored]
    assert raw.replace(b"\r", b"").replace(b"\n", b"") == stored.replace(b"\r", b"").replace(b"\n", b"")


def test_a_message_that_is_too_big_is_left_and_told_once(mailbox: Mailbox) -> None:
    """It stays in the folder, the rest goes on; the admin gets one mail for it, whoever looks again (plans 6)."""
    house = replace(mailbox.house, max_message_bytes=70_000)
    big = mailbox.deliver(1, body="x" * 80_000)
    small = mailbox.deliver(2)

    for _ in range(3):
        mailbox.look(house=house)

    assert ([small], [big], [small]) == (mailbox.raws(), mailbox.on_server(), mailbox.on_server(DONE))
    assert [(1, "left"), (2, "moved")] == mailbox.ledger()
    assert ["admin_mail_left"] == mailbox.notices()


def test_many_left_messages_are_one_mail_an_hour(mailbox: Mailbox) -> None:
    """Who floods a mailbox with big mail does not flood the admin."""
    house = replace(mailbox.house, max_message_bytes=70_000)
    counts = []
    for number in range(3):
        mailbox.deliver(number, body="x" * 80_000)
        mailbox.look(house=house)
        counts.append(len(mailbox.notices()))
        mailbox.now += timedelta(minutes=25)

    mailbox.now += timedelta(hours=1)
    mailbox.look(house=house)

    assert ([1, 1, 1], 2) == (counts, len(mailbox.notices()))


def test_a_raised_limit_lets_a_left_message_in(mailbox: Mailbox) -> None:
    """smtp.max_message_bytes is the admin's: what was too big yesterday may come in today."""
    big = mailbox.deliver(1, body="x" * 80_000)
    mailbox.look(house=replace(mailbox.house, max_message_bytes=70_000))

    mailbox.look()

    assert ([big], []) == (mailbox.raws(), mailbox.on_server())


def test_paused_intake_leaves_the_mailbox_alone(mailbox: Mailbox) -> None:
    """Contract: 4xx at the door, IMAP untouched."""
    sent = mailbox.deliver(1)
    mailbox.paused = True

    mailbox.look()

    assert ([], [sent], []) == (mailbox.raws(), mailbox.on_server(), mailbox.ledger())


def test_what_another_client_takes_away_is_no_error(mailbox: Mailbox) -> None:
    """J-5: expunged between the list and the fetch; the others are taken."""
    mailbox.deliver(1)
    kept = mailbox.deliver(2)
    expunged = []

    def expunge_first(words: bytes) -> bool:
        if b"BODY.PEEK" in words and not expunged:
            expunged.append(1)
            with mailbox.server.imap(mailbox.user) as other:
                other.select("INBOX")
                other.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
                other.expunge()
        return True

    with CuttingProxy(mailbox.server.imap_port, on_client=expunge_first) as proxy:
        mailbox.look(port=proxy.port)
    mailbox.look()

    assert kept in mailbox.raws()
    assert [] == mailbox.on_server()
    assert {"moved"} == {state for _, state in mailbox.ledger()}


def test_others_deleted_mail_is_not_expunged_by_us(directory: Path, tmp_path: Path) -> None:
    """J-7: without MOVE our own UIDs are expunged, never what somebody else has marked as deleted."""
    with fetching_from(directory, tmp_path, capabilities="IMAP4rev1 UIDPLUS AUTH=PLAIN") as mailbox:
        sent = mailbox.deliver(1)
        marked = []

        def mark_another(words: bytes) -> bool:
            if b"EXPUNGE" in words and not marked:
                marked.append(mailbox.deliver(2))
                with mailbox.server.imap(mailbox.user) as other:
                    other.select("INBOX")
                    other.uid("STORE", "2", "+FLAGS", r"(\Deleted)")
            return True

        with CuttingProxy(mailbox.server.imap_port, on_client=mark_another) as proxy:
            mailbox.look(port=proxy.port, house=replace(mailbox.house, is_closed=lambda: bool(marked)))

        assert (marked, [sent]) == (mailbox.on_server(), mailbox.on_server(DONE))


def test_a_server_that_can_only_expunge_everything_is_not_asked_to(directory: Path, tmp_path: Path) -> None:
    """Neither MOVE nor UIDPLUS: mail is taken in, stays, and the error says why; it is not taken twice."""
    with fetching_from(directory, tmp_path, capabilities="IMAP4rev1 AUTH=PLAIN") as mailbox:
        sent = mailbox.deliver(1)

        for _ in range(2):
            with pytest.raises(MoveRefused, match="neither MOVE nor UIDPLUS"):
                mailbox.look()

        assert ([sent], [sent]) == (mailbox.raws(), mailbox.on_server())


@contextlib.contextmanager
def fetching_from(directory: Path, place: Path, *, capabilities: str) -> Iterator[Mailbox]:
    """A mailbox on a Dovecot of its own that offers these capabilities and no others."""
    with contextlib.ExitStack() as stack:
        (directory / "server").mkdir()
        server = PrivateDovecot(directory / "server", capabilities=capabilities).start()
        stack.callback(server.close)
        mailbox = Mailbox(place, server)
        stack.callback(mailbox.close)
        yield mailbox


# --- a folder that changes under us ----------------------------------------------------------


def test_another_uidvalidity_loses_nothing_and_skips_nothing(mailbox: Mailbox) -> None:
    """J-3: old UIDs mean nothing; what is ours and still there is met again, and known by its content."""
    account = replace(mailbox.account, place=replace(mailbox.account.place, folder="Support"))
    with mailbox.server.imap(mailbox.user) as connection:
        connection.create("Support")
    ours = mailbox.append(b"Subject: one\r\n\r\none\r\n", "Support")
    with pytest.raises(MoveRefused):  # taken in, and not moved
        mailbox.look(account=replace(account, done_folder="x/" * 200))
    with mailbox.server.imap(mailbox.user) as connection:  # another folder of the same name
        connection.rename("Support", "Aside")
        connection.create("Support")
        connection.select("Aside")
        connection.uid("COPY", "1", "Support")
    new = mailbox.append(b"Subject: two\r\n\r\ntwo\r\n", "Support")

    mailbox.look(account=account)

    assert [ours, ours, new] == mailbox.raws()
    assert ([], 2) == (mailbox.on_server("Support"), len(mailbox.on_server(DONE)))
    assert ["gone", "moved", "moved"] == sorted(state for _, state in mailbox.ledger())


def test_numbers_given_out_again_are_new_mail(mailbox: Mailbox) -> None:
    """J-4: a server restored from a backup gives a UID to another message: it is taken, not believed to be ours."""
    mailbox.deliver(1)
    mailbox.look()
    mailbox.sql("UPDATE imap_message SET uid = 2")  # as if UID 2 had been ours before the restore
    new = mailbox.deliver(2)

    mailbox.look()

    assert new == mailbox.raws()[-1]
    assert [] == mailbox.on_server()


def test_a_folder_that_vanishes_is_said_and_found_again(mailbox: Mailbox) -> None:
    """The look fails in words; when the folder is back, with another UIDVALIDITY, its mail is taken in."""
    account = replace(mailbox.account, place=replace(mailbox.account.place, folder="Support"))
    with mailbox.server.imap(mailbox.user) as connection:
        connection.create("Support")
    first = mailbox.append(b"Subject: one\r\n\r\none\r\n", "Support")
    mailbox.look(account=account)
    with mailbox.server.imap(mailbox.user) as connection:
        connection.delete("Support")
    with pytest.raises(Denied, match=r"[Mm]ailbox doesn't exist"):
        mailbox.look(account=account)
    with mailbox.server.imap(mailbox.user) as connection:
        connection.create("Support")
    second = mailbox.append(b"Subject: two\r\n\r\ntwo\r\n", "Support")

    mailbox.look(account=account)

    assert [first, second] == mailbox.raws()


def test_a_done_folder_that_vanishes_is_made_again(mailbox: Mailbox) -> None:
    """Somebody tidied up: the next look makes it anew."""
    mailbox.look()
    with mailbox.server.imap(mailbox.user) as connection:
        connection.delete(DONE)
    sent = mailbox.deliver(1)

    mailbox.look()

    assert [sent] == mailbox.on_server(DONE)


# --- where a decision is waited for -----------------------------------------------------------


def test_held_mail_goes_to_its_own_folder_once_it_is_decided(mailbox: Mailbox) -> None:
    """With held_folder a message stays until our decision is there; then it is moved by what was decided."""
    account = replace(mailbox.account, held_folder="casegate-held")
    sent = [mailbox.deliver(number) for number in range(3)]

    undecided = mailbox.look(account=account)
    mailbox.sql("UPDATE inbox SET state = 'held' WHERE id = 1")
    mailbox.sql("UPDATE inbox SET state = 'settled' WHERE id = 2")
    still = mailbox.look(account=account)
    mailbox.sql("UPDATE inbox SET state = 'parked' WHERE id = 3")
    end = mailbox.look(account=account)

    assert (True, True, False) == (undecided, still, end)
    assert ([sent[0]], sent[1:], []) == (
        mailbox.on_server("casegate-held"),
        mailbox.on_server(DONE),
        mailbox.on_server(),
    )
    assert sent == mailbox.raws()


# --- getting in ----------------------------------------------------------------------------------


def test_a_wrong_password_is_told_apart(mailbox: Mailbox, tmp_path: Path) -> None:
    """So that it can be paused for long; the secret is in no word of it."""
    wrong = tmp_path / "wrong"
    wrong.write_text("not-the-secret\n")

    with pytest.raises(LoginDenied) as refusal:
        mailbox.look(account=replace(mailbox.account, password_file=wrong))

    assert "not-the-secret" not in str(refusal.value)


def test_a_connection_cut_at_login_is_no_refused_login(mailbox: Mailbox) -> None:
    """Or a network that stumbles would be paused like a wrong password."""
    with (
        CuttingProxy(mailbox.server.imap_port, on_client=lambda words: b"AUTHENTICATE" not in words) as proxy,
        pytest.raises(Lost),
    ):
        mailbox.look(port=proxy.port)


@pytest.mark.parametrize("secret", ["", "two\nlines", "a\0b"])
def test_a_secret_that_could_end_a_command_is_refused(mailbox: Mailbox, tmp_path: Path, secret: str) -> None:
    """J-1: no CR, LF or NUL ever gets into a command."""
    file = tmp_path / "secret"
    file.write_text(secret)

    with pytest.raises(LoginDenied, match="holds no password"):
        mailbox.look(account=replace(mailbox.account, password_file=file))


# --- cut off anywhere ------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["server", "client"])
def test_x32_cut_at_any_octet_nothing_is_lost_nor_doubled(mailbox: Mailbox, side: str) -> None:
    """Every so many octets of a recorded session the connection is cut; the next look ends what was begun."""
    step = {"server": 97, "client": 17}[side]
    sent = [mailbox.deliver(0)]
    with CuttingProxy(mailbox.server.imap_port) as proxy:
        mailbox.look(port=proxy.port)
        whole = proxy.passed[side]

    for number, octets in enumerate(range(1, whole + step, step), 1):
        sent.append(mailbox.deliver(number))
        limit = {f"from_{side}": octets}
        with (
            CuttingProxy(mailbox.server.imap_port, **limit) as proxy,
            contextlib.suppress(ImapError),
        ):
            mailbox.look(port=proxy.port)
        mailbox.look()
        assert sent == mailbox.raws(), f"cut after {octets} octets of the {side}"

    assert ([], sent) == (mailbox.on_server(), mailbox.on_server(DONE))
    assert len(sent) > 20


def test_j8_a_message_that_ends_every_connection_stops_nothing_else(mailbox: Mailbox) -> None:
    """It goes behind the others, and after a few times it is left and told; the rest was taken at the second look."""
    mailbox.deliver(1)
    others = [mailbox.deliver(2), mailbox.deliver(3)]
    taken = []
    with CuttingProxy(mailbox.server.imap_port, on_client=lambda words: b"FETCH 1 (BODY" not in words) as proxy:
        for _ in range(INTERRUPTIONS + 1):
            with contextlib.suppress(Lost):
                mailbox.look(port=proxy.port)
            taken.append(len(mailbox.raws()))

    assert (others, [0, 2]) == (mailbox.raws(), taken[:2])
    assert [(1, "left"), (2, "moved"), (3, "moved")] == mailbox.ledger()
    assert ["admin_mail_left"] == mailbox.notices()


def test_two_processes_take_a_message_once(mailbox: Mailbox) -> None:
    """The role on two machines: the one that is late finds the ledger's key and drops its copy."""
    sent = mailbox.deliver(1)
    looked = []

    def let_another_look(words: bytes) -> bool:
        if b"BODY.PEEK" in words and not looked:
            looked.append(True)
            mailbox.look()
        return True

    with CuttingProxy(mailbox.server.imap_port, on_client=let_another_look) as proxy:
        mailbox.look(port=proxy.port)

    assert ([sent], [sent]) == (mailbox.raws(), mailbox.on_server(DONE))


def test_the_ledger_on_postgres(dovecot: PrivateDovecot, postgres: PrivatePostgres, tmp_path: Path) -> None:
    """The same statements on the other engine."""
    url = postgres.database()
    mailbox = Mailbox(tmp_path, dovecot, database_url=url)
    try:
        sent = [mailbox.deliver(number) for number in range(3)]
        mailbox.look(house=replace(mailbox.house, max_message_bytes=100))
        mailbox.look()
        assert (sent, []) == (mailbox.raws(), mailbox.on_server())
    finally:
        mailbox.close()
        postgres.drop(url)
