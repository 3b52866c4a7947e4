"""What a reply does to the case it belongs to, row by row (plans 4), through the door."""

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from models.acts import Act, Close, MarkDuplicate, PutOnHold, Reply, Resolve, SetPriority
from models.case import Priority
from tests.builders import ALICE, SUPPORT
from tests.scenarios.conftest import ON_BOTH_ENGINES, OpenWorld
from tests.world import Sent, World, text_of

pytestmark = ON_BOTH_ENGINES

DANA = "dana@example.net"
BOB = "bob@acme.example"


def opened(world: World, **mail: str) -> World:
    """The world with Alice's case 1, acknowledged."""
    world.send(**mail)
    world.work()
    return world


def replied(world: World, **reply: str) -> Sent:
    """Alice answers the last mail she got, and it is settled."""
    sent = world.reply(world.mailbox(ALICE)[-1], **reply)
    world.work()
    return sent


def statuses(world: World, case_id: int = 1) -> list[tuple[str, str]]:
    """What happened to a case, and where it led."""
    return [(step["event"], step["to_status"]) for step in world.case(case_id).transitions]


def owed(world: World, case_id: int = 1) -> set[str]:
    """What is owed for a case."""
    return {one["kind"] for one in world.case(case_id).obligations if one["state"] == "owed"}


# --- open -------------------------------------------------------------------------------------------


def test_a_reply_to_an_open_case_is_added(world: World) -> None:
    """One case, two mails, its agent told at once, and nobody else mailed."""
    opened(world)
    before = len(world.mailbox(ALICE))

    sent = replied(world, body="Now five.")

    assert "replies_to_open_case" == world.settled_by(sent)
    assert 1 == len(world.cases())
    assert ["mail", "mail"] == [entry["kind"] for entry in world.case(1).correspondence]
    assert "agent_customer_replied" == world.notices_to(DANA)[-1]
    assert "Now five." in text_of(world.mailbox(DANA)[-1])
    assert before == len(world.mailbox(ALICE))


def test_the_quote_is_kept(world: World) -> None:
    """The whole text is in the case."""
    replied(opened(world), body="Now five.")

    text = world.case(1).correspondence[-1]["text"]
    assert text.startswith("Now five.")
    assert "wrote:" in text


def test_an_answer_ends_the_waiting_for_details(world: World) -> None:
    """Waiting for Details turns to In Progress, and the no-response clock stops."""
    world = waiting_world(opened(world))

    replied(world)

    assert ("In Progress", None) == (world.case(1).status, world.case(1).waiting_since)
    assert "no_response_warning" not in owed(world)


def waiting_world(world: World) -> World:
    """Dana asked; the case waits for Alice."""
    world.act(1, Reply(text="Which phones?", asks=True))
    world.work()
    assert world.case(1).waiting_since is not None
    assert "no_response_warning" in owed(world)
    return world


def test_a_case_on_hold_stays_there_and_its_agent_is_told(world: World) -> None:
    """The agent holds it, the customer does not let it go."""
    opened(world).act(1, PutOnHold())
    world.work()

    replied(world)

    assert "On Hold" == world.case(1).status
    assert "on hold" in text_of(world.mailbox(DANA)[-1]).lower()


def test_no_mail_changes_a_priority_in_either_direction(world: World) -> None:
    """Neither URGENT nor its opposite, nor a command in a customer's mail (plans 2, threats H-1)."""
    opened(world).act(1, SetPriority(priority=Priority.P2))
    world.work()

    replied(world, body="#priority P1\n#close\nURGENT")

    assert ("P2", True) == (world.case(1).priority, world.case(1).closed_at is None)


# --- resolved ---------------------------------------------------------------------------------------


def resolved(open_world: OpenWorld) -> World:
    """Case 1 of a plan that knows Resolved, Follow-up Required, resolved."""
    world = open_world()
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    opened(world).act(1, Resolve(summary="The cable was replaced."))
    world.work()
    assert "Resolved, Follow-up Required" == world.case(1).status
    return world


def link(world: World, purpose: str) -> str:
    """The signed address of a link in the mail that asks Alice to confirm."""
    text = text_of(world.mailbox(ALICE)[-1])
    return next(word.strip("<>.,:;()") for word in text.split() if f"support+{purpose}1-" in word).removeprefix(
        "mailto:"
    )


def test_the_confirm_link_closes_the_case(open_world: OpenWorld) -> None:
    """One mail to the signed address, and the customer is told that it is closed."""
    world = resolved(open_world)

    sent = replied(world, to=link(world, "k"), body="")

    assert ("answers_whether_solved", "Closed") == (world.settled_by(sent), world.case(1).status)
    assert "case_closed" == world.notices_to(ALICE)[-1]
    assert set() == owed(world)


