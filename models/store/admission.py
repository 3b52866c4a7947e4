"""What the law asks about admission: exceptions, releases, requests to MPOCs, in a fixed number of look-ups."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import sqlalchemy as sa

from models.organisation import MPOC_ROLES, KnownContact
from models.rules.facts import HeldMail, Release
from models.rules.questions import Questions
from models.store.contacts import contacts_by_id
from models.store.given import IDS, KEYS, given
from models.store.tables import (
    approval,
    contact,
    contact_role,
    correspondence,
    inbox,
    organisation_domain,
    release,
    trust_exception,
)
from models.trusted_path import KnownException, parse_path


@dataclass(frozen=True, slots=True)
class Admission:
    """The answers for one batch, by inbox id, author, contact or organisation."""

    releases: Mapping[int, Release] = field(default_factory=dict)
    released_as: Mapping[int, KnownContact] = field(default_factory=dict)
    exceptions: Mapping[str, tuple[KnownException, ...]] = field(default_factory=dict)
    asked_about: Mapping[int, HeldMail] = field(default_factory=dict)
    domains: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    mpocs: Mapping[int, tuple[KnownContact, ...]] = field(default_factory=dict)
    asked_today: Mapping[str, int] = field(default_factory=dict)
    last_wrote_for: Mapping[str, int] = field(default_factory=dict)


def admission(
    connection: sa.Connection,
    asked: Sequence[Questions],
    contacts: Mapping[str, Sequence[KnownContact]],
    no_mpocs: Mapping[str, Collection[int]],
    now: datetime,
) -> Admission:
    """What is known of these messages' admission; `no_mpocs` are authors who are no MPOC, with their organisations."""
    releases = _releases(connection, [question.inbox_id for question in asked])
    released_as = {one.contact_id for one in releases.values() if one.contact_id is not None}
    organisations = {one.organisation_id for of_one in contacts.values() for one in of_one}
    beyond_doubt = {next(iter(ids)) for ids in no_mpocs.values() if len(ids) == 1}
    several = {author: of_one for author, of_one in contacts.items() if len(of_one) > 1}
    return Admission(
        releases=releases,
        released_as=contacts_by_id(connection, released_as),
        exceptions=_exceptions(connection, {question.author for question in asked if question.author}),
        asked_about=_held(connection, {one.answers_about for one in asked if one.answers_about is not None}),
        domains=_domains(connection, organisations),
        mpocs=_mpocs(connection, beyond_doubt),
        asked_today=_asked(connection, no_mpocs, now - timedelta(days=1)),
        last_wrote_for=_last(connection, several),
    )


_RELEASES: Final = sa.select(release).where(given(release.c.inbox_id, IDS)).order_by(release.c.id)
_STANDING: Final = (
    sa.select(trust_exception)
    .where(
        given(trust_exception.c.address, KEYS),
        trust_exception.c.ended_at.is_(None),
    )
    .order_by(trust_exception.c.id)
)
_LISTED: Final = (
    sa.select(organisation_domain.c.organisation_id, organisation_domain.c.domain)
    .where(given(organisation_domain.c.organisation_id, IDS))
    .order_by(organisation_domain.c.domain)
)


def _releases(connection: sa.Connection, inbox_ids: Sequence[int]) -> dict[int, Release]:
    """The latest release of each message that was released."""
    rows = connection.execute(_RELEASES, {"ids": inbox_ids})
    return {
        row.inbox_id: Release(admitted_by=row.admitted_by, at=row.at, contact_id=row.contact_id, case_id=row.case_id)
        for row in rows
    }


def _exceptions(connection: sa.Connection, addresses: Collection[str]) -> dict[str, tuple[KnownException, ...]]:
    found: defaultdict[str, tuple[KnownException, ...]] = defaultdict(tuple)
    if addresses:
        for row in connection.execute(_STANDING, {"keys": list(addresses)}):
            known = KnownException(
                exception_id=row.id,
                organisation_id=row.organisation_id,
                address=row.address,
                path=parse_path(row.path),
                because=row.because,
                made_by=row.made_by,
            )
            found[row.address] += (known,)
    return found


def _held(connection: sa.Connection, inbox_ids: Collection[int]) -> dict[int, HeldMail]:
    if not inbox_ids:
        return {}
    about = sa.select(approval, inbox.c.state).join(inbox, inbox.c.id == approval.c.inbox_id)
    return {
        row.inbox_id: HeldMail(
            inbox_id=row.inbox_id,
            organisation_id=row.organisation_id,
            author=row.author,
            waits=row.state == "held",
        )
        for row in connection.execute(about.where(approval.c.inbox_id.in_(inbox_ids)))
    }


def _domains(connection: sa.Connection, organisations: Collection[int]) -> dict[int, tuple[str, ...]]:
    found: defaultdict[int, tuple[str, ...]] = defaultdict(tuple)
    if organisations:
        for organisation_id, domain in connection.execute(_LISTED, {"ids": list(organisations)}):
            found[organisation_id] += (domain,)
    return found


def _mpocs(connection: sa.Connection, organisations: Collection[int]) -> dict[int, tuple[KnownContact, ...]]:
    if not organisations:
        return {}
    roles = [role.value for role in MPOC_ROLES]
    ids = connection.scalars(
        sa.select(contact.c.id)
        .where(
            contact.c.organisation_id.in_(organisations),
            contact.c.active,
            contact.c.id.in_(sa.select(contact_role.c.contact_id).where(contact_role.c.role.in_(roles))),
        )
        .order_by(contact.c.id)
    )
    found: defaultdict[int, tuple[KnownContact, ...]] = defaultdict(tuple)
    for one in contacts_by_id(connection, list(ids)).values():
        found[one.organisation_id] += (one,)
    return found


def _asked(connection: sa.Connection, authors: Collection[str], since: datetime) -> dict[str, int]:
    if not authors:
        return {}
    counted = (
        sa.select(approval.c.author, sa.func.count().label("times"))
        .where(approval.c.author.in_(authors), approval.c.asked_at > since)
        .group_by(approval.c.author)
    )
    return {row.author: row.times for row in connection.execute(counted)}


def _last(connection: sa.Connection, several: Mapping[str, Sequence[KnownContact]]) -> dict[str, int]:
    """As whom each of those authors wrote last."""
    authors = {one.contact_id: author for author, of_one in several.items() for one in of_one}
    if not authors:
        return {}
    latest = (
        sa.select(correspondence.c.contact_id, sa.func.max(correspondence.c.id).label("last"))
        .where(correspondence.c.contact_id.in_(authors))
        .group_by(correspondence.c.contact_id)
        .order_by(sa.literal_column("last"))
    )
    return {authors[row.contact_id]: row.contact_id for row in connection.execute(latest)}
