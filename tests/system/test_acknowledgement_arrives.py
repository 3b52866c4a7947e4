"""The way out: casegate hands its notices to a Postfix relay, which delivers them into Dovecot's mailboxes."""

import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest

from tests.services import PrivateDovecot, PrivatePostfix, wait_until
from tests.system.conftest import MakeDesk
from tests.system.service import Desk, a_mail_of, strictly

pytestmark = pytest.mark.system

StartPostfix = Callable[[PrivatePostfix], PrivatePostfix]
SUBMITTED_TO = "SELECT count(*) FROM outbox WHERE state = 'submitted' AND recipient = :to"
IN_VAIN = "SELECT count(*) FROM attempt WHERE outcome IN ('deferred', 'unavailable')"


def a_relay_to(dovecot: PrivateDovecot) -> PrivatePostfix:
    """A Postfix behind casegate, not started yet."""
    return PrivatePostfix.relay(f"lmtp:unix:{dovecot.lmtp_socket}")


def behind(relay: PrivatePostfix) -> str:
    """What `delivery.relay` says for a relay."""
    return f"smtp://127.0.0.1:{relay.port}"


def open_a_case(desk: Desk, **mail: str) -> str:
    """Hand in a mail of the desk's MPOC; its Message-ID."""
    message_id, raw = a_mail_of(desk.mpoc, **mail)
    done = desk.ingest(raw, "--from", desk.mpoc, "support@example.net")
    assert 0 == done.code, done.err
    return message_id


def text_of(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())


@pytest.fixture
def served(make_desk: MakeDesk, postfix: StartPostfix, dovecot: PrivateDovecot) -> Desk:
    """A desk that is served, with a relay behind it that delivers."""
    return make_desk(relay=behind(postfix(a_relay_to(dovecot)))).start()


def test_the_mpoc_and_the_agent_each_get_their_mail(served: Desk, dovecot: PrivateDovecot) -> None:
    """One case, one acknowledgement and one agent's mail: threaded, strict, in text and HTML, never from a person."""
    message_id = open_a_case(served, subject="Kein Wählton in München")

    served.wait_outbox("submitted", 2)
    (acknowledgement,) = map(strictly, dovecot.wait_for(served.mpoc, 1))
    (to_agent,) = map(strictly, dovecot.wait_for(served.agent, 1))
    case = served.explained(message_id)[0]["settlement"]["case"]

    assert [served.mpoc, served.agent] == [
        acknowledgement["To"].addresses[0].addr_spec,
        to_agent["To"].addresses[0].addr_spec,
    ]
    assert f"<{message_id}>" == acknowledgement["In-Reply-To"]
    assert f"<{message_id}>" in acknowledgement["References"].split()
    assert f"[#{case}]" in acknowledgement["Subject"]
    assert "Kein Wählton in München" in acknowledgement["Subject"]
    assert "auto-replied" == acknowledgement["Auto-Submitted"].split(";")[0]
    assert "DR, RN, NRN, OOF, AutoReply" == acknowledgement["X-Auto-Response-Suppress"]
    assert [True, True] == [case in text_of(acknowledgement, "plain"), case in text_of(acknowledgement, "html")]
    assert [True, True] == [case in text_of(to_agent, "plain"), "It is broken." in text_of(to_agent, "plain")]


def test_the_reverse_path_is_signed(served: Desk, dovecot: PrivateDovecot) -> None:
    """Its own for each notice, so that what comes back to it is known to be about that one."""
    open_a_case(served)

    (acknowledgement,) = map(strictly, dovecot.wait_for(served.mpoc, 1))

    assert re.fullmatch(r"<support\+b[0-9a-z]+-[a-z2-7]{26}@example\.net>", str(acknowledgement["Return-Path"]))


