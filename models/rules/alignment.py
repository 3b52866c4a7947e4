"""What proves that a message comes from its author's domain: the word of our own relay (RFC 8601).

Anybody can write an Authentication-Results field, so what counts is who wrote it (threats
B-15). Believed is one field: the topmost with the configured authserv-id, and only where
our own mail system can have put it. That place is found by following the mail back:

    hop 0      the topmost Received: written by the relay that handed us the message
    hop n + 1  is ours too where hop n says that the message came from a listed relay

A field above the last of these hops was written by us: what a client sends stands below.
Directly under the last one stands what a milter of that host adds (Postfix puts it there),
and below that the client's own header begins. Our milter's field is then above any the
client wrote, for a milter adds on top: hence the topmost only. The relay must remove
fields in its own name from what clients send, which RFC 8601 5 asks of it and OpenDKIM and
rspamd do by themselves (docs/trust.md); otherwise, where the milter adds none, one of the
client's would be the topmost. A hop that names no client is no such place: its message was
submitted on the machine itself, and nobody checked it.

A mailbox (IMAP) has no relay of ours: there the hops down to the first that was written
"by" the authserv-id are the provider's, and without such a hop nothing is believed.

Alignment is ours, not the domain owner's: DKIM or SPF passed for the very domain of the
author, or both domains are within one domain that is listed for the author's organisation.
No list of public suffixes is consulted, for an old one errs towards strangers. A
`dmarc=pass` for the author's domain is believed: our relay has aligned it.
"""

from dataclasses import dataclass
from enum import StrEnum

from models.address import AddressError, domain_key
from models.authentication import Authentication
from models.mail import Envelope, Route
from models.message import AuthenticationResults, Message, Method
from models.trusted_path import is_within


class Outcome(StrEnum):
    """What became of proving the author's address."""

    ALIGNED = "aligned"
    UNANSWERED = "unanswered"
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proof:
    """What is proved of a message's author, in words, and by which path it came.

    `peer` is the host that handed it to our mail system, `spf_domain` the domain whose SPF
    passed there, aligned or not.
    """

    outcome: Outcome
    because: str
    peer: str | None = None
    spf_domain: str | None = None


def prove(message: Message, envelope: Envelope, listed: tuple[str, ...], known: Authentication) -> Proof:
    """What shows that the message comes from its author's domain; `listed` are the organisation's domains."""
    peer = true_peer(message, envelope, known)
    author = message.originator.author
    if author is None:
        return Proof(outcome=Outcome.NOTHING, because="it names no author beyond doubt", peer=peer)
    if not known.authserv_id:
        return Proof(outcome=Outcome.NOTHING, because="no authserv-id is configured whose word counts", peer=peer)
    field = believed(message, envelope, known)
    if field is None:
        because = f"{known.authserv_id} left no word on it where only our own mail system writes"
        return Proof(outcome=Outcome.NOTHING, because=because, peer=peer)
    if field.unreadable_because:
        because = f"what {known.authserv_id} says of it cannot be read: {field.unreadable_because}"
        return Proof(outcome=Outcome.NOTHING, because=because, peer=peer)
    return _judged(field, author.rpartition("@")[2], listed, known, peer)


def believed(message: Message, envelope: Envelope, known: Authentication) -> AuthenticationResults | None:
    """The one field that counts, if it is there."""
    own = own_hops(message, envelope, known)
    if not known.authserv_id or own == 0:
        return None
    # Under a hop that names no client there is no place of ours: its message was submitted on the machine.
    lowest = own if message.hops[own - 1].peer else own - 1
    in_our_name = (field for field in message.authentication_results if field.authserv_id == known.authserv_id)
    topmost = next(in_our_name, None)
    return topmost if topmost is not None and topmost.received_above <= lowest else None


def disbelieved(message: Message, envelope: Envelope, known: Authentication) -> int:
    """How many fields speak in our relay's name from where anybody may write."""
    if not known.authserv_id:
        return 0
    counts = believed(message, envelope, known)
    return sum(
        1 for field in message.authentication_results if field.authserv_id == known.authserv_id and field is not counts
    )


