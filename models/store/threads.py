"""The cases messages point to, and everybody who hears of them: a fixed number of look-ups for a batch."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa

from models.case import Case, CaseStatus, Priority
from models.dossier import STRENGTH, Dossier, Evidence, Pointer
from models.organisation import Department, KnownAgent, KnownContact, Mode
from models.rules.questions import Questions
from models.store.contacts import contacts_by_id
from models.store.given import IDS, given
from models.store.tables import (
    IS_OPEN,
    agent,
    case_participant,
    cases,
    correspondence,
    department,
    organisation,
    outbox,
)

_FIRST_AND_LAST = 3
"""Message-IDs of a case that stand in the References of what we send about it."""


def pointers(connection: sa.Connection, asked: Sequence[Questions]) -> list[tuple[Pointer, ...]]:
    """For each message the cases it names, the strongest way first."""
    wanted = {answered for question in asked for answered in question.answered_message_ids}
    ours, known = _of_ours(connection, wanted), _of_customers(connection, wanted)
    return [
        tuple(
            sorted(
                [*question.pointers, *_answered(question, ours, known)], key=lambda one: STRENGTH.index(one.evidence)
            )
        )
        for question in asked
    ]


def _answered(question: Questions, ours: Mapping[str, int], known: Mapping[str, set[int]]) -> list[Pointer]:
    """The latest Message-ID comes first: what is answered last is meant most."""
    answered = question.answered_message_ids[::-1]
    own = [ours[one] for one in answered if one in ours]
    theirs = [case_id for one in answered for case_id in sorted(known.get(one, ()), reverse=True)]
    return [
        *[Pointer(evidence=Evidence.OUR_MESSAGE_ID, case_id=case_id) for case_id in dict.fromkeys(own)],
        *[Pointer(evidence=Evidence.KNOWN_MESSAGE_ID, case_id=case_id) for case_id in dict.fromkeys(theirs)],
    ]


def _of_ours(connection: sa.Connection, message_ids: Collection[str]) -> dict[str, int]:
    if not message_ids:
        return {}
    rows = connection.execute(
        sa.select(outbox.c.message_id, outbox.c.case_id).where(
            outbox.c.message_id.in_([f"<{one}>" for one in message_ids]), outbox.c.case_id.is_not(None)
        )
    )
    return {row.message_id[1:-1]: row.case_id for row in rows}


def _of_customers(connection: sa.Connection, message_ids: Collection[str]) -> dict[str, set[int]]:
    """Anyone may choose a Message-ID, so several organisations' cases may know the same (threats C-9)."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    if message_ids:
        rows = connection.execute(
            sa.select(correspondence.c.message_id, correspondence.c.case_id).where(
                correspondence.c.message_id.in_(message_ids)
            )
        )
        for row in rows:
            found[row.message_id].add(row.case_id)
    return found


_FREE_CASES: Final = (
    sa.select(cases.c.id)
    .where(given(cases.c.id, IDS))
    .order_by(cases.c.id)
    .with_for_update(skip_locked=True, key_share=True)
)
_CASES: Final = sa.select(cases.c.id).where(given(cases.c.id, IDS))


def take_in_hand(connection: sa.Connection, case_ids: Collection[int]) -> set[int]:
    """Lock cases until the transaction ends; those that another one has in hand are not waited for, and returned."""
    if not case_ids or connection.dialect.name == "sqlite":  # there the turn is the one lock
        return set()
    missing = set(case_ids) - set(connection.scalars(_FREE_CASES, {"ids": list(case_ids)}))
    return set(connection.scalars(_CASES, {"ids": list(missing)})) if missing else set()


def dossiers(connection: sa.Connection, case_ids: Collection[int]) -> dict[int, Dossier]:
    """The cases with those ids, the main cases of duplicates and the open follow-ups of closed ones.

    On PostgreSQL the rows are locked in the order of their ids, for whoever asks will change them.
    """
    if not case_ids:
        return {}
    named = {row.id: row for row in _case_rows(connection, case_ids)}
    while beyond := {row.duplicate_of for row in named.values() if row.duplicate_of} - named.keys():
        named |= {row.id: row for row in _case_rows(connection, beyond)}
    follow_ups = _open_follow_ups(connection, named)
    named |= {row.id: row for row in _case_rows(connection, set(follow_ups.values()) - named.keys())}
    return _with_everybody(connection, named, follow_ups)