def test_a_mailbox_that_refuses_after_the_relay_took_it_is_reported(
    make_desk: MakeDesk, postfix: StartPostfix, dovecot: PrivateDovecot
) -> None:
    """Postfix takes the acknowledgement, cannot deliver it, and sends us an RFC 3464 report to its reverse path."""
    relay = a_relay_to(dovecot)
    desk = make_desk(relay=behind(relay))
    routes = f"{desk.mpoc} error:5.1.1 Alice does not work here\nsupport@example.net lmtp:unix:{desk.lmtp}\n"
    relay.add_settings(
        {"transport_maps": f"texthash:{relay.write('routes', routes)}", "smtpd_reject_unlisted_recipient": "no"}
    )
    postfix(relay)
    desk.start()

    open_a_case(desk)

    wait_until(lambda: desk.count("SELECT count(*) FROM delivery_report") == 1, what="the report is recorded")
    shown = desk.casegate("outbox", "list").stdout
    case = desk.casegate("case", "show", "CG-000001").stdout
    assert [True, True] == ["failed" in shown, "submitted, then failed" in case]
    reports = desk.rows("SELECT action, status, diagnostic FROM delivery_report")
    assert ("failed", "5.1.1", True) == (*reports[0][:2], "Alice does not work here" in reports[0][2])
    desk.wait_outbox("submitted", 3)
    assert 2 == len(dovecot.wait_for(desk.agent, 2))
    assert [] == dovecot.messages(desk.mpoc)
    assert 1 == desk.count("SELECT count(*) FROM cases")
    assert "promises hold" in desk.casegate("verify").stdout


def test_our_reply_address_comes_back_to_us(served: Desk, dovecot: PrivateDovecot) -> None:
    """What the MPOC's mail program would answer to is one of our own addresses, extended by a token."""
    open_a_case(served)

    (acknowledgement,) = map(strictly, dovecot.wait_for(served.mpoc, 1))
    (reply_to,) = acknowledgement["Reply-To"].addresses
    _, raw = a_mail_of(served.mpoc)

    assert ["support", "example.net"] == [reply_to.username.partition("+")[0], reply_to.domain]
    assert 0 == served.ingest(raw, "--from", served.mpoc, reply_to.addr_spec).code


def test_a_relay_that_was_down_gets_every_notice_once(
    make_desk: MakeDesk, postfix: StartPostfix, dovecot: PrivateDovecot
) -> None:
    """Notices wait for a relay that does not answer; after an admin's retry and a restart they are offered at once."""
    relay = a_relay_to(dovecot)
    desk = make_desk(relay=behind(relay)).start()
    open_a_case(desk)
    wait_until(lambda: desk.count(IN_VAIN) == 2, what="both offers were in vain")
    desk.stop()

    postfix(relay)
    for (outbox_id,) in desk.rows("SELECT id FROM outbox ORDER BY id"):
        desk.casegate("outbox", "retry", str(outbox_id))
    desk.start()

    desk.wait_outbox("submitted", 2)
    assert [1, 1] == [len(dovecot.wait_for(desk.mpoc, 1)), len(dovecot.wait_for(desk.agent, 1))]
    wait_until(lambda: not relay.queue(), what="nothing is left in the relay")
    assert [1, 1] == [len(dovecot.messages(desk.mpoc)), len(dovecot.messages(desk.agent))]


@pytest.mark.soak
def test_a_relay_that_was_down_gets_every_notice_by_itself(
    make_desk: MakeDesk, postfix: StartPostfix, dovecot: PrivateDovecot
) -> None:
    """The same with nobody looking: within two minutes."""
    relay = a_relay_to(dovecot)
    desk = make_desk(relay=behind(relay)).start()
    open_a_case(desk)
    wait_until(lambda: desk.count(IN_VAIN) == 2, what="both offers were in vain")

    postfix(relay)

    desk.wait_outbox("submitted", 2, deadline=150)
    assert [1, 1] == [len(dovecot.wait_for(desk.mpoc, 1)), len(dovecot.wait_for(desk.agent, 1))]


def test_a_refused_recipient_is_seen_in_the_outbox(
    make_desk: MakeDesk, postfix: StartPostfix, dovecot: PrivateDovecot
) -> None:
    """A relay that says never ends the notice as refused, with the reply; the other notices are sent."""
    relay = a_relay_to(dovecot)
    desk = make_desk(relay=behind(relay))
    table = relay.write("refused", f"{desk.mpoc} 550 5.1.1 Alice does not work here\n")
    relay.add_settings({"smtpd_recipient_restrictions": f"check_recipient_access texthash:{table}, permit_mynetworks"})
    postfix(relay)
    desk.start()

    open_a_case(desk)

    desk.wait_outbox("refused", 1)
    wait_until(lambda: desk.count(SUBMITTED_TO, to=desk.agent) == 1, what="the agent is told")
    listed = desk.casegate("outbox", "list", "--state", "refused").stdout
    assert [True, True] == [desk.mpoc in listed, "Alice does not work here" in listed]
    assert 1 == len(dovecot.wait_for(desk.agent, 1))
    assert "promises hold" in desk.casegate("verify").stdout
