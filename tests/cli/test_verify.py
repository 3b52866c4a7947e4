"""`verify` finds whatever breaks a promise; here each is broken by hand."""

from pathlib import Path

import pytest

from models.store import verify
from tests.cli.conftest import DISREGARDED, Run, sql


def a_second_notice_like(outbox_id: int) -> tuple[str, ...]:
    """The same notice once more, from another cause."""
    return (
        f"CREATE TEMP TABLE copy AS SELECT * FROM outbox WHERE id = {outbox_id}",
        "UPDATE copy SET id = 90, cause = cause || 'x', message_id = message_id || 'x', state = 'cancelled'",
        "INSERT INTO outbox SELECT * FROM copy",
    )


ATTEMPT = "INSERT INTO attempt (outbox_id, number, started_at, ended_at, outcome, reply) VALUES"
THEN = "'2026-11-23 16:00:00.000000'"
OF_ANOTHER_ORGANISATION = (
    "CREATE TEMP TABLE copy AS SELECT * FROM organisation",
    "UPDATE copy SET id = 2, name = 'Initech'",
    "INSERT INTO organisation SELECT * FROM copy",
    "UPDATE cases SET organisation_id = 2 WHERE id = 2",
)
"""Case 2 is another organisation's."""
BROKEN: dict[str, tuple[str, ...]] = {
    "an accepted message has its raw octets, all of them": ("UPDATE inbox SET size = size + 1 WHERE id = 1",),
    "an accepted message has a recipient": ("DELETE FROM inbox_recipient WHERE inbox_id = 1",),
    "a settled message has exactly one settlement, and no other message has one": (
        "UPDATE inbox SET state = 'examined' WHERE id = 1",
    ),
    "a held message says why, and what was decided": ("DELETE FROM held WHERE inbox_id = 3",),
    "a parked message says why": ("DELETE FROM parked WHERE inbox_id = 6",),
    "a settlement comes from exactly one decision with the same fate": (
        "UPDATE decision SET fate = 'disregard' WHERE inbox_id = 1",
    ),
    "an ended message is claimed by nobody": ("UPDATE inbox SET claim_token = 'x' WHERE id = 1",),
    "a content opens one case": ("UPDATE decision SET fate = 'open_case' WHERE inbox_id = 2",),
    "a case that was opened by mail has the message it was opened from, once": (
        "UPDATE cases SET opened_from = 3 WHERE id = 1",
    ),
    "a case has what was said in it": ("DELETE FROM correspondence WHERE case_id = 1",),
    "a case that an MPOC opened by mail owes exactly one acknowledgement, unless a machine wrote": a_second_notice_like(
        1
    ),
    "a case is told to an agent exactly once": a_second_notice_like(2),
    "an ended case owes nothing": (
        "UPDATE cases SET status = 'Closed', closed_at = '2026-11-23 16:00:00.000000' WHERE id = 1",
    ),
    "a case owes each kind of thing once": (
        "CREATE TEMP TABLE copy AS SELECT * FROM obligation WHERE id = 1",
        "UPDATE copy SET id = 90, due_at = '2027-01-01 00:00:00.000000'",
        "INSERT INTO obligation SELECT * FROM copy",
    ),
    "a report on a notice is recorded with the decision that says so, and no other": (
        f"INSERT INTO delivery_report VALUES (1, 1, {THEN}, 'failed', 'alice@acme.example', '5.1.1', '')",
    ),
    "what is owed no longer is claimed by nobody": (
        "UPDATE obligation SET state = 'kept', ended_at = due_at, claim_token = 'x' WHERE id = 1",
    ),
    "a message that was added to a case, or re-opened it, stands there": (
        f"UPDATE settlement SET fate = 'add_to_case', case_id = 1 WHERE inbox_id = {DISREGARDED}",
    ),
    "a message that re-opened a case is the cause of it": (
        "UPDATE settlement SET fate = 'reopen_case' WHERE inbox_id = 1",
    ),
    "an agent's mail that acted has its acts, or word of what was refused": (
        "UPDATE settlement SET fate = 'agent_acts' WHERE inbox_id = 1",
    ),
    "a case stands where its last transition led": ("UPDATE cases SET status = 'On Hold' WHERE id = 1",),
    "a duplicate has another case of its organisation as its main case": (
        *OF_ANOTHER_ORGANISATION,
        f"UPDATE cases SET status = 'Duplicate', duplicate_of = 1, closed_at = {THEN} WHERE id = 2",
    ),
    "a follow-up continues a case of its organisation that had ended": (
        "UPDATE cases SET follow_up_of = 1 WHERE id = 2",
    ),
    "linked cases are of one organisation": (
        *OF_ANOTHER_ORGANISATION,
        f"INSERT INTO act (id, case_id, by, at, kind, said) VALUES (1, 1, 'dana', {THEN}, 'link', 'x')",
        f"INSERT INTO case_link (case_id, other_id, act_id, at) VALUES (1, 2, 1, {THEN})",
    ),
    "no notice comes from a message that was disregarded or is a duplicate": (
        "UPDATE outbox SET inbox_id = 2 WHERE id = 3",
    ),
    "a notice that is offered or was has its frozen bytes": ("DELETE FROM frozen WHERE outbox_id = 1",),
    "a submitted notice has exactly one attempt that the relay accepted": (
        "UPDATE outbox SET state = 'submitted' WHERE id = 1",
    ),
    "an attempt without an end belongs to a notice that is being offered": (
        f"{ATTEMPT} (1, 1, '2026-11-23 16:00:00', NULL, NULL, '')",
    ),
    "every attempt was one of a row without gaps": (
        f"{ATTEMPT} (1, 2, '2026-11-23 16:00:00', '2026-11-23 16:00:01', 'deferred', '')",
    ),
    "frozen bytes never change": ("UPDATE frozen SET raw = cast('other' AS BLOB) WHERE outbox_id = 1",),
    "the database is whole": ("DELETE FROM organisation",),
}


def test_a_whole_installation_keeps_every_promise(run: Run) -> None:
    """Nothing to say, exit 0."""
    done = run("verify")

    assert (0, f"{verify.count()} promises hold\n") == (done.code, done.out)
    assert [] == run("verify", "--json").json


@pytest.mark.parametrize("promise", BROKEN)
def test_a_broken_promise_is_found(run: Run, worked: Path, promise: str) -> None:
    """Exit 1, the promise in words, the rows that break it."""
    sql(worked, *BROKEN[promise])

    done = run("verify", "--json")

    assert (1, True) == (done.code, promise in {offender["promise"] for offender in done.json})
    assert [] == [offender for offender in done.json if not offender["rows"]]
    assert f"BROKEN: {promise}: " in run("verify").out


def test_every_promise_is_broken_above() -> None:
    """A check that was never seen to fail proves nothing."""
    assert (set(), verify.count()) == (set(verify._CHECKS) - set(BROKEN), len(BROKEN))


def test_the_same_content_a_second_later_is_found_too(run: Run, worked: Path) -> None:
    """Two effects of one content are an offence whenever the second was decided."""
    sql(
        worked,
        "UPDATE decision SET fate = 'open_case', decided_at = '2026-11-23 16:00:01.000000' WHERE inbox_id = 2",
    )

    promises = {offender["promise"] for offender in run("verify", "--json").json}
    assert "a content opens one case" in promises
