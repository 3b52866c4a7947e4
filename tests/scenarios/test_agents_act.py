"""What each act of an agent does: the case, who is mailed what, what is owed, and what cannot be (plans 2 to 4)."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from models.acts import (
    Act,
    Assign,
    Close,
    Link,
    MarkDuplicate,
    Note,
    PutOnHold,
    Refusal,
    Reopen,
    Reply,
    Resolve,
    SetDepartment,
    SetEtr,
    SetPriority,
    SetStatus,
    SetVendor,
)
from models.case import CaseStatus, Priority
from models.organisation import Department, KnownAgent
from models.rules.clocks import due
from models.store import staff
from tests.builders import ALICE, NOW
from tests.scenarios.conftest import OpenWorld
from tests.world import World, text_of

DANA = "dana@example.net"
ERIK = "erik@example.net"
BOB = "bob@acme.example"
LATER: Final = NOW + timedelta(days=1)


def opened(world: World, **mail: Any) -> World:
    """The world with one more case of Alice's, and nothing left to send."""
    world.send(**mail)
    world.work()
    return world


def told(world: World, address: str, *acts: Act, by: str = "dana") -> list[str]:
    """The kinds of what an address is mailed because of these acts on case 1."""
    before = len(world.notices_to(address))
    world.act(1, *acts, by=by)
    world.work()
    return world.notices_to(address)[before:]


def agent(world: World, login: str) -> KnownAgent:
    with world.database.read() as connection:
        found = staff.agent_by_login(connection, login)
    assert found is not None
    return found


def department(world: World, key: str) -> Department:
    with world.database.read() as connection:
        return staff.department_on_duty(connection, key)


def assert_owed_as_the_law_says(world: World, case_id: int = 1) -> None:
    """The rows are what `models.rules.clocks.due` names, no more and no less."""
    case = world.as_law_sees_it(case_id)
    wanted = {(one.kind.value, one.due_at) for one in due(case, world.policy.plan(case.plan))}
    rows = {(one["kind"], one["due_at"]) for one in world.case(case_id).obligations if one["state"] == "owed"}
    assert wanted == rows


ACTS: Final[tuple[tuple[str, Act, str, list[str]], ...]] = (
    ("an answer", Reply(text="We look."), "In Progress", ["agent_reply"]),
    ("a question", Reply(text="Which?", asks=True), "In Progress", ["agent_reply"]),
    ("a note", Note(text="The switch."), "New", []),
    ("a call", Note(text="Told her.", call=True), "In Progress", []),
    ("a priority", SetPriority(priority=Priority.P2), "New", []),
    ("a status", SetStatus(status=CaseStatus.SHIPPING, text="On its way."), "Shipping", ["status_changed"]),
    ("a vendor", SetVendor(vendor="Carrier"), "New", []),
    ("a hold", PutOnHold(), "On Hold", ["status_changed"]),
    ("a hold until", PutOnHold(until=LATER, text="Parts."), "On Hold", ["status_changed"]),
    ("an ETR", SetEtr(etr=LATER), "New", ["etr_set"]),
    ("a resolution", Resolve(summary="Cable."), "Resolved, Follow-up Required", ["case_resolved"]),
    ("a closing", Close(summary="Cable."), "Closed", ["case_closed"]),
)


@pytest.mark.parametrize(("act", "status", "mails"), [row[1:] for row in ACTS], ids=[row[0] for row in ACTS])
def test_an_act_on_a_new_case(world: World, act: Act, status: str, mails: list[str]) -> None:
    """Its status, the customer's mail, the record of the act, and what is owed afterwards."""
    opened(world)
    world.advance(minutes=10)

    assert mails == told(world, ALICE, act)

    case = world.case(1)
    assert (status, [("dana", act.act)]) == (case.status, [(one["by"], one["kind"]) for one in case.acts])
    assert_owed_as_the_law_says(world)
    assert {(ALICE,)} >= {(notice["recipient"],) for notice in case.notices if notice["kind"] in mails}


