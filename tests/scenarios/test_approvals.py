"""End users write through their MPOCs: these are asked, and the first who answers decides (plans 5)."""

import re

import pytest

from models.authentication import Authentication
from models.limits import APPROVAL_REQUESTS_A_DAY
from models.organisation import Mode
from models.tokens import Purpose, signed_extension
from tests.builders import ALICE, KEYS, NETWORK_OF_RELAYS
from tests.scenarios.conftest import OpenWorld
from tests.world import AUTHSERV_ID, Sent, World, text_of

AGENTS = "agents@example.net"
BOB = "bob@acme.example"
EVE = "eve@acme.example"
PROVED = "dkim=pass header.d=acme.example"


@pytest.fixture(params=[Mode.ALIGNED, Mode.ADDRESS], ids=["aligned", "address"])
def desk(request: pytest.FixtureRequest, open_world: OpenWorld) -> World:
    """A desk of either mode, with Acme's two MPOCs and a former one."""
    world = open_world(
        mode=request.param, authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS)
    )
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    world.add_contact("Acme", BOB, name="Bob Berg")
    world.add_contact("Acme", "old@acme.example", name="Olga Old", active=False)
    return world


def asked(desk: World, *, subject: str = "My phone is dead") -> Sent:
    """What an end user wrote, about which the MPOCs were asked."""
    sent = desk.send(from_=f"Eve Ernst <{EVE}>", subject=subject, results=PROVED)
    desk.work()
    assert "end_user" == desk.settled_by(sent)
    return sent


def address_for(purpose: Purpose, about: Sent, mpoc: str = ALICE) -> str:
    return f"support+{signed_extension(KEYS, purpose, about.inbox_id, mpoc)}@example.net"


def answer(
    desk: World,
    purpose: Purpose,
    about: Sent,
    *,
    mpoc: str = ALICE,
    from_: str | None = None,
    results: str = PROVED,
    headers: dict[str, str] | None = None,
    body: str = "",
) -> Sent:
    """What an MPOC sends by pressing a link, or by answering."""
    sent = desk.send(
        from_=from_ or mpoc,
        to=address_for(purpose, about, mpoc),
        subject="Approve",
        body=body,
        results=results,
        headers=headers,
    )
    desk.settle()
    return sent


def test_every_active_mpoc_is_asked_and_the_end_user_told(desk: World) -> None:
    """Each request carries what was written, and two addresses that are that MPOC's own."""
    sent = asked(desk)

    assert (["go_through_mpoc"], ["approval_request"], ["approval_request"], [], ["agent_held"]) == tuple(
        desk.notices_to(one) for one in (EVE, ALICE, BOB, "old@acme.example", AGENTS)
    )
    for mpoc in (ALICE, BOB):
        (request,) = desk.mailbox(mpoc)
        words = text_of(request)
        assert "Three phones are dead." in words
        for purpose in (Purpose.APPROVE, Purpose.REFUSE):
            assert address_for(purpose, sent, mpoc) in re.sub(r"%2B", "+", request.as_string().replace("=\n", "")) or (
                address_for(purpose, sent, mpoc) in words
            )
        assert address_for(Purpose.REMARK, sent, mpoc) in str(request["Reply-To"])
        assert "auto-generated" == request["Auto-Submitted"] or "auto-replied" == request["Auto-Submitted"]


def test_an_approval_opens_the_case_in_the_mpocs_name(desk: World) -> None:
    """The end user becomes a participant; clocks count from the approval; the answer opens nothing of its own."""
    sent = asked(desk)
    desk.advance(hours=5)

    approval = answer(desk, Purpose.APPROVE, sent)

    assert "answers_approval_request" == desk.settled_by(approval)
    (case,) = desk.cases()
    assert ("settled", "mpoc_opens_case", case.case) == (
        desk.trail(sent).state,
        desk.settled_by(sent),
        desk.trail(sent).case,
    )
    assert ("Alice Anders", "My phone is dead", [EVE]) == (case.contact, case.subject, case.participants)
    assert [(desk.now, desk.now)] == desk.clocks()
    assert ["approval_request", "case_opened"] == desk.notices_to(ALICE)
    assert any("released by Alice Anders <alice@acme.example>" in detail for _, detail in desk.trail(sent).events)


def test_a_refusal_settles_it(desk: World) -> None:
    """No case, and who refused is kept."""
    sent = asked(desk)

    answer(desk, Purpose.REFUSE, sent, mpoc=BOB)

    assert ("settled", "refuse") == (desk.trail(sent).state, desk.trail(sent).fate)
    assert "Bob Berg" in desk.trail(sent).because
    assert [] == desk.cases()


@pytest.mark.parametrize(
    ("first", "second", "cases"),
    [(Purpose.APPROVE, Purpose.REFUSE, 1), (Purpose.REFUSE, Purpose.APPROVE, 0), (Purpose.APPROVE, Purpose.APPROVE, 1)],
)
def test_the_first_answer_counts(desk: World, first: Purpose, second: Purpose, cases: int) -> None:
    """The second is kept, changes nothing, and is told nothing."""
    sent = asked(desk)
    answer(desk, first, sent)
    before = desk.notices_to(BOB)

    late = answer(desk, second, sent, mpoc=BOB)

    assert ("answers_approval_request", "disregard") == (desk.settled_by(late), desk.trail(late).fate)
    assert (cases, before) == (len(desk.cases()), desk.notices_to(BOB))


