"""Rules for a new case, asked last: whoever gets here may open one, within the desk's caps (threats D-1, D-4)."""

from models.decision import Answer, Hold, OpenCase, Passed, Settled
from models.rules.case_file import CaseFile


def too_many_cases(file: CaseFile) -> Answer:
    """Nobody opens cases without end: beyond the desk's cap a person looks (D-1, D-4, D-12)."""
    opened, most = file.facts.cases_within_the_hour, file.policy.cases_per_hour
    if opened >= most:
        return Settled(
            Hold(organisation_id=file.contact.organisation_id),
            f"its author opened {opened} cases within the hour; the breaker opens at {most}",
        )
    return Passed(f"its author opened {opened} cases within the hour")


def mpoc_opens_case(file: CaseFile) -> Answer:
    """An MPOC's mail with no thread opens a P4 case (plans 2 and 5).

    One subject again and again within the hour is what a robot writes that answers our
    answers: its cases open, and are acknowledged no more (D-4).
    """
    contact = file.contact
    silence = ""
    if file.is_robot:
        silence = f"; {file.facts.alike_within_the_hour} with this subject within the hour: not acknowledged"
    elif file.message.automatic:
        silence = "; a machine wrote it: not acknowledged"
    return Settled(
        OpenCase(contact_id=contact.contact_id, organisation_id=contact.organisation_id, acknowledge=not silence),
        f"{contact.organisation} lets this MPOC open cases{silence}",
    )
