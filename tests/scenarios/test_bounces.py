"""What comes back to the reverse path of a notice: recorded for it, told to our own people, and nothing else."""

import re

import pytest

from models.acts import Reply
from models.tokens import Purpose, signed_extension
from tests.builders import ALICE, KEYS, a_multipart
from tests.world import Sent, World, text_of

DANA = "dana@example.net"
AGENTS = "agents@example.net"
DAEMON = "Mail Delivery System <MAILER-DAEMON@mx.acme.example>"
NO_SUCH_USER = "smtp; 550 5.1.1 <alice@acme.example>: no such user"


def reverse_path(world: World, recipient: str = ALICE) -> str:
    """The reverse path of the last mail somebody got."""
    return next(posted.reverse_path for posted in reversed(world.relay.taken) if posted.recipient == recipient)


def bounce(
    world: World, to: str, *, action: str = "failed", status: str = "5.1.1", said: str = NO_SUCH_USER, **mail: str
) -> Sent:
    """A DSN as a mail system sends it: the null reverse path, to one address."""
    of_one = f"Final-Recipient: rfc822; {ALICE}\nAction: {action}\nStatus: {status}\nDiagnostic-Code: {said}"
    content_type, body = a_multipart(
        ("text/plain", "I am sorry."),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.acme.example\n\n{of_one}"),
        subtype="report",
        parameters="; report-type=delivery-status",
    )
    return world.send(
        from_=mail.get("from_", DAEMON),
        to=to,
        subject="Undelivered Mail Returned to Sender",
        body=body,
        headers={"Content-Type": content_type, "Auto-Submitted": "auto-replied"},
        reverse_path="",
    )


def delivery(world: World, kind: str = "case_opened") -> str | None:
    """What `case show` says became of a notice of the first case after the relay took it."""
    return next(notice["delivery"] for notice in world.case(1).notices if notice["kind"] == kind)


@pytest.fixture
def bounced(world: World) -> World:
    """A case of Alice's, whose acknowledgement the relay took."""
    world.send()
    world.work()
    return world


def test_g8_every_notice_of_a_case_has_a_reverse_path_of_its_own(bounced: World) -> None:
    """Signed for one notice and its recipient, at the address our mail comes from."""
    paths = [posted.reverse_path for posted in bounced.relay.taken]

    assert 2 == len(set(paths)) == len(paths)
    assert all(re.fullmatch(r"support\+b[0-9a-z]+-[a-z2-7]{26}@example\.net", path) for path in paths)


def test_g8_word_to_the_admin_keeps_the_null_one(world: World) -> None:
    """Nobody wants to hear of their fate, and a report of it could only make more mail."""
    world.send(to="postmaster@example.net")
    world.work()

    assert ["admin_postmaster"] == world.notices_to(world.policy.admin)
    assert "" == reverse_path(world, world.policy.admin)


def test_d14_a_failure_is_recorded_for_its_notice_and_told_to_the_agent_once(bounced: World) -> None:
    """`outbox show` and `case show` say so; the customer hears nothing, and no case is opened."""
    path, before = reverse_path(bounced), len(bounced.mailbox(ALICE))
    first = bounce(bounced, path)
    bounced.work()
    second = bounce(bounced, path, said="smtp; 550 5.1.1 still not")
    bounced.work()

    told = [mail for mail in bounced.mailbox(DANA) if "alice@acme.example" in mail["Subject"]]
    assert ["delivery_report", "delivery_report"] == [bounced.trail(one).fate for one in (first, second)]
    assert "delivery_status_notification" == bounced.settled_by(first)
    assert ("failed", None) == (delivery(bounced), delivery(bounced, "agent_new_case"))
    assert (1, before, 1) == (len(told), len(bounced.mailbox(ALICE)), len(bounced.cases()))
    assert [True, True] == [word in text_of(told[0]) for word in ("no such user", "casegate outbox show 1")]
    assert ["delivery"] == [kind for kind, _ in bounced.trail(first).events]
    assert any(event["kind"] == "delivery" for event in bounced.case(1).events)


def test_d15_word_of_a_bounce_is_offered_with_a_null_reverse_path(bounced: World) -> None:
    """A bounce of word of a bounce cannot be."""
    bounce(bounced, reverse_path(bounced))
    bounced.work()

    assert "agent_bounce" in bounced.notices_to(DANA)
    assert "" == reverse_path(bounced, DANA)


def test_d14_nobody_is_deactivated_by_a_bounce(bounced: World) -> None:
    """The next mail of the same MPOC opens a case, and is acknowledged."""
    bounce(bounced, reverse_path(bounced))
    bounced.work()
    later = bounced.send(subject="Another thing")
    bounced.work()

    assert "mpoc_opens_case" == bounced.settled_by(later)
    assert ["case_opened", "case_opened"] == bounced.notices_to(ALICE)


