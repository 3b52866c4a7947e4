"""Whose word proves an author, and what it must say: hostile tables for B-15, B-16, B-22 and B-24.

Each row is the header a message comes with, from the top, as our own relay left it.
"""

from dataclasses import replace
from ipaddress import ip_network
from typing import Final

import pytest

from models.authentication import Authentication
from models.mail import LOCAL, Envelope, Route
from models.message import Message
from models.rules.alignment import Outcome, Proof, disbelieved, own_hops, prove, true_peer
from parser.message import parse
from tests.builders import a_mail, an_envelope

OURS: Final = "mx.example.net"
KNOWN: Final = Authentication(
    authserv_id=OURS,
    relays=(ip_network("127.0.0.1"), ip_network("192.0.2.0/24")),
    shared_senders=(ip_network("198.51.100.0/24"),),
)
RELAYED: Final = an_envelope(relay="127.0.0.1", peer=None)
CLIENT: Final = "203.0.113.9"
RECEIVED: Final = f"Received: from client (client.example [{CLIENT}]) by {OURS} (Postfix) with ESMTPS id 1; {{date}}"
INSIDE: Final = f"Received: from localhost (localhost [127.0.0.1]) by {OURS} (Postfix) with ESMTP id 2; {{date}}"
FOREIGN: Final = "Received: from a (a [203.0.113.77]) by client.example with ESMTP id 3; {date}"
PASS: Final = f"Authentication-Results: {OURS}; dkim=pass header.d=acme.example"
FAIL: Final = f"Authentication-Results: {OURS}; dkim=none; spf=none; dmarc=none header.from=acme.example"
DATE: Final = "Mon, 23 Nov 2026 16:00:00 +0000"


def a_message_with(*fields: str, from_: str = "Alice <alice@acme.example>") -> Message:
    """A real message with these fields on top, read by the real parser."""
    block = "".join(f"{field.format(date=DATE) if '{date}' in field else field}\r\n" for field in fields)
    return parse(block.encode() + a_mail(from_=from_))


def proof(
    *fields: str,
    envelope: Envelope = RELAYED,
    known: Authentication = KNOWN,
    listed: tuple[str, ...] = (),
    from_: str = "Alice <alice@acme.example>",
) -> Proof:
    return prove(a_message_with(*fields, from_=from_), envelope, listed, known)


# --- where the field stands (B-15) ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        pytest.param((PASS, RECEIVED), Outcome.ALIGNED, id="above our relay's Received"),
        pytest.param((RECEIVED, PASS), Outcome.ALIGNED, id="directly under it, as a milter of Postfix writes it"),
        pytest.param((INSIDE, RECEIVED, PASS), Outcome.ALIGNED, id="under the last hop of two of ours"),
        pytest.param((INSIDE, PASS, RECEIVED), Outcome.ALIGNED, id="between two hops of ours"),
        pytest.param((RECEIVED, FAIL, PASS), Outcome.NOTHING, id="forged under our relay's own"),
        pytest.param((FAIL, RECEIVED, PASS), Outcome.NOTHING, id="forged at the top of what the client sent"),
        pytest.param((RECEIVED, FAIL, FOREIGN, PASS), Outcome.NOTHING, id="forged at the bottom"),
        pytest.param((RECEIVED, FOREIGN, PASS), Outcome.NOTHING, id="below a Received of somebody else"),
        pytest.param((RECEIVED, FOREIGN, FOREIGN, PASS), Outcome.NOTHING, id="in the middle of strangers' hops"),
        pytest.param((PASS,), Outcome.NOTHING, id="no Received at all"),
        pytest.param((RECEIVED,), Outcome.NOTHING, id="no field at all"),
    ],
)
def test_b15_only_the_topmost_of_our_own_place_is_believed(fields: tuple[str, ...], outcome: Outcome) -> None:
    """What a client sends stands below what our relay writes."""
    assert outcome is proof(*fields).outcome


def test_b15_a_forged_chain_of_our_own_hops_is_not_followed() -> None:
    """Hops count as ours only while each says that the next one is a listed relay; a client cannot add to them."""
    forged = (RECEIVED, INSIDE, RECEIVED, PASS)

    assert Outcome.NOTHING is proof(*forged).outcome
    assert 1 == own_hops(a_message_with(*forged), RELAYED, KNOWN)


