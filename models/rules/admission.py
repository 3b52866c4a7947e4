"""Who wrote, and whether that is known, proved and enough: rules of plans 5."""

from datetime import timedelta
from typing import Final

from models.decision import AddToCase, Answer, Finding, Hold, Settled, ToPostmaster, Wait, passed
from models.rules.alignment import Outcome, disbelieved
from models.rules.case_file import CaseFile

_PATIENCE: Final = timedelta(days=1)
"""How long a proof that DNS owes is waited for."""
_FIRST_PAUSE: Final = timedelta(minutes=5)
"""Until it is asked again the first time; then each time as long as it has waited."""


def for_the_postmaster(file: CaseFile) -> Answer:
    """Mail to postmaster is for the admin, whoever wrote it (RFC 5321 4.5.1)."""
    if file.addressed is not None and file.addressed.is_postmaster:
        return Settled(ToPostmaster(), "it is addressed to the postmaster")
    return passed("it is not addressed to the postmaster")


def not_addressed_to_us(file: CaseFile) -> Answer:
    """An intake address that was taken out of the configuration after the message was accepted."""
    if file.addressed is None:
        return Settled(Hold(), "no recipient of it is an intake address any more")
    if file.facts.department is None:
        return Settled(Hold(), "the intake address names a department that does not exist")
    return passed(f"it is for the department {file.facts.department.key}")


def no_strict_author(file: CaseFile) -> Answer:
    """Identity is one From field with one plain address, or there is none (B-2 to B-8)."""
    if file.author is None:
        return Settled(Hold(), f"it names no author beyond doubt: {file.message.originator.refused_because}")
    return passed("its From names one author")


def claims_to_be_us(file: CaseFile) -> Answer:
    """Mail in the name of one of our own addresses is a loop or forged (D-9, D-19)."""
    if file.author is not None and file.policy.addresses.owns(file.author):
        return Settled(Hold(), "it claims to come from one of our own intake addresses")
    return passed("it does not claim to come from us")


def forged_results(file: CaseFile) -> Answer:
    """What speaks in our own relay's name, from where anybody may write, is noted and never believed (B-15)."""
    forged = disbelieved(file.message, file.envelope, file.policy.authentication)
    if not forged:
        return passed("nothing speaks in our relay's name that our relay did not write")
    words = "Authentication-Results in our relay's name, where our relay does not write"
    return passed(f"it bears {words}", Finding(kind="security", what=f"{forged} {words}"))


def proof_not_answered_yet(file: CaseFile) -> Answer:
    """DNS that does not answer is neither a pass nor a failure: asked again for up to a day (B-25, plans 5)."""
    if file.proof.outcome is not Outcome.UNANSWERED:
        return passed("no proof of its author is still to come")
    needs_proof = file.facts.agent is not None or file.facts.asked_about is not None
    if file.trust.proved or (file.trust.admitted and not needs_proof):
        return passed("its author is let in without that proof")
    if not needs_proof and not file.current_contacts:
        return passed("its author may do nothing that needs that proof")
    until = file.received_at + _PATIENCE
    if file.now >= until:
        return passed("DNS has not answered for a day")
    again_at = min(file.now + max(_FIRST_PAUSE, file.now - file.received_at), until)
    return Settled(Wait(again_at=again_at), f"DNS did not answer: {file.proof.because}")


def agent_unproved(file: CaseFile) -> Answer:
    """An agent's mail needs a proved address, whatever the mode, and no release is one (contract 3)."""
    if file.agent is None:
        return passed("no agent writes as one")
    belief = file.trust_for(None, None)
    if not belief.proved:
        return Settled(Hold(), f"it claims to come from an agent; {belief.because}")
    return passed(f"its author is an agent; {belief.because}")


def participant_comments(file: CaseFile) -> Answer:
    """Whom an MPOC put in copy may comment on that one case, and no more (plans 1 and 5).

    An MPOC of another organisation may be a participant here; in a case of the MPOC's own
    organisation that is no comment.
    """
    for pointer in file.facts.pointers:
        dossier = file.facts.dossier(pointer.case_id)
        if dossier is not None and file.mpocs and file.writes_for(dossier):
            return passed("its author is an MPOC")
        if dossier is None or file.author not in dossier.participants:
            continue
        belief = file.trust_for(dossier.case.organisation_id, dossier.mode)
        if not belief.admitted:
            return Settled(Hold(organisation_id=dossier.case.organisation_id), belief.because)
        if not dossier.case.is_open:
            return passed(f"its author is a participant of {dossier.case.number}, which is closed")
        return Settled(
            AddToCase(case_id=dossier.case.case_id, event=None),
            f"its author is a participant of {dossier.case.number}",
        )
    return passed("its author is no participant of the case")


def end_user(file: CaseFile) -> Answer:
    """A colleague of an MPOC is an end user, and writes through an MPOC; a domain is never a licence (B-30)."""
    if file.facts.contacts:
        return passed("its author is a contact")
    if not file.facts.domain_organisations:
        return passed("its author's domain is no organisation's")
    names = ", ".join(name for _, name in file.facts.domain_organisations)
    return Settled(_held_as_end_user(file), f"its author is an end user of {names}, no MPOC")


def unknown_author(file: CaseFile) -> Answer:
    """A stranger gets in nowhere, and hears so once a day where the address is proved (plans 5)."""
    if file.facts.contacts:
        return passed("its author is a contact")
    return Settled(Hold(answer="not_authorised" if file.trust.proved else ""), "its author is unknown")


def not_an_mpoc(file: CaseFile) -> Answer:
    """Former, inactive and other contacts are as end users are (plans 5, B-29)."""
    names = ", ".join(sorted({contact.organisation for contact in file.facts.contacts}))
    if not file.current_contacts:
        return Settled(_held_as_end_user(file), f"its author is a former contact of {names}")
    if not file.mpocs:
        return Settled(_held_as_end_user(file), f"its author is a contact of {names}, but no MPOC")
    return passed("its author is an MPOC")


def organisation_ambiguous(file: CaseFile) -> Answer:
    """An MPOC of several organisations: an agent says for which (plans 5, B-28)."""
    if len(file.mpocs) > 1 and file.thread is None:
        names = ", ".join(sorted(contact.organisation for contact in file.mpocs))
        proposed = file.proposed
        last = "" if proposed is None else f"; the last mail was for {proposed.organisation}"
        return Settled(Hold(), f"its author is an MPOC of several organisations: {names}{last}")
    if len(file.mpocs) > 1:
        return passed(f"its author is an MPOC of several organisations; its case is {file.contact.organisation}'s")
    return passed(f"its author is an MPOC of {file.contact.organisation} alone")


def author_unproved(file: CaseFile) -> Answer:
    """A name on a message is not enough where the mode asks for proof (plans 5, B-1)."""
    contact = file.contact
    belief = file.trust_in(contact)
    if not belief.admitted:
        return Settled(Hold(organisation_id=contact.organisation_id), belief.because)
    return passed(belief.because, Finding(kind="mark", what=belief.because))


def _held_as_end_user(file: CaseFile) -> Hold:
    """Held for the organisation; whose own address is proved is told to go through an MPOC (plans 5)."""
    organisation_id = file.organisation_id
    told = organisation_id is not None and file.trust.proved
    return Hold(organisation_id=organisation_id, answer="go_through_mpoc" if told else "")
