"""The directory in the store: what a file would change, and changing it, in the caller's one transaction.

Every statement is for many rows: an import of a thousand organisations takes about as many
statements as one of a single contact. Ids are given out in blocks, so that rows can name one
another before they are written. Nothing is ever deleted but what belongs to a list that was
said anew: domains, addresses, roles, departments of an agent.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa

from models.directory.changes import Act, Change, Changes
from models.directory.comparison import compare
from models.directory.entries import AgentEntry, ContactEntry, DepartmentEntry, DirectoryFile, DirectoryRules
from models.directory.entries import OrganisationEntry as Organisation
from models.directory.wording import in_words, summary
from models.store.directory_reading import read_directory
from models.store.ids import allocate
from models.store.tables import (
    agent,
    agent_department,
    contact,
    contact_address,
    contact_role,
    department,
    event,
    organisation,
    organisation_domain,
)

_BLOCK: Final = 5_000
"""Ids in one IN (...): SQLite takes 32,766 parameters, PostgreSQL 65,535."""
_DETAIL_CHARACTERS: Final = 4_000
"""What the event of an import keeps of its report."""


def bring_in(
    connection: sa.Connection,
    file: DirectoryFile,
    rules: DirectoryRules,
    now: datetime,
    *,
    who: str,
    dry_run: bool = False,
) -> Changes:
    """Make the directory what the file says; what that changed, or with `dry_run` would change.

    Raises DirectoryError with everything that is wrong; then nothing is changed. What was
    changed is an event, under the name of `who`. A second time the same file changes nothing.
    """
    if connection.dialect.name == "postgresql" and not dry_run:
        # Two imports at once would each miss what the other adds; readers are not kept waiting.
        connection.execute(sa.text("LOCK TABLE department, agent, organisation, contact IN SHARE ROW EXCLUSIVE MODE"))
    changes = compare(read_directory(connection, file), file, rules)
    if not dry_run:
        _apply(connection, changes)
        _note(connection, changes, now, who)
    return changes


def _apply(connection: sa.Connection, changes: Changes) -> None:
    _write(connection, department, changes.departments, _department)
    departments = {row.key: row.id for row in connection.execute(sa.select(department.c.key, department.c.id))}
    agents = _write(connection, agent, changes.agents, _agent)
    _relink(
        connection,
        agent_department.c.agent_id,
        _relisted(changes.agents, agents, "departments"),
        lambda agent_id, entry: [
            {"agent_id": agent_id, "department_id": departments[key]} for key in entry.departments
        ],
    )
    organisations = _write(connection, organisation, changes.organisations, _organisation)
    _relink(
        connection,
        organisation_domain.c.organisation_id,
        _relisted(changes.organisations, organisations, "domains"),
        lambda organisation_id, entry: [
            {"organisation_id": organisation_id, "domain": domain} for domain in entry.domains
        ],
    )
    _apply_contacts(connection, changes)


def _apply_contacts(connection: sa.Connection, changes: Changes) -> None:
    organisations: dict[str, int] = {}
    for names in _blocks(sorted({change.after.organisation for change in changes.contacts})):
        rows = connection.execute(
            sa.select(organisation.c.name, organisation.c.id).where(organisation.c.name.in_(names))
        )
        organisations |= {row.name: row.id for row in rows}
    contacts = _write(connection, contact, changes.contacts, lambda entry: _contact(entry, organisations))
    _relink(
        connection,
        contact_address.c.contact_id,
        _relisted(changes.contacts, contacts, "addresses"),
        lambda contact_id, entry: [
            {
                "contact_id": contact_id,
                "address": address,
                "organisation_id": organisations[entry.organisation],
                "position": position,
            }
            for position, address in enumerate(entry.addresses)
        ],
    )
    _relink(
        connection,
        contact_role.c.contact_id,
        _relisted(changes.contacts, contacts, "roles"),
        lambda contact_id, entry: [{"contact_id": contact_id, "role": role.value} for role in entry.roles],
    )


def _department(entry: DepartmentEntry) -> dict[str, Any]:
    return {"key": entry.key, "name": entry.name, "address": entry.address}


def _agent(entry: AgentEntry) -> dict[str, Any]:
    return {
        "login": entry.login,
        "name": entry.name,
        "address": entry.address,
        "active": entry.active,
        "on_duty": entry.on_duty,
    }


def _organisation(entry: Organisation) -> dict[str, Any]:
    return {
        "name": entry.name,
        "plan": entry.plan,
        "language": entry.language,
        "zone": entry.zone,
        "mode": None if entry.mode is None else entry.mode.value,
        "mode_because": entry.mode_because,
        "pass_code": entry.pass_code,
    }


def _contact(entry: ContactEntry, organisations: Mapping[str, int]) -> dict[str, Any]:
    return {
        "organisation_id": organisations[entry.organisation],
        "name": entry.name,
        "title": entry.title,
        "phone": entry.phone,
        "language": entry.language,
        "active": entry.active,
        "valid_from": entry.valid_from,
        "valid_until": entry.valid_until,
    }


def _write(
    connection: sa.Connection,
    table: sa.Table,
    changes: Sequence[Change[Any]],
    row_of: Callable[[Any], dict[str, Any]],
) -> list[int]:
    """Add and change the rows of the entries themselves; the id of each change's entry."""
    fresh = iter(allocate(connection, table, sum(change.id is None for change in changes)))
    ids = [next(fresh) if change.id is None else change.id for change in changes]
    rows = [(change.act, entry_id, row_of(change.after)) for entry_id, change in zip(ids, changes, strict=True)]
    added = [{"id": entry_id, **row} for act, entry_id, row in rows if act is Act.ADDED]
    changed = [{"entry_id": entry_id, **row} for act, entry_id, row in rows if act is Act.CHANGED]
    if added:
        connection.execute(sa.insert(table), added)
    if changed:
        connection.execute(sa.update(table).where(table.c.id == sa.bindparam("entry_id")), changed)
    return ids


def _relisted(changes: Sequence[Change[Any]], ids: Iterable[int], name: str) -> list[tuple[int, Any]]:
    """The entries whose list of that name is another than before, with their ids."""
    return [
        (entry_id, change.after)
        for entry_id, change in zip(ids, changes, strict=True)
        if getattr(change.after, name) != (getattr(change.before, name) if change.before is not None else ())
    ]


def _relink(
    connection: sa.Connection,
    owner: sa.Column[int],
    entries: Sequence[tuple[int, Any]],
    rows_of: Callable[[int, Any], list[dict[str, Any]]],
) -> None:
    """Make the rows that belong to these entries exactly what the entries say."""
    for ids in _blocks([entry_id for entry_id, _ in entries]):
        connection.execute(sa.delete(owner.table).where(owner.in_(ids)))
    rows = [row for entry_id, entry in entries for row in rows_of(entry_id, entry)]
    if rows:
        connection.execute(sa.insert(owner.table), rows)


def _blocks(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), _BLOCK):
        yield items[start : start + _BLOCK]


def _note(connection: sa.Connection, changes: Changes, now: datetime, who: str) -> None:
    """Who changed what, for whoever asks later why somebody may open cases."""
    effective = changes.effective
    if not effective:
        return
    report = "; ".join(in_words(change) for change in effective)
    if len(report) > _DETAIL_CHARACTERS:
        report = f"{report[:_DETAIL_CHARACTERS]}..."
    detail = f"by {who}: {summary(changes)}: {report}"
    connection.execute(
        sa.insert(event).values(at=now, kind="directory.changed", inbox_id=None, case_id=None, detail=detail)
    )
