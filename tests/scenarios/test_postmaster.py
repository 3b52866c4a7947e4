"""Mail to postmaster at each of our domains is accepted and goes to the admin (RFC 5321 4.5.1, contract 4)."""

import pytest

from models.intake_address import IntakeAddress, IntakeAddresses
from tests.builders import ADMIN, a_mail
from tests.scenarios.conftest import OpenWorld
from tests.world import World, text_of


@pytest.mark.parametrize("path", ["postmaster@example.net", "Postmaster@Example.NET", "postmaster", "POSTMASTER"])
def test_postmaster_is_accepted_however_it_is_written(world: World, path: str) -> None:
    """With our domain or without any, in any case of letters."""
    sent = world.send(to=path, from_="stranger@elsewhere.example")

    world.settle()

    assert "for_the_postmaster" == world.settled_by(sent)
    assert ["admin_postmaster"] == world.notices_to(ADMIN)


def test_every_domain_of_ours_has_a_postmaster(open_world: OpenWorld) -> None:
    """One for each domain of an intake address, none for others."""
    addresses = [IntakeAddress("support@example.net", "support"), IntakeAddress("help@example.com", "support")]
    world = open_world(addresses=IntakeAddresses(addresses))

    ours = world.send(to="postmaster@example.com", from_="stranger@elsewhere.example")
    others = world.send(to="postmaster@example.org", from_="stranger@elsewhere.example")
    world.settle()

    assert "for_the_postmaster" == world.settled_by(ours)
    assert not others.accepted


def test_the_admin_reads_who_wrote_and_what(world: World) -> None:
    """The whole matter is in the mail; the stranger is told nothing."""
    sent = world.send(
        to="postmaster@example.net",
        from_="stranger@elsewhere.example",
        subject="Your mail server",
        body="It greets me twice.",
    )

    world.work()

    (told,) = world.mailbox(ADMIN)
    assert "To postmaster: Your mail server" == told["Subject"]
    assert "stranger@elsewhere.example" in text_of(told)
    assert "It greets me twice." in text_of(told)
    assert [posted.recipient for posted in world.relay.taken] == [ADMIN]
    assert "for_the_postmaster" == world.settled_by(sent)


def test_an_mpocs_mail_to_postmaster_opens_no_case(world: World) -> None:
    """It is for the admin, whoever wrote it."""
    sent = world.send(to="postmaster@example.net")

    world.settle()

    assert "for_the_postmaster" == world.settled_by(sent)
    assert [] == world.cases()


def test_postmaster_has_no_use_for_proof(world: World) -> None:
    """A mail that names no author beyond doubt goes to the admin as well."""
    sent = world.send(to="postmaster@example.net", from_="a@b.example, c@d.example")

    world.settle()

    assert "for_the_postmaster" == world.settled_by(sent)
    assert ["admin_postmaster"] == world.notices_to(ADMIN)


def test_two_people_of_one_domain_are_both_heard(world: World) -> None:
    """People's mail is not counted by the hour."""
    for author in ("ann@mail.example", "ben@mail.example"):
        world.send(to="postmaster@example.net", from_=author)

    world.settle()

    assert ["admin_postmaster"] * 2 == world.notices_to(ADMIN)


def test_the_same_mail_again_is_told_once(world: World) -> None:
    """A relay's second try is no second mail."""
    raw = a_mail(from_="ann@mail.example")
    for _ in range(2):
        world.send_raw(raw, to="postmaster@example.net")

    world.settle()

    assert ["admin_postmaster"] == world.notices_to(ADMIN)


def test_a_bounce_to_postmaster_is_kept_and_told_to_nobody(world: World) -> None:
    """Automatic answers come before: a loop between two postmasters cannot begin."""
    sent = world.send(to="postmaster@example.net", from_="mailer-daemon@mail.example", reverse_path="")

    world.settle()

    assert "null_reverse_path" == world.settled_by(sent)
    assert [] == world.notices()


def test_the_notice_to_the_admin_does_not_loop(open_world: OpenWorld) -> None:
    """An admin whose address leads back to postmaster is told once."""
    world = open_world(admin="postmaster@example.net")
    first = world.send(to="postmaster@example.net", from_="ann@mail.example")
    world.work()

    (posted,) = world.relay.taken
    returned = world.send_raw(posted.raw, to="postmaster@example.net", reverse_path="redirect@mail.example")
    world.work()

    assert ("for_the_postmaster", "own_notice_came_back") == (world.settled_by(first), world.settled_by(returned))
    assert 1 == len(world.relay.taken)
