"""Who is believed, and by what: the word of our own relay, an exception for a path, the mode (plans 5, contract 3)."""

import pytest

from models.authentication import Authentication
from models.organisation import Mode
from tests.builders import ALICE, NETWORK_OF_RELAYS
from tests.scenarios.conftest import OpenWorld
from tests.world import AUTHSERV_ID, World, text_of

AGENTS = "agents@example.net"
PROVED = "dkim=pass header.d=acme.example"
NOTHING = "dkim=none; spf=none smtp.mailfrom=bounces@client.example; dmarc=none header.from=acme.example"
FORGED = "spf=fail smtp.mailfrom=x@evil.example; dmarc=fail header.from=acme.example"


@pytest.fixture
def aligned(open_world: OpenWorld) -> World:
    """A desk that asks for proof and believes its own relay."""
    world = open_world(
        mode=Mode.ALIGNED, authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS)
    )
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    return world


# --- aligned ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "results",
    [PROVED, "spf=pass smtp.mailfrom=bounces@acme.example", "dmarc=pass header.from=acme.example"],
    ids=["DKIM", "SPF", "DMARC"],
)
def test_an_mpoc_who_proves_himself_opens_a_case(aligned: World, results: str) -> None:
    """And the case says what proved him."""
    sent = aligned.send(results=results)

    aligned.work()

    assert "mpoc_opens_case" == aligned.settled_by(sent)
    assert ["aligned"] == [case.standing for case in aligned.cases()]
    assert ["case_opened"] == aligned.notices_to(ALICE)


@pytest.mark.parametrize("results", [NOTHING, FORGED, ""], ids=["nothing to prove by", "failed", "no word"])
def test_b1_an_mpocs_name_alone_is_held_and_gets_no_answer(aligned: World, results: str) -> None:
    """Agents hear at once; the real MPOC hears nothing, whoever wrote in the name."""
    sent = aligned.send(results=results)

    aligned.work()

    assert "author_unproved" == aligned.settled_by(sent)
    assert [AGENTS] == [posted.recipient for posted in aligned.relay.taken]


@pytest.mark.parametrize("place", ["top", "middle", "bottom"])
def test_b15_a_forged_field_is_not_believed_wherever_it_stands(aligned: World, place: str) -> None:
    """Through the real door: the relay wrote that nothing is proved, a stranger that all is well."""
    forged = f"Authentication-Results: {AUTHSERV_ID}; {PROVED}"
    hop = "Received: from a (a [203.0.113.77]) by b.example; Mon, 23 Nov 2026 15:59:00 +0000"
    fields = {"top": (forged, hop), "middle": (hop, forged, hop), "bottom": (hop, forged)}[place]
    name, _, value = "\r\n".join(fields).partition(": ")

    sent = aligned.send(results=FORGED, headers={name: value})
    aligned.settle()

    assert "author_unproved" == aligned.settled_by(sent)
    assert "agent_security" in aligned.notices_to(AGENTS)


def test_b15_a_stranger_at_our_door_proves_nothing(aligned: World) -> None:
    """Who connects himself writes the whole header."""
    hop = "from client (client.example [203.0.113.9]) by mx.example.net; Mon, 23 Nov 2026 15:59:00 +0000"

    sent = aligned.send(headers={"Received": hop, "Authentication-Results": f"{AUTHSERV_ID}; {PROVED}"})
    aligned.settle()

    assert "author_unproved" == aligned.settled_by(sent)


def test_b16_a_reverse_path_that_speaks_for_the_relay_proves_nothing(aligned: World) -> None:
    """What stands in quotes ends no method."""
    sent = aligned.send(results='spf=pass smtp.mailfrom="x; dkim=pass header.d=acme.example"@evil.example')

    aligned.settle()

    assert "author_unproved" == aligned.settled_by(sent)


def test_an_organisation_of_its_own_mode(aligned: World) -> None:
    """Its mode wins over the desk's, and the case says that nothing was proved."""
    aligned.add_organisation("Initech", mode=Mode.ADDRESS)
    aligned.add_contact("Initech", "bob@initech.example")

    sent = aligned.send(from_="bob@initech.example", results=NOTHING)
    aligned.settle()

    assert "mpoc_opens_case" == aligned.settled_by(sent)
    assert ["unproved"] == [case.standing for case in aligned.cases()]


def test_mode_address_says_what_is_proved_too(open_world: OpenWorld) -> None:
    """A desk that believes addresses still shows which of them were proved."""
    world = open_world(authentication=Authentication(authserv_id=AUTHSERV_ID))
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)

    sent = world.send(results=PROVED)
    world.settle()

    assert "mpoc_opens_case" == world.settled_by(sent)
    assert ["aligned"] == [case.standing for case in world.cases()]


# --- agents ----------------------------------------------------------------------------------------


def test_an_agents_name_is_not_enough_whatever_the_mode(world: World) -> None:
    """Mode `address` is about contacts."""
    sent = world.send(from_="dana@example.net", body=f"#for {ALICE}\nThe phones are dead.", results="")

    world.settle()

    assert "agent_unproved" == world.settled_by(sent)


