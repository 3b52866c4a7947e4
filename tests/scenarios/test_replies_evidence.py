"""How a reply is known to belong to a case: by each sign alone, by several, in the wrong hands (plans 4, threats C)."""

import re
from email.message import EmailMessage

import pytest

from models.acts import Close, Reply
from models.organisation import Role
from models.tokens import Purpose, signed_extension
from tests.builders import ALICE, KEYS, SUPPORT
from tests.scenarios.conftest import OpenWorld
from tests.world import Sent, World, text_of

DANA = "dana@example.net"
AGENTS = "agents@example.net"
BOB = "bob@acme.example"
EVE = "eve@initech.example"
MALLORY = "mallory@evil.example"


def opened(world: World, **mail: str) -> EmailMessage:
    """A case of the writer's, and its acknowledgement."""
    author = mail.get("from_", ALICE)
    world.send(**mail)
    world.work()
    return world.mailbox(author)[-1]


def sent(world: World, **mail: object) -> Sent:
    """A mail, settled."""
    made = world.send(**mail)  # type: ignore[arg-type]
    world.work()
    return made


def token(case_id: int, holder: str) -> str:
    """The reply address of a case that was given to somebody."""
    return f"support+{signed_extension(KEYS, Purpose.REPLY, case_id, holder)}@example.net"


def with_initech(world: World, address: str = EVE) -> World:
    """Another organisation, with Eve as its MPOC."""
    world.add_organisation("Initech", domains=["initech.example"])
    world.add_contact("Initech", address, name="Eve")
    return world


def security(world: World, mail: Sent) -> list[str]:
    """The security events of a message."""
    return [detail for kind, detail in world.trail(mail).events if kind == "security"]


# --- each alone ---------------------------------------------------------------------------------------


def test_the_signed_address_alone(world: World) -> None:
    """In the envelope; nothing else shows the case."""
    opened(world)

    mail = sent(world, to=token(1, ALICE), subject="Something")

    assert ("replies_to_open_case", "CG-000001") == (world.settled_by(mail), world.trail(mail).case)


def test_the_signed_address_in_the_to_field_alone(world: World) -> None:
    """Mail that reached us by another address of ours, as fetched mail does."""
    opened(world)

    mail = sent(world, subject="Something", headers={"Cc": token(1, ALICE)})

    assert "replies_to_open_case" == world.settled_by(mail)


@pytest.mark.parametrize("name", ["In-Reply-To", "References"])
@pytest.mark.parametrize("whose", ["ours", "the customer's"])
def test_a_message_id_alone(world: World, name: str, whose: str) -> None:
    """Of our acknowledgement, or of the mail the customer wrote first."""
    acknowledgement = opened(world, message_id="first@client.example")
    named = str(acknowledgement["Message-ID"]) if whose == "ours" else "<first@client.example>"

    mail = sent(world, subject="Something", headers={name: f"<unknown@client.example> {named}"})

    assert "replies_to_open_case" == world.settled_by(mail)


@pytest.mark.parametrize("subject", ["[#CG-000001]", "AW: WG: [#cg-1] x", "x [#CG-000001] [#CG-999999]"])
def test_the_tag_alone(world: World, subject: str) -> None:
    """However it is written, wherever it stands."""
    opened(world)

    assert "replies_to_open_case" == world.settled_by(sent(world, subject=subject))


@pytest.mark.parametrize("subject", ["Re: No dial tone", "CG-000001", "#CG-000001", "[CG-000001]", "[#1]"])
def test_c8_what_is_like_a_tag_is_none(world: World, subject: str) -> None:
    """Neither a similar subject nor a bare number."""
    opened(world)

    assert "mpoc_opens_case" == world.settled_by(sent(world, subject=subject))


@pytest.mark.parametrize("name", ["X-Casegate-Case", "X-Casegate-Priority", "Thread-Index"])
def test_c16_control_fields_from_outside_do_nothing(world: World, name: str) -> None:
    """Nobody steers by a header field."""
    opened(world)

    mail = sent(world, headers={name: "1"})

    assert ("mpoc_opens_case", "P4") == (world.settled_by(mail), world.case(2).priority)


# --- in conflict ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("token_of", "answers", "tag", "wanted"),
    [(2, 1, 1, 2), (None, 2, 1, 2), (None, None, 2, 2), (1, 2, 3, 1)],
    ids=["address over all", "reference over tag", "tag alone", "three ways"],
)
def test_c6_the_strongest_sign_is_followed_and_the_rest_recorded(
    world: World, token_of: int | None, answers: int | None, tag: int, wanted: int
) -> None:
    """Signed address, our Message-ID, the customer's, the tag: in this order."""
    answered = [opened(world, subject=f"Phone {number}") for number in range(3)]

    mail = sent(
        world,
        to=SUPPORT if token_of is None else token(token_of, ALICE),
        subject=f"[#CG-00000{tag}]",
        headers={} if answers is None else {"In-Reply-To": str(answered[answers - 1]["Message-ID"])},
    )

    assert f"CG-00000{wanted}" == world.trail(mail).case
    several = "it names several cases; the strongest sign was followed"
    assert (several in [detail for _, detail in world.trail(mail).events]) == (
        len({token_of, answers, tag} - {None}) > 1
    )