@pytest.mark.parametrize(("act", "status"), [row[1:3] for row in ACTS], ids=[row[0] for row in ACTS])
def test_a_changed_status_has_its_transition(world: World, act: Act, status: str) -> None:
    """From New to where it stands, with the act as its cause."""
    opened(world).act(1, act)

    steps = world.case(1).transitions
    assert status == steps[-1]["to_status"]
    assert {"New"} >= {step["from_status"] for step in steps[1:]}


@pytest.mark.parametrize(
    ("what", "act", "seen"),
    [(what, act, what not in {"a note", "a priority", "a vendor"}) for what, act, _, _ in ACTS],
    ids=[row[0] for row in ACTS],
)
def test_what_the_customer_sees_is_the_first_response(world: World, what: str, act: Act, seen: bool) -> None:
    """And starts the cadence anew; what only agents see does not."""
    opened(world)
    world.advance(minutes=10)

    world.act(1, act)

    case = world.as_law_sees_it(1)
    assert (case.responded_at == world.now, case.update_from == world.now) == (seen, seen or what == "a priority")


def test_the_words_of_an_act_reach_the_customer(world: World) -> None:
    """An answer is mailed as it was written, under the agent's name, and is not marked as a machine's."""
    opened(world).act(1, Reply(text="Please restart\nthe <switch>."))
    world.work()

    mail = world.mailbox(ALICE)[-1]
    assert "Please restart the <switch>." in text_of(mail)
    assert "Dana" in text_of(mail)
    assert (None, "Re: " in mail["Subject"] or "[#CG-000001]" in mail["Subject"]) == (mail["Auto-Submitted"], True)


def test_notes_are_for_agents_alone(world: World) -> None:
    """Neither the note nor the call is mailed to anybody."""
    opened(world).act(1, Note(text="canary-1"), Note(text="canary-2", call=True))
    world.work()

    assert "canary" not in "".join(text_of(mail) for mail in world.mailbox(ALICE))


def test_every_correspondent_gets_one_mail(world: World) -> None:
    """Whoever opened the case, and every MPOC who wrote on it; each with an address of their own."""
    opened(world)
    world.add_contact("Acme", BOB, name="Bob")
    world.reply(world.mailbox(ALICE)[-1], from_=BOB)
    world.work()

    world.act(1, Reply(text="We look."))
    world.work()

    assert (["agent_reply"], "agent_reply") == (world.notices_to(BOB), world.notices_to(ALICE)[-1])
    assert world.mailbox(ALICE)[-1]["Reply-To"] != world.mailbox(BOB)[-1]["Reply-To"]


def test_who_is_no_mpoc_any_more_is_no_correspondent(world: World) -> None:
    """A contact that left gets nothing, though it opened the case."""
    opened(world).sql("UPDATE contact SET active = false")

    assert [] == told(world, ALICE, Reply(text="Done."))


# --- assigning and handing on -------------------------------------------------------------------------


def test_whoever_gets_a_case_is_told(world: World) -> None:
    """Unless it was the agent's own act."""
    opened(world).add_agent("erik")

    assert ["agent_assigned"] == told(world, ERIK, Assign(agent=agent(world, "erik")))
    assert "erik" == world.case(1).agent
    assert [] == told(world, DANA, Assign(agent=agent(world, "dana")))
    assert [] == told(world, DANA, Assign(agent=None))
    assert world.case(1).agent is None


def test_another_department_is_told_and_the_agent_has_it_no_more(world: World) -> None:
    """The department's address, for nobody of it has the case yet."""
    opened(world)

    assert ["agent_assigned"] == told(
        world, "accounts@example.net", SetDepartment(department=department(world, "billing"))
    )
    assert ("billing", None) == (world.case(1).department, world.case(1).agent)


# --- clocks ---------------------------------------------------------------------------------------------


def test_a_question_pauses_the_updates_and_starts_the_closing(world: World) -> None:
    """The customer has the word."""
    opened(world).act(1, SetPriority(priority=Priority.P3), Reply(text="Which?", asks=True))

    owed = {one["kind"] for one in world.case(1).obligations if one["state"] == "owed"}
    assert {"no_response_warning"} == owed


