"""Word to our own people of what a decision noticed: security events to agents, an open breaker to the admin."""

import zlib
from datetime import datetime, timedelta

from models.case import case_number
from models.decision import AddToCase, Decision
from models.limits import HELD_NOTICES_AN_HOUR, MAILS_ON_A_CASE_AN_HOUR
from models.notice import AdminBreaker, AgentSecurity, Notice
from models.rules.case_file import CaseFile
from models.rules.mailing import to_admin, to_staff


def security_events(file: CaseFile, decision: Decision, now: datetime) -> tuple[Notice, ...]:
    """Security events are told to agents at once, one an hour for one author (plans 6)."""
    what = [finding.what for finding in decision.findings if finding.kind == "security"]
    if not what or file.facts.department is None:
        return ()
    author = file.author or file.message.originator.display_address
    place = zlib.crc32(author.encode()) % HELD_NOTICES_AN_HOUR
    context = AgentSecurity(
        desk=file.policy.desk,
        what="; ".join(what),
        who=author,
        inbox_id=file.inbox_id,
        command=f"casegate explain {file.inbox_id}",
        zone=file.policy.zone,
    )
    cause = f"security:{place}:{now:%Y-%m-%dT%H}"
    return (to_staff(file.policy, context, cause=cause, to=file.facts.department, now=now),)


def breaker_opened(file: CaseFile, decision: Decision, now: datetime) -> tuple[Notice, ...]:
    """The admin hears once an hour that somebody went over a cap (D-1, D-4)."""
    policy = file.policy
    if decision.rule == "too_many_cases":
        count, limit = file.facts.cases_within_the_hour, policy.cases_per_hour
    elif decision.rule == "opens_case_unanswered" and file.is_robot:
        count, limit = file.facts.alike_within_the_hour, policy.alike_per_hour
    elif isinstance(decision.fate, AddToCase) and file.writes_like_a_robot:
        return (_too_many_mails(file, f"casegate case show {case_number(decision.fate.case_id)}", now),)
    elif decision.rule == "agent_acts" and file.writes_like_a_robot:
        return (_too_many_mails(file, "casegate held list", now),)
    else:
        return ()
    contact = file.contact
    context = AdminBreaker(
        desk=policy.desk,
        contact=contact.address,
        organisation=contact.organisation,
        count=count,
        limit=limit,
        since=now - timedelta(hours=1),
    )
    cause = f"breaker:{decision.rule}:{contact.contact_id}:{now:%Y-%m-%dT%H}"
    return (to_admin(policy, context, cause=cause, now=now),)


def _too_many_mails(file: CaseFile, look: str, now: datetime) -> Notice:
    """Somebody's robot answers our mail: agents hear no more of it for a while, the admin does."""
    author = file.author or ""
    known = next(iter(file.current_contacts), None)
    context = AdminBreaker(
        desk=file.policy.desk,
        contact=author,
        organisation="" if known is None else known.organisation,
        count=file.facts.wrote_within_the_hour,
        limit=MAILS_ON_A_CASE_AN_HOUR,
        since=now - timedelta(hours=1),
        look=look,
    )
    return to_admin(file.policy, context, cause=f"breaker:mails:{author}:{now:%Y-%m-%dT%H}", now=now)
