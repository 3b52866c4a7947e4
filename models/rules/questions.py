"""What the law wants to know about a message before it decides: asked once, answered by the store."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b

from models.case import case_ids_in_subject
from models.dossier import Evidence, Pointer
from models.intake_address import Recognised
from models.mail import Envelope
from models.message import Message
from models.policy import Policy
from models.rules.commands import on_behalf_of
from models.tokens import Purpose, SignedFor, claimed_by_extension, read_signed_extension

_BRACKETS = re.compile(r"\[[^\[\]]{1,80}\]")
_REPLIED = re.compile(r"^(?:\s*(?:re|fwd?|aw|wg|sv|antw)\s*:)+", re.IGNORECASE)
_OF_CASES = frozenset({Purpose.REPLY, Purpose.CONFIRM, Purpose.NOT_SOLVED})
_OF_REQUESTS = frozenset({Purpose.APPROVE, Purpose.REFUSE, Purpose.REMARK})
SUBJECT_TAGS = 10
"""Case tags looked at in one subject."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """Whose content, whose address, which of our own messages: keys to look up, nothing else."""

    inbox_id: int
    content_key: str
    author: str | None
    author_domain: str | None
    claimed_message_ids: tuple[str, ...]
    """Its own Message-ID: that of a notice of ours where our own mail comes back."""
    answered_message_ids: tuple[str, ...]
    """What it answers, what it answers most directly last; which cases these belong to the store knows."""
    pointers: tuple[Pointer, ...]
    """What the message itself shows: signed addresses given to its author, and tags in the subject."""
    subject: str
    department: str | None
    numbers_in_addresses: tuple[int, ...] = ()
    """What signed addresses name, whoever they were given to. Only an agent's are looked up: a department's mail is
    answered by any of its agents."""
    on_behalf_of: str | None = None
    """The address that an agent's mail names in its first line."""
    answers_about: int | None = None
    """The held message that its author was asked about and answers."""
    reports_on: tuple[int, ...] = ()
    """The notices of ours whose reverse paths it was sent to, by what those addresses claim."""


def questions(inbox_id: int, message: Message, envelope: Envelope, policy: Policy) -> Questions:
    """The questions one message raises."""
    meant = addressed(envelope, policy)
    author = message.originator.author
    reached = extensions(message, envelope, policy)
    signed = _signed_for(reached, author, policy)
    answered = _request_among(signed)
    claimed = [one for text in reached if (one := claimed_by_extension(text)) is not None]
    return Questions(
        inbox_id=inbox_id,
        content_key=message.content_key,
        author=author,
        author_domain=None if author is None else author.rpartition("@")[2],
        claimed_message_ids=() if message.message_id is None else (message.message_id,),
        answered_message_ids=message.references,
        pointers=(*_pointers(signed), *_tagged(message)),
        subject=message.subject,
        numbers_in_addresses=tuple(one.number for one in claimed if one.purpose is not Purpose.BOUNCE),
        reports_on=tuple(one.number for one in claimed if one.purpose is Purpose.BOUNCE),
        on_behalf_of=on_behalf_of(message.new_text),
        department=None if meant is None or meant.intake is None else meant.intake.department,
        answers_about=None if answered is None else answered.number,
    )


@lru_cache(maxsize=256)
def alike(subject: str) -> str:
    """A short name of what subjects have in common that a robot writes again and again: without tags, "Re:", spaces."""
    same = "".join(_REPLIED.sub("", _BRACKETS.sub(" ", subject)).split()).lower()
    return blake2b(same.encode("utf-8", "replace"), digest_size=8).hexdigest()


def _signed_for(reached: Sequence[str], author: str | None, policy: Policy) -> tuple[SignedFor, ...]:
    """What the addresses it was sent to were given to its author for; it proves nothing about who wrote (C-5)."""
    if author is None or not reached:
        return ()
    read = (read_signed_extension(policy.keys, extension, author) for extension in reached)
    return tuple(dict.fromkeys(found for found in read if found is not None))


def extensions(message: Message, envelope: Envelope, policy: Policy) -> tuple[str, ...]:
    """What stands behind the `+` of every address of ours that the message was sent to.

    The envelope counts first; the To and Cc fields too, for mail fetched from a mailbox has no envelope.
    """
    named = (mailbox.address for mailbox in (*message.to, *message.cc))
    return policy.addresses.extensions((*envelope.forward_paths, *named, *message.delivered_to))


def request_answered(message: Message, envelope: Envelope, policy: Policy) -> SignedFor | None:
    """The request for approval that a mail answers; one that says yes and no at once is a remark."""
    return _request_among(_signed_for(extensions(message, envelope, policy), message.originator.author, policy))


def _request_among(signed: Sequence[SignedFor]) -> SignedFor | None:
    answers = [found for found in signed if found.purpose in _OF_REQUESTS]
    if not answers:
        return None
    about = answers[0].number
    verdicts = {one.purpose for one in answers if one.number == about} - {Purpose.REMARK}
    return SignedFor(verdicts.pop() if len(verdicts) == 1 else Purpose.REMARK, about)


def _pointers(signed: Sequence[SignedFor]) -> list[Pointer]:
    return [
        Pointer(evidence=Evidence.SIGNED_ADDRESS, case_id=found.number, purpose=found.purpose)
        for found in signed
        if found.purpose in _OF_CASES
    ]


def _tagged(message: Message) -> list[Pointer]:
    return [
        Pointer(evidence=Evidence.SUBJECT_TAG, case_id=case_id)
        for case_id in case_ids_in_subject(message.subject)[:SUBJECT_TAGS]
    ]


def addressed(envelope: Envelope, policy: Policy) -> Recognised | None:
    """Which of our addresses a transaction means; None when none is ours any more."""
    return policy.addresses.first(envelope.forward_paths)
