"""What follows from a decision: rows to write and notices to owe, as values.

Pure: the ids of new cases were given out before, the clock is an argument. Nobody is mailed
because of a message that was disregarded, and a stranger is never mailed at all.
"""

import zlib
from dataclasses import replace
from datetime import datetime

from models.decision import AddToCase, AgentActs, Decision, Hold, OpenCase, ReopenCase, ToPostmaster
from models.limits import HELD_NOTICES_AN_HOUR
from models.notice import AgentSecurity, Notice
from models.rules.agents import acted
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences
from models.rules.holding import held, to_postmaster
from models.rules.joining import added, reopened
from models.rules.mailing import to_staff
from models.rules.opening import opened


def consequences(file: CaseFile, decision: Decision, case_id: int | None, now: datetime) -> Consequences:
    """What one decision leads to. `case_id` is there exactly when a case is opened."""
    effects = _effects(file, decision, case_id, now)
    alarm = _alarm(file, decision, now)
    return effects if alarm is None else replace(effects, notices=(*effects.notices, alarm))


def _effects(file: CaseFile, decision: Decision, case_id: int | None, now: datetime) -> Consequences:
    match decision.fate:
        case OpenCase() as fate:
            assert case_id is not None, "a case that is opened has its id"
            return opened(file, decision, fate, case_id, now)
        case AddToCase() as fate:
            return added(file, decision, fate, now)
        case ReopenCase() as fate:
            return reopened(file, decision, fate, now)
        case AgentActs() as fate:
            return acted(file, decision, fate, now)
        case Hold() as fate:
            return held(file, decision, fate, now)
        case ToPostmaster():
            return to_postmaster(file, decision, now)
    return Consequences(findings=decision.findings)


def _alarm(file: CaseFile, decision: Decision, now: datetime) -> Notice | None:
    """Security events are told to agents at once, one an hour for one author (plans 6)."""
    what = [finding.what for finding in decision.findings if finding.kind == "security"]
    if not what or file.facts.department is None:
        return None
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
    return to_staff(file.policy, context, cause=cause, to=file.facts.department, now=now)