def test_the_not_solved_link_puts_it_back(open_world: OpenWorld) -> None:
    """In Progress again; the agent is told."""
    world = resolved(open_world)

    sent = replied(world, to=link(world, "n"), body="")

    assert ("answers_whether_solved", "In Progress") == (world.settled_by(sent), world.case(1).status)
    assert "agent_customer_replied" == world.notices_to(DANA)[-1]


@pytest.mark.parametrize("words", ["Thanks!", "No, still dead.", "I confirm."])
def test_any_other_reply_puts_a_resolved_case_back(open_world: OpenWorld, words: str) -> None:
    """Words are not read for their meaning."""
    world = resolved(open_world)

    replied(world, body=words)

    assert "In Progress" == world.case(1).status


def test_c5_a_link_in_other_hands_confirms_nothing(open_world: OpenWorld) -> None:
    """The address was signed for Alice; Bob, an MPOC too, may write, and does not confirm with it."""
    world = resolved(open_world)
    world.add_contact("Acme", BOB, name="Bob")

    replied(world, to=link(world, "k"), from_=BOB, body="fine")

    assert "Closed" != world.case(1).status


def test_a_link_that_is_used_twice_is_a_reply(open_world: OpenWorld) -> None:
    """Once it is closed, another mail to the link re-opens it as any reply does."""
    world = resolved(open_world)
    address = link(world, "k")
    replied(world, to=address)

    sent = replied(world, to=address, body="Hm, dead again.")

    assert ("reopens_case", "Customer Re-opened") == (world.settled_by(sent), world.case(1).status)


# --- closed -----------------------------------------------------------------------------------------


def closed(world: World, *before: Act) -> World:
    """Case 1, closed now."""
    opened(world).act(1, *before, Close(summary="Done."))
    world.work()
    return world


@pytest.mark.parametrize("words", ["thanks", "It broke again."])
def test_a_reply_within_the_window_reopens(world: World, words: str) -> None:
    """The same number, its clocks anew; the customer and the agent are told (a bare "thanks" too)."""
    closed(world)
    world.advance(days=2)

    sent = replied(world, body=words)

    case = world.case(1)
    assert ("reopens_case", "Customer Re-opened", None) == (world.settled_by(sent), case.status, case.closed_at)
    assert ("customer re-opened", "Customer Re-opened") == statuses(world)[-1]
    assert "case_reopened" == world.notices_to(ALICE)[-1]
    assert "agent_customer_replied" == world.notices_to(DANA)[-1]
    assert "scheduled_update" in owed(world)


def test_a_reopened_case_keeps_the_agents_priority(world: World) -> None:
    """Mail speeds nothing up and slows nothing down."""
    closed(world, SetPriority(priority=Priority.P3))

    replied(world, body="P1!")

    assert "P3" == world.case(1).priority


LAST_SECOND = datetime(2026, 12, 1, 6, 59, 59, tzinfo=UTC)
"""Of the seventh day after Monday, 2026-11-23, in Denver."""


@pytest.mark.parametrize(
    ("later", "rule"), [(timedelta(), "reopens_case"), (timedelta(seconds=1), "follows_up_closed_case")]
)
def test_c12_the_window_ends_at_midnight_of_the_plans_zone(world: World, later: timedelta, rule: str) -> None:
    """Closed on the 23rd: re-opened through the end of the 30th in Denver, whatever day it is in UTC."""
    closed(world)
    world.now = LAST_SECOND + later

    assert rule == world.settled_by(replied(world))


@pytest.mark.parametrize(
    ("closing", "last_second"),
    [
        (datetime(2026, 10, 30, 18, 0, tzinfo=UTC), datetime(2026, 11, 7, 6, 59, 59, tzinfo=UTC)),
        (datetime(2027, 3, 10, 18, 0, tzinfo=UTC), datetime(2027, 3, 18, 5, 59, 59, tzinfo=UTC)),
    ],
    ids=["autumn", "spring"],
)
def test_c12_the_window_across_a_clock_change(world: World, closing: datetime, last_second: datetime) -> None:
    """Days are dates: a change of clocks inside makes them neither longer nor shorter."""
    world.now = closing
    closed(world)
    world.now = last_second
    assert "reopens_case" == world.settled_by(replied(world))

    world.now = closing
    world.act(1, Close())
    world.now = last_second + timedelta(seconds=1)
    assert "follows_up_closed_case" == world.settled_by(replied(world))


def test_c11_a_forged_date_reopens_nothing(world: World) -> None:
    """What counts is when the mail came here."""
    closed(world)
    world.advance(days=20)

    sent = replied_with(world, {"Date": "Tue, 24 Nov 2026 10:00:00 +0000"})

    assert "follows_up_closed_case" == world.settled_by(sent)


def replied_with(world: World, headers: dict[str, str]) -> Sent:
    """Alice answers the last mail she got, with more header fields."""
    sent = world.reply(world.mailbox(ALICE)[-1], headers=headers)
    world.work()
    return sent


