"""Postfix before casegate, handing on by LMTP over a Unix socket and by SMTP over TCP."""

import smtplib
from collections.abc import Callable

import pytest

from tests.services import PrivatePostfix, wait_until
from tests.system.conftest import Front, MakeDesk, door_of
from tests.system.service import OUTSIDE, Desk, a_mail_of, from_outside

pytestmark = pytest.mark.system


def test_a_mail_from_outside_opens_a_case(desk: Desk, front: Front) -> None:
    """What a stranger's mail server hands to Postfix opens a case, and XFORWARD tells who the stranger was."""
    message_id, raw = a_mail_of(desk.mpoc)

    refused = from_outside(front.port, raw, sender=desk.mpoc)

    row = desk.wait_settled(message_id)
    envelope = row["envelope"]
    relay = "local" if front.route == "lmtp" else "127.0.0.1"
    assert {} == refused
    assert ("open_case", "mpoc_opens_case") == (row["decisions"][0]["fate"], row["decisions"][0]["rule"])
    assert (front.route, OUTSIDE, relay) == (envelope["route"], envelope["peer"], envelope["relay"])
    assert "client.example" == envelope["helo"]
    assert (desk.mpoc, ["support@example.net"]) == (envelope["reverse_path"], envelope["forward_paths"])
    wait_until(lambda: not front.postfix.queue(), what="nothing is left in Postfix")


def test_postfix_refuses_unknown_recipients_by_itself(desk: Desk, front: Front) -> None:
    """With the table of `casegate postfix-map` a recipient that is not ours never reaches casegate."""
    message_id, raw = a_mail_of(desk.mpoc)

    with pytest.raises(smtplib.SMTPRecipientsRefused) as refusal:
        from_outside(front.port, raw, sender=desk.mpoc, to=["nobody@example.net"])

    code, reply = refusal.value.recipients["nobody@example.net"]
    assert (550, True) == (code, reply.startswith(b"5.1.1"))
    assert [] == desk.explained(message_id)


@pytest.mark.parametrize(
    "recipient",
    ["SUPPORT@Example.NET", "support+token@example.net", "billing@example.net", "postmaster@example.net"],
)
def test_postfix_takes_what_is_ours(desk: Desk, front: Front, recipient: str) -> None:
    """The table of `casegate postfix-map` lets every spelling of our addresses pass, replies and postmaster too."""
    message_id, raw = a_mail_of(desk.mpoc)

    from_outside(front.port, raw, sender=desk.mpoc, to=[recipient])

    paths = desk.wait_settled(message_id)["envelope"]["forward_paths"]
    assert [recipient.lower()] == [path.lower() for path in paths]


def test_bare_line_ends_are_marked_not_refused(desk: Desk, front: Front) -> None:
    """A lone CR that our own Postfix passes on arrives as it was sent, and is marked (threats A-3)."""
    message_id, raw = a_mail_of(desk.mpoc, body=b"first\rsecond\r\n")

    from_outside(front.port, raw, sender=desk.mpoc)

    row = desk.wait_settled(message_id)
    assert row["envelope"]["bare_line_ends"]
    source = desk.rows("SELECT octets FROM inbox_chunk WHERE inbox_id = :id", id=row["inbox"])[0][0]
    assert b"first\rsecond\r\n" in source


def test_two_of_our_addresses_in_one_transaction_are_one_decision(desk: Desk, front: Front) -> None:
    """One mail to two departments opens one case, in the department that stands first in the configuration."""
    message_id, raw = a_mail_of(desk.mpoc)

    from_outside(front.port, raw, sender=desk.mpoc, to=["billing@example.net", "support@example.net"])

    row = desk.wait_settled(message_id)
    wait_until(lambda: not front.postfix.queue(), what="nothing is left in Postfix")
    assert ["billing@example.net", "support@example.net"] == sorted(row["envelope"]["forward_paths"])
    assert 1 == len(desk.explained(message_id))
    department = "SELECT department.key FROM cases JOIN department ON department.id = department_id"
    assert [("support",)] == desk.rows(f"{department} WHERE cases.opened_from = :id", id=row["inbox"])


def test_a_mail_of_24_megabytes_passes(desk: Desk, front: Front) -> None:
    """An attachment that fills the default limit of 25 MB once encoded arrives whole."""
    part = (
        b"--cut\r\nContent-Type: text/plain\r\n\r\nThe log is attached.\r\n"
        b"--cut\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n"
        b'Content-Disposition: attachment; filename="log.bin"\r\n\r\n'
    )
    lines = b"QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAx\r\n" * 335_000
    message_id, raw = a_mail_of(desk.mpoc, body=part + lines + b"--cut--\r\n")
    raw = raw.replace(b"text/plain; charset=utf-8", b'multipart/mixed; boundary="cut"', 1)

    from_outside(front.port, raw, sender=desk.mpoc)

    row = desk.wait_settled(message_id, deadline=60)
    assert "open_case" == row["decisions"][0]["fate"]
    assert [("log.bin", 335_000 * 54)] == [(part["name"], part["size"]) for part in row["message"]["attachments"]]


def test_a_sender_beyond_ascii_passes(desk: Desk, front: Front) -> None:
    """With SMTPUTF8 the reverse path and header arrive as they were written (RFC 6531)."""
    message_id, raw = a_mail_of(desk.mpoc, subject="Kein Wählton")

    from_outside(front.port, raw, sender="jürgen@grün.example", options=["SMTPUTF8", "BODY=8BITMIME"])

    row = desk.wait_settled(message_id)
    assert ("jürgen@grün.example", True) == (row["envelope"]["reverse_path"], row["envelope"]["smtputf8"])
    assert "Kein Wählton" == row["message"]["subject"]


@pytest.mark.parametrize("route", ["lmtp", "smtp"])
def test_mail_waits_in_postfix_while_casegate_is_down(
    make_desk: MakeDesk, postfix: Callable[[PrivatePostfix], PrivatePostfix], route: str
) -> None:
    """What comes while casegate is stopped arrives after its start, once."""
    desk = make_desk()
    front = postfix(PrivatePostfix.in_front(door_of(desk, route), ["example.net"]))
    message_id, raw = a_mail_of(desk.mpoc)

    from_outside(front.port, raw, sender=desk.mpoc)
    wait_until(lambda: [entry["queue_name"] for entry in front.queue()] == ["deferred"], what="the mail waits")
    desk.start()
    front.flush()

    row = desk.wait_settled(message_id)
    wait_until(lambda: not front.queue(), what="nothing is left in Postfix")
    assert "open_case" == row["decisions"][0]["fate"]
    assert 1 == desk.count("SELECT count(*) FROM inbox")
