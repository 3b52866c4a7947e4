"""Everything the rules look at for one message, in one value."""

from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property

from models.intake_address import Recognised
from models.mail import Envelope
from models.message import Message
from models.organisation import KnownContact
from models.policy import Policy
from models.rules.facts import Facts
from models.rules.questions import addressed


@dataclass(frozen=True, kw_only=True)
class CaseFile:
    """A message with its envelope, its moment of receipt, and what is known about it.

    What a mail counts by is when it was received here, never its Date field (plans 4, C-11).
    """

    inbox_id: int
    message: Message
    envelope: Envelope
    received_at: datetime
    facts: Facts
    policy: Policy

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

    @cached_property
    def current_contacts(self) -> tuple[KnownContact, ...]:
        """The author's contacts that are active and within their dates on the day of receipt."""
        return tuple(contact for contact in self.facts.contacts if contact.is_current(self._day_for(contact)))

    @cached_property
    def mpocs(self) -> tuple[KnownContact, ...]:
        return tuple(contact for contact in self.current_contacts if contact.is_mpoc)

    @property
    def organisation_id(self) -> int | None:
        """The organisation the author belongs to beyond doubt, if any."""
        ids = {contact.organisation_id for contact in self.facts.contacts} or {
            known[0] for known in self.facts.domain_organisations
        }
        return ids.pop() if len(ids) == 1 else None

    def _day_for(self, contact: KnownContact) -> date:
        return self.received_at.astimezone(self.policy.plan(contact.plan).zone).date()
