"""Everything the rules look at for one message, in one value."""

from copy import copy
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from models.dossier import Dossier, Evidence, Pointer
from models.intake_address import Recognised
from models.limits import MAILS_ON_A_CASE_AN_HOUR
from models.mail import Envelope
from models.message import Message
from models.organisation import Department, KnownAgent, KnownContact, Mode
from models.policy import Policy
from models.rules.alignment import Proof, prove
from models.rules.facts import Facts, SentNotice
from models.rules.questions import addressed, extensions, request_answered
from models.rules.sender import Trust, trust
from models.tokens import Purpose, SignedFor, read_signed_extension


@dataclass(frozen=True, slots=True)
class Thread:
    """The case a message belongs to, and what shows it."""

    pointer: Pointer
    dossier: Dossier


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """A message with its envelope, its moment of receipt, and what is known about it.

    What a mail counts by is when it was received here, never its Date field (plans 4, C-11);
    `now` is when it is decided, which may be later. `department_now` is set once cases were
    given to agents of its department in the transaction that decides it.
    """

    inbox_id: int
    message: Message
    envelope: Envelope
    received_at: datetime
    now: datetime
    facts: Facts
    policy: Policy
    department_now: Department | None = None

    @property
    def clocks_from(self) -> datetime:
        """From when first response and updates count: receipt, or after a hold its release (plans 5)."""
        return self.received_at if self.facts.release is None else self.facts.release.at

    @property
    def author(self) -> str | None:
        return self.message.originator.author

    @property
    def held_already(self) -> int | None:
        """The inbox id under which the same content is held, if it is another one."""
        return self.facts.held_before if self.facts.held_before != self.inbox_id else None

    @cached_property
    def addressed(self) -> Recognised | None:
        return addressed(self.envelope, self.policy)

    @property
    def department(self) -> Department:
        """The department it was written to; a message without one is held before a rule needs it."""
        department = self.department_now or self.facts.department
        assert department is not None, "a message without a department opens no case"
        return department

    def with_department(self, department: Department) -> "CaseFile":
        """The same with the loads of its department's agents as they are now; what was proved of it stays proved."""
        same = copy(self)
        object.__setattr__(same, "department_now", department)
        return same

    @cached_property
    def current_contacts(self) -> tuple[KnownContact, ...]:
        """The author's contacts that are active and within their dates on the day of receipt."""
        return tuple(contact for contact in self.facts.contacts if self.is_current(contact))

    @cached_property
    def mpocs(self) -> tuple[KnownContact, ...]:
        return tuple(contact for contact in self.current_contacts if contact.is_mpoc)

    @property
    def contact(self) -> KnownContact:
        """The MPOC who wrote: of the thread's organisation, where the author is one of several (plans 5)."""
        if self.thread is not None:
            for contact in self.mpocs:
                if contact.organisation_id == self.thread.dossier.case.organisation_id:
                    return contact
        return self.mpocs[0]

    @cached_property
    def thread(self) -> "Thread | None":
        """The case it belongs to: the strongest pointer to a case of an organisation the author writes for.

        A token or a number is necessary, never sufficient: what points to another
        organisation's case is as if it pointed nowhere (plans 4, threats C-1, C-5).
        """
        for pointer in self.facts.pointers:
            dossier = self.facts.dossier(pointer.case_id)
            if dossier is not None and self.writes_for(dossier):
                return Thread(pointer, dossier)
        return None

    def writes_for(self, dossier: Dossier) -> bool:
        """Whether the author is an MPOC of the case's organisation; of who is nobody's MPOC, a contact of it.

        An MPOC of one organisation who is another contact of a second has no say in the second.
        """
        writers = self.mpocs or self.current_contacts
        return dossier.case.organisation_id in {contact.organisation_id for contact in writers}

    @property
    def agent(self) -> KnownAgent | None:
        """The agent who writes as one: what an admin released in a contact's name is that contact's."""
        in_anothers_name = self.facts.release is not None and self.facts.release.contact_id is not None
        return None if in_anothers_name else self.facts.agent

    @cached_property
    def agent_thread(self) -> "Thread | None":
        """The case whose mail an agent answers: the signed address is the agent's, or the agent's department's."""
        agent = self.agent
        if agent is None:
            return None
        for extension in extensions(self.message, self.envelope, self.policy):
            for given_to in (agent.address, *agent.departments):
                found = read_signed_extension(self.policy.keys, extension, given_to)
                dossier = None if found is None else self.facts.dossier(found.number)
                if found is not None and found.purpose is Purpose.REPLY and dossier is not None:
                    pointer = Pointer(evidence=Evidence.SIGNED_ADDRESS, case_id=found.number)
                    return Thread(pointer, dossier)
        return None

    @cached_property
    def proof(self) -> Proof:
        """What shows that the message comes from its author's domain."""
        return prove(self.message, self.envelope, self.facts.listed_domains, self.policy.authentication)

    def trust_in(self, contact: KnownContact) -> Trust:
        """How far the author is believed as this contact."""
        return self.trust_for(contact.organisation_id, contact.mode)

    def trust_for(self, organisation_id: int | None, mode: Mode | None) -> Trust:
        """How far the author is believed when writing for an organisation with this mode of its own."""
        return trust(mode, organisation_id, self.facts, self.proof)

    @property
    def trust(self) -> Trust:
        """How far the author is believed: as the contact that writes, else as whoever writes from that domain."""
        if self.mpocs:
            return self.trust_in(self.contact)
        if self.current_contacts:
            return self.trust_in(self.current_contacts[0])
        return self.trust_for(self.organisation_id, None)

    @cached_property
    def request_answered(self) -> SignedFor | None:
        """The request for approval that it answers, and how."""
        return request_answered(self.message, self.envelope, self.policy)

    @cached_property
    def reported_notice(self) -> SentNotice | None:
        """The notice to whose reverse path the message came: that address was given out with it alone (D-14)."""
        if not self.facts.reported:
            return None
        for extension in extensions(self.message, self.envelope, self.policy):
            for sent in self.facts.reported:
                found = read_signed_extension(self.policy.keys, extension, sent.recipient)
                if found == SignedFor(Purpose.BOUNCE, sent.outbox_id):
                    return sent
        return None

    def is_current(self, contact: KnownContact) -> bool:
        """Whether a contact is active and within its dates on the day of receipt."""
        return contact.is_current(self._day_for(contact))

    @property
    def proposed(self) -> KnownContact | None:
        """Of an MPOC of several organisations the one that was written for last (plans 5)."""
        return next((one for one in self.mpocs if one.contact_id == self.facts.last_wrote_for), None)

    @property
    def is_robot(self) -> bool:
        """Whether one subject came so often within the hour that only a robot writes so (D-4)."""
        return self.facts.alike_within_the_hour >= self.policy.alike_per_hour

    @property
    def writes_like_a_robot(self) -> bool:
        """Whether the author writes so often on one case that only a robot does, which answers ours (D-1, D-4)."""
        return self.facts.wrote_within_the_hour >= MAILS_ON_A_CASE_AN_HOUR

    @property
    def organisation_id(self) -> int | None:
        """The organisation the author belongs to beyond doubt, if any."""
        ids = {contact.organisation_id for contact in self.facts.contacts} or {
            known[0] for known in self.facts.domain_organisations
        }
        return ids.pop() if len(ids) == 1 else None

    def _day_for(self, contact: KnownContact) -> date:
        return self.received_at.astimezone(self.policy.plan(contact.plan).zone).date()
