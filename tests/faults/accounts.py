"""Whether nothing was lost or done twice: the sender's history, the tables, and the files of a Maildir relay."""

import re
from collections import Counter
from collections.abc import Iterator

from tests.load import History, Installation

_MESSAGE_ID = re.compile(rb"^Message-ID: *(<[^>]+>)", re.IGNORECASE | re.MULTILINE)


def breaches(installation: Installation, history: History, *, interruptions: bool = False) -> list[str]:
    """Every promise that was broken. Without `interruptions` no message may bear any mark of the fault."""
    return [
        *_stored(installation, history),
        *_ended(installation, interruptions=interruptions),
        *_sent(installation),
        *_verified(installation),
    ]


def _stored(installation: Installation, history: History) -> Iterator[str]:
    """Each 250 is a row, each row a 250 or a reply that nobody heard; one row of a content is decided."""
    rows = installation.rows(
        """SELECT examination.message_id AS message_id, settlement.fate AS fate
           FROM inbox LEFT JOIN examination ON examination.inbox_id = inbox.id
           LEFT JOIN settlement ON settlement.inbox_id = inbox.id"""
    )
    stored = Counter((row.message_id or "unread").partition("@")[0] for row in rows)
    decided = Counter((row.message_id or "unread").partition("@")[0] for row in rows if row.fate != "duplicate")
    for canary in history.mails:
        least, most = history.accepted[canary], history.accepted[canary] + history.unknown[canary]
        if not least <= stored[canary] <= most:
            yield f"{canary}: answered 250 {least} times, unknown {most - least}, stored {stored[canary]} times"
        if not history.accepted[canary]:
            yield f"{canary}: never accepted: {history.by_canary()[canary]}"
        if decided[canary] != 1:
            yield f"{canary}: decided {decided[canary]} times"
    for sending in history.sendings:
        if (sending.reply or "").startswith("5") or (sending.refused_at or "").partition(" ")[2].startswith("5"):
            yield f"{sending.canary}: refused for good: {sending.reply} {sending.refused_at}"


def _ended(installation: Installation, *, interruptions: bool) -> Iterator[str]:
    """No message is parked, struck or forgotten."""
    marks = "strikes > 0" if interruptions else "strikes > 0 OR interruptions > 0"
    for row in installation.rows(f"SELECT id, state, strikes, interruptions FROM inbox WHERE {marks}"):
        yield f"inbox {row.id}: {row.state}, {row.strikes} strikes, {row.interruptions} interruptions"
    for row in installation.rows("SELECT id, state FROM inbox WHERE state NOT IN ('settled', 'held')"):
        yield f"inbox {row.id} ended as {row.state}"
    for row in installation.rows("SELECT id, state, state_because FROM outbox WHERE state <> 'submitted'"):
        yield f"notice {row.id} is {row.state}: {row.state_because}"


def _sent(installation: Installation) -> Iterator[str]:
    """Every notice lies in the Maildir once."""
    place = installation.directory / "sent" / "new"
    copies = Counter(message_id_of(path.read_bytes()) for path in place.iterdir()) if place.exists() else Counter()
    owed = {row.message_id for row in installation.rows("SELECT message_id FROM outbox")}
    yield from (f"{message_id} was sent {count} times" for message_id, count in copies.items() if count > 1)
    if copies.keys() != owed:
        yield f"{len(owed - copies.keys())} notices are not in the Maildir, {len(copies.keys() - owed)} are not ours"


def message_id_of(octets: bytes) -> str:
    """The Message-ID of a notice."""
    found = _MESSAGE_ID.search(octets)
    assert found is not None, octets[:200]
    return found[1].decode()


def _verified(installation: Installation) -> Iterator[str]:
    done = installation.casegate("verify", check=False)
    if done.returncode:
        yield f"casegate verify: {done.stdout}{done.stderr}"