def _case_rows(connection: sa.Connection, case_ids: Collection[int]) -> Sequence[sa.Row[Any]]:
    if not case_ids:
        return ()
    chosen = (
        sa.select(
            cases,
            organisation.c.name.label("organisation"),
            organisation.c.mode,
            department.c.key.label("department_key"),
            department.c.name.label("department_name"),
            department.c.address.label("department_address"),
            agent.c.name.label("agent_name"),
            agent.c.address.label("agent_address"),
        )
        .join(organisation, organisation.c.id == cases.c.organisation_id)
        .join(department, department.c.id == cases.c.department_id)
        .outerjoin(agent, agent.c.id == cases.c.agent_id)
        .where(cases.c.id.in_(case_ids))
        .order_by(cases.c.id)
    )
    if connection.dialect.name == "postgresql":
        chosen = chosen.with_for_update(of=cases, key_share=True)
    return connection.execute(chosen).all()


def _open_follow_ups(connection: sa.Connection, rows: Mapping[int, sa.Row[Any]]) -> dict[int, int]:
    """The newest open case that continues each closed one."""
    closed = [row.id for row in rows.values() if row.closed_at is not None]
    if not closed:
        return {}
    found = connection.execute(
        sa.select(cases.c.follow_up_of, sa.func.max(cases.c.id).label("id"))
        .where(cases.c.follow_up_of.in_(closed), IS_OPEN)
        .group_by(cases.c.follow_up_of)
    )
    return {row.follow_up_of: row.id for row in found}


def _with_everybody(
    connection: sa.Connection, rows: Mapping[int, sa.Row[Any]], follow_ups: Mapping[int, int]
) -> dict[int, Dossier]:
    said = connection.execute(
        sa.select(correspondence.c.case_id, correspondence.c.contact_id, correspondence.c.message_id)
        .where(correspondence.c.case_id.in_(rows), correspondence.c.contact_id.is_not(None))
        .order_by(correspondence.c.id)
    ).all()
    writers: defaultdict[int, dict[int, None]] = defaultdict(dict)
    threads: defaultdict[int, list[str]] = defaultdict(list)
    for row in rows.values():
        writers[row.id][row.contact_id] = None
    for entry in said:
        writers[entry.case_id][entry.contact_id] = None
        if entry.message_id is not None:
            threads[entry.case_id].append(entry.message_id)
    people = contacts_by_id(connection, {contact_id for of_case in writers.values() for contact_id in of_case})
    participants: defaultdict[int, list[str]] = defaultdict(list)
    for row in connection.execute(sa.select(case_participant).where(case_participant.c.case_id.in_(rows))):
        participants[row.case_id].append(row.address)
    return {
        row.id: Dossier(
            case=case_of(row),
            organisation=row.organisation,
            mode=None if row.mode is None else Mode(row.mode),
            writers=_known(people, writers[row.id]),
            participants=tuple(participants[row.id]),
            agent=None
            if row.agent_id is None
            else KnownAgent(agent_id=row.agent_id, name=row.agent_name, address=row.agent_address),
            department=Department(
                department_id=row.department_id,
                key=row.department_key,
                name=row.department_name,
                address=row.department_address,
            ),
            thread=_ends(threads[row.id]),
            open_follow_up=follow_ups.get(row.id),
        )
        for row in rows.values()
    }


def _known(people: Mapping[int, KnownContact], contact_ids: Collection[int]) -> tuple[KnownContact, ...]:
    return tuple(people[contact_id] for contact_id in contact_ids if contact_id in people)


def _ends(message_ids: Sequence[str]) -> tuple[str, ...]:
    unique = tuple(dict.fromkeys(message_ids))
    return unique if len(unique) <= _FIRST_AND_LAST else (unique[0], *unique[1 - _FIRST_AND_LAST :])


def case_of(row: sa.Row[Any]) -> Case:
    """A case from its row."""
    return Case(
        case_id=row.id,
        organisation_id=row.organisation_id,
        contact_id=row.contact_id,
        department_id=row.department_id,
        agent_id=row.agent_id,
        subject=row.subject,
        priority=Priority(row.priority),
        status=CaseStatus(row.status),
        standing=row.standing,
        plan=row.plan,
        opened_at=row.opened_at,
        respond_from=row.respond_from,
        responded_at=row.responded_at,
        update_from=row.update_from,
        resolve_from=row.resolve_from,
        waiting_since=row.waiting_since,
        warned_at=row.warned_at,
        etr=row.etr,
        vendor=row.vendor,
        closed_at=row.closed_at,
        follow_up_of=row.follow_up_of,
        duplicate_of=row.duplicate_of,
    )