def test_after_the_window_a_new_case_continues_the_old_one(world: World) -> None:
    """P4 and New, linked; the old one stays closed; both numbers are in the acknowledgement."""
    closed(world, SetPriority(priority=Priority.P2))
    world.advance(days=9)

    replied(world)

    old, new = world.case(1), world.case(2)
    assert ("Closed", ["CG-000002"]) == (old.status, old.linked)
    assert ("New", "P4", "CG-000001") == (new.status, new.priority, new.follow_up_of)
    assert "follow_up_opened" == world.notices_to(ALICE)[-1]
    said = text_of(world.mailbox(ALICE)[-1])
    assert "CG-000001" in said
    assert "CG-000002" in said


def test_no_second_follow_up_is_made_while_one_is_open(world: World) -> None:
    """Another reply to the old case joins the new one."""
    closed(world)
    to_the_old = world.mailbox(ALICE)[-1]
    world.advance(days=9)
    replied(world)

    sent = world.reply(to_the_old, body="One more thing.")
    world.work()

    assert ("joins_open_follow_up", 2) == (world.settled_by(sent), len(world.cases()))
    assert 2 == len(world.case(2).correspondence)


def test_once_the_follow_up_is_closed_a_reply_to_the_old_case_makes_another(world: World) -> None:
    """Only an open one is joined."""
    closed(world)
    to_the_old = world.mailbox(ALICE)[-1]
    world.advance(days=9)
    replied(world)
    world.act(2, Close())

    sent = world.reply(to_the_old, body="One more thing.")
    world.work()

    assert ("follows_up_closed_case", 3) == (world.settled_by(sent), len(world.cases()))


def test_2013_reopens_at_any_age(open_world: OpenWorld) -> None:
    """Its plan states no limit."""
    world = open_world()
    world.add_organisation("Acme", plan="calltower-2013")
    world.add_contact("Acme", ALICE)
    closed(world)
    world.advance(days=800)

    assert "reopens_case" == world.settled_by(replied(world))


def closed_for_silence(world: World) -> World:
    """Case 1 as the clock closes it when nobody answers."""
    opened(world)
    world.sql(
        "UPDATE cases SET status = 'Closed, No Response', closed_at = :now WHERE id = 1",
        now=f"{world.now:%Y-%m-%d %H:%M:%S}.000000",
    )
    world.sql("UPDATE obligation SET state = 'waived', ended_at = due_at WHERE case_id = 1")
    world.sql(
        "INSERT INTO transition (case_id, at, event, from_status, to_status, cause)"
        " SELECT id, closed_at, 'no response', 'New', status, 'promise' FROM cases WHERE id = 1"
    )
    return world


def test_closed_no_response_is_continued_at_any_age(world: World) -> None:
    """A new linked case even within the window (2021)."""
    closed_for_silence(world)

    assert "follows_up_closed_case" == world.settled_by(replied(world))
    assert "CG-000001" == world.case(2).follow_up_of


def test_closed_no_response_is_reopened_where_the_plan_says_so(open_world: OpenWorld) -> None:
    """2013 re-opens."""
    world = open_world()
    world.add_organisation("Acme", plan="calltower-2013")
    world.add_contact("Acme", ALICE)

    assert "reopens_case" == world.settled_by(replied(closed_for_silence(world)))


# --- duplicates -------------------------------------------------------------------------------------


def duplicates(world: World) -> World:
    """Case 2 is the duplicate of case 1; the last mail Alice got is about case 2."""
    opened(world)
    world.advance(minutes=1)
    opened(world, subject="Phones dead")
    world.act(2, MarkDuplicate(main=world.as_law_sees_it(1)))
    world.work()
    return world


def test_a_reply_to_a_duplicate_goes_to_the_main_case(world: World) -> None:
    """And the customer is told its number."""
    sent = replied(duplicates(world))

    assert ("replies_to_open_case", 2, 1) == (
        world.settled_by(sent),
        len(world.case(1).correspondence),
        len(world.case(2).correspondence),
    )
    assert "added_to_main_case" == world.notices_to(ALICE)[-1]
    assert "CG-000001" in text_of(world.mailbox(ALICE)[-1])
    assert "Duplicate" == world.case(2).status


def test_a_reply_to_the_duplicate_of_a_duplicate_goes_to_the_last(world: World) -> None:
    """A main case that became a duplicate leads on."""
    duplicates(world)
    about_the_second = world.mailbox(ALICE)[-1]
    opened(world, subject="All phones")
    world.act(1, MarkDuplicate(main=world.as_law_sees_it(3)))

    sent = world.reply(about_the_second)
    world.work()

    assert ("replies_to_open_case", 2) == (world.settled_by(sent), len(world.case(3).correspondence))


