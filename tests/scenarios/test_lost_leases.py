"""A lease that ran out is found by the one who had it, whatever he was about to write (threats X-20).

Triggers stand for the other one, who has taken over meanwhile: the row is not the first one's any more.
"""

from tests.world import World

TAKEN_OVER = "CREATE TRIGGER taken BEFORE UPDATE OF {column} ON {table} BEGIN SELECT RAISE(IGNORE); END"
FAILS = "CREATE TRIGGER fails BEFORE INSERT ON {table} BEGIN SELECT RAISE(ABORT, 'broken'); END"


def test_x20_a_strike_that_comes_too_late_is_no_strike(world: World) -> None:
    """Another worker has the message: the service goes on, and so does the message."""
    world.sql(FAILS.format(table="decision"))
    world.sql(TAKEN_OVER.format(table="inbox", column="strikes"))
    sent = world.send()

    world.worker.step()

    assert 0 == world.trail(sent).strikes
    world.sql("DROP TRIGGER fails")
    world.settle()
    assert "mpoc_opens_case" == world.settled_by(sent)


def test_x20_a_promise_that_is_put_off_too_late_is_not_put_off(world: World) -> None:
    """Another scheduler has it."""
    world.send()
    world.settle()
    world.sql(FAILS.format(table="outbox"))
    world.sql(TAKEN_OVER.format(table="obligation", column="not_before"))
    world.advance(days=3)

    world.scheduler.step()

    world.sql("DROP TRIGGER fails")
    world.tick()
    assert "agent_reminder" in [kind for kind, _, _ in world.notices()]