def test_an_etr_stands_in_the_place_of_updates_until_it_is_taken_back(world: World) -> None:
    """Changed, it is told as changed."""
    opened(world)
    assert ["etr_set", "etr_changed"] == told(world, ALICE, SetEtr(etr=LATER), SetEtr(etr=LATER + timedelta(hours=1)))
    assert {"etr_passed"} == {one["kind"] for one in world.case(1).obligations if one["state"] == "owed"}

    world.advance(minutes=1)
    world.act(1, SetEtr(etr=None))

    assert "scheduled_update" in {one["kind"] for one in world.case(1).obligations if one["state"] == "owed"}


def test_an_update_in_time_is_kept_and_one_too_late_is_late(world: World) -> None:
    """A promise ends as what it became."""
    opened(world).act(1, SetPriority(priority=Priority.P1))
    world.advance(minutes=50)
    world.act(1, Reply(text="We are at it."))
    world.advance(hours=3)
    world.act(1, Reply(text="Still."))

    updates = [one["state"] for one in world.case(1).obligations if one["kind"] == "scheduled_update"]
    assert ["waived", "kept", "late", "owed"] == sorted(updates, key=["waived", "kept", "late", "owed"].index)


def test_what_has_ended_owes_nothing(world: World) -> None:
    """Waived, with the reason."""
    opened(world).act(1, Close())

    assert {"waived", "kept"} >= {one["state"] for one in world.case(1).obligations}
    assert all(one["because"] for one in world.case(1).obligations)


def test_closing_again_is_refused_and_changes_nothing(world: World) -> None:
    """No second mail."""
    opened(world).act(1, Close())
    world.work()

    with pytest.raises(Refusal):
        world.act(1, Close())
    assert 1 == world.notices_to(ALICE).count("case_closed")


# --- reopening, linking, duplicates ------------------------------------------------------------------------


def test_an_agent_reopens_for_a_customer_who_called(world: World) -> None:
    """Under the customer's name, within the plan's days; the customer is told."""
    opened(world).act(1, Close())
    world.advance(days=7)

    assert ["case_reopened"] == told(world, ALICE, Reopen(because="She called."))
    assert ("Customer Re-opened", "note") == (world.case(1).status, world.case(1).correspondence[-1]["kind"])
    assert_owed_as_the_law_says(world)


def test_an_agent_reopens_under_the_same_rule(world: World) -> None:
    """After the window there is a new case to open."""
    opened(world).act(1, Close())
    world.advance(days=8)

    with pytest.raises(Refusal, match="does not re-open it any more: open a new case and link the two"):
        world.act(1, Reopen())


def test_a_wrong_mark_of_a_duplicate_is_taken_back(world: World) -> None:
    """It goes on In Progress, whenever that is noticed."""
    opened(opened(world)).act(2, MarkDuplicate(main=world.as_law_sees_it(1)))
    world.advance(days=30)

    world.act(2, Reopen())

    assert ("In Progress", None) == (world.case(2).status, world.case(2).duplicate_of)


def test_a_duplicate_names_its_main_case_and_the_customer_is_told(world: World) -> None:
    """By number."""
    opened(opened(world)).act(2, MarkDuplicate(main=world.as_law_sees_it(1)))
    world.work()

    assert ("Duplicate", "CG-000001") == (world.case(2).status, world.case(2).duplicate_of)
    assert "CG-000001" in text_of(world.mailbox(ALICE)[-1])


def test_linked_twice_is_linked_once(world: World) -> None:
    """Both ways."""
    opened(opened(world))
    world.act(1, Link(other=world.as_law_sees_it(2)), Link(other=world.as_law_sees_it(2)))
    world.act(2, Link(other=world.as_law_sees_it(1)))

    assert (["CG-000002"], ["CG-000001"]) == (world.case(1).linked, world.case(2).linked)


# --- what cannot be ------------------------------------------------------------------------------------------


