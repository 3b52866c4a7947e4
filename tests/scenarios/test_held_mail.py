"""What an admin does to held mail: let it in, reject it, drop it; and what time does to it (plans 5, contract 2)."""

from datetime import timedelta

import pytest

from models.acts import Close
from models.authentication import Authentication
from models.organisation import Mode, Role
from tests.builders import ALICE, NETWORK_OF_RELAYS
from tests.scenarios.conftest import ON_BOTH_ENGINES, OpenWorld
from tests.world import AUTHSERV_ID, World, text_of

pytestmark = ON_BOTH_ENGINES

AGENTS = "agents@example.net"
EVE = "eve@acme.example"
EVES = "dkim=pass header.d=acme.example"
MALLORY = "mallory@evil.example"


@pytest.fixture
def desk(open_world: OpenWorld) -> World:
    """A desk that asks for proof, with Acme's Alice."""
    world = open_world(
        mode=Mode.ALIGNED, authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS)
    )
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    return world


# --- release -----------------------------------------------------------------------------------------


def test_what_is_released_is_decided_anew_with_its_own_envelope(desk: World) -> None:
    """The sender's standing is no objection any more; who admitted it stands in the trail."""
    sent = desk.send(results="")
    desk.settle()
    desk.advance(hours=3)

    assert desk.release(sent)
    desk.work()

    trail = desk.trail(sent)
    assert ("settled", "mpoc_opens_case") == (trail.state, trail.settled_by)
    assert ("mark", "admitted by admin") in trail.events
    assert ("held.release", "released by admin: I know him") in trail.events
    assert desk.now - timedelta(hours=3) == trail.received_at
    assert ["case_opened"] == desk.notices_to(ALICE)


def test_clocks_count_from_the_release(desk: World) -> None:
    """What we promise begins when we could know (plans 5)."""
    sent = desk.send(results="")
    desk.settle()
    desk.advance(days=2)
    desk.release(sent)
    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)
    assert [(desk.now, desk.now)] == desk.clocks()


def test_the_reopen_window_counts_from_receipt(desk: World) -> None:
    """A mail of the seventh day reopens, whenever it is released (plans 4 and 5)."""
    desk.send(results=EVES)
    desk.settle()
    (case,) = desk.cases()
    desk.sql("UPDATE cases SET status = 'Closed', closed_at = opened_at")
    desk.advance(days=6)
    sent = desk.send(subject=f"Re: [#{case.case}] No dial tone", results="")
    desk.settle()
    desk.advance(days=6)

    desk.release(sent)
    desk.settle()

    assert "reopens_case" == desk.settled_by(sent)


@pytest.mark.parametrize(("days", "rule"), [(1, "reopens_case"), (30, "follows_up_closed_case")])
def test_d2_a_machines_mail_is_not_answered_whoever_released_it(desk: World, days: int, rule: str) -> None:
    """It joins, re-opens or follows up as a person has decided; the answer would go to a machine."""
    desk.send(results=EVES)
    desk.settle()
    desk.act(1, Close())
    desk.advance(days=days)
    known = desk.notices_to(ALICE)
    sent = desk.send(
        from_=EVE, subject="Re: [#CG-000001] No dial tone", headers={"Auto-Submitted": "auto-generated"}, results=""
    )
    desk.settle()

    desk.release(sent, as_=(ALICE, "Acme"))
    desk.settle()

    assert rule == desk.settled_by(sent)
    assert known == desk.notices_to(ALICE)


def test_a_second_release_changes_nothing(desk: World) -> None:
    """Whoever asks twice has one case."""
    sent = desk.send(results="")
    desk.settle()

    assert [True, False] == [desk.release(sent), desk.release(sent)]
    desk.settle()
    assert not desk.release(sent)
    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)
    assert 1 == len(desk.cases())


def test_other_rules_are_asked_again(desk: World) -> None:
    """A release says who may write, not that a stranger is an MPOC: it is held once more."""
    sent = desk.send(from_=MALLORY, results="")
    desk.settle()
    desk.release(sent)

    desk.settle()

    assert ("held", "unknown_author") == (desk.trail(sent).state, desk.settled_by(sent))


