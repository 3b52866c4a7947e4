"""One content is decided once, by whatever way it comes again; other content is never taken for it (design 3)."""

import pytest

from tests.builders import ALICE, a_mail
from tests.scenarios.conftest import ON_BOTH_ENGINES, OpenWorld
from tests.world import World

pytestmark = ON_BOTH_ENGINES


def test_the_same_mail_by_two_routes_is_one_case(world: World) -> None:
    """Once by SMTP, once by LMTP: the second is a duplicate of the first."""
    raw = a_mail()
    first, second = world.send_raw(raw), world.send_raw(raw, lmtp=True)

    world.settle()

    assert ("mpoc_opens_case", "same_content_decided_before") == (world.settled_by(first), world.settled_by(second))
    assert first.inbox_id == world.trail(second).duplicate_of
    assert 1 == len(world.cases())


def test_f12_a_relays_second_try_is_one_case(world: World) -> None:
    """A relay that did not see our 250 offers the same mail again, with a Received field of its own."""
    raw = a_mail()
    world.send_raw(b"Received: from a.example by b.example;\r\n Mon, 23 Nov 2026 16:00:00 +0000\r\n" + raw)
    world.work()
    world.advance(minutes=30)

    again = world.send_raw(b"Received: from a.example by b.example;\r\n Mon, 23 Nov 2026 16:30:00 +0000\r\n" + raw)
    world.work()

    assert "same_content_decided_before" == world.settled_by(again)
    assert 1 == len(world.mailbox(ALICE))


@pytest.mark.parametrize(
    "field",
    [
        b"Received: x",
        b"Return-Path: <bounces@client.example>",
        b"Delivered-To: support@example.net",
        b"X-Original-To: support@example.net",
        b"Authentication-Results: mx.example.net; spf=pass",
        b"ARC-Seal: i=1; a=rsa-sha256",
        b"ARC-Message-Signature: i=1",
        b"ARC-Authentication-Results: i=1; mx.example.net",
        b"received : folded\r\n once\r\n\ttwice",
    ],
    ids=lambda field: field.split(b":")[0].decode().strip(),
)
def test_fields_of_the_way_make_no_other_content(world: World, field: bytes) -> None:
    """What every relay writes anew is no part of the content."""
    world.send_raw(a_mail())
    again = world.send_raw(field + b"\r\n" + a_mail())

    world.settle()

    assert "same_content_decided_before" == world.settled_by(again)


def test_duplicates_of_one_batch_are_seen(world: World) -> None:
    """Ten copies that wait together are one case and nine duplicates."""
    copies = [world.send_raw(a_mail()) for _ in range(10)]

    world.settle()

    assert ["open_case", *["duplicate"] * 9] == [world.trail(copy).fate for copy in copies]
    assert 1 == len(world.cases())


def test_a_duplicate_is_told_to_nobody(world: World) -> None:
    """The effects are the first one's: one acknowledgement, one mail to the agent."""
    world.send_raw(a_mail())
    again = world.send_raw(a_mail())

    world.settle()

    assert [] == world.trail(again).notices
    assert 2 == len(world.notices())


def test_a_duplicate_of_what_is_held_is_not_held_twice(world: World) -> None:
    """A person looks at it once."""
    raw = a_mail(from_="mallory@evil.example")
    world.send_raw(raw)
    again = world.send_raw(raw)

    world.settle()

    assert "same_content_decided_before" == world.settled_by(again)
    assert 1 == len(world.held())


def test_c9_the_same_message_id_with_other_content_is_another_message(world: World) -> None:
    """Whoever sends first with a Message-ID cannot make a later mail vanish."""
    first = world.send(message_id="1@acme.example", body="one")
    second = world.send(message_id="1@acme.example", body="two")

    world.settle()

    assert ["mpoc_opens_case"] * 2 == [world.settled_by(first), world.settled_by(second)]
    assert 2 == len(world.cases())


@pytest.mark.parametrize(
    "other",
    [
        a_mail(body="Three phones are dead!"),
        a_mail(subject="No dial tone "),
        a_mail(headers={"X-Extra": "1"}),
        a_mail(message_id="2@client.example"),
        a_mail() + b"\r\n",
        a_mail(headers={"X-Received": "x"}),
    ],
)
def test_i5_other_octets_are_never_a_duplicate(world: World, other: bytes) -> None:
    """One octet makes another content, wherever it stands."""
    world.send_raw(a_mail())
    second = world.send_raw(other)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(second)