REFUSED: Final[tuple[tuple[Act, str], ...]] = (
    (Reply(text=" \n"), "CG-000001: a reply needs words"),
    (Note(text=""), "CG-000001: a note needs words"),
    (SetPriority(priority=Priority.P1G), "P1G is the priority of a master case"),
    (SetStatus(status=CaseStatus.CLOSED), "Closed is not set but reached by 'case close'"),
    (SetStatus(status=CaseStatus.DUPLICATE), "Duplicate is not set but reached by 'case duplicate'"),
    (SetStatus(status=CaseStatus.RESEARCHING), "the plan calltower-2021 has no status 'Researching'"),
    (PutOnHold(until=NOW), "CG-000001: 2026-11-23 16:00 UTC is not in the future"),
    (SetEtr(etr=NOW - timedelta(days=1)), "CG-000001: 2026-11-22 16:00 UTC is not in the future"),
    (SetEtr(etr=None), "CG-000001 has no estimated time to take back"),
    (Reopen(), "a case in status 'New' cannot be 're-opened'"),
)


@pytest.mark.parametrize(("act", "why"), REFUSED, ids=[f"{act.act} {why[-20:]}" for act, why in REFUSED])
def test_what_cannot_be_is_refused_in_one_line(world: World, act: Act, why: str) -> None:
    """And nothing has changed, nobody is told."""
    opened(world)
    before = world.case(1)

    with pytest.raises(Refusal) as refusal:
        world.act(1, act)

    assert (True, False) == (why in str(refusal.value), "\n" in str(refusal.value))
    assert before == world.case(1)


@pytest.mark.parametrize(
    "act",
    [
        Reply(text="?", asks=True),
        Assign(agent=None),
        SetPriority(priority=Priority.P1),
        SetStatus(status=CaseStatus.IN_PROGRESS),
        PutOnHold(),
        SetEtr(etr=LATER),
        Resolve(),
        Close(),
    ],
    ids=lambda act: act.act,
)
def test_an_ended_case_is_reopened_before_it_is_worked_on(world: World, act: Act) -> None:
    """But for words and notes."""
    opened(world).act(1, Close())

    with pytest.raises(Refusal):
        world.act(1, act)
    world.act(1, Reply(text="By the way."), Note(text="x"))
    assert "Closed" == world.case(1).status


def test_cases_of_different_organisations_have_nothing_to_do_with_one_another(world: World) -> None:
    """Only a master case links those."""
    opened(world)
    world.add_organisation("Initech")
    world.add_contact("Initech", "eve@initech.example", name="Eve")
    opened(world, from_="eve@initech.example")
    other = world.as_law_sees_it(2)

    for act in (Link(other=other), MarkDuplicate(main=other)):
        with pytest.raises(Refusal, match="CG-000001 and CG-000002 are of different organisations"):
            world.act(1, act)


def test_a_case_is_no_duplicate_of_itself_nor_of_a_duplicate(world: World) -> None:
    """So there is always a main case, and never a circle."""
    opened(opened(world)).act(2, MarkDuplicate(main=world.as_law_sees_it(1)))

    with pytest.raises(Refusal, match="CG-000002 is itself a duplicate: name its main case"):
        world.act(1, MarkDuplicate(main=world.as_law_sees_it(2)))
    with pytest.raises(Refusal, match="cannot be the duplicate of itself"):
        world.act(1, MarkDuplicate(main=world.as_law_sees_it(1)))


def test_where_the_plan_asks_for_no_confirmation_resolving_closes(open_world: OpenWorld) -> None:
    """2013 has no Resolved, Follow-up Required."""
    world = open_world()
    world.add_organisation("Acme", plan="calltower-2013")
    world.add_contact("Acme", ALICE)

    assert ["case_closed"] == told(opened(world), ALICE, Resolve(summary="Cable."))
    assert "Closed" == world.case(1).status


def test_a_time_is_recorded_in_utc(world: World) -> None:
    """The words of the record name the moment, not the wall clock it was written by."""
    opened(world).act(1, SetEtr(etr=datetime(2026, 11, 30, 22, 0, tzinfo=UTC)))

    assert "2026-11-30 22:00 UTC" in world.case(1).acts[-1]["said"]
