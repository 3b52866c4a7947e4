"""Whether the promises were kept: the sender's history, casegate's tables and the recipients' mailbox, joined.

The canary of a mail joins the three. Each breach is a sentence; none is what a test wants.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from tests.load import History, Installation, Population, Writer

_FATES: Final = {
    Writer.MPOC: {"open_case"},
    Writer.STRANGER: {"held", "expire"},
    Writer.COLLEAGUE: {"held", "expire"},
    Writer.AUTORESPONDER: {"disregard"},
    Writer.NULL: {"disregard"},
}
_TO_CUSTOMERS: Final = frozenset({"case_opened", "scheduled_update"})
_TO_THE_ADMIN: Final = frozenset({"admin_daily"})
"""From 08:00 on, where a scheduler starts while held mail waits."""
_ONCE: Final = {
    "event": "SELECT kind, inbox_id, case_id, detail FROM event GROUP BY kind, inbox_id, case_id, detail",
    "decision": "SELECT inbox_id, fate FROM decision GROUP BY inbox_id, fate",
    "correspondence": """SELECT case_id, inbox_id FROM correspondence WHERE inbox_id IS NOT NULL
        GROUP BY case_id, inbox_id""",
    "transition": "SELECT case_id, cause, event, to_status FROM transition GROUP BY case_id, cause, event, to_status",
}
_MESSAGE_ID: Final = re.compile(rb"^Message-ID:\s*(<[^>]+>)", re.IGNORECASE | re.MULTILINE)
_DELIVERED_TO: Final = re.compile(rb"^Delivered-To: [^+\r\n]+\+([^=\r\n]+)=([^@\r\n]+)@", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Copy:
    """One message in the recipients' mailbox."""

    message_id: str
    recipient: str
    octets: bytes

    @classmethod
    def of(cls, octets: bytes) -> "Copy":
        """Read what LMTP delivered; the mailbox of all has the recipient in the detail of its address."""
        found, to = _MESSAGE_ID.search(octets), _DELIVERED_TO.search(octets)
        if not found or not to:
            raise ValueError(f"not a delivery of ours: {octets[:300]!r}")
        return cls(found[1].decode(), f"{to[1].decode()}@{to[2].decode()}", octets)


