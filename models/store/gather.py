"""Answers to the questions the law asks: a fixed number of statements, however many messages ask.

Every statement is an indexed look-up by key. One grows with the desk's load: the open cases
of the agents on duty are counted in an index, once for a batch.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa

from models.dossier import Dossier, Evidence, Pointer
from models.limits import DUPLICATE_DAYS
from models.notice import NoticeKind
from models.organisation import Department, KnownAgent, KnownContact, Mode
from models.rules.facts import Facts, Release, SentNotice
from models.rules.questions import Questions, alike
from models.store.admission import Admission, admission
from models.store.claims import NOW, TOKEN, Lease
from models.store.contacts import contacts_by_address
from models.store.given import IDS, KEYS, given
from models.store.staff import agents_by_address, departments_by_key
from models.store.tables import (
    cases,
    content_claim,
    examination,
    inbox,
    organisation,
    organisation_domain,
    outbox,
    settlement,
)
from models.store.threads import dossiers, pointers, take_in_hand


def gather(connection: sa.Connection, asked: Sequence[Questions], mode: Mode, now: datetime) -> list[Facts]:
    """The facts for each of the questions, in their order; inside the transaction that will decide."""
    return [facts for facts in _gathered(connection, asked, mode, now, lease=None) if facts is not None]


def gather_free(
    connection: sa.Connection, asked: Sequence[Questions], mode: Mode, now: datetime, lease: Lease
) -> list[Facts | None]:
    """The same for who works on a lease, and does not wait: None where it is too early to ask.

    Another transaction has a case of it in hand, and may change it; or it answers a message that
    nobody knows, and another worker has older ones in hand, of which that may be one.
    """
    return _gathered(connection, asked, mode, now, lease=lease)


@dataclass(frozen=True, slots=True)
class _Answers:
    """What the database says about all the messages of a batch."""

    claims: Mapping[str, tuple[int, bool]]
    own: Mapping[str, int]
    contacts: Mapping[str, Sequence[KnownContact]]
    agents: Mapping[str, KnownAgent]
    domains: Mapping[str, Sequence[tuple[int, str]]]
    admitting: Admission
    reported: Mapping[int, SentNotice]
    on_behalf: Mapping[str, Sequence[KnownContact]]
    opened: Counter[tuple[str, str | None]]
    departments: Mapping[str, Department]


def _gathered(
    connection: sa.Connection, asked: Sequence[Questions], mode: Mode, now: datetime, *, lease: Lease | None
) -> list[Facts | None]:
    in_hand = None if lease is None else _oldest_in_hand_elsewhere(connection, asked, lease, now)
    answers = _answers(connection, asked, now)
    pointing = [
        _with_release(answers.admitting.releases.get(question.inbox_id), found)
        for question, found in zip(asked, pointers(connection, asked), strict=True)
    ]
    naming = [_named(question, found, answers) for question, found in zip(asked, pointing, strict=True)]
    wanted = {case_id for of_one in naming for case_id in of_one}
    busy = set() if lease is None else take_in_hand(connection, wanted)
    named = dossiers(connection, wanted - busy)
    wrote = _wrote_within_the_hour(connection, asked, named, now)
    return [
        None
        if busy.intersection(case_ids) or _may_answer_one_in_hand(question, found, in_hand)
        else _facts(question, answers, found, _of_one(case_ids, named), mode=mode, wrote=wrote)
        for question, found, case_ids in zip(asked, pointing, naming, strict=True)
    ]


def _answers(connection: sa.Connection, asked: Sequence[Questions], now: datetime) -> _Answers:
    """Everything that can be asked before the cases are known, and needs none of them to stand still."""
    authors = {question.author for question in asked if question.author}
    contacts = contacts_by_address(connection, authors)
    agents = agents_by_address(connection, authors)
    of_strangers = {one.author_domain for one in asked if one.author_domain and one.author not in contacts}
    domains = _domains(connection, of_strangers)
    on_behalf = {one.on_behalf_of for one in asked if one.on_behalf_of and one.author in agents}
    return _Answers(
        claims=_claims(connection, {question.content_key for question in asked}, now),
        own=_own_notices(connection, {claimed for question in asked for claimed in question.claimed_message_ids}),
        contacts=contacts,
        agents=agents,
        domains=domains,
        admitting=admission(connection, asked, contacts, _no_mpocs(asked, contacts, domains, now), now),
        reported=_sent_notices(connection, {number for question in asked for number in question.reports_on}),
        on_behalf=contacts_by_address(connection, on_behalf),
        opened=_opened_within_the_hour(connection, asked, contacts, now),
        departments=departments_by_key(connection, {one.department for one in asked if one.department}),
    )


def _facts(
    question: Questions,
    answers: _Answers,
    pointing_to: tuple[Pointer, ...],
    about: tuple[Dossier, ...],
    *,
    mode: Mode,
    wrote: Counter[tuple[int, str]],
) -> Facts:
    """The answers that are about one message; `about` are the cases it names and those these lead to."""
    author = question.author or ""
    return Facts(
        decided_before=_claimed(answers.claims, question, held=False),
        held_before=_claimed(answers.claims, question, held=True),
        own_notice=next((answers.own[one] for one in question.claimed_message_ids if one in answers.own), None),
        agent=answers.agents.get(author),
        department=answers.departments.get(question.department or ""),
        mode=mode,
        pointers=pointing_to,
        dossiers=about,
        reported=tuple(answers.reported[number] for number in question.reports_on if number in answers.reported),
        on_behalf_of=tuple(answers.on_behalf.get(question.on_behalf_of or "", ())),
        cases_within_the_hour=answers.opened[author, None],
        alike_within_the_hour=answers.opened[author, alike(question.subject)],
        wrote_within_the_hour=sum(wrote[one.case.case_id, author] for one in about),
        **_who_wrote(question, answers),
    )


# Not its min(id): for that PostgreSQL may walk all mail by its key until it finds one.
_IN_HAND_ELSEWHERE: Final = sa.select(inbox.c.id).where(
    inbox.c.claim_token.is_not(None), inbox.c.claim_token != TOKEN, inbox.c.claimed_until > NOW
)


def _oldest_in_hand_elsewhere(
    connection: sa.Connection, asked: Sequence[Questions], lease: Lease, now: datetime
) -> int | None:
    """The oldest message that another lease holds, where any is asked about that may answer it.

    To be asked before anything else: what is in no hand now is decided, and found by what is asked next.
    """
    if not any(question.answered_message_ids for question in asked):
        return None
    return min(connection.scalars(_IN_HAND_ELSEWHERE, {"token": lease.token, "now": now}), default=None)


def _may_answer_one_in_hand(question: Questions, pointing_to: Sequence[Pointer], in_hand: int | None) -> bool:
    answers_unknown = bool(question.answered_message_ids) and not pointing_to
    return answers_unknown and in_hand is not None and in_hand < question.inbox_id


def _no_mpocs(
    asked: Sequence[Questions],
    contacts: Mapping[str, Sequence[KnownContact]],
    domains: Mapping[str, Sequence[tuple[int, str]]],
    now: datetime,
) -> dict[str, set[int]]:
    """The authors who are no MPOC today, with the organisations they belong to."""
    found: dict[str, set[int]] = {}
    for question in asked:
        author = question.author or ""
        known = contacts.get(author, ())
        if author and not any(one.is_mpoc and one.is_current(now.date()) for one in known):
            of_domain = {organisation_id for organisation_id, _ in domains.get(question.author_domain or "", ())}
            found[author] = {one.organisation_id for one in known} or of_domain
    return found


def _who_wrote(question: Questions, answers: _Answers) -> dict[str, Any]:
    """The facts about the author; what was released in a contact's name is that contact's."""
    author, admitting = question.author or "", answers.admitting
    release = admitting.releases.get(question.inbox_id)
    released_as = None if release is None else admitting.released_as.get(release.contact_id or 0)
    known = tuple(answers.contacts.get(author, ())) if released_as is None else (released_as,)
    of_domain = tuple(answers.domains.get(question.author_domain or "", ()))
    organisations = {one.organisation_id for one in known} or {organisation_id for organisation_id, _ in of_domain}
    listed = dict.fromkeys(one for each in sorted(organisations) for one in admitting.domains.get(each, ()))
    return {
        "contacts": known,
        "domain_organisations": of_domain,
        "release": release,
        "exceptions": admitting.exceptions.get(author, ()),
        "listed_domains": tuple(listed),
        "mpocs": admitting.mpocs.get(organisations.copy().pop(), ()) if len(organisations) == 1 else (),
        "asked_today": admitting.asked_today.get(author, 0),
        "last_wrote_for": admitting.last_wrote_for.get(author),
        "asked_about": admitting.asked_about.get(question.answers_about or 0),
    }


def _with_release(release: Release | None, found: tuple[Pointer, ...]) -> tuple[Pointer, ...]:
    """What whoever released a message said about its case counts before all the message shows itself."""
    if release is None or release.case_id is None:
        return found
    return (Pointer(evidence=Evidence.RELEASE, case_id=release.case_id), *found)


def _named(question: Questions, pointing_to: Sequence[Pointer], answers: _Answers) -> list[int]:
    """The cases a message names: by what it answers, by its addresses where an agent wrote, by what it reports on."""
    about = [answers.reported[number].case_id for number in question.reports_on if number in answers.reported]
    return [
        *[one.case_id for one in pointing_to],
        *(question.numbers_in_addresses if question.author in answers.agents else ()),
        *[case_id for case_id in about if case_id is not None],
    ]


def _of_one(case_ids: Sequence[int], named: Mapping[int, Dossier]) -> tuple[Dossier, ...]:
    """The cases one message names, and those these lead to."""
    wanted = list(dict.fromkeys(case_id for case_id in case_ids if case_id in named))
    for case_id in wanted:  # grows: the main case of a duplicate may have an open follow-up
        for related in (named[case_id].case.duplicate_of, named[case_id].open_follow_up):
            if related is not None and related in named and related not in wanted:
                wanted.append(related)
    return tuple(named[case_id] for case_id in wanted)


_LATELY: Final = sa.and_(given(cases.c.contact_id, IDS), cases.c.opened_at > sa.bindparam("since"))
_OPENED: Final = sa.union_all(
    sa.select(cases.c.contact_id, sa.null().label("alike"), sa.func.count().label("opened"))
    .where(_LATELY)
    .group_by(cases.c.contact_id),
    sa.select(cases.c.contact_id, cases.c.alike, sa.func.count())
    .where(_LATELY, given(cases.c.alike, KEYS))
    .group_by(cases.c.contact_id, cases.c.alike),
)
_HOUR: Final = timedelta(hours=1)


def _opened_within_the_hour(
    connection: sa.Connection, asked: Sequence[Questions], contacts: Mapping[str, Sequence[KnownContact]], now: datetime
) -> Counter[tuple[str, str | None]]:
    """How many cases each author opened in the last hour: by what the subjects asked about have in common, and in all.

    The engine counts, by indexes: a contact may have opened a thousand (D-1, D-4).
    """
    authors = {one.contact_id: address for address, of_one in contacts.items() for one in of_one}
    counted: Counter[tuple[str, str | None]] = Counter()
    if authors:
        wanted = {"ids": list(authors), "since": now - _HOUR, "keys": list({alike(one.subject) for one in asked})}
        for contact_id, name, opened in connection.execute(_OPENED, wanted):
            counted[authors[contact_id], name] += opened
    return counted


def _wrote_within_the_hour(
    connection: sa.Connection, asked: Sequence[Questions], case_ids: Collection[int], now: datetime
) -> Counter[tuple[int, str]]:
    """How many mails of each author became part of each case in the last hour (D-1, D-4)."""
    if not case_ids:
        return Counter()
    lately = (
        sa.select(settlement.c.case_id, examination.c.author, sa.func.count().label("mails"))
        .join(examination, examination.c.inbox_id == settlement.c.inbox_id)
        .where(
            settlement.c.case_id.in_(case_ids),
            settlement.c.settled_at > now - _HOUR,
            examination.c.author.in_({question.author for question in asked if question.author}),
        )
        .group_by(settlement.c.case_id, examination.c.author)
    )
    return Counter({(row.case_id, row.author): row.mails for row in connection.execute(lately)})


_CLAIMS: Final = (
    sa.select(content_claim.c.content_key, content_claim.c.inbox_id, inbox.c.state)
    .join(inbox, inbox.c.id == content_claim.c.inbox_id)
    .where(
        given(content_claim.c.content_key, KEYS),
        content_claim.c.claimed_at >= sa.bindparam("since"),
    )
)


def _claims(connection: sa.Connection, keys: set[str], now: datetime) -> dict[str, tuple[int, bool]]:
    """Who has the claim of each content, and whether that message is only held."""
    asked = {"keys": list(keys), "since": now - timedelta(days=DUPLICATE_DAYS)}
    return {row.content_key: (row.inbox_id, row.state == "held") for row in connection.execute(_CLAIMS, asked)}


def _claimed(claims: Mapping[str, tuple[int, bool]], question: Questions, *, held: bool) -> int | None:
    inbox_id, is_held = claims.get(question.content_key, (None, held))
    return inbox_id if is_held is held else None


_OWN: Final = sa.select(outbox.c.message_id, outbox.c.id).where(given(outbox.c.message_id, KEYS))


def _own_notices(connection: sa.Connection, message_ids: set[str]) -> dict[str, int]:
    if not message_ids:
        return {}
    own = connection.execute(_OWN, {"keys": [f"<{claimed}>" for claimed in message_ids]})
    return {row.message_id[1:-1]: row.id for row in own}


def _sent_notices(connection: sa.Connection, outbox_ids: set[int]) -> dict[int, SentNotice]:
    """The notices that messages claim to report on."""
    if not outbox_ids:
        return {}
    sent = sa.select(outbox.c.id, outbox.c.kind, outbox.c.recipient, outbox.c.created_at, outbox.c.case_id)
    return {
        row.id: SentNotice(
            outbox_id=row.id,
            kind=NoticeKind(row.kind),
            recipient=row.recipient,
            created_at=row.created_at,
            case_id=row.case_id,
        )
        for row in connection.execute(sent.where(outbox.c.id.in_(outbox_ids)))
    }


def _domains(connection: sa.Connection, domains: set[str]) -> dict[str, list[tuple[int, str]]]:
    if not domains:
        return {}
    rows = connection.execute(
        sa.select(organisation_domain.c.domain, organisation.c.id, organisation.c.name)
        .join(organisation, organisation.c.id == organisation_domain.c.organisation_id)
        .where(organisation_domain.c.domain.in_(domains))
        .order_by(organisation.c.id)
    )
    found: defaultdict[str, list[tuple[int, str]]] = defaultdict(list)
    for row in rows:
        found[row.domain].append((row.id, row.name))
    return found