@pytest.mark.parametrize(
    "authserv_id",
    [
        "mx.example.org",
        "mx.example.net.evil.example",
        "evil.mx.example.net",
        '"mx.example.net x"',
        "(mx.example.net) evil.example",
        "mx .example.net",
        "mx.example.net/",
        "",
    ],
)
def test_b15_another_name_is_not_ours(authserv_id: str) -> None:
    """Compared as a whole, after comments are taken away."""
    field = f"Authentication-Results: {authserv_id}; dkim=pass header.d=acme.example"

    assert Outcome.NOTHING is proof(RECEIVED, field).outcome


@pytest.mark.parametrize(
    "authserv_id", ["MX.Example.NET", "mx.example.net 1", '"mx.example.net"', "(a) mx.example.net"]
)
def test_our_name_in_another_dress_is_ours(authserv_id: str) -> None:
    """Case, version, quotes and comments change no name (RFC 8601 2.2)."""
    assert (
        Outcome.ALIGNED
        is proof(RECEIVED, f"Authentication-Results: {authserv_id}; spf=pass smtp.mailfrom=a@acme.example").outcome
    )


def test_b15_no_authserv_id_proves_nothing() -> None:
    """An empty configuration fails closed."""
    assert Outcome.NOTHING is proof(RECEIVED, PASS, known=replace(KNOWN, authserv_id="")).outcome


@pytest.mark.parametrize(
    "envelope",
    [an_envelope(peer=CLIENT), an_envelope(route=Route.LMTP, peer="127.0.0.1"), an_envelope(route=Route.IMAP)],
    ids=["a client at our door", "LMTP over TCP from no relay", "a mailbox whose provider is another"],
)
def test_b15_what_no_relay_of_ours_handed_on_proves_nothing(envelope: Envelope) -> None:
    """A stranger who connects directly writes the whole header himself."""
    other = replace(KNOWN, authserv_id="mx.provider.example")
    field = "Authentication-Results: mx.provider.example; dkim=pass header.d=acme.example"

    assert Outcome.NOTHING is proof(field, RECEIVED, envelope=envelope, known=other).outcome


@pytest.mark.parametrize(
    "envelope",
    [RELAYED, an_envelope(relay=LOCAL), an_envelope(route=Route.LMTP, relay=LOCAL), an_envelope(route=Route.PIPE)],
    ids=["listed relay", "Unix socket", "LMTP by a Unix socket", "pipe"],
)
def test_our_own_mail_system_is_believed(envelope: Envelope) -> None:
    """A listed relay, and programs of this machine."""
    assert Outcome.ALIGNED is proof(RECEIVED, PASS, envelope=envelope).outcome


def test_b15_what_was_submitted_on_the_machine_was_checked_by_nobody() -> None:
    """Under a hop that names no client there is no milter's place: a local user wrote what stands there."""
    local = f"Received: by {OURS} (Postfix, from userid 1000) id 4; {{date}}"

    assert Outcome.NOTHING is proof(local, PASS).outcome
    assert Outcome.ALIGNED is proof(PASS, local).outcome


def test_a_mailbox_believes_its_provider() -> None:
    """From IMAP, the provider's hops lead down to the one written by the configured name."""
    google = Authentication(authserv_id="mx.google.com")
    field = "Authentication-Results: mx.google.com; dkim=pass header.i=@acme.example"
    hops = (
        "Received: by 2002:a05:6402:1 with SMTP id 1; {date}",
        f"Received: from a (a [{CLIENT}]) by mx.google.com with ESMTPS id 2; {{date}}",
    )
    fetched = an_envelope(route=Route.IMAP)

    assert Outcome.ALIGNED is proof(*hops, field, envelope=fetched, known=google).outcome
    assert Outcome.NOTHING is proof(*hops, FOREIGN, field, envelope=fetched, known=google).outcome
    assert Outcome.NOTHING is proof(FOREIGN, field, envelope=fetched, known=google).outcome


def test_b15_forgeries_are_counted() -> None:
    """What speaks in our name and is not believed is a security event."""
    assert 2 == disbelieved(a_message_with(RECEIVED, FAIL, PASS, FOREIGN, PASS), RELAYED, KNOWN)
    assert 0 == disbelieved(a_message_with(RECEIVED, PASS), RELAYED, KNOWN)
    assert 1 == disbelieved(a_message_with(RECEIVED, FOREIGN, PASS), RELAYED, KNOWN)