def test_a_reply_to_the_duplicate_of_a_closed_case_reopens_that(world: World) -> None:
    """As a reply to the main case itself would."""
    duplicates(world)
    about_the_second = world.mailbox(ALICE)[-1]
    world.act(1, Close())

    sent = world.reply(about_the_second)
    world.work()

    assert ("reopens_case", "Customer Re-opened", "Duplicate") == (
        world.settled_by(sent),
        world.case(1).status,
        world.case(2).status,
    )


# --- what is no reply -------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["open", "waiting", "closed"])
def test_c13_an_out_of_office_changes_nothing(world: World, state: str) -> None:
    """It neither re-opens, nor stops a clock, nor gets an answer, nor is told to anybody."""
    opened(world)
    world.act(1, *{"open": [], "waiting": [Reply(text="?", asks=True)], "closed": [Close()]}[state])
    world.work()
    before = world.case(1)

    sent = replied_with(world, {"Auto-Submitted": "auto-replied"})

    assert before == world.case(1)
    assert "automatic_answer" == world.settled_by(sent)


def test_d3_a_marked_reply_to_the_signed_address_is_kept(world: World) -> None:
    """Some desks mark what people wrote: it is on the case, changes nothing, is not answered, and the agent sees it."""
    waiting_world(opened(world))
    before = len(world.notices_to(ALICE))

    sent = replied_with(world, {"Auto-Submitted": "auto-generated"})

    assert "machine_answers_for_mpoc" == world.settled_by(sent)
    assert ("comment", True) == (world.case(1).correspondence[-1]["kind"], world.case(1).waiting_since is not None)
    assert before == len(world.notices_to(ALICE))
    assert "agent_customer_replied" == world.notices_to(DANA)[-1]


# --- several at once --------------------------------------------------------------------------------


def test_two_replies_to_one_case_in_one_batch(world: World) -> None:
    """Each finds what the other left: the first re-opens, the second is added."""
    closed(world)
    mail = world.mailbox(ALICE)[-1]

    first, second = world.reply(mail, body="One."), world.reply(mail, body="Two.")
    world.work()

    assert ["reopens_case", "replies_to_open_case"] == [world.settled_by(first), world.settled_by(second)]
    assert 4 == len(world.case(1).correspondence)


def test_two_replies_after_the_window_in_one_batch_make_one_follow_up(world: World) -> None:
    """The second joins what the first opened."""
    closed(world)
    mail = world.mailbox(ALICE)[-1]
    world.advance(days=9)

    first, second = world.reply(mail, body="One."), world.reply(mail, body="Two.")
    world.work()

    assert ["follows_up_closed_case", "joins_open_follow_up"] == [world.settled_by(first), world.settled_by(second)]
    assert 2 == len(world.cases())


def test_a_reply_that_comes_before_its_mail_is_settled(world: World) -> None:
    """Alice writes, and adds something in a second mail, before we looked at the first."""
    first = world.send(message_id="first@client.example")
    second = world.send(
        subject="Re: No dial tone", headers={"In-Reply-To": "<first@client.example>"}, body="And the fax."
    )
    world.work()

    assert ["mpoc_opens_case", "replies_to_open_case"] == [world.settled_by(first), world.settled_by(second)]
    assert (1, 2) == (len(world.cases()), len(world.case(1).correspondence))


def test_a_reply_to_the_desk_without_a_thread_opens_a_case(world: World) -> None:
    """Never by a similar subject (threats C-8)."""
    opened(world)

    sent = world.send(to=SUPPORT, subject="Re: No dial tone")
    world.work()

    assert ("mpoc_opens_case", 2) == (world.settled_by(sent), len(world.cases()))


@contextlib.contextmanager
def only_looking() -> Iterator[None]:
    """No transaction begins that others would have to wait for."""

    def refuse(_connection: sa.Connection, _cursor: object, statement: str, *_rest: object) -> None:
        assert "IMMEDIATE" not in statement, statement
        assert "FOR UPDATE" not in statement, statement

    sa.event.listen(sa.Engine, "before_cursor_execute", refuse)
    try:
        yield
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", refuse)


def test_a_reply_that_came_in_time_is_no_silence(world: World) -> None:
    """It waited in the inbox while the closing fell due: the scheduler waits for it."""
    world.send()
    world.work()
    world.act(1, Reply(text="Which floor?", asks=True))
    world.work()
    world.advance(days=2)
    world.tick()
    world.advance(hours=20)
    sent = world.send(subject="Re: [#CG-000001] No dial tone", body="The second.")
    world.advance(days=1)

    world.scheduler.step()  # its first look writes whatever is due
    with only_looking():
        assert not world.scheduler.step()
    world.tick()

    assert "replies_to_open_case" == world.settled_by(sent)
    assert (1, "In Progress") == (len(world.cases()), world.case(1).status)
