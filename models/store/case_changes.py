"""Writing what changes in cases: the case, its history, what was said, what is owed for it.

One statement for each table, inside the transaction that decided. What is owed is given
whole with each change: what is owed already stays, what is new is added, and what is owed
no longer ends, kept where the change fulfilled it and waived where it did not.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any, Final

import sqlalchemy as sa

from models.limits import LATE_SECONDS
from models.obligation import Obligation, ObligationKind, ObligationState
from models.rules.effects import CaseChange, Consequences, Deed, Entry
from models.rules.questions import alike
from models.store import rows, upsert
from models.store.claims import FREE
from models.store.given import IDS, given
from models.store.ids import allocate
from models.store.tables import (
    act,
    attachment,
    case_link,
    case_participant,
    cases,
    correspondence,
    obligation,
    transition,
)

_COLUMNS = (
    "department_id",
    "agent_id",
    "contact_id",
    "subject",
    "priority",
    "status",
    "respond_from",
    "responded_at",
    "update_from",
    "resolve_from",
    "waiting_since",
    "warned_at",
    "etr",
    "vendor",
    "closed_at",
    "duplicate_of",
)
"""What of a case can change."""


@dataclass(frozen=True, slots=True)
class Cause:
    """What effects come from: the words of their keys, and the rows they name."""

    words: str
    inbox_id: int | None = None
    act_id: int | None = None


def write_changes(connection: sa.Connection, made: Sequence[tuple[Consequences, Cause]], now: datetime) -> None:
    """Write cases, transitions, correspondence, participants and obligations. Notices are the outbox's."""
    changes = [
        (change, cause if not nth else replace(cause, words=f"{cause.words}:{nth}"))
        for effects, cause in made
        for nth, change in enumerate(effects.changes)
    ]
    _open(connection, [(change, cause) for change, cause in changes if change.before is None])
    _change(connection, [change for change, _ in changes if change.before is not None])
    rows.insert(connection, transition, [row for change, cause in changes for row in _transition(change, cause, now)])
    _did(connection, [(deed, cause) for effects, cause in made for deed in effects.deeds], now)
    _link(connection, [(pair, cause) for effects, cause in made for pair in effects.links], now)
    _say(connection, [(entry, cause) for effects, cause in made for entry in effects.entries])
    _take_part(connection, [one for effects, _ in made for one in effects.participations], now)
    _owe(connection, _last_of_each_case([change for change, _ in changes]), now)


def _open(connection: sa.Connection, opening: Sequence[tuple[CaseChange, Cause]]) -> None:
    opened = [
        {
            "id": change.after.case_id,
            "organisation_id": change.after.organisation_id,
            "opened_from": cause.inbox_id,
            "standing": change.after.standing,
            "alike": alike(change.after.subject),
            "opened_at": change.after.opened_at,
            "plan": change.after.plan,
            "plan_version": change.plan.version,
            "follow_up_of": change.after.follow_up_of,
            **_values(change),
        }
        for change, cause in opening
    ]
    rows.insert(connection, cases, opened)


_CHANGE: Final = (
    sa.update(cases)
    .where(cases.c.id == sa.bindparam("of"))
    .values({column: sa.bindparam(column) for column in _COLUMNS})
)


def _change(connection: sa.Connection, changes: Sequence[CaseChange]) -> None:
    last = {change.after.case_id: change for change in changes if change.before != change.after}
    rows.write(connection, _CHANGE, [{"of": case_id, **_values(change)} for case_id, change in last.items()])


def _values(change: CaseChange) -> dict[str, Any]:
    return {column: getattr(change.after, column) for column in _COLUMNS}


def _transition(change: CaseChange, cause: Cause, now: datetime) -> list[dict[str, Any]]:
    if change.event is None:
        return []
    return [
        {
            "case_id": change.after.case_id,
            "at": now,
            "event": change.event.value,
            "from_status": None if change.before is None else change.before.status.value,
            "to_status": change.after.status.value,
            "cause": cause.words,
        }
    ]


def _did(connection: sa.Connection, deeds: Sequence[tuple[Deed, Cause]], now: datetime) -> None:
    """An act by command has the id its cause was named after; one by mail gets the next."""
    ids = iter(allocate(connection, act, sum(1 for _, cause in deeds if cause.act_id is None)))
    rows.insert(
        connection,
        act,
        [
            {
                "id": next(ids) if cause.act_id is None else cause.act_id,
                "case_id": deed.case_id,
                "agent_id": deed.agent_id,
                "inbox_id": cause.inbox_id,
                "by": deed.by,
                "at": now,
                "kind": deed.kind,
                "said": deed.said,
            }
            for deed, cause in deeds
        ],
    )


def _link(connection: sa.Connection, links: Sequence[tuple[tuple[int, int], Cause]], now: datetime) -> None:
    """Linked twice is linked once."""
    rows.write(
        connection,
        upsert.ignoring(connection.dialect.name, case_link, "case_id", "other_id"),
        [{"case_id": min(pair), "other_id": max(pair), "act_id": cause.act_id, "at": now} for pair, cause in links],
    )


