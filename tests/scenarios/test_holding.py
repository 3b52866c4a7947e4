"""What is held is kept, listed and explained; agents are told at once, and the sender never (plans 5)."""

from datetime import timedelta

from models.organisation import Role
from tests.scenarios.conftest import OpenWorld
from tests.world import World, text_of

AGENTS = "agents@example.net"
MALLORY = "mallory@evil.example"


def test_a_held_message_is_listed_with_its_reason(world: World) -> None:
    """Who, what, by which rule and why."""
    sent = world.send(from_=MALLORY, subject="Hello")

    world.settle()

    (held,) = world.held()
    assert (
        held.author,
        held.subject,
        held.rule,
        held.because,
    ) == (MALLORY, "Hello", "unknown_author", "its author is unknown")
    assert "unknown_author" == world.settled_by(sent)


def test_agents_are_told_at_once(world: World) -> None:
    """Holding is never silent to agents."""
    sent = world.send(from_=MALLORY, subject="Hello")

    world.work()

    (told,) = world.mailbox(AGENTS)
    assert "Held 1, please look: Hello" == told["Subject"]
    assert "its author is unknown Rule: unknown_author From: mallory@evil.example" in text_of(told)
    assert "casegate held show 1" in text_of(told)
    assert "unknown_author" == world.settled_by(sent)


def test_the_sender_is_told_nothing(world: World) -> None:
    """No mail to From, Reply-To, Sender or reverse path of what is held."""
    sent = world.send(from_=MALLORY, headers={"Reply-To": MALLORY, "Sender": MALLORY}, reverse_path=MALLORY)

    world.work()

    assert [posted.recipient for posted in world.relay.taken] == [AGENTS]
    assert "unknown_author" == world.settled_by(sent)


def test_the_organisation_of_an_end_user_is_named(world: World) -> None:
    """Agents see whose end user it is."""
    sent = world.send(from_="eve@acme.example")

    world.work()

    assert "Organisation: Acme" in text_of(world.mailbox(AGENTS)[0])
    assert "end_user" == world.settled_by(sent)


def test_b28_an_organisation_is_named_only_beyond_doubt(world: World) -> None:
    """A domain that two organisations share names neither."""
    world.add_organisation("Acme Europe", domains=["acme.example"])
    sent = world.send(from_="eve@acme.example")

    world.settle()

    assert [None] == [held.organisation for held in world.held()]
    assert "end_user" == world.settled_by(sent)


def test_each_department_is_told_of_its_own(world: World) -> None:
    """What was for billing is billing's to look at."""
    sent = world.send(from_=MALLORY, to="billing@example.net")

    world.settle()

    assert ["agent_held"] == world.notices_to("accounts@example.net")
    assert "unknown_author" == world.settled_by(sent)


def test_a_flood_from_one_address_is_told_once_an_hour(world: World) -> None:
    """Thirty mails are thirty held messages and one notice."""
    sent = [world.send(from_=MALLORY, subject=f"Spam {number}") for number in range(30)]

    world.settle()

    assert 30 == len(world.held())
    assert ["agent_held"] == world.notices_to(AGENTS)
    assert {"unknown_author"} == {world.settled_by(one) for one in sent}


def test_a_flood_that_goes_on_is_told_again_in_the_next_hour(world: World) -> None:
    """The bound is an hour's, not for ever."""
    world.send(from_=MALLORY)
    world.settle()
    world.advance(hours=1)
    world.send(from_=MALLORY)

    world.settle()

    assert ["agent_held", "agent_held"] == world.notices_to(AGENTS)


def test_a_flood_under_many_names_is_bounded(world: World) -> None:
    """A forged flood does not become a flood of ours."""
    for number in range(150):
        world.send(from_=f"m{number}@evil{number}.example")

    world.settle()

    assert 150 == len(world.held())
    assert len(world.notices_to(AGENTS)) <= 50


def test_another_person_is_told_of_within_the_hour(world: World) -> None:
    """Two strangers of one big domain are two people."""
    world.send(from_="ann@mail.example")
    world.send(from_="ben@mail.example")

    world.settle()

    assert ["agent_held", "agent_held"] == world.notices_to(AGENTS)


def test_another_reason_is_told_of_within_the_hour(world: World) -> None:
    """What is held for another reason is another matter."""
    world.add_contact("Acme", "bob@acme.example", roles=[Role.BILLING])
    world.send(from_="bob@acme.example")
    world.send(from_="bob@acme.example", headers={"Auto-Submitted": "auto-generated"})

    world.settle()

    assert ["agent_held", "agent_held"] == world.notices_to(AGENTS)
    assert ["not_an_mpoc", "automatic_mail"] == [held.rule for held in world.held()]


def test_a_held_message_is_kept_as_long_as_the_desk_says(open_world: OpenWorld) -> None:
    """When it expires is fixed when it is held."""
    world = open_world(held_for=timedelta(days=12))
    sent = world.send(from_=MALLORY)

    world.settle()

    assert world.now + timedelta(days=12) == world.held()[0].expires_at
    assert "unknown_author" == world.settled_by(sent)


def test_a_held_message_keeps_its_trail(world: World) -> None:
    """Every rule that was asked can be read."""
    sent = world.send(from_=MALLORY)

    world.settle()

    trail = world.trail(sent)
    assert ("unknown_author", "settled") == trail.steps[-1]
    assert ("same_content_decided_before", "passed") == trail.steps[0]


def test_a_held_message_opens_nothing(world: World) -> None:
    """No case, no assignment, no event on any case."""
    sent = world.send(from_=MALLORY)

    world.settle()

    assert [] == world.cases()
    assert ("held", None) == (world.trail(sent).state, world.trail(sent).case)


def test_where_a_department_is_missing_the_admin_is_told(open_world: OpenWorld) -> None:
    """A hold that no department can be told of is told to the admin."""
    world = open_world()
    world.sql("UPDATE department SET key = 'renamed' WHERE key = 'billing'")
    sent = world.send(to="billing@example.net")

    world.settle()

    assert "not_addressed_to_us" == world.settled_by(sent)
    assert ["agent_held"] == world.notices_to(world.policy.admin)


def test_a_subject_in_a_held_notice_is_only_text(world: World) -> None:
    """A stranger's subject adds no field and no line to our mail."""
    sent = world.send(from_=MALLORY, subject="=?utf-8?q?x=0D=0ABcc:_victim=40evil.example?=")

    world.work()

    (told,) = world.mailbox(AGENTS)
    assert told["Bcc"] is None
    assert "unknown_author" == world.settled_by(sent)