def test_c6_a_sign_of_anothers_case_gives_way_to_one_of_ones_own(world: World) -> None:
    """The stronger leads nowhere for this writer; the weaker is followed, and the attempt is recorded."""
    acknowledgement = opened(world)
    opened(with_initech(world), from_=EVE)

    mail = sent(world, from_=EVE, subject="[#CG-000002]", headers={"In-Reply-To": str(acknowledgement["Message-ID"])})

    assert "CG-000002" == world.trail(mail).case
    assert ["a Message-ID of ours leads to no case of the writer's"] == security(world, mail)


# --- in the wrong hands -----------------------------------------------------------------------------------


def test_c5_a_token_in_a_strangers_hands_is_worth_nothing(world: World) -> None:
    """Mallory has Alice's mail, with everything in it."""
    acknowledgement = opened(world)

    mail = world.reply(acknowledgement, from_=MALLORY)
    world.work()

    assert ("unknown_author", 1) == (world.settled_by(mail), len(world.case(1).correspondence))
    assert [] == world.mailbox(MALLORY)


def test_c5_a_token_in_another_mpocs_hands_is_no_token(world: World) -> None:
    """It was signed for Alice; Bob's mail is known by nothing and opens a case of its own."""
    opened(world)
    world.add_contact("Acme", BOB, name="Bob")

    assert "mpoc_opens_case" == world.settled_by(sent(world, from_=BOB, to=token(1, ALICE), subject="Something"))


def test_c4_a_guessed_token_is_an_address_without_one(world: World) -> None:
    """Nothing at the door tells a good token from a bad one."""
    opened(world)

    good, bad = sent(world, to=token(1, ALICE)), sent(world, to="support+c1-" + "a" * 26 + "@example.net", subject="x")

    assert (True, True) == (good.accepted, bad.accepted)
    assert ["replies_to_open_case", "mpoc_opens_case"] == [world.settled_by(good), world.settled_by(bad)]


SIGNS = ["tag", "our Message-ID", "the customer's Message-ID", "a token of one's own making"]


@pytest.mark.parametrize("sign", SIGNS)
def test_c1_another_organisations_case_is_neither_touched_nor_revealed(world: World, sign: str) -> None:
    """A new case of one's own organisation; the attempt is a security event that agents hear of."""
    acknowledgement = opened(world, message_id="first@client.example")
    with_initech(world)
    before = world.case(1)
    how = {
        "tag": {"subject": "Re: [#CG-000001] No dial tone"},
        "our Message-ID": {"headers": {"In-Reply-To": str(acknowledgement["Message-ID"])}},
        "the customer's Message-ID": {"headers": {"References": "<first@client.example>"}},
        "a token of one's own making": {"to": token(1, EVE)},
    }[sign]

    mail = sent(world, from_=EVE, **how)

    assert ("mpoc_opens_case", "Initech", None) == (
        world.settled_by(mail),
        world.case(2).organisation,
        world.case(2).follow_up_of,
    )
    assert before == world.case(1)
    assert 1 == len(security(world, mail))
    assert "agent_security" in world.notices_to(AGENTS)
    assert "Acme" not in text_of(world.mailbox(EVE)[-1])


def test_c17_the_answer_is_the_same_whether_a_number_exists_or_not(open_world: OpenWorld) -> None:
    """Octet for octet, but for what is hashed: Eve names Acme's case, or one that does not exist."""
    answers = []
    for exists in (True, False):
        world = with_initech(open_world())
        world.add_organisation("Acme", domains=["acme.example"])
        world.add_contact("Acme", ALICE)
        opened(world)
        mail = sent(world, from_=EVE, subject=f"Re: [#CG-{1 if exists else 9:06}]", message_id="eve@client.example")
        assert "mpoc_opens_case" == world.settled_by(mail)
        answers.append(world.relay.taken[[one.recipient for one in world.relay.taken].index(EVE)].raw)

    assert without_names(answers[0]).replace(b"CG-000001", b"CG-000009") == without_names(answers[1])


def without_names(raw: bytes) -> bytes:
    """A mail without what is hashed from the content it answers: Message-ID, loop token, boundary."""
    boundary = re.search(rb'boundary="([^"]+)"', raw)
    assert boundary is not None
    return re.sub(rb"[a-z2-7]{26}", b"hash", raw.replace(boundary[1], b"boundary"))


# --- who writes ---------------------------------------------------------------------------------------------