# --- what it says (B-16, B-17, B-22) --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("dkim=pass header.d=acme.example", Outcome.ALIGNED),
        ("dkim=pass header.d=ACME.example", Outcome.ALIGNED),
        ("dkim=pass (2048-bit key) header.d=acme.example header.i=@acme.example header.b=x", Outcome.ALIGNED),
        ("dkim=pass header.i=@acme.example", Outcome.ALIGNED),
        ("dkim=fail header.d=acme.example; dkim=pass header.d=acme.example", Outcome.ALIGNED),
        ("dkim=none; spf=pass smtp.mailfrom=bounce@acme.example", Outcome.ALIGNED),
        ("spf=pass smtp.mailfrom=acme.example", Outcome.ALIGNED),
        ("dmarc=pass (p=none dis=none) header.from=acme.example", Outcome.ALIGNED),
        ("dkim=pass header.d=evil.example", Outcome.NOTHING),
        ("dkim=pass header.d=acme.example.evil.example", Outcome.NOTHING),
        ("dkim=pass header.d=evilacme.example", Outcome.NOTHING),
        ("dkim=pass header.d=example", Outcome.NOTHING),
        ("dkim=pass", Outcome.NOTHING),
        ("dkim=pass header.d=acme.example header.d=evil.example", Outcome.NOTHING),
        ("dkim=pass header.d=evil.example header.i=@acme.example", Outcome.NOTHING),
        ("dkim=fail header.d=acme.example", Outcome.NOTHING),
        ("dkim=policy header.d=acme.example", Outcome.NOTHING),
        ("dkim=passed header.d=acme.example", Outcome.NOTHING),
        ("x-dkim=pass header.d=acme.example", Outcome.NOTHING),
        ("spf=pass smtp.mailfrom=x@evil.example", Outcome.NOTHING),
        ("spf=pass smtp.helo=acme.example", Outcome.NOTHING),
        ("spf=softfail smtp.mailfrom=x@acme.example", Outcome.NOTHING),
        ('spf=pass smtp.mailfrom="x; dkim=pass header.d=acme.example"@evil.example', Outcome.NOTHING),
        ("spf=pass smtp.mailfrom=x; dkim=pass header.d=acme.example@evil.example", Outcome.NOTHING),
        ("spf=fail (x; dkim=pass header.d=acme.example) smtp.mailfrom=x@evil.example", Outcome.NOTHING),
        ('spf=fail reason="dkim=pass header.d=acme.example" smtp.mailfrom=x@evil.example', Outcome.NOTHING),
        ("dmarc=pass header.from=evil.example", Outcome.NOTHING),
        ("dmarc=pass", Outcome.NOTHING),
        ("dmarc=fail header.from=acme.example", Outcome.NOTHING),
        ("iprev=pass policy.iprev=203.0.113.9; auth=pass smtp.auth=alice@acme.example", Outcome.NOTHING),
        ("arc=pass header.d=acme.example", Outcome.NOTHING),
        ("none", Outcome.NOTHING),
        ("dkim=temperror header.d=acme.example", Outcome.UNANSWERED),
        ("dkim=temperror", Outcome.UNANSWERED),
        ("spf=temperror smtp.mailfrom=x@acme.example; dkim=none", Outcome.UNANSWERED),
        ("dmarc=temperror header.from=acme.example", Outcome.UNANSWERED),
        ("dkim=temperror header.d=evil.example", Outcome.NOTHING),
        ("spf=temperror smtp.mailfrom=x@evil.example; dkim=fail", Outcome.NOTHING),
        ("dkim=temperror header.d=acme.example; spf=pass smtp.mailfrom=x@acme.example", Outcome.ALIGNED),
    ],
)
def test_b16_what_our_relay_says(words: str, outcome: Outcome) -> None:
    """Only a pass for the author's own domain is one; a stranger's words in a property are none."""
    assert outcome is proof(RECEIVED, f"Authentication-Results: {OURS}; {words}").outcome


def test_a_field_of_ours_that_cannot_be_read_proves_nothing_and_hides_nothing() -> None:
    """Who spoils our relay's field does not make one below it count."""
    spoiled = f'Authentication-Results: {OURS}; spf=fail smtp.mailfrom="unclosed'

    found = proof(RECEIVED, spoiled, PASS)

    assert Outcome.NOTHING is found.outcome
    assert "cannot be read" in found.because