def test_an_agent_who_proves_himself_may_act(aligned: World) -> None:
    """What the agent may do is another rule's."""
    sent = aligned.send(
        from_="dana@example.net",
        body=f"#for {ALICE}\nThe phones are dead.",
        results="dmarc=pass header.from=example.net",
    )

    aligned.settle()

    assert "agent_opens_case" == aligned.settled_by(sent)
    assert ["aligned"] == [case.standing for case in aligned.cases()]


# --- exceptions -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "results", "proposal"),
    [
        ("ip:203.0.113.9", NOTHING, "casegate org trust Acme alice@acme.example --path ip:203.0.113.9"),
        (
            "spf:client.example",
            "dkim=none; spf=pass smtp.mailfrom=bounces@client.example",
            "casegate org trust Acme alice@acme.example --path spf:client.example",
        ),
    ],
)
def test_an_exception_lets_in_what_was_held_within_two_minutes(
    aligned: World, path: str, results: str, proposal: str
) -> None:
    """The agents' mail proposes the one line; once it is done the mail that was held is in, and the next one too."""
    held = aligned.send(results=results)
    aligned.work()
    assert proposal in text_of(aligned.mailbox(AGENTS)[0])

    again = aligned.trust("Acme", ALICE, path)
    aligned.advance(seconds=90)
    aligned.settle()
    later = aligned.send(results=results)
    aligned.work()

    assert [held.inbox_id] == again
    assert ["mpoc_opens_case"] * 2 == [aligned.settled_by(held), aligned.settled_by(later)]
    assert ["excepted"] * 2 == [case.standing for case in aligned.cases()]
    assert ["case_opened"] * 2 == aligned.notices_to(ALICE)


def test_an_exception_is_bound_to_its_path(aligned: World) -> None:
    """The same name from elsewhere is a name on an envelope."""
    aligned.trust("Acme", ALICE, "ip:203.0.113.9")

    sent = aligned.send(results=NOTHING, client="203.0.113.66")
    aligned.settle()

    assert "author_unproved" == aligned.settled_by(sent)


def test_an_exception_by_address_of_the_peer_needs_no_authserv_id(open_world: OpenWorld) -> None:
    """The topmost Received of our own mail system names the peer; a client's own Received does not."""
    world = open_world(mode=Mode.ALIGNED)
    world.add_organisation("Acme")
    world.add_contact("Acme", ALICE)
    world.trust("Acme", ALICE, "ip:203.0.113.9")

    good = world.send(results="")
    forged = world.send(
        results="",
        client="203.0.113.66",
        headers={"Received": "from x (x [203.0.113.9]) by y; Mon, 23 Nov 2026 15:59:00 +0000"},
    )
    world.settle()

    assert ["mpoc_opens_case", "author_unproved"] == [world.settled_by(good), world.settled_by(forged)]


def test_an_exception_of_one_organisation_is_not_anothers(aligned: World) -> None:
    """It was made for one customer's mail."""
    aligned.add_organisation("Initech")
    aligned.add_contact("Initech", "bob@initech.example")
    aligned.trust("Acme", "bob@initech.example", "ip:203.0.113.9")

    sent = aligned.send(from_="bob@initech.example", results=NOTHING)
    aligned.settle()

    assert "author_unproved" == aligned.settled_by(sent)


def test_old_held_mail_is_not_woken_by_an_exception(aligned: World) -> None:
    """What lay longer than a week is released by hand, one by one."""
    sent = aligned.send(results=NOTHING)
    aligned.settle()
    aligned.advance(days=8)

    assert [] == aligned.trust("Acme", ALICE, "ip:203.0.113.9")
    assert "author_unproved" == aligned.settled_by(sent)


# --- DNS that does not answer (B-25) -------------------------------------------------------------------


def test_b25_a_proof_that_dns_owes_is_waited_for_a_day_then_held(aligned: World) -> None:
    """Neither believed nor refused at once; agents hear when it is held in the end."""
    sent = aligned.send(results="dkim=temperror header.d=acme.example")
    aligned.settle()

    assert ("examined", "proof_not_answered_yet") == (aligned.trail(sent).state, aligned.settled_by(sent))
    assert [] == aligned.notices()
    asked = 1
    while aligned.trail(sent).state == "examined":
        assert asked < 15
        aligned.now = aligned.trail(sent).again_at
        aligned.settle()
        asked += 1
    assert ("held", "author_unproved") == (aligned.trail(sent).state, aligned.settled_by(sent))
    assert ["agent_held"] == aligned.notices_to(AGENTS)
    assert 24 * 3600 == (aligned.now - aligned.trail(sent).received_at).total_seconds()


def test_b25_an_exception_made_meanwhile_is_seen(aligned: World) -> None:
    """The next look finds it."""
    sent = aligned.send(results="dkim=temperror header.d=acme.example")
    aligned.settle()
    aligned.trust("Acme", ALICE, "ip:203.0.113.9")
    aligned.now = aligned.trail(sent).again_at
    aligned.settle()

    assert "mpoc_opens_case" == aligned.settled_by(sent)