@pytest.mark.parametrize(("action", "status"), [("delayed", "4.4.1"), ("relayed", "2.0.0"), ("delivered", "2.0.0")])
def test_what_did_not_fail_is_recorded_and_told_to_nobody(bounced: World, action: str, status: str) -> None:
    """A mail that is late may still arrive."""
    before = len(bounced.notices())
    bounce(bounced, reverse_path(bounced), action=action, status=status)
    bounced.work()

    assert (action, before) == (delivery(bounced), len(bounced.notices()))


def test_a_failure_outweighs_what_is_reported_later(bounced: World) -> None:
    """Reports may overtake one another."""
    bounce(bounced, reverse_path(bounced))
    bounce(bounced, reverse_path(bounced), action="delayed", status="4.4.1")
    bounced.work()

    assert "failed" == delivery(bounced)


def test_a_bounce_that_is_no_rfc_3464_counts_at_the_signed_address(bounced: World) -> None:
    """Programs that write in words of their own are bound by the address as well."""
    sent = bounced.send(
        from_="MAILER-DAEMON@mx.acme.example",
        to=reverse_path(bounced),
        subject="failure notice",
        body="Hi. This is the qmail-send program at mx.acme.example.\n"
        "I'm afraid I wasn't able to deliver your message to the following addresses.\n"
        "This is a permanent error; I've given up. Sorry it didn't work out.\n\n"
        "<alice@acme.example>:\n550 5.1.1 no such user here\n",
        reverse_path="",
    )
    bounced.work()

    assert ("delivery_report", "failed") == (bounced.trail(sent).fate, delivery(bounced))


@pytest.mark.parametrize(
    "to",
    [
        "support@example.net",
        "support+b1-aaaaaaaaaaaaaaaaaaaaaaaaaa@example.net",
        "support+bzzzzzzzzzzzzz-aaaaaaaaaaaaaaaaaaaaaaaaaa@example.net",
        f"support+{signed_extension(KEYS, Purpose.BOUNCE, 1, 'mallory@evil.example')}@example.net",
        f"support+{signed_extension(KEYS, Purpose.BOUNCE, 999, ALICE)}@example.net",
        f"support+{signed_extension(KEYS, Purpose.REPLY, 1, ALICE)}@example.net",
    ],
)
def test_d14_d19_a_report_to_any_other_address_is_kept_and_believed_in_nothing(bounced: World, to: str) -> None:
    """No MAC, another notice's, another person's, a reply address: what anybody could have written."""
    before = len(bounced.notices())
    sent = bounce(bounced, to)
    bounced.work()

    assert ("delivery_status_notification", "disregard") == (bounced.settled_by(sent), bounced.trail(sent).fate)
    assert (None, before) == (delivery(bounced), len(bounced.notices()))


def test_d14_a_bounce_of_an_agents_mail_is_told_to_the_admin(bounced: World) -> None:
    """Who should work on the case does not know of it: somebody who can mend the address hears."""
    bounce(bounced, reverse_path(bounced, DANA))
    bounced.work()

    assert "failed" == delivery(bounced, "agent_new_case")
    assert ["admin_parked"] == bounced.notices_to(bounced.policy.admin)


def test_d15_a_storm_of_bounces_makes_one_mail(bounced: World) -> None:
    """However many reports come of one notice, each is kept, and the agent hears once."""
    for _ in range(20):
        bounce(bounced, reverse_path(bounced))
    bounced.work()

    assert 1 == bounced.notices_to(DANA).count("agent_bounce")
    assert 1 == len(bounced.cases())


def test_d2_a_machine_that_answers_to_the_reverse_path_is_no_bounce(bounced: World) -> None:
    """RFC 3834 4: an out of office goes to the reverse path, and is disregarded as ever."""
    path = reverse_path(bounced)
    absent = bounced.send(to=path, subject="Out of office", headers={"Auto-Submitted": "auto-replied"})
    null = bounced.send(to=path, subject="Abwesend", reverse_path="")
    unmarked = bounced.send(to=path, subject="I am away")
    bounced.work()

    rules = [bounced.settled_by(one) for one in (absent, null, unmarked)]
    assert ["automatic_answer", "null_reverse_path", "automatic_mail"] == rules
    assert (None, 1) == (delivery(bounced), len(bounced.cases()))


def test_an_agents_reply_that_bounced_is_told_to_the_agent_of_the_case(bounced: World) -> None:
    """An agent hears that the words did not reach the customer."""
    bounced.act(1, Reply(text="Please try again."))
    bounced.work()
    path = reverse_path(bounced)
    bounce(bounced, path)
    bounced.work()

    assert "failed" == delivery(bounced, "agent_reply")
    assert "agent_bounce" in bounced.notices_to(DANA)
