"""Once a day the admin is told what waits for a person, and only then (plans 5, 6)."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from models.acts import Reply, SetPriority
from models.case import Priority
from models.store import tables
from tests.builders import ADMIN, ALICE, NOW
from tests.scenarios.conftest import OpenWorld
from tests.scenarios.promises import act
from tests.world import Sent, World, text_of

STRANGER = "mallory@evil.example"


@pytest.fixture
def morning(world: World) -> World:
    """The desk at 07:59 UTC, with one held message of the night."""
    world.advance(hours=-10)
    world.send(from_=STRANGER, subject="Hello")
    world.work()
    world.now = NOW.replace(hour=7, minute=59)
    return world


def at(world: World, moment: datetime) -> list[str]:
    """The scheduler looks at the clock: the texts of the daily mails since the last look."""
    world.relay.taken.clear()
    world.now = moment
    world.tick()
    return [text_of(mail) for mail in world.mailbox(ADMIN)]


def refuse(world: World, kind: str) -> None:
    """As if the relay had refused every notice of a kind."""
    world.sql(
        "UPDATE attempt SET outcome = 'refused' WHERE outbox_id IN (SELECT id FROM outbox WHERE kind = :kind)",
        kind=kind,
    )
    world.sql("UPDATE outbox SET state = 'refused' WHERE kind = :kind", kind=kind)


def test_it_is_sent_at_eight_and_once(morning: World) -> None:
    """Not a minute before; and not again, whatever is looked at or started anew that day."""
    early = at(morning, NOW.replace(hour=7, minute=59))
    (mail,) = at(morning, NOW.replace(hour=8, minute=0))
    again = at(morning, NOW.replace(hour=12))
    morning.restart_scheduler()
    anew = at(morning, NOW.replace(hour=23, minute=59))

    assert ([], [], []) == (early, again, anew)
    assert "message 1 of mallory@evil.example: unknown_author" in mail
    assert "casegate held show 1" in mail


def test_it_comes_again_the_next_day_as_long_as_something_waits(morning: World) -> None:
    """And ends when a person has decided."""
    first = at(morning, NOW.replace(hour=8))
    second = at(morning, NOW.replace(hour=8) + timedelta(days=1))
    morning.drop(Sent(reply="250 2.0.0 1", message_id=None))
    third = at(morning, NOW.replace(hour=8) + timedelta(days=2))

    assert (1, 1, 0) == (len(first), len(second), len(third))


def test_it_is_not_sent_where_nothing_waits(world: World) -> None:
    """An empty mail teaches not to read it; what comes later that day is told the next."""
    nothing = at(world, NOW.replace(hour=8))
    world.send(from_=STRANGER)
    world.work()
    later = at(world, NOW.replace(hour=9))
    tomorrow = at(world, NOW.replace(hour=8) + timedelta(days=1))

    assert ([], [], 1) == (nothing, later, len(tomorrow))


def test_a_service_that_was_down_at_eight_sends_it_when_it_is_back(morning: World) -> None:
    """One for today, none for the days that went by."""
    morning.restart_scheduler()

    assert 1 == len(at(morning, NOW.replace(hour=14) + timedelta(days=3)))


def test_schedulers_side_by_side_send_one(morning: World) -> None:
    """It is owed by its day: the second finds that it is owed."""
    morning.now = NOW.replace(hour=8)
    morning.scheduler.step()
    morning.restart_scheduler()
    morning.scheduler.step()

    assert ["admin_daily"] == [kind for kind in morning.notices_to(ADMIN) if kind == "admin_daily"]
    with morning.database.read() as connection:
        causes = connection.scalars(sa.select(tables.outbox.c.cause).where(tables.outbox.c.kind == "admin_daily"))
        assert ["daily:2026-11-23"] == list(causes)


def test_eight_is_that_of_the_service_s_zone(open_world: OpenWorld) -> None:
    """In Denver it is 15:00 UTC."""
    world = open_world(zone="America/Denver")
    world.send(from_=STRANGER)
    world.work()
    eight = NOW.replace(hour=8, tzinfo=ZoneInfo("America/Denver")) + timedelta(days=1)

    before = at(world, (eight - timedelta(minutes=1)).astimezone(NOW.tzinfo))
    assert ([], 1) == (before, len(at(world, eight.astimezone(NOW.tzinfo))))


def test_what_expires_within_three_days_comes_first(morning: World) -> None:
    """Under a heading of its own."""
    morning.advance(days=20)
    morning.send(from_=STRANGER, subject="Hello again")
    morning.work()

    (mail,) = at(morning, NOW.replace(hour=8) + timedelta(days=28))

    soon, first, others, second = (
        mail.index(words) for words in ("within three days", "held show 1", "The others", "held show 2")
    )
    assert soon < first < others < second


def test_promises_that_were_kept_late_are_told_once(world: World) -> None:
    """With the case to look at; the next day's mail speaks of what is new since."""
    world.send()
    world.work()
    number = str(world.cases()[0].case)
    act(world, number, SetPriority(priority=Priority.P1), Reply(text="We replace the gateway."))
    world.work()

    at(world, NOW + timedelta(days=1, hours=-10))  # 06:00: the hourly update is late by far
    (mail,) = at(world, NOW.replace(hour=8) + timedelta(days=1))

    assert f"{number}, scheduled update: kept late" in mail
    assert f"casegate case show {number}" in mail


def test_mail_that_nobody_could_be_given_is_told_of_once(world: World) -> None:
    """Its own mail is not among it: else a refused admin address would be told of for ever."""
    world.send()
    world.work()
    refuse(world, "case_opened")

    (mail,) = at(world, NOW.replace(hour=8) + timedelta(days=1))
    refuse(world, "admin_daily")
    next_day = at(world, NOW.replace(hour=8) + timedelta(days=2))

    assert f"case_opened to {ALICE}" in mail
    assert ["NOBODY COULD BE GIVEN: 0" in other for other in next_day] == [True]  # a reminder was late meanwhile