def _say(connection: sa.Connection, said: Sequence[tuple[Entry, Cause]]) -> None:
    ids = allocate(connection, correspondence, len(said))
    first = _first_of_each_message(said)
    rows.insert(
        connection,
        correspondence,
        [
            {
                "id": number,
                "case_id": entry.case_id,
                "inbox_id": cause.inbox_id if nth in first else None,
                "act_id": cause.act_id,
                "contact_id": entry.contact_id,
                "agent_id": entry.agent_id,
                "kind": entry.kind.value,
                "at": entry.at,
                "author_name": entry.author_name,
                "author_address": entry.author_address,
                "message_id": entry.message_id,
                "text": entry.text,
                "new_text": entry.new_text,
            }
            for nth, (number, (entry, cause)) in enumerate(zip(ids, said, strict=True))
        ],
    )
    rows.insert(
        connection,
        attachment,
        [
            {
                "correspondence_id": number,
                "path": part.path,
                "name": part.name,
                "content_type": part.content_type,
                "size": part.size,
                "sha256": part.sha256,
                "inline": part.inline,
                "dropped_because": part.dropped_because,
            }
            for number, (entry, _) in zip(ids, said, strict=True)
            for part in entry.attachments
        ],
    )


def _first_of_each_message(said: Sequence[tuple[Entry, Cause]]) -> set[int]:
    """Which entry stands for its message; an agent's mail may say several things, to several readers."""
    first: dict[int, int] = {}
    for nth, (_, cause) in enumerate(said):
        if cause.inbox_id is not None:
            first.setdefault(cause.inbox_id, nth)
    return set(first.values())


def _take_part(connection: sa.Connection, joining: Sequence[Any], now: datetime) -> None:
    rows.write(
        connection,
        upsert.ignoring(connection.dialect.name, case_participant, "case_id", "address"),
        [{"case_id": one.case_id, "address": one.address, "since": now, "because": one.because} for one in joining],
    )


def _last_of_each_case(changes: Sequence[CaseChange]) -> dict[int, CaseChange]:
    """What is owed follows from how a case stands at the end; what was kept on the way was kept."""
    last: dict[int, CaseChange] = {}
    for change in changes:
        earlier = last.get(change.after.case_id)
        kept = change.kept if earlier is None else change.kept | earlier.kept
        last[change.after.case_id] = replace(change, kept=kept)
    return last


_STANDING: Final = sa.select(obligation.c.case_id, obligation.c.kind, obligation.c.due_at).where(
    given(obligation.c.case_id, IDS), obligation.c.state == ObligationState.OWED.value
)


_END: Final = (
    sa.update(obligation)
    .where(
        obligation.c.case_id == sa.bindparam("of"),
        obligation.c.kind == sa.bindparam("what"),
        obligation.c.due_at == sa.bindparam("due"),
    )
    .values(state=sa.bindparam("how"), ended_at=sa.bindparam("at"), because=sa.bindparam("why"), **FREE)
)


def _owe(connection: sa.Connection, changes: dict[int, CaseChange], now: datetime) -> None:
    """Make what is owed for each case what the law says now."""
    if not changes:
        return
    standing: defaultdict[int, set[Obligation]] = defaultdict(set)
    if there := [case_id for case_id, change in changes.items() if change.before is not None]:
        for row in connection.execute(_STANDING, {"ids": there}):
            standing[row.case_id].add(Obligation(row.due_at, ObligationKind(row.kind)))
    ending = [
        _ended(change, one, now)
        for case_id, change in changes.items()
        for one in sorted(standing[case_id] - (set(change.owed) - {change.carried_out}))
    ]
    rows.write(connection, _END, ending)
    _begin(
        connection,
        [(case_id, one) for case_id, change in changes.items() for one in change.owed if one not in standing[case_id]],
        now,
    )


_ANEW: Final = {"state": ObligationState.OWED.value, "ended_at": None, "because": ""}


@cache
def _begun(dialect: str) -> Any:
    return upsert.insert(dialect, obligation).on_conflict_do_update(
        index_elements=["case_id", "kind", "due_at"],
        set_=_ANEW,
        where=sa.or_(obligation.c.state == ObligationState.WAIVED.value, obligation.c.ended_at < obligation.c.due_at),
    )


def _begin(connection: sa.Connection, beginning: Sequence[tuple[int, Obligation]], now: datetime) -> None:
    """Owe what is new. One that ended and is owed for the same moment again is owed anew, unless it was done.

    What ended before its time was not done: it was waived, or an agent's act was as good as it,
    until something moved the promise to the same moment (all of a weekend counts from Monday).
    """
    rows.write(
        connection,
        _begun(connection.dialect.name),
        [
            {
                "case_id": case_id,
                "kind": one.kind.value,
                "due_at": one.due_at,
                "created_at": now,
                "not_before": one.due_at,
                **_ANEW,
            }
            for case_id, one in beginning
        ],
    )


def _ended(change: CaseChange, one: Obligation, now: datetime) -> dict[str, Any]:
    if one.kind not in change.kept and one != change.carried_out:
        how = ObligationState.WAIVED
    elif now <= one.due_at + timedelta(seconds=LATE_SECONDS):
        how = ObligationState.KEPT
    else:
        how = ObligationState.LATE
    return {
        "of": change.after.case_id,
        "what": one.kind.value,
        "due": one.due_at,
        "how": how.value,
        "at": now,
        "why": change.because,
    }
