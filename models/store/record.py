"""Writing a batch of decisions with all their effects: one statement for each table.

Called in the turn that gathered the facts. A unique key that is violated here
means that another worker decided the same content at the same moment: the transaction is
rolled back and asked again, and then the fact is known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa
from pydantic import TypeAdapter

from models.decision import (
    AddToCase,
    AgentActs,
    AnswerRequest,
    Decision,
    DeliveryReport,
    Disregard,
    Duplicate,
    Fate,
    Hold,
    OpenCase,
    ReopenCase,
    Step,
    ToPostmaster,
    Wait,
)
from models.limits import DUPLICATE_DAYS
from models.rules.case_file import CaseFile
from models.rules.decide import RULES_VERSION
from models.rules.effects import Consequences
from models.rules.facts import FACTS_VERSION, Facts
from models.store import outbox, rows, upsert
from models.store.case_changes import Cause, write_changes
from models.store.claims import Lease
from models.store.columns import Utc
from models.store.given import IDS, given
from models.store.held import record_answer, record_request
from models.store.ids import foresee, take
from models.store.inbox import end, hide_in_examinations, postpone
from models.store.outbox import Intent
from models.store.tables import (
    cases,
    content_claim,
    decision,
    delivery_report,
    event,
    held,
    inbox,
    settlement,
)

_TRAIL: TypeAdapter[tuple[Step, ...]] = TypeAdapter(tuple[Step, ...])
_FACTS: TypeAdapter[Facts] = TypeAdapter(Facts)


@dataclass(frozen=True, slots=True)
class Settling:
    """One message with what was decided of it and what follows."""

    file: CaseFile
    decision: Decision
    consequences: Consequences


def record(
    connection: sa.Connection, lease: Lease, settlings: Sequence[Settling], now: datetime
) -> list[outbox.Intended]:
    """Write decisions, cases, notices and ends of a batch; the notices, which this lease holds too.

    Raises LeaseLost, and then the caller's transaction must not be committed.
    """
    take(connection, cases, [_opened(s) for s in settlings if isinstance(s.decision.fate, OpenCase)])
    hide_in_examinations(connection, [(s.file.inbox_id, s.file.message) for s in settlings if _hides_code(s)])
    rows.insert(connection, decision, [_decision(settling, now) for settling in settlings])
    write_changes(
        connection,
        [(s.consequences, Cause(f"inbox:{s.file.inbox_id}", inbox_id=s.file.inbox_id)) for s in settlings],
        now,
    )
    ended = [s for s in settlings if not isinstance(s.decision.fate, Hold | Wait)]
    kept = [s for s in settlings if isinstance(s.decision.fate, Hold)]
    rows.insert(connection, settlement, [_settlement(s, now) for s in ended])
    rows.insert(connection, held, [_held(s, now) for s in kept])
    rows.insert(connection, delivery_report, [row for s in ended for row in _report(s, now)])
    rows.insert(connection, event, [row for settling in settlings for row in _events(settling, now)])
    _ask_and_answer(connection, settlings, now)
    owed = outbox.intend_and_take(
        connection,
        lease,
        [Intent(notice, s.file.inbox_id, _case_id(s)) for s in settlings for notice in s.consequences.notices],
        now,
    )
    _claim_contents(connection, settlings, now)  # late, for another worker with one of them waits until the end
    end(connection, lease, [s.file.inbox_id for s in kept], "held")
    end(connection, lease, [s.file.inbox_id for s in ended], "settled")
    for s in settlings:
        if isinstance(s.decision.fate, Wait):
            postpone(connection, lease, [s.file.inbox_id], s.decision.fate.again_at)
    return owed


def _opened(settling: Settling) -> int:
    assert settling.consequences.case is not None, "a case that is opened is there"
    return settling.consequences.case.case_id


def _hides_code(settling: Settling) -> bool:
    """What waits is found once more when it is decided, so that it is told then."""
    return bool(settling.file.facts.pass_code_of) and not isinstance(settling.decision.fate, Wait)


def _ask_and_answer(connection: sa.Connection, settlings: Sequence[Settling], now: datetime) -> None:
    """What MPOCs are asked, and what they answered. Raises ContentClaimed where an answer came too late."""
    asked = []
    for s in settlings:
        holding, fate = s.consequences.holding, s.decision.fate
        if holding is not None and holding.asked and isinstance(fate, Hold) and fate.organisation_id is not None:
            asked.append((s.file.inbox_id, fate.organisation_id, holding.asked))
    record_request(connection, asked, now)
    for s in settlings:
        for one in s.consequences.answers:
            if not record_answer(
                connection,
                one.about,
                s.file.inbox_id,
                now,
                answer=one.answer,
                contact_id=one.contact_id,
                answered_by=one.answered_by,
                text=one.text,
            ):
                raise ContentClaimed(f"message {one.about} was decided by somebody else meanwhile")


def foresee_cases(connection: sa.Connection, decisions: Sequence[Decision]) -> list[int | None]:
    """The ids of the cases to be, None where none is opened; in order."""
    opening = [isinstance(made.fate, OpenCase) for made in decisions]
    ids = iter(foresee(connection, cases, sum(opening)))
    return [next(ids) if opens else None for opens in opening]


@cache
def _claim(dialect: str, *, of_held: bool) -> Any:
    """A claim of a content: of one that nobody has, of one that has run out, and `of_held` one that is only held.

    Another one violates nothing here but keeps its inbox id, which the check afterwards finds.
    """
    claim = upsert.insert(dialect, content_claim)
    of_claim = sa.literal_column("content_claim.inbox_id", inbox.c.id.type)  # a column would join the table once more
    is_free = content_claim.c.claimed_at < sa.bindparam("run_out", type_=Utc)
    is_only_held = sa.exists().where(inbox.c.id == of_claim, inbox.c.state == "held")
    return claim.on_conflict_do_update(
        index_elements=["content_key"],
        set_={"inbox_id": claim.excluded.inbox_id, "claimed_at": claim.excluded.claimed_at},
        where=sa.or_(is_free, is_only_held) if of_held else is_free,
    )


_MINE: Final = sa.select(sa.func.count()).select_from(content_claim).where(given(content_claim.c.inbox_id, IDS))


def _claim_contents(connection: sa.Connection, settlings: Sequence[Settling], now: datetime) -> None:
    """Each content that was decided belongs to its inbox row from now on, for DUPLICATE_DAYS.

    What the envelope alone decided says nothing of the content: a relay that splits a
    transaction to postmaster and support delivers the same content twice, for two reasons.
    """
    claiming = [s for s in settlings if s.file.facts.decided_before is None and _is_of_content(s.decision.fate)]
    if not claiming:
        return
    claiming.sort(key=lambda s: s.file.message.content_key)  # two workers take the same locks in the same order
    for of_held in (False, True):  # what is held now, and was not when we looked, another worker has held meanwhile
        claims = [_claim_of(s, now) for s in claiming if (s.file.facts.held_before is not None) is of_held]
        rows.write(connection, _claim(connection.dialect.name, of_held=of_held), claims)
    if connection.scalar(_MINE, {"ids": [s.file.inbox_id for s in claiming]}) != len(claiming):
        raise ContentClaimed("a content of this batch was decided by another worker meanwhile")


def _claim_of(settling: Settling, now: datetime) -> dict[str, Any]:
    return {
        "content_key": settling.file.message.content_key,
        "inbox_id": settling.file.inbox_id,
        "claimed_at": now,
        "run_out": now - timedelta(days=DUPLICATE_DAYS),
    }


def _is_of_content(fate: Fate) -> bool:
    match fate:
        case OpenCase() | AddToCase() | ReopenCase() | AgentActs() | Hold():
            return True
        case Disregard() | ToPostmaster():
            return not fate.by_envelope
        case AnswerRequest() | DeliveryReport():
            return True
        case Duplicate() | Wait():
            return False


class ContentClaimed(Exception):
    """Another worker decided the same content between our look and our write; ask again."""


def _decision(settling: Settling, now: datetime) -> dict[str, Any]:
    made, changes = settling.decision, settling.consequences.changes
    return {
        "inbox_id": settling.file.inbox_id,
        "decided_at": now,
        "fate": made.fate.fate,
        "rule": made.rule,
        "because": made.because,
        "trail": _TRAIL.dump_json(made.trail).decode(),
        "facts": _FACTS.dump_json(settling.file.facts).decode(),
        "facts_version": FACTS_VERSION,
        "rules_version": RULES_VERSION,
        "plan": None if not changes else f"{changes[-1].plan.name} {changes[-1].plan.version}",
    }


def _settlement(settling: Settling, now: datetime) -> dict[str, Any]:
    fate = settling.decision.fate
    return {
        "inbox_id": settling.file.inbox_id,
        "settled_at": now,
        "fate": fate.fate,
        "case_id": None if isinstance(fate, DeliveryReport) else _case_id(settling),
        "duplicate_of": fate.of if isinstance(fate, Duplicate) else None,
    }


def _report(settling: Settling, now: datetime) -> list[dict[str, Any]]:
    fate = settling.decision.fate
    if not isinstance(fate, DeliveryReport):
        return []
    return [
        {
            "inbox_id": settling.file.inbox_id,
            "outbox_id": fate.outbox_id,
            "at": now,
            "action": fate.action.value,
            "address": fate.address,
            "status": fate.status,
            "diagnostic": fate.diagnostic,
        }
    ]


def _held(settling: Settling, now: datetime) -> dict[str, Any]:
    fate, holding = settling.decision.fate, settling.consequences.holding
    assert holding is not None, "whatever is held has its time"
    return {
        "inbox_id": settling.file.inbox_id,
        "held_at": now,
        "expires_at": holding.until,
        "release_command": holding.release,
        "trust_command": holding.proposal,
        "rule": settling.decision.rule,
        "because": settling.decision.because,
        "organisation_id": fate.organisation_id if isinstance(fate, Hold) else None,
    }


def _events(settling: Settling, now: datetime) -> list[dict[str, Any]]:
    return [
        {
            "at": now,
            "kind": finding.kind,
            "inbox_id": settling.file.inbox_id,
            "case_id": _case_id(settling),
            "detail": finding.what,
        }
        for finding in settling.consequences.findings
    ]


def _case_id(settling: Settling) -> int | None:
    match settling.decision.fate:
        case AddToCase(case_id=case_id) | ReopenCase(case_id=case_id) | AgentActs(case_id=case_id):
            return case_id
        case DeliveryReport(case_id=about):
            return about
    case = settling.consequences.case
    return None if case is None else case.case_id
