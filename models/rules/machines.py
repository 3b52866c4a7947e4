"""Automatic mail, loops and what came twice: rules for what no person wrote, asked before anybody's name counts."""

from typing import Final

from models.decision import (
    AddToCase,
    Answer,
    DeliveryReport,
    Disregard,
    Duplicate,
    Finding,
    Hold,
    OpenCase,
    Settled,
    passed,
)
from models.dossier import Evidence
from models.limits import RECEIVED_FIELDS
from models.mail import NULL_REVERSE_PATH
from models.message import AutomaticKind, DeliveryAction
from models.organisation import Role
from models.rules.case_file import CaseFile
from models.tokens import is_loop_token

_DAEMONS: Final = frozenset({"mailer-daemon", "postmaster"})
_BY_GRAVITY: Final = (
    DeliveryAction.FAILED,
    DeliveryAction.DELAYED,
    DeliveryAction.EXPANDED,
    DeliveryAction.RELAYED,
    DeliveryAction.DELIVERED,
)
"""What is worse to hear of a mail comes first; after the list that a mail was expanded into one knows nothing."""
_ANSWERS: Final = frozenset({AutomaticKind.REPLIED, AutomaticKind.NOTIFIED, AutomaticKind.MDN, AutomaticKind.FEEDBACK})


def same_content_decided_before(file: CaseFile) -> Answer:
    """One content is decided once, by whatever way it came again (design 3, threats F-12).

    A content that was only held is decided anew; when it would be held again, it is the duplicate.
    """
    first = file.facts.decided_before
    if first is None or first == file.inbox_id:
        return passed("this content is new")
    return Settled(Duplicate(of=first), f"the same content was decided as inbox {first}")


def own_notice_came_back(file: CaseFile) -> Answer:
    """Our own mail, sent back by a redirect or an alias, is a loop and nothing else (D-5)."""
    if file.facts.own_notice is not None:
        return Settled(Disregard(as_what="own loop"), f"its Message-ID is that of our notice {file.facts.own_notice}")
    if any(is_loop_token(file.policy.keys, token) for token in file.message.loop_tokens):
        return Settled(Disregard(as_what="own loop"), "it bears our own loop token")
    if file.message.loop_tokens:
        return passed(
            "a loop header is there, but not one of ours", Finding(kind="security", what="forged loop header")
        )
    return passed("it is none of our own notices")


def delivery_status_notification(file: CaseFile) -> Answer:
    """A report on the fate of a mail changes no case (RFC 3464, D-14, D-15, D-19).

    It counts where it came to the reverse path that one notice of ours had alone, and then for
    that notice; every other is kept, and believed in nothing.
    """
    bounce, sent = file.message.bounce, file.reported_notice
    if bounce is not None and bounce.recipients and sent is not None:
        worst = min(bounce.recipients, key=lambda one: _BY_GRAVITY.index(one.action))
        report = DeliveryReport(
            outbox_id=sent.outbox_id,
            action=worst.action,
            address=worst.address,
            status=worst.status,
            diagnostic=worst.diagnostic,
            case_id=sent.case_id,
        )
        return Settled(report, f"it came to the reverse path of our notice {sent.outbox_id}: {report.words}")
    for evidence in file.message.automatic:
        if evidence.kind is AutomaticKind.DSN:
            return Settled(Disregard(as_what="delivery status notification"), evidence.evidence)
    return passed("it is no delivery status notification")


def null_reverse_path(file: CaseFile) -> Answer:
    """Who sends with the null reverse path wants no answer (RFC 5321 4.5.5, D-8)."""
    reverse_path = file.envelope.reverse_path
    if reverse_path == NULL_REVERSE_PATH:
        return Settled(Disregard(as_what="automatic mail", by_envelope=True), "its reverse path is null")
    if reverse_path.partition("@")[0].lower() in _DAEMONS:  # D-9: what some systems write for a null one
        return Settled(Disregard(as_what="automatic mail", by_envelope=True), "its reverse path is a mail daemon's")
    return passed("its reverse path is not null")


def automatic_answer(file: CaseFile) -> Answer:
    """An automatic answer is no reply and opens nothing: out of office, receipts, reports (RFC 3834, D-2)."""
    for evidence in file.message.automatic:
        if evidence.kind in _ANSWERS:
            return Settled(Disregard(as_what="automatic mail"), evidence.evidence)
    return passed("it is no automatic answer")


def too_many_hops(file: CaseFile) -> Answer:
    """A message that has been handed on this often is in a loop (RFC 5321 6.3, A-22)."""
    hops = file.message.received_fields
    if hops > RECEIVED_FIELDS:
        return Settled(Hold(), f"it has {hops} Received fields, more than {RECEIVED_FIELDS}: it loops")
    return passed(f"it has {hops} Received fields")


def system_contact(file: CaseFile) -> Answer:
    """A machine that may open cases: its mail opens one, marked or not, and gets no answer (plans 5)."""
    machines = [contact for contact in file.current_contacts if Role.SYSTEM in contact.roles]
    if len(machines) != 1 or (machines[0].is_mpoc and not file.message.automatic):
        return passed("its author is no system contact")
    machine = machines[0]
    if not (belief := file.trust_in(machine)).admitted:
        return Settled(Hold(organisation_id=machine.organisation_id), belief.because)
    if file.thread is not None and file.thread.dossier.case.is_open:
        case = file.thread.dossier.case
        return Settled(
            AddToCase(case_id=case.case_id, event=None, contact_id=machine.contact_id),
            f"it comes from a system contact of {machine.organisation}, about {case.number}",
        )
    return Settled(
        OpenCase(contact_id=machine.contact_id, organisation_id=machine.organisation_id, acknowledge=False),
        f"it comes from a system contact of {machine.organisation}",
    )


def machine_answers_for_mpoc(file: CaseFile) -> Answer:
    """Some desks mark what people wrote as automatic: with our signed address it is kept on the case (D-3).

    It changes nothing there and gets no answer; what answers itself was disregarded before.
    """
    thread = file.thread
    if not file.message.automatic or thread is None or thread.pointer.evidence is not Evidence.SIGNED_ADDRESS:
        return passed("it is no marked mail to a signed address")
    if len(file.mpocs) == 0 or not file.trust_in(file.contact).admitted or not thread.dossier.case.is_open:
        return passed("its author is no MPOC who is believed, or its case is not open")
    return Settled(
        AddToCase(case_id=thread.dossier.case.case_id, event=None, contact_id=file.contact.contact_id),
        f"it came to the signed address of {thread.dossier.case.number}, marked as a machine's",
    )


def automatic_mail(file: CaseFile) -> Answer:
    """What a machine wrote opens nothing; a person looks (D-3, D-10).

    Machines alone write to a reverse path of ours: people answer to Reply-To (RFC 3834 4).
    """
    sent = file.reported_notice
    if not file.message.automatic and sent is None:
        return passed("nothing shows that a machine wrote it")
    if file.facts.release is not None and file.facts.release.contact_id is not None:
        return passed(f"{file.facts.release.admitted_by} released it in a contact's name, machine or not")
    evidence = [one.evidence for one in file.message.automatic]
    if sent is not None:
        evidence.append(f"it came to the reverse path of our notice {sent.outbox_id}")
    return Settled(Hold(organisation_id=file.organisation_id), f"a machine wrote it: {evidence[0]}")
