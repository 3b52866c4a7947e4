"""Word of a pass code that came by mail: a finding for our own people, and once a day to the MPOC who wrote it."""

from datetime import datetime

from models.decision import Answer, Decision, Disregard, Duplicate, Finding, Wait, passed
from models.mail import NULL_REVERSE_PATH
from models.notice import Notice, PassCodeSeen
from models.rules.case_file import CaseFile
from models.rules.effects import Consequences
from models.rules.mailing import notice, to_contact


def pass_code_in_mail(file: CaseFile) -> Answer:
    """A pass code is for the telephone: where one stood it is hidden, and that it came is a security event (plans 5).

    It settles nothing.
    """
    if not file.facts.pass_code_of:
        return passed("it holds no pass code we know")
    whose = f"the pass code of {' and of '.join(file.facts.pass_code_of)}"
    return passed(f"it held {whose}", Finding(kind="security", what=f"{whose} was sent by mail"))


def writer_told(file: CaseFile, decision: Decision, effects: Consequences, now: datetime) -> tuple[Notice, ...]:
    """Once a day, to the MPOC who is believed to have written it, and never to a machine.

    A robot that marks nothing answers this too, with the code in its signature (D-4, I-21).
    """
    if not file.facts.pass_code_of or isinstance(decision.fate, Disregard | Duplicate | Wait):
        return ()
    if file.message.automatic or file.envelope.reverse_path == NULL_REVERSE_PATH or not file.mpocs:
        return ()
    contact = file.contact
    if not file.trust_in(contact).admitted or contact.organisation not in file.facts.pass_code_of:
        return ()
    case = effects.case
    context = PassCodeSeen(
        desk=file.policy.desk,
        case_number="" if case is None else case.number,
        subject=file.message.subject,
        organisation=contact.organisation,
        contact_name=contact.name,
        zone=contact.zone,
        received_at=file.received_at,
    )
    cause = f"pass code:{contact.contact_id}:{now:%Y-%m-%d}"
    answers = file.message.message_id
    if case is None or file.facts.department is None:
        return (
            notice(
                file.policy,
                context,
                cause=cause,
                recipient=contact.address,
                recipient_name=contact.name,
                language=contact.language,
                answers=answers,
                now=now,
            ),
        )
    return (
        to_contact(
            file.policy,
            context,
            cause=cause,
            contact=contact,
            department=file.facts.department.key,
            case_id=case.case_id,
            answers=answers,
            now=now,
        ),
    )