def own_hops(message: Message, envelope: Envelope, known: Authentication) -> int:
    """How many Received fields, from the top, were written by our own mail system."""
    if envelope.route is Route.IMAP:
        by = [hop.by.lower() for hop in message.hops]
        return by.index(known.authserv_id) + 1 if known.authserv_id in by else 0
    if not message.hops or not came_by_us(envelope):
        return 0
    count = 1
    while count < len(message.hops) and is_within(message.hops[count - 1].peer, known.relays):
        count += 1
    return count


def came_by_us(envelope: Envelope) -> bool:
    """Whether a listed relay, or a program of this machine, handed the message to us."""
    return envelope.relay is not None or envelope.route is Route.PIPE


def true_peer(message: Message, envelope: Envelope, known: Authentication) -> str | None:
    """Who handed the message to our mail system: as XFORWARD says, else the last hop that we wrote."""
    if envelope.peer is not None and not is_within(envelope.peer, known.relays):
        return envelope.peer
    own = own_hops(message, envelope, known)
    return (message.hops[own - 1].peer or None) if own else None


def _judged(
    field: AuthenticationResults, domain: str, listed: tuple[str, ...], known: Authentication, peer: str | None
) -> Proof:
    """What our relay's word comes to. SPF from a network that any tenant may send from says nothing (B-24)."""
    shared = bool(known.shared_senders) and (peer is None or is_within(peer, known.shared_senders))
    passed = [method for method in field.methods if method.result == "pass"]
    spf_domain = next((_domain(method) for method in passed if method.method == "spf" and not shared), None)
    for method in passed:
        if shared and method.method != "dkim":
            continue
        proved = _domain(method)
        if proved == domain or (method.method != "dmarc" and _aligned(proved, domain, listed)):
            because = f"{known.authserv_id} found {method.method}=pass for {proved}"
            return Proof(outcome=Outcome.ALIGNED, because=because, peer=peer, spf_domain=spf_domain)
    waiting = any(
        method.result == "temperror" and _could_prove(_domain(method), domain, listed) for method in field.methods
    )
    return Proof(
        outcome=Outcome.UNANSWERED if waiting else Outcome.NOTHING,
        because=f"{known.authserv_id} found {_summary(field, shared=shared)}",
        peer=peer,
        spf_domain=spf_domain,
    )


def _could_prove(found: str | None, domain: str, listed: tuple[str, ...]) -> bool:
    return found is None or _aligned(found, domain, listed)


def _aligned(found: str | None, domain: str, listed: tuple[str, ...]) -> bool:
    if found is None:
        return False
    return found == domain or any(_is_of(found, one) and _is_of(domain, one) for one in listed)


def _is_of(domain: str, above: str) -> bool:
    return domain == above or domain.endswith(f".{above}")


_IDENTITIES = {"dkim": ("header.d", "header.i"), "spf": ("smtp.mailfrom",), "dmarc": ("header.from",)}
"""Where each method names the domain it speaks of (RFC 8601 2.7); HELO alone proves nobody."""


def _domain(method: Method) -> str | None:
    """The domain a result is about; None where it names none, or names one twice (B-16)."""
    names = [name for name, _ in method.properties]
    identity = next((name for name in _IDENTITIES.get(method.method, ()) if name in names), None)
    value = None if identity is None else method.property(identity)
    if value is None:
        return None
    try:
        return domain_key(value.rpartition("@")[2])
    except AddressError:
        return None


def _summary(field: AuthenticationResults, *, shared: bool) -> str:
    """The results in a few words."""
    results = [
        f"{method.method}={method.result}" + (f" for {domain}" if (domain := _domain(method)) else "")
        for method in field.methods
        if method.method in _IDENTITIES
    ]
    words = ", ".join(results[:6]) or "nothing"
    return f"{words}, from a network that others send from too" if shared else words