def test_two_answers_at_once_are_decided_one_after_the_other(desk: World) -> None:
    """In one batch the first counts too."""
    sent = asked(desk)
    answers = [
        desk.send(from_=mpoc, to=address_for(purpose, sent, mpoc), results=PROVED)
        for mpoc, purpose in ((BOB, Purpose.REFUSE), (ALICE, Purpose.APPROVE))
    ]

    desk.settle()

    assert ["answer_request", "disregard"] == [desk.trail(one).fate for one in answers]
    assert ("refuse", []) == (desk.trail(sent).fate, desk.cases())


@pytest.mark.parametrize("field", [{"Auto-Submitted": "auto-replied"}, {"X-Autoreply": "yes"}, {"Precedence": "bulk"}])
def test_automatic_mail_never_counts(desk: World, field: dict[str, str]) -> None:
    """An out-of-office answer approves nothing."""
    sent = asked(desk)

    answer(desk, Purpose.APPROVE, sent, headers=field)

    assert ("held", []) == (desk.trail(sent).state, desk.cases())


@pytest.mark.parametrize("results", ["", "dkim=fail header.d=acme.example"], ids=["no word", "failed"])
def test_an_approval_needs_a_proved_address_whatever_the_mode(desk: World, results: str) -> None:
    """Who knows the address and has read the mail is not yet the MPOC."""
    sent = asked(desk)

    forged = answer(desk, Purpose.APPROVE, sent, results=results)

    assert ("held", "held") == (desk.trail(sent).state, desk.trail(forged).state)
    assert [] == desk.cases()


def test_a_release_proves_no_approval(desk: World) -> None:
    """An admin who believes the approval releases the message itself."""
    sent = asked(desk)
    forged = answer(desk, Purpose.APPROVE, sent, results="")
    desk.release(forged)
    desk.settle()

    assert ("held", "held") == (desk.trail(sent).state, desk.trail(forged).state)


def test_the_address_is_that_persons_alone(desk: World) -> None:
    """Bob cannot use Alice's, nor Eve either; to them it is an address like any other."""
    sent = asked(desk)

    by_bob = answer(desk, Purpose.APPROVE, sent, mpoc=ALICE, from_=BOB)
    by_eve = answer(desk, Purpose.APPROVE, sent, mpoc=ALICE, from_=EVE)

    assert "held" == desk.trail(sent).state
    assert ["mpoc_opens_case", "end_user"] == [desk.settled_by(by_bob), desk.settled_by(by_eve)]


def test_who_is_no_mpoc_any_more_approves_nothing(desk: World) -> None:
    """The address was given to an MPOC, and counts as long as one uses it."""
    sent = asked(desk)
    desk.sql("UPDATE contact SET active = false WHERE name = 'Alice Anders'")

    late = answer(desk, Purpose.APPROVE, sent)

    assert ("held", "answers_approval_request") == (desk.trail(sent).state, desk.settled_by(late))
    assert "no MPOC there any more" in desk.trail(late).because


def test_a_plain_answer_is_a_remark(desk: World) -> None:
    """It is kept with the held mail, decides nothing, and opens nothing."""
    sent = asked(desk)

    remark = answer(desk, Purpose.REMARK, sent, body="Who is Eve?")

    assert "answers_approval_request" == desk.settled_by(remark)
    assert ("held", []) == (desk.trail(sent).state, desk.cases())
    assert ["Who is Eve?"] == [one["text"].strip() for one in desk.trail(sent).remarks]
    answer(desk, Purpose.APPROVE, sent)
    assert 1 == len(desk.cases())


def test_an_unproved_end_user_is_heard_of_by_agents_alone(desk: World) -> None:
    """A forged name asks no MPOC anything."""
    sent = desk.send(from_=EVE, results="dkim=none")

    desk.work()

    assert "end_user" == desk.settled_by(sent)
    assert [AGENTS] == [posted.recipient for posted in desk.relay.taken]


def test_an_end_user_is_told_once_a_day_and_the_mpocs_are_asked_about_each(desk: World) -> None:
    """Each message is one to decide about."""
    for number in range(3):
        asked(desk, subject=str(number))

    assert (["go_through_mpoc"], ["approval_request"] * 3) == (desk.notices_to(EVE), desk.notices_to(ALICE))


def test_d12_an_end_user_does_not_flood_the_mpocs(desk: World) -> None:
    """Beyond the day's measure agents see it alone."""
    for number in range(APPROVAL_REQUESTS_A_DAY + 3):
        desk.send(from_=EVE, subject=str(number), results=PROVED)
        desk.settle()

    assert APPROVAL_REQUESTS_A_DAY == len(desk.notices_to(ALICE))


def test_an_answer_after_the_mail_expired_changes_nothing(desk: World) -> None:
    """The links are valid until then."""
    sent = asked(desk)
    desk.advance(days=31)
    desk.expire()

    late = answer(desk, Purpose.APPROVE, sent)

    assert ("expire", "disregard") == (desk.trail(sent).fate, desk.trail(late).fate)
    assert [] == desk.cases()


def test_an_approval_of_a_mail_on_a_thread_joins_the_case(desk: World) -> None:
    """The MPOC's word is for that message, wherever it belongs."""
    desk.send(results=PROVED)
    desk.settle()
    (case,) = desk.cases()
    sent = asked(desk, subject=f"Re: [#{case.case}] No dial tone")

    answer(desk, Purpose.APPROVE, sent)

    assert ("replies_to_open_case", case.case) == (desk.settled_by(sent), desk.trail(sent).case)
