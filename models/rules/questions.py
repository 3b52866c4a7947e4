"""What the law wants to know about a message before it decides: asked once, answered by the store."""

from dataclasses import dataclass

from models.intake_address import Recognised
from models.mail import Envelope
from models.message import Message
from models.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Whose content, whose address, which of our own messages: keys to look up, nothing else."""

    inbox_id: int
    content_key: str
    author: str | None
    author_domain: str | None
    claimed_message_ids: tuple[str, ...]
    department: str | None


def questions(inbox_id: int, message: Message, envelope: Envelope, policy: Policy) -> Questions:
    """The questions one message raises."""
    meant = addressed(envelope, policy)
    author = message.originator.author
    return Questions(
        inbox_id=inbox_id,
        content_key=message.content_key,
        author=author,
        author_domain=None if author is None else author.rpartition("@")[2],
        claimed_message_ids=() if message.message_id is None else (message.message_id,),
        department=None if meant is None or meant.intake is None else meant.intake.department,
    )


def addressed(envelope: Envelope, policy: Policy) -> Recognised | None:
    """Which of our addresses a transaction means; None when none is ours any more."""
    return policy.addresses.first(envelope.forward_paths)