def test_a_second_mpoc_of_the_organisation_writes_on_and_is_a_correspondent(world: World) -> None:
    """Equal rights; from then on Bob hears of the case too, at an address of his own."""
    acknowledgement = opened(world)
    world.add_contact("Acme", BOB, name="Bob", roles=(Role.SECONDARY_MPOC,))

    mail = world.reply(acknowledgement, from_=BOB)
    world.act(1, Reply(text="One moment."))
    world.work()
    world.act(1, Reply(text="It works."))
    world.work()

    assert "replies_to_open_case" == world.settled_by(mail)
    assert ["agent_reply"] == world.notices_to(BOB)
    assert token(1, BOB) == world.mailbox(BOB)[-1]["Reply-To"]


def test_b28_an_mpoc_of_several_organisations_writes_for_that_of_the_thread(world: World) -> None:
    """In a thread nobody has to ask."""
    with_initech(world, ALICE)
    world.add_contact("Initech", EVE, name="Eve")
    acknowledgement = opened(world, from_=EVE)

    mail = sent(world, headers={"In-Reply-To": str(acknowledgement["Message-ID"])}, subject="x")

    assert ("replies_to_open_case", "CG-000001") == (world.settled_by(mail), world.trail(mail).case)
    assert [(ALICE, "Initech")] == [(world.case(1).correspondence[-1]["author_address"], world.case(1).organisation)]


def test_an_mpoc_elsewhere_who_is_a_billing_contact_here_has_no_say(world: World) -> None:
    """Alice is Initech's billing contact and has got hold of its mail; it is as any other organisation's."""
    world.add_organisation("Initech", domains=["initech.example"])
    world.add_contact("Initech", EVE, name="Eve")
    world.add_contact("Initech", ALICE, roles=(Role.BILLING,))
    acknowledgement = opened(world, from_=EVE)

    mail = sent(world, headers={"In-Reply-To": str(acknowledgement["Message-ID"])}, subject="x")

    assert ("mpoc_opens_case", "Acme", 1) == (
        world.settled_by(mail),
        world.case(2).organisation,
        len(world.case(1).correspondence),
    )


@pytest.mark.parametrize("role", [Role.BILLING, Role.MAINTENANCE, Role.ESCALATION, Role.PERSON_OF_RECORD])
def test_a_contact_who_is_no_mpoc_is_held_in_a_thread_too(world: World, role: Role) -> None:
    """As an end user (plans 5)."""
    acknowledgement = opened(world)
    world.add_contact("Acme", BOB, name="Bob", roles=(role,))

    mail = world.reply(acknowledgement, from_=BOB)
    world.work()

    assert ("not_an_mpoc", 1) == (world.settled_by(mail), len(world.case(1).correspondence))


# --- participants -----------------------------------------------------------------------------------------------


def with_participant(world: World, address: str = BOB) -> EmailMessage:
    """Alice's case; in her second mail she put somebody in copy."""
    acknowledgement = opened(world)
    world.reply(acknowledgement, headers={"Cc": f"Bob <{address}>, {SUPPORT}"})
    world.work()
    return world.mailbox(ALICE)[-1]


def test_whom_an_mpoc_puts_in_copy_may_comment(world: World) -> None:
    """On that case; the agent is told, nothing else happens."""
    mail = with_participant(world)
    world.act(1, Reply(text="Which phones?", asks=True))
    world.work()

    comment = world.reply(mail, from_=BOB)
    world.work()

    case = world.case(1)
    assert [BOB] == case.participants
    assert ("participant_comments", "comment") == (world.settled_by(comment), case.correspondence[-1]["kind"])
    assert case.waiting_since is not None
    assert "agent_customer_replied" == world.notices_to(DANA)[-1]


def test_c14_a_participant_gets_no_mail(world: World) -> None:
    """To and Cc of a mail never become recipients."""
    with_participant(world)
    world.act(1, Reply(text="It works."), Close())
    world.work()

    assert [] == world.mailbox(BOB)


def test_a_participant_reopens_closes_and_confirms_nothing(world: World) -> None:
    """Of a closed case a participant is an end user."""
    mail = with_participant(world)
    world.act(1, Close())

    late = world.reply(mail, from_=BOB)
    world.work()

    assert ("end_user", "Closed") == (world.settled_by(late), world.case(1).status)


def test_a_participant_of_one_case_is_none_of_another(world: World) -> None:
    """Held, as an end user's."""
    with_participant(world)
    other = opened(world, subject="Another matter")

    mail = world.reply(other, from_=BOB)
    world.work()

    assert ("end_user", []) == (world.settled_by(mail), world.case(2).participants)


def test_a_participants_copies_make_no_participants(world: World) -> None:
    """Only an MPOC and an agent let others in."""
    mail = with_participant(world)

    world.reply(mail, from_=BOB, headers={"Cc": MALLORY})
    world.work()

    assert [BOB] == world.case(1).participants


def test_a_participant_who_is_an_mpoc_elsewhere_comments(world: World) -> None:
    """Eve was let in by Alice; it is neither a case of Initech's nor an attack."""
    with_initech(world)
    mail = with_participant(world, EVE)

    comment = world.reply(mail, from_=EVE)
    world.work()

    assert ("participant_comments", []) == (world.settled_by(comment), security(world, comment))
