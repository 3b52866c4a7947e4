"""MPOCs answer whether an end user's held mail may become a case (plans 5).

The request went to every active MPOC with two signed addresses; a plain answer to it comes
back to a third one. Whoever answers must have been asked (the address is signed for that
very person), must still be an active MPOC of that organisation, and must have a proved
address, whatever the mode (contract 3). The first answer counts.
"""

from typing import Final, Literal

from models.decision import Answer, AnswerRequest, Disregard, Hold, Settled, passed
from models.rules.case_file import CaseFile
from models.tokens import Purpose

Verdict = Literal["approve", "refuse", "remark"]
_VERDICTS: Final[dict[Purpose, Verdict]] = {Purpose.APPROVE: "approve", Purpose.REFUSE: "refuse"}
_WORDS: Final[dict[Verdict, str]] = {"approve": "approves of", "refuse": "refuses", "remark": "remarks on"}


def answers_approval_request(file: CaseFile) -> Answer:
    """An MPOC approves an end user's held mail, refuses it, or remarks on it; the first answer counts (plans 5)."""
    asked = file.facts.asked_about
    answered = None if asked is None else file.request_answered
    if asked is None or answered is None:
        return passed("it answers no request for approval")
    if file.message.automatic:
        return passed("it answers a request for approval, but a machine wrote it")
    held = f"message {asked.inbox_id}"
    hold = Hold(organisation_id=asked.organisation_id)
    approver = next((mpoc for mpoc in file.mpocs if mpoc.organisation_id == asked.organisation_id), None)
    if approver is None:
        return Settled(hold, f"it answers the request about {held}, and its author is no MPOC there any more")
    belief = file.trust_in(approver)
    if not belief.proved:
        return Settled(hold, f"it answers the request about {held}, which needs a proved address; {belief.because}")
    if not asked.waits:
        return Settled(Disregard(as_what="late answer to an approval request"), f"{held} was decided before")
    verdict: Verdict = _VERDICTS.get(answered.purpose, "remark")
    return Settled(
        AnswerRequest(about=asked.inbox_id, answer=verdict, contact_id=approver.contact_id),
        f"{approver.name} {_WORDS[verdict]} {held} of {asked.author}",
    )
