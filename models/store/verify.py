"""Proving the promises on a live database: each check is a query that must find nothing.

An offender is reported with the promise it breaks, the rows, and nothing is repaired. Rows
younger than what is being worked on are no offenders: every check holds at every moment,
because what belongs together is written by one transaction.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import Final

import sqlalchemy as sa

from models.limits import DUPLICATE_DAYS
from models.store.database import Database
from models.store.tables import decision, examination

MOST: Final = 20
"""Offenders shown of each check."""


@dataclass(frozen=True, slots=True)
class Offender:
    """Rows that break a promise."""

    promise: str
    rows: tuple[str, ...]


_CHECKS: Final[dict[str, str]] = {
    "an accepted message has its raw octets, all of them": """
        SELECT inbox.id FROM inbox LEFT JOIN inbox_chunk ON inbox_chunk.inbox_id = inbox.id
        GROUP BY inbox.id, inbox.size HAVING coalesce(sum(length(octets)), 0) <> inbox.size""",
    "an accepted message has a recipient": """
        SELECT id FROM inbox WHERE NOT EXISTS (SELECT 1 FROM inbox_recipient WHERE inbox_id = inbox.id)""",
    "a settled message has exactly one settlement, and no other message has one": """
        SELECT inbox.id FROM inbox LEFT JOIN settlement ON settlement.inbox_id = inbox.id
        WHERE (inbox.state = 'settled') <> (settlement.inbox_id IS NOT NULL)""",
    "a held message says why, and what was decided": """
        SELECT inbox.id FROM inbox LEFT JOIN held ON held.inbox_id = inbox.id
        WHERE inbox.state = 'held' AND (held.inbox_id IS NULL
          OR NOT EXISTS (SELECT 1 FROM decision WHERE decision.inbox_id = inbox.id AND decision.fate = 'hold'))""",
    "a parked message says why": """
        SELECT inbox.id FROM inbox LEFT JOIN parked ON parked.inbox_id = inbox.id
        WHERE inbox.state = 'parked' AND parked.inbox_id IS NULL""",
    "a settlement comes from exactly one decision with the same fate": """
        SELECT settlement.inbox_id FROM settlement LEFT JOIN decision
          ON decision.inbox_id = settlement.inbox_id AND decision.fate = settlement.fate
        GROUP BY settlement.inbox_id HAVING count(decision.id) <> 1""",
    "an ended message is claimed by nobody": """
        SELECT id FROM inbox WHERE claim_token IS NOT NULL AND state NOT IN ('accepted', 'examined')""",
    "a case that was opened by mail has the message it was opened from, once": """
        SELECT cases.id FROM cases LEFT JOIN settlement
          ON settlement.case_id = cases.id AND settlement.inbox_id = cases.opened_from AND settlement.fate = 'open_case'
        WHERE cases.opened_from IS NOT NULL GROUP BY cases.id HAVING count(settlement.inbox_id) <> 1""",
    "a case has what was said in it": """
        SELECT cases.id FROM cases WHERE opened_from IS NOT NULL AND NOT EXISTS
          (SELECT 1 FROM correspondence
           WHERE correspondence.case_id = cases.id AND correspondence.inbox_id = cases.opened_from)""",
    "a case that an MPOC opened by mail owes exactly one acknowledgement, unless a machine wrote": """
        SELECT cases.id FROM cases
        JOIN decision ON decision.inbox_id = cases.opened_from AND decision.rule = 'mpoc_opens_case'
          AND decision.because NOT LIKE '%not acknowledged'
        LEFT JOIN outbox ON outbox.case_id = cases.id AND outbox.kind = 'case_opened'
        GROUP BY cases.id HAVING count(outbox.id) <> 1""",
    "a case is told to an agent exactly once": """
        SELECT cases.id FROM cases LEFT JOIN outbox ON outbox.case_id = cases.id AND outbox.kind = 'agent_new_case'
        WHERE cases.opened_from IS NOT NULL GROUP BY cases.id HAVING count(outbox.id) <> 1""",
    "an ended case owes nothing": """
        SELECT obligation.id FROM obligation JOIN cases ON cases.id = obligation.case_id
        WHERE obligation.state = 'owed' AND cases.closed_at IS NOT NULL""",
    "a case owes each kind of thing once": """
        SELECT min(id) FROM obligation WHERE state = 'owed' GROUP BY case_id, kind HAVING count(*) > 1""",
    "what is owed no longer is claimed by nobody": """
        SELECT id FROM obligation WHERE state <> 'owed' AND claim_token IS NOT NULL""",
    "a message that was added to a case, or re-opened it, stands there": """
        SELECT settlement.inbox_id FROM settlement WHERE fate IN ('add_to_case', 'reopen_case') AND NOT EXISTS
          (SELECT 1 FROM correspondence
           WHERE correspondence.inbox_id = settlement.inbox_id AND correspondence.case_id = settlement.case_id)""",
    "a message that re-opened a case is the cause of it": """
        SELECT settlement.inbox_id FROM settlement WHERE fate = 'reopen_case' AND NOT EXISTS
          (SELECT 1 FROM transition WHERE transition.case_id = settlement.case_id
           AND cause = 'inbox:' || settlement.inbox_id AND to_status = 'Customer Re-opened')""",
    "an agent's mail that acted has its acts, or word of what was refused": """
        SELECT settlement.inbox_id FROM settlement WHERE fate = 'agent_acts'
          AND NOT EXISTS (SELECT 1 FROM act WHERE act.inbox_id = settlement.inbox_id)
          AND NOT EXISTS
            (SELECT 1 FROM outbox WHERE outbox.inbox_id = settlement.inbox_id AND kind = 'agent_commands')""",
    "a case stands where its last transition led": """
        SELECT cases.id FROM cases WHERE status <>
          (SELECT to_status FROM transition WHERE transition.case_id = cases.id ORDER BY id DESC LIMIT 1)""",
    "a duplicate has another case of its organisation as its main case": """
        SELECT cases.id FROM cases JOIN cases AS main ON main.id = cases.duplicate_of
        WHERE main.id = cases.id OR main.organisation_id <> cases.organisation_id""",
    "a follow-up continues a case of its organisation that had ended": """
        SELECT cases.id FROM cases JOIN cases AS original ON original.id = cases.follow_up_of
        WHERE original.organisation_id <> cases.organisation_id OR NOT EXISTS
          (SELECT 1 FROM transition WHERE transition.case_id = original.id AND transition.at <= cases.opened_at
           AND to_status IN ('Closed', 'Closed, No Response', 'Duplicate'))""",
    "linked cases are of one organisation": """
        SELECT case_link.case_id FROM case_link JOIN cases ON cases.id = case_link.case_id
        JOIN cases AS other ON other.id = case_link.other_id WHERE other.organisation_id <> cases.organisation_id""",
    "no notice comes from a message that was disregarded or is a duplicate": """
        SELECT outbox.id FROM outbox JOIN settlement ON settlement.inbox_id = outbox.inbox_id
        WHERE settlement.fate IN ('disregard', 'duplicate')""",
    "a report on a notice is recorded with the decision that says so, and no other": """
        SELECT inbox.id FROM inbox LEFT JOIN settlement ON settlement.inbox_id = inbox.id
        LEFT JOIN delivery_report ON delivery_report.inbox_id = inbox.id
        WHERE (coalesce(settlement.fate, '') = 'delivery_report') <> (delivery_report.inbox_id IS NOT NULL)""",
    "a notice that is offered or was has its frozen bytes": """
        SELECT outbox.id FROM outbox LEFT JOIN frozen ON frozen.outbox_id = outbox.id
        WHERE outbox.state IN ('ready', 'submitted', 'refused', 'unknown', 'expired') AND frozen.outbox_id IS NULL""",
    "a submitted notice has exactly one attempt that the relay accepted": """
        SELECT outbox.id FROM outbox
        LEFT JOIN attempt ON attempt.outbox_id = outbox.id AND attempt.outcome = 'submitted'
        GROUP BY outbox.id, outbox.state
        HAVING count(attempt.number) <> (CASE WHEN outbox.state = 'submitted' THEN 1 ELSE 0 END)""",
    "an attempt without an end belongs to a notice that is being offered": """
        SELECT attempt.outbox_id FROM attempt JOIN outbox ON outbox.id = attempt.outbox_id
        WHERE attempt.outcome IS NULL AND outbox.claim_token IS NULL""",
    "every attempt was one of a row without gaps": """
        SELECT outbox_id FROM attempt GROUP BY outbox_id HAVING max(number) <> count(*)""",
}


def verify(database: Database) -> Iterator[Offender]:
    """Every promise that does not hold, with the rows that show it."""
    for line in database.integrity():
        yield Offender("the database is whole", (line,))
    with database.read() as connection:
        for promise, query in _CHECKS.items():
            rows = connection.execute(sa.text(query)).fetchmany(MOST)
            if rows:
                yield Offender(promise, tuple(str(row[0]) for row in rows))
        yield from _decided_twice(connection)
        yield from _thawed(connection)


def _decided_twice(connection: sa.Connection) -> Iterator[Offender]:
    """Contents that opened two cases within the time in which the second is a duplicate."""
    opened = decision.c.inbox_id == examination.c.inbox_id, decision.c.fate == "open_case"
    several = sa.select(examination.c.content_key).where(*opened).group_by(examination.c.content_key)
    found = (
        sa.select(examination.c.content_key, decision.c.inbox_id, decision.c.decided_at)
        .where(*opened, examination.c.content_key.in_(several.having(sa.func.count() > 1).correlate(None)))
        .order_by(examination.c.content_key, decision.c.id)
    )
    twice = [
        f"{one.inbox_id} and {other.inbox_id}"
        for one, other in pairwise(connection.execute(found))
        if one.content_key == other.content_key and other.decided_at - one.decided_at < timedelta(days=DUPLICATE_DAYS)
    ]
    if twice:
        yield Offender("a content opens one case", tuple(twice[:MOST]))


def _thawed(connection: sa.Connection) -> Iterator[Offender]:
    """Frozen bytes that are not what they were."""
    changed = [
        str(row.outbox_id)
        for row in connection.execution_options(yield_per=100).execute(
            sa.text("SELECT outbox_id, raw, sha256 FROM frozen")
        )
        if hashlib.sha256(row.raw).hexdigest() != row.sha256
    ]
    if changed:
        yield Offender("frozen bytes never change", tuple(changed[:MOST]))


def count() -> int:
    """How many promises are checked."""
    return len(_CHECKS) + 3