class Checker:
    """Joins once; `breaches` and `figures` then read the same rows."""

    def __init__(
        self,
        installation: Installation,
        history: History,
        population: Population,
        delivered: Sequence[bytes],
        unclean_kills: Sequence[tuple[datetime, datetime]],
    ) -> None:
        self._history = history
        self._population = population
        self._unclean = unclean_kills
        self._inbox = installation.rows(
            """SELECT inbox.id, inbox.state, inbox.strikes, inbox.interruptions, examination.message_id AS message_id,
                 settlement.fate AS fate, settlement.duplicate_of AS duplicate_of
               FROM inbox LEFT JOIN examination ON examination.inbox_id = inbox.id
               LEFT JOIN settlement ON settlement.inbox_id = inbox.id"""
        )
        self._by_canary: defaultdict[str, list[Any]] = defaultdict(list)
        for row in self._inbox:
            self._by_canary[(row.message_id or f"unread {row.id}").partition("@")[0]].append(row)
        self._raws: defaultdict[int, bytes] = defaultdict(bytes)
        for row in installation.rows("SELECT inbox_id, octets FROM inbox_chunk ORDER BY inbox_id, position"):
            self._raws[row.inbox_id] += bytes(row.octets)
        self._cases = installation.rows(
            """SELECT cases.id, cases.opened_from, correspondence.author_address AS author, correspondence.text AS text
               FROM cases LEFT JOIN correspondence ON correspondence.case_id = cases.id"""
        )
        self._outbox = installation.rows(
            """SELECT outbox.id, outbox.kind, outbox.recipient, outbox.message_id, outbox.case_id, outbox.inbox_id,
                 outbox.cause, outbox.state, frozen.raw AS raw
               FROM outbox LEFT JOIN frozen ON frozen.outbox_id = outbox.id"""
        )
        self._outbox_by_inbox: defaultdict[int, list[Any]] = defaultdict(list)
        for row in self._outbox:
            self._outbox_by_inbox[row.inbox_id].append(row)
        self._attempts: defaultdict[int, list[Any]] = defaultdict(list)
        for row in installation.rows("SELECT outbox_id, started_at, ended_at, outcome FROM attempt ORDER BY number"):
            self._attempts[row.outbox_id].append(row)
        self._promises = installation.rows("SELECT case_id, kind, due_at, state FROM obligation")
        self._doubled = {name: installation.rows(f"{query} HAVING count(*) > 1") for name, query in _ONCE.items()}
        self._copies: defaultdict[str, list[Copy]] = defaultdict(list)
        for octets in delivered:
            copy = Copy.of(octets)
            self._copies[copy.message_id].append(copy)

    # --- the promises --------------------------------------------------------------------------

    def breaches(self) -> list[str]:
        """Every promise that was broken, with the rows that show it."""
        return [
            *self._not_stored(),
            *self._not_ended_once(),
            *self._wrong_effects(),
            *self._wrong_notices(),
            *self._wrong_promises(),
            *self._twice(),
            *self._wrong_copies(),
        ]

    def _not_stored(self) -> Iterator[str]:
        """Accepted means stored: every 250 is a row with the octets that were sent, and there are no others."""
        accepted, unknown = self._history.accepted, self._history.unknown + self._history.deferred
        for canary, mail in self._history.mails.items():
            rows = self._by_canary[canary]
            least, most = accepted[canary], accepted[canary] + unknown[canary]
            if not least <= len(rows) <= most:
                yield f"{canary}: answered 250 {least} times, unknown {unknown[canary]}, but stored {len(rows)} times"
            if not least:
                yield f"{canary}: it was never answered 250: {self._history.by_canary()[canary]}"
            yield from (f"inbox {row.id}: not the octets of {canary}" for row in rows if self._raws[row.id] != mail.raw)
        for canary, rows in self._by_canary.items():
            if rows and canary not in self._history.mails:
                yield f"inbox {[row.id for row in rows]}: {canary} was never sent"
        canary_of = {row.id: canary for canary, rows in self._by_canary.items() for row in rows}
        for sending in self._history.sendings:
            if sending.is_accepted and canary_of.get(int((sending.reply or "").split()[-1])) != sending.canary:
                yield f"{sending.canary}: {sending.reply}, but that row is another mail's"
            if sending.reply is not None and sending.reply.startswith("5"):
                yield f"{sending.canary}: refused for good: {sending.reply}"

    def _not_ended_once(self) -> Iterator[str]:
        """One message, one decision: one row of a content is decided, all others are its duplicates."""
        for canary, mail in self._history.mails.items():
            ends = {row.id: row.fate or row.state for row in self._by_canary[canary]}
            if mail.writer is Writer.NULL:  # decided by the envelope alone, so each copy for itself
                if not ends or not _FATES[mail.writer].issuperset(ends.values()):
                    yield f"{canary} of a {mail.writer}: ended as {ends}"
                continue
            first = [inbox_id for inbox_id, end in ends.items() if end != "duplicate"]
            if len(first) != 1 or ends[first[0]] not in _FATES[mail.writer]:
                yield f"{canary} of a {mail.writer}: ended as {ends}"
            yield from (
                f"inbox {row.id}: a duplicate of {row.duplicate_of}, not of {first}"
                for row in self._by_canary[canary]
                if row.fate == "duplicate" and [row.duplicate_of] != first
            )

    def _wrong_effects(self) -> Iterator[str]:
        """Each mail of an MPOC opened one case, in the MPOC's name; no other mail opened any."""
        opened = defaultdict(list)
        for case in self._cases:
            opened[case.opened_from].append(case)
        for canary, mail in self._history.mails.items():
            cases = [case for row in self._by_canary[canary] for case in opened.pop(row.id, [])]
            if [mail.author] * (mail.writer is Writer.MPOC) != [case.author for case in cases]:
                yield f"{canary} of {mail.writer} {mail.author}: cases {[(case.id, case.author) for case in cases]}"
        yield from (f"inbox {inbox_id} opened a case, and is no mail we sent" for inbox_id in opened)

    def _wrong_notices(self) -> Iterator[str]:
        """One acknowledgement to its author and one word to staff for each case; nobody else is written to."""
        owed = Counter((row.kind, row.inbox_id, row.recipient in self._population.staff) for row in self._outbox)
        for canary, mail in self._history.mails.items():
            notices = [row for row in self._outbox_of(canary) if row.kind == "case_opened"]
            if [mail.author] * (mail.writer is Writer.MPOC) != [row.recipient for row in notices]:
                yield f"{canary} of {mail.writer} {mail.author}: acknowledged to {[row.recipient for row in notices]}"
        for case in self._cases:
            if owed["agent_new_case", case.opened_from, True] != 1:
                yield f"case {case.id}: told to staff {owed['agent_new_case', case.opened_from, True]} times"
        for row in self._outbox:
            if row.state != "submitted":
                yield f"notice {row.id}: it is {row.state}"
            if row.kind not in _TO_CUSTOMERS | _TO_THE_ADMIN and row.recipient not in self._population.staff:
                yield f"notice {row.id}: {row.kind} to {row.recipient}, who is no staff"

    def _wrong_promises(self) -> Iterator[str]:
        """Each promise that fell due was kept by one mail to whom it was made; no other update was sent."""
        kept = Counter(
            f"obligation:{row.case_id}:{row.kind}:{_moment(row.due_at).isoformat()}"
            for row in self._promises
            if row.state in {"kept", "late"}
        )
        sent = Counter(row.cause for row in self._outbox if row.cause.startswith("obligation:"))
        for cause in kept.keys() | sent.keys():
            if (kept[cause], sent[cause]) != (1, 1):
                yield f"{cause}: kept {kept[cause]} times, with {sent[cause]} notices"
        authors = {case.id: case.author for case in self._cases}
        for row in self._outbox:
            if row.kind == "scheduled_update" and row.recipient != authors[row.case_id]:
                yield f"notice {row.id}: {row.kind} of {row.case_id} to {row.recipient}, not to {authors[row.case_id]}"

    def _twice(self) -> Iterator[str]:
        """What is written with a decision stands once, and nothing was counted against an innocent message."""
        yield from (f"doubled {name}: {tuple(row)}" for name, rows in self._doubled.items() for row in rows)
        yield from (f"inbox {row.id}: {row.strikes} strikes" for row in self._inbox if row.strikes)

    def _outbox_of(self, canary: str) -> list[Any]:
        return [notice for row in self._by_canary[canary] for notice in self._outbox_by_inbox[row.id]]

    def _wrong_copies(self) -> Iterator[str]:
        """Each notice arrived, at its recipient, the same octets each time, once more for each kill at most."""
        unasked = set(self._copies)
        for row in self._outbox:
            copies = self._copies.get(row.message_id, [])
            unasked.discard(row.message_id)
            most = 1 + self._kills_during(self._attempts[row.id])
            if not 1 <= len(copies) <= most:
                yield f"notice {row.id}: {len(copies)} copies arrived, at most {most} may: {self._attempts[row.id]}"
            for copy in copies:
                if copy.recipient != row.recipient:
                    yield f"notice {row.id}: for {row.recipient}, delivered to {copy.recipient}"
                if not copy.octets.endswith(b"\r\n" + bytes(row.raw)):
                    yield f"notice {row.id}: other octets arrived than were frozen: {copy.octets[:2000]!r}"
        yield from (f"{message_id} arrived, and is no notice" for message_id in unasked)

    def _kills_during(self, attempts: Sequence[Any]) -> int:
        """How often the submitter was killed between a notice's first offer and its last."""
        began, ended = _moment(attempts[0].started_at), _moment(attempts[-1].ended_at)
        return sum(began <= gone and killed <= ended for killed, gone in self._unclean)

    # --- the figures -----------------------------------------------------------------------------

    def figures(self) -> Iterator[tuple[str, str]]:
        """The table of the closing note."""
        history = self._history
        offered = Counter("other" if sending.refused_at else "sent" for sending in history.sendings)
        yield "different mails", str(len(history.mails))
        yield "sent to the final dot", str(offered["sent"])
        yield "answered 250", str(history.accepted.total())
        yield "unknown (no answer after the final dot)", str(history.unknown.total())
        yield "answered 4yz after the final dot", str(history.deferred.total())
        stored_more = [
            max(0, len(rows) - history.accepted[c] - history.unknown[c]) for c, rows in self._by_canary.items()
        ]
        yield "of them stored all the same", str(sum(stored_more))
        yield "refused or cut off before the message", str(offered["other"])
        fates = Counter(row.fate or row.state for row in self._inbox)
        yield "outcomes", ", ".join(f"{fate} {count}" for fate, count in sorted(fates.items()))
        interruptions = [row.interruptions for row in self._inbox if row.interruptions]
        yield "messages found interrupted, and most for one", f"{len(interruptions)}, {max(interruptions, default=0)}"
        kept = Counter(f"{row.kind} {row.state}" for row in self._promises if row.state != "owed")
        yield "promises that ended", ", ".join(f"{name} {count}" for name, count in sorted(kept.items())) or "none"
        yield "strikes", str(sum(row.strikes for row in self._inbox))
        read = {canary for canary, mail in history.mails.items() if mail.writer is Writer.MPOC}
        texts = {row.opened_from: row.text for row in self._cases}
        cut = [c for c in read if not any(c in texts.get(row.id, "") for row in self._by_canary[c])]
        yield "cases whose text was not read", str(len(cut))
        for label, kind in (("acknowledgements", "case_opened"), ("notices of every kind", "")):
            rows = [row for row in self._outbox if row.kind.startswith(kind)]
            copies = [len(self._copies.get(row.message_id, [])) for row in rows]
            yield f"{label} owed", str(len(rows))
            yield f"{label} at Dovecot", str(sum(count > 0 for count in copies))
            yield f"{label} more than once, and most copies", f"{sum(n > 1 for n in copies)}, {max(copies)}"
        outcomes = Counter(row.outcome for rows in self._attempts.values() for row in rows)
        yield "offers to the relay", ", ".join(f"{name} {count}" for name, count in sorted(outcomes.items()))


def _moment(stored: Any) -> datetime:
    found = stored if isinstance(stored, datetime) else datetime.fromisoformat(stored)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
