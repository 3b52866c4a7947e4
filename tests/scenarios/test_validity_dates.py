"""A contact is one from the first to the last day of its dates, both inclusive, in the plan's zone."""

from datetime import UTC, date, datetime

import pytest

from tests.builders import ALICE
from tests.scenarios.conftest import OpenWorld
from tests.world import World

# Midnight in Denver, when 23 November 2026 ends, is 07:00 UTC; in Los Angeles it is 08:00 UTC.
BEFORE_MIDNIGHT = datetime(2026, 11, 24, 6, 59, 59, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 24, 7, 0, tzinfo=UTC)
BEFORE_MIDNIGHT_PACIFIC = datetime(2026, 11, 24, 7, 59, 59, tzinfo=UTC)
MIDNIGHT_PACIFIC = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)


@pytest.fixture
def desk(open_world: OpenWorld) -> World:
    world = open_world()
    world.add_organisation("Acme", plan="calltower-2021", zone="Europe/Vienna")
    world.add_organisation("Initech", plan="calltower-2013", zone="Europe/Vienna")
    return world


@pytest.mark.parametrize(
    ("organisation", "now", "rule"),
    [
        ("Acme", BEFORE_MIDNIGHT, "not_an_mpoc"),
        ("Acme", MIDNIGHT, "mpoc_opens_case"),
        ("Initech", BEFORE_MIDNIGHT_PACIFIC, "not_an_mpoc"),
        ("Initech", MIDNIGHT_PACIFIC, "mpoc_opens_case"),
    ],
)
def test_a_contact_begins_at_the_first_midnight_of_the_plans_zone(
    desk: World, organisation: str, now: datetime, rule: str
) -> None:
    """Not before, and whatever the day is where the customer sits."""
    desk.add_contact(organisation, ALICE, valid_from=date(2026, 11, 24))
    desk.now = now
    sent = desk.send()

    desk.settle()

    assert rule == desk.settled_by(sent)


@pytest.mark.parametrize(
    ("organisation", "now", "rule"),
    [
        ("Acme", BEFORE_MIDNIGHT, "mpoc_opens_case"),
        ("Acme", MIDNIGHT, "not_an_mpoc"),
        ("Initech", BEFORE_MIDNIGHT_PACIFIC, "mpoc_opens_case"),
        ("Initech", MIDNIGHT_PACIFIC, "not_an_mpoc"),
    ],
)
def test_a_contact_ends_with_the_last_midnight_of_the_plans_zone(
    desk: World, organisation: str, now: datetime, rule: str
) -> None:
    """The last day counts to its end."""
    desk.add_contact(organisation, ALICE, valid_until=date(2026, 11, 23))
    desk.now = now
    sent = desk.send()

    desk.settle()

    assert rule == desk.settled_by(sent)


def test_a_mail_counts_by_its_receipt_not_by_when_it_is_settled(desk: World) -> None:
    """A worker that was down over midnight takes nothing from whoever wrote in time."""
    desk.add_contact("Acme", ALICE, valid_until=date(2026, 11, 23))
    desk.now = BEFORE_MIDNIGHT
    sent = desk.send()
    desk.advance(hours=5)

    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)


def test_a_contact_of_one_day_is_one_on_that_day(desk: World) -> None:
    """Both ends are inclusive."""
    desk.add_contact("Acme", ALICE, valid_from=date(2026, 11, 23), valid_until=date(2026, 11, 23))
    sent = desk.send()

    desk.settle()

    assert "mpoc_opens_case" == desk.settled_by(sent)


def test_dates_do_not_revive_whoever_was_deactivated(desk: World) -> None:
    """Inactive is inactive."""
    desk.add_contact("Acme", ALICE, active=False, valid_from=date(2026, 1, 1), valid_until=date(2027, 1, 1))
    sent = desk.send()

    desk.settle()

    assert "not_an_mpoc" == desk.settled_by(sent)


def test_b29_an_expired_mpoc_is_told_nothing(desk: World) -> None:
    """As an end user: held, agents told."""
    desk.add_contact("Acme", ALICE, valid_until=date(2026, 11, 22))
    sent = desk.send()

    desk.settle()

    assert "not_an_mpoc" == desk.settled_by(sent)
    assert [] == desk.notices_to(ALICE)