@pytest.mark.parametrize(
    ("author", "signer", "listed", "outcome"),
    [
        ("alice@acme.example", "mail.acme.example", ("acme.example",), Outcome.ALIGNED),
        ("alice@berlin.acme.example", "acme.example", ("acme.example",), Outcome.ALIGNED),
        ("alice@berlin.acme.example", "mail.acme.example", ("acme.example",), Outcome.ALIGNED),
        ("alice@acme.example", "mail.acme.example", (), Outcome.NOTHING),
        ("alice@berlin.acme.example", "acme.example", ("berlin.acme.example",), Outcome.NOTHING),
        ("alice@acme.example", "initech.example", ("acme.example", "initech.example"), Outcome.NOTHING),
        ("alice@acme.example", "notacme.example", ("acme.example",), Outcome.NOTHING),
        ("alice@gmail.example", "acme.example", ("acme.example",), Outcome.NOTHING),
    ],
)
def test_relaxed_alignment_is_within_a_listed_domain(
    author: str, signer: str, listed: tuple[str, ...], outcome: Outcome
) -> None:
    """Both domains are within one that is listed for the author's organisation; no suffix list decides."""
    field = f"Authentication-Results: {OURS}; dkim=pass header.d={signer}"

    assert outcome is proof(RECEIVED, field, listed=listed, from_=author).outcome


# --- networks others send from (B-24), and who handed it over --------------------------------------------

SHARED: Final = f"Received: from out (out.esp.example [198.51.100.7]) by {OURS} (Postfix) with ESMTPS id 5; {{date}}"


@pytest.mark.parametrize(
    ("words", "outcome"),
    [
        ("spf=pass smtp.mailfrom=alice@acme.example", Outcome.NOTHING),
        ("dmarc=pass header.from=acme.example; spf=pass smtp.mailfrom=alice@acme.example", Outcome.NOTHING),
        ("dkim=pass header.d=acme.example; spf=pass smtp.mailfrom=alice@acme.example", Outcome.ALIGNED),
    ],
)
def test_b24_from_a_shared_network_only_a_signature_counts(words: str, outcome: Outcome) -> None:
    """Any tenant of it passes SPF for its domains; and DMARC may rest on that alone."""
    assert outcome is proof(SHARED, f"Authentication-Results: {OURS}; {words}").outcome


def test_b24_where_the_peer_is_not_known_spf_does_not_count_either() -> None:
    """With shared networks configured, an unknown origin may be one of them."""
    unknown = f"Received: from client by {OURS} (Postfix) with ESMTPS id 6; {{date}}"
    field = f"Authentication-Results: {OURS}; spf=pass smtp.mailfrom=alice@acme.example"

    assert Outcome.NOTHING is proof(field, unknown).outcome


@pytest.mark.parametrize(
    ("envelope", "fields", "peer"),
    [
        (an_envelope(peer=CLIENT), (FOREIGN,), CLIENT),
        (an_envelope(relay="127.0.0.1", peer="203.0.113.50"), (RECEIVED,), "203.0.113.50"),
        (an_envelope(relay="127.0.0.1", peer="192.0.2.9"), (RECEIVED,), CLIENT),
        (RELAYED, (RECEIVED, FOREIGN), CLIENT),
        (RELAYED, (INSIDE, RECEIVED, FOREIGN), CLIENT),
        (RELAYED, (), None),
    ],
    ids=["who connects", "XFORWARD", "XFORWARD of a hop within", "topmost Received", "last of our hops", "no trace"],
)
def test_the_true_peer(envelope: Envelope, fields: tuple[str, ...], peer: str | None) -> None:
    """XFORWARD of a listed relay, else the last Received that one of ours wrote; never a stranger's."""
    assert peer == true_peer(a_message_with(*fields), envelope, KNOWN)


def test_the_spf_domain_is_remembered_for_exceptions() -> None:
    """An unaligned pass is what an exception by `spf:` is bound to; from a shared network there is none."""
    field = f"Authentication-Results: {OURS}; spf=pass smtp.mailfrom=x@esp.example"

    assert "esp.example" == proof(RECEIVED, field).spf_domain
    assert None is proof(SHARED, field).spf_domain
