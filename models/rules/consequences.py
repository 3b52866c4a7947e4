"""What follows from a decision: rows to write and notices to owe, as values.

Pure: the ids of new cases were given out before, the clock is an argument. Nobody is mailed
because of a message that was disregarded, and a stranger is never mailed at all.
"""

from dataclasses import replace
from datetime import datetime

from models.decision import (
    AddToCase,
    AgentActs,
    AnswerRequest,
    Decision,
    DeliveryReport,
    Disregard,
    Duplicate,
    Hold,
    OpenCase,
    ReopenCase,
    ToPostmaster,
    Wait,
)
from models.rules.agents import acted
from models.rules.alarms import breaker_opened, security_events
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences, RequestAnswer
from models.rules.holding import held, to_postmaster
from models.rules.joining import added, reopened
from models.rules.opening import opened
from models.rules.pass_codes import writer_told
from models.rules.reporting import reported


def consequences(file: CaseFile, decision: Decision, case_id: int | None, now: datetime) -> Consequences:
    """What one decision leads to. `case_id` is there exactly when a case is opened."""
    effects = _effects(file, decision, case_id, now)
    if isinstance(decision.fate, Disregard | Duplicate | Wait | DeliveryReport):  # of a loop or a copy nobody hears
        return effects
    alarms = (
        *security_events(file, decision, now),
        *breaker_opened(file, decision, now),
        *writer_told(file, decision, effects, now),
    )
    return replace(effects, notices=(*effects.notices, *alarms)) if alarms else effects


def _effects(file: CaseFile, decision: Decision, case_id: int | None, now: datetime) -> Consequences:
    effects = Consequences(findings=decision.findings)
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
        case AnswerRequest() as fate:
            effects = answered(file, decision, fate)
        case DeliveryReport() as fate:
            effects = reported(file, decision, fate, now)
    return effects


def answered(file: CaseFile, decision: Decision, fate: AnswerRequest) -> Consequences:
    """An MPOC's answer about a held message; what it does to that one is the store's, in the same transaction."""
    approver = next(contact for contact in file.facts.contacts if contact.contact_id == fate.contact_id)
    answer = RequestAnswer(
        about=fate.about,
        answer=fate.answer,
        contact_id=approver.contact_id,
        answered_by=f"{approver.name} <{approver.address}>, MPOC of {approver.organisation}",
        text=file.message.text,
    )
    return Consequences(answers=(answer,), findings=decision.findings)