def test_i5_a_field_of_the_way_in_the_body_is_content(world: World) -> None:
    """Only the header has trace fields."""
    world.send_raw(a_mail(body="Received: one"))
    second = world.send_raw(a_mail(body="Received: two"))

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(second)


def test_i5_a_bare_cr_hides_no_content(world: World) -> None:
    """What a reader takes for a field of its own is none of the way's (threats M6)."""
    head = b"From: alice@acme.example\r\nReceived: from a.example\rSubject: "
    world.send_raw(head + b"one\r\n\r\nx\r\n", lmtp=True)
    second = world.send_raw(head + b"two\r\n\r\nx\r\n", lmtp=True)

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(second)
    assert ["one", "two"] == [case.subject for case in world.cases()]


def test_after_ninety_days_the_same_content_is_new(world: World) -> None:
    """A monthly reminder that is the same to the octet is a case each time, once the memory has ended."""
    world.send_raw(a_mail())
    world.settle()
    world.advance(days=90, seconds=1)

    again = world.send_raw(a_mail())
    world.settle()

    assert "mpoc_opens_case" == world.settled_by(again)
    assert 2 == len(world.cases())


def test_on_the_ninetieth_day_it_is_not(world: World) -> None:
    """The memory lasts as long as the limit says."""
    world.send_raw(a_mail())
    world.settle()
    world.advance(days=90)

    again = world.send_raw(a_mail())
    world.settle()

    assert "same_content_decided_before" == world.settled_by(again)


def test_a_new_memory_begins_with_the_new_case(world: World) -> None:
    """After the first memory has ended the second one counts."""
    world.send_raw(a_mail())
    world.settle()
    world.advance(days=91)
    second = world.send_raw(a_mail())
    world.settle()
    world.advance(days=1)

    third = world.send_raw(a_mail())
    world.settle()

    assert second.inbox_id == world.trail(third).duplicate_of


def test_a_copy_under_a_null_reverse_path_takes_nothing_from_the_true_one(world: World) -> None:
    """What the envelope alone decided says nothing of the content."""
    world.send_raw(a_mail(), reverse_path="")
    second = world.send_raw(a_mail())

    world.settle()

    assert "mpoc_opens_case" == world.settled_by(second)


def test_a_copy_to_postmaster_takes_nothing_from_the_one_to_support(world: World) -> None:
    """A relay that splits the recipients of one mail delivers one content for two reasons."""
    first = world.send_raw(a_mail(), to="postmaster@example.net")
    second = world.send_raw(a_mail())

    world.settle()

    assert ("for_the_postmaster", "mpoc_opens_case") == (world.settled_by(first), world.settled_by(second))


def test_one_content_to_two_desks_of_ours_in_two_transactions_is_one_case(world: World) -> None:
    """The content is decided once, by the address it came to first."""
    first = world.send_raw(a_mail(), to="billing@example.net")
    second = world.send_raw(a_mail(), to="support@example.net")

    world.settle()

    assert ("mpoc_opens_case", "same_content_decided_before") == (world.settled_by(first), world.settled_by(second))
    assert ["billing"] == [case.department for case in world.cases()]


def test_two_installations_have_two_memories(open_world: OpenWorld) -> None:
    """A content is known to the desk that decided it."""
    worlds = [open_world(), open_world()]
    for world in worlds:
        world.add_organisation("Acme")
        world.add_contact("Acme", ALICE)
        world.send_raw(a_mail())
        world.settle()

    assert [1, 1] == [len(world.cases()) for world in worlds]


def test_c9_a_copy_that_came_a_bad_way_takes_nothing_from_the_true_one(world: World) -> None:
    """A copy that was handed on too often is held; the same content by a straight way opens its case."""
    hops = b"Received: from a.example by b.example; Mon, 23 Nov 2026 16:00:00 +0000\r\n" * 51
    first = world.send_raw(hops + a_mail())
    second = world.send_raw(a_mail())

    world.settle()

    assert ("too_many_hops", "mpoc_opens_case") == (world.settled_by(first), world.settled_by(second))