def test_a_release_in_an_mpocs_name_opens_the_case_for_the_mpoc(desk: World) -> None:
    """The writer becomes a participant: may comment on that case, and on no other."""
    sent = desk.send(from_=EVE, results="")
    desk.settle()
    desk.release(sent, as_=(ALICE, "Acme"))
    desk.work()

    (case,) = desk.cases()
    assert "mpoc_opens_case" == desk.settled_by(sent)
    assert ("Alice Anders", [EVE]) == (case.contact, case.participants)
    assert ["case_opened"] == desk.notices_to(ALICE)
    comment = desk.send(from_=EVE, subject=f"Re: [#{case.case}]", results=EVES)
    desk.settle()
    assert ("participant_comments", case.case) == (desk.settled_by(comment), desk.trail(comment).case)


def test_a_release_onto_a_case_adds_it_there(desk: World) -> None:
    """Whatever its subject says."""
    desk.send(results=EVES)
    desk.settle()
    (case,) = desk.cases()
    sent = desk.send(subject="And another thing", results="")
    desk.settle()

    desk.release(sent, case=case.case)
    desk.settle()

    assert ("replies_to_open_case", case.case) == (desk.settled_by(sent), desk.trail(sent).case)
    assert 1 == len(desk.cases())


def test_b28_an_ambiguous_mpocs_mail_is_released_for_the_one_it_is_for(desk: World) -> None:
    """The proposal is the organisation the last mail was for; a person decides."""
    desk.send(results=EVES)
    desk.settle()
    desk.add_organisation("Initech", domains=["acme.example"])
    desk.add_contact("Initech", ALICE)
    sent = desk.send(subject="A new phone", results=EVES)
    desk.work()

    assert "organisation_ambiguous" == desk.settled_by(sent)
    assert "the last mail was for Acme" in desk.trail(sent).because
    told = text_of(desk.mailbox(AGENTS)[-1])
    assert f"casegate held release {sent.inbox_id} --as alice@acme.example --org Acme" in told
    desk.release(sent, as_=(ALICE, "Initech"))
    desk.settle()
    assert ("mpoc_opens_case", "Initech") == (desk.settled_by(sent), desk.cases()[-1].organisation)


def test_a_machines_mail_is_let_in_by_a_person_and_not_answered(desk: World) -> None:
    """Released in an MPOC's name it opens a case; a machine is never acknowledged."""
    sent = desk.send(headers={"Precedence": "bulk"}, results=EVES)
    desk.settle()
    assert "automatic_mail" == desk.settled_by(sent)

    desk.release(sent, as_=(ALICE, "Acme"))
    desk.settle()

    assert "opens_case_unanswered" == desk.settled_by(sent)
    assert [] == desk.notices_to(ALICE)


def test_what_came_again_while_it_was_held_is_settled_once(desk: World) -> None:
    """A copy of held mail is its duplicate, and a release lets in one."""
    sent = desk.send(results="", message_id="same@client.example")
    copy = desk.send(results="", message_id="same@client.example")
    desk.settle()
    desk.release(sent)
    desk.settle()

    assert ["mpoc_opens_case", "same_content_decided_before"] == [desk.settled_by(sent), desk.settled_by(copy)]
    assert 1 == len(desk.cases())


# --- reject, drop, expire -----------------------------------------------------------------------------


def test_who_is_rejected_and_proved_is_told_kindly(desk: World) -> None:
    """An end user to go through an MPOC, a stranger that we do not know him; a forged name nobody."""
    user = desk.send(from_=EVE, results=EVES)
    known = desk.send(from_="sue@elsewhere.example", results="dkim=pass header.d=elsewhere.example")
    forged = desk.send(from_=MALLORY, results="")
    desk.settle()

    assert [EVE, "sue@elsewhere.example", ""] == [desk.reject(one) for one in (user, known, forged)]
    desk.work()

    assert ["reject"] * 3 == [desk.trail(one).fate for one in (user, known, forged)]
    assert {"settled"} == {desk.trail(one).state for one in (user, known, forged)}
    assert (["go_through_mpoc"], ["not_authorised"]) == (
        desk.notices_to(EVE),
        desk.notices_to("sue@elsewhere.example"),
    )
    assert [] == desk.notices_to(MALLORY)


