"""Rules for a new case, asked last: whoever gets here may open one, within the desk's caps (threats D-1, D-4)."""

from models.decision import Answer, Hold, OpenCase, Settled, passed
from models.rules.case_file import CaseFile


def too_many_cases(file: CaseFile) -> Answer:
    """Nobody opens cases without end: beyond the desk's cap a person looks (D-1, D-4, D-12)."""
    opened, most = file.facts.cases_within_the_hour, file.policy.cases_per_hour
    if opened >= most:
        return Settled(
            Hold(organisation_id=file.contact.organisation_id),
            f"its author opened {opened} cases within the hour; the breaker opens at {most}",
        )
    return passed(f"its author opened {opened} cases within the hour")


def opens_case_unanswered(file: CaseFile) -> Answer:
    """What a robot writes opens a case and is not acknowledged: marked, or one subject again and again (D-3, D-4).

    One subject again and again within the hour is what a robot writes that answers our answers.
    """
    if file.is_robot:
        because = f"{file.facts.alike_within_the_hour} with this subject within the hour: not acknowledged"
    elif file.message.automatic:
        because = "a machine wrote it: not acknowledged"
    else:
        return passed("a person wrote it")
    contact = file.contact
    fate = OpenCase(contact_id=contact.contact_id, organisation_id=contact.organisation_id, acknowledge=False)
    return Settled(fate, f"{contact.organisation} lets this MPOC open cases; {because}")


def mpoc_opens_case(file: CaseFile) -> Answer:
    """An MPOC's mail with no thread opens a P4 case (plans 2 and 5)."""
    contact = file.contact
    return Settled(
        OpenCase(contact_id=contact.contact_id, organisation_id=contact.organisation_id),
        f"{contact.organisation} lets this MPOC open cases",
    )