def test_what_is_dropped_is_told_to_nobody(desk: World) -> None:
    """It is settled by that, with who and why, and cannot be released any more."""
    sent = desk.send(from_=MALLORY, results="")
    desk.work()
    before = len(desk.notices())

    assert desk.drop(sent)
    assert not desk.release(sent)
    desk.work()

    assert ("settled", "drop") == (desk.trail(sent).state, desk.trail(sent).fate)
    assert ("held.drop", "dropped by admin: spam") in desk.trail(sent).events
    assert before == len(desk.notices())


def test_held_mail_expires_and_says_so(open_world: OpenWorld) -> None:
    """By policy, at its time, never silently; what was decided before is left alone."""
    world = open_world(held_for=timedelta(days=12))
    sent = world.send(from_=MALLORY)
    other = world.send(from_="bob@evil.example")
    world.settle()
    world.drop(other)
    world.advance(days=11)

    assert [] == world.expire()
    world.advance(days=1)
    assert [sent.inbox_id] == world.expire()
    assert [] == world.expire()

    assert ("settled", "expire") == (world.trail(sent).state, world.trail(sent).fate)
    assert "held.expire" in [kind for kind, _ in world.trail(sent).events]
    assert "drop" == world.trail(other).fate


def test_a_content_that_was_dropped_is_not_decided_again(desk: World) -> None:
    """A copy of it is a duplicate like any other."""
    sent = desk.send(from_=MALLORY, results="", message_id="same@evil.example")
    desk.settle()
    desk.drop(sent)

    copy = desk.send(from_=MALLORY, results="", message_id="same@evil.example")
    desk.settle()

    assert ("same_content_decided_before", sent.inbox_id) == (desk.settled_by(copy), desk.trail(copy).duplicate_of)


# --- who is answered ------------------------------------------------------------------------------------


def test_a_proved_stranger_hears_once_a_day(desk: World) -> None:
    """And never more, whatever is sent."""
    for number in range(3):
        desk.send(from_="sue@elsewhere.example", subject=str(number), results="dkim=pass header.d=elsewhere.example")
    desk.work()
    assert ["not_authorised"] == desk.notices_to("sue@elsewhere.example")

    desk.advance(days=1)
    sent = desk.send(from_="sue@elsewhere.example", results="dkim=pass header.d=elsewhere.example")
    desk.work()

    assert "unknown_author" == desk.settled_by(sent)
    assert ["not_authorised"] * 2 == desk.notices_to("sue@elsewhere.example")


@pytest.mark.parametrize(
    ("headers", "reverse_path", "results"),
    [
        ({}, "x@elsewhere.example", "dkim=fail header.d=elsewhere.example"),
        ({"Auto-Submitted": "auto-generated"}, "x@elsewhere.example", "dkim=pass header.d=elsewhere.example"),
        ({"List-Id": "<a.elsewhere.example>"}, "x@elsewhere.example", "dkim=pass header.d=elsewhere.example"),
        ({}, "", "dkim=pass header.d=elsewhere.example"),
    ],
    ids=["not proved", "automatic", "a list", "null reverse path"],
)
def test_d8_d12_who_may_be_somebody_else_or_a_machine_hears_nothing(
    desk: World, headers: dict[str, str], reverse_path: str, results: str
) -> None:
    """No answer goes to a forged name, a machine or nobody."""
    desk.send(from_="sue@elsewhere.example", headers=headers, reverse_path=reverse_path, results=results)

    desk.work()

    assert [] == desk.notices_to("sue@elsewhere.example")


def test_a_contact_who_is_no_mpoc_is_as_an_end_user(desk: World) -> None:
    """Held, told to go through an MPOC, and the MPOCs are asked (plans 5)."""
    desk.add_contact("Acme", "bob@acme.example", roles=[Role.BILLING], name="Bob Berg")
    sent = desk.send(from_="bob@acme.example", results=EVES)

    desk.work()

    assert "not_an_mpoc" == desk.settled_by(sent)
    assert (["go_through_mpoc"], ["approval_request"]) == (desk.notices_to("bob@acme.example"), desk.notices_to(ALICE))


@pytest.mark.parametrize("name", ["noreply", "no-reply", "mailer-daemon", "postmaster", "bounces+x"])
def test_d9_a_robot_by_name_hears_nothing_even_if_proved(desk: World, name: str) -> None:
    """Nobody reads what is sent there."""
    desk.send(from_=f"{name}@elsewhere.example", results="dkim=pass header.d=elsewhere.example")

    desk.work()

    assert [] == desk.notices_to(f"{name}@elsewhere.example")
