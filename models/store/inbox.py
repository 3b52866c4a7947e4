"""The inbox: what we have taken responsibility for, from the door to the end of its life."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from typing import Any, BinaryIO, Final

import sqlalchemy as sa
from pydantic import TypeAdapter, ValidationError

from models.limits import BATCH_BYTES, CHUNK_BYTES
from models.mail import AcceptedMessage, Envelope, Route
from models.message import Message
from models.store import rows, upsert
from models.store.claims import FREE, LEASED, Lease, change, claimable, moments, taking, under_lease
from models.store.columns import AT_ONCE
from models.store.given import IDS, given
from models.store.ids import allocate
from models.store.tables import IS_WAITING, examination, inbox, inbox_chunk, inbox_recipient, parked

MESSAGE: TypeAdapter[Message] = TypeAdapter(Message)


@dataclass(frozen=True, slots=True)
class Arrival:
    """A message at the door, whole, not yet ours: its octets are read from `spool` once, from the start."""

    envelope: Envelope
    received_at: datetime
    spool: BinaryIO
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A message this process works on. `message` is there once it was examined."""

    accepted: AcceptedMessage
    strikes: int
    interruptions: int
    message: Message | None

    @property
    def inbox_id(self) -> int:
        return self.accepted.inbox_id

    @property
    def examined(self) -> Message:
        """What it says, of one that was examined."""
        assert self.message is not None, "only an examined message is asked what it says"
        return self.message

    def with_message(self, message: Message | None) -> "Claimed":
        """The same, examined."""
        return replace(self, message=message)


def accept(connection: sa.Connection, arrivals: Sequence[Arrival]) -> list[int]:
    """Store raw and envelope of each arrival; ours from the moment the transaction commits."""
    ids = allocate(connection, inbox, len(arrivals))
    accepted = [_inbox_row(inbox_id, arrival) for inbox_id, arrival in zip(ids, arrivals, strict=True)]
    rows.insert(connection, inbox, accepted)
    rows.insert(
        connection,
        inbox_recipient,
        [
            {"inbox_id": inbox_id, "position": position, "forward_path": path}
            for inbox_id, arrival in zip(ids, arrivals, strict=True)
            for position, path in enumerate(arrival.envelope.forward_paths)
        ],
    )
    for group in _in_groups(_chunks(ids, arrivals)):
        rows.insert(connection, inbox_chunk, group)
    return list(ids)


def are_stored(connection: sa.Connection, inbox_ids: Sequence[int], arrivals: Sequence[Arrival]) -> bool:
    """Whether these very messages stand under these ids: the answer to their COMMIT was lost (threats X-16)."""
    moments_of = {row.id: row.received_at for row in connection.execute(_MOMENTS, {"ids": inbox_ids})}
    if any(moments_of.get(of) != arrival.received_at for of, arrival in zip(inbox_ids, arrivals, strict=True)):
        return False
    return all(
        connection.scalars(_PIECES, {"of": inbox_id}).all() == list(_pieces(arrival))
        for inbox_id, arrival in zip(inbox_ids, arrivals, strict=True)
    )


_MOMENTS: Final = sa.select(inbox.c.id, inbox.c.received_at).where(given(inbox.c.id, IDS))
_PIECES: Final = (
    sa.select(inbox_chunk.c.octets).where(inbox_chunk.c.inbox_id == sa.bindparam("of")).order_by(inbox_chunk.c.position)
)


def _inbox_row(inbox_id: int, arrival: Arrival) -> dict[str, object]:
    envelope = arrival.envelope
    return {
        "id": inbox_id,
        "received_at": arrival.received_at,
        "route": envelope.route.value,
        "reverse_path": envelope.reverse_path,
        "peer": envelope.peer,
        "relay": envelope.relay,
        "helo": envelope.helo,
        "smtputf8": envelope.smtputf8,
        "bare_line_ends": envelope.bare_line_ends,
        "size": arrival.size,
        "state": "accepted",
        "strikes": 0,
        "interruptions": 0,
        "not_before": AT_ONCE,
    }


def _chunks(ids: Sequence[int], arrivals: Sequence[Arrival]) -> Iterator[dict[str, Any]]:
    for inbox_id, arrival in zip(ids, arrivals, strict=True):
        for position, octets in enumerate(_pieces(arrival)):
            yield {"inbox_id": inbox_id, "position": position, "octets": octets}


def _pieces(arrival: Arrival) -> Iterator[bytes]:
    """The octets of a message, in the pieces in which they are stored."""
    arrival.spool.seek(0)
    while octets := arrival.spool.read(CHUNK_BYTES):
        yield octets


def _in_groups(pieces: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows in groups of about one megabyte, so that a big message never stands in memory whole."""
    group: list[dict[str, Any]] = []
    octets = 0
    for piece in pieces:
        group.append(piece)
        octets += len(piece["octets"])
        if octets >= 4 * CHUNK_BYTES:
            yield group
            group, octets = [], 0
    if group:
        yield group


_WAITING: Final = (
    sa.select(inbox.c.id, inbox.c.size, inbox.c.strikes + inbox.c.interruptions)
    .where(IS_WAITING, claimable(inbox))
    .order_by(inbox.c.id)
    .limit(sa.bindparam("most"))
    .with_for_update(skip_locked=True, key_share=True)
)
_ANY_WAITING: Final = sa.select(inbox.c.id).where(IS_WAITING, claimable(inbox)).limit(1)
_TAKE: Final = sa.update(inbox).where(given(inbox.c.id, IDS)).values(LEASED)


def is_any_waiting(connection: sa.Connection, now: datetime) -> bool:
    """Whether there is any message to be worked on."""
    return connection.scalar(_ANY_WAITING, moments(now)) is not None


def claim(connection: sa.Connection, lease: Lease, now: datetime, *, most: int) -> list[Claimed]:
    """Take the oldest waiting messages for this lease, at most `most` and about BATCH_BYTES of raw.

    A message that was interrupted or has a strike is taken alone.
    """
    chosen = _batch([tuple(row) for row in connection.execute(_WAITING, {"most": most, **moments(now)})])
    if not chosen:
        return []
    connection.execute(_TAKE, {"ids": chosen, **taking(lease, now)})
    return load(connection, chosen)


def _batch(candidates: list[tuple[Any, ...]]) -> list[int]:
    chosen: list[int] = []
    octets = 0
    for inbox_id, size, troubles in candidates:
        if chosen and (troubles or octets + size > BATCH_BYTES):
            break
        chosen.append(inbox_id)
        octets += size
        if troubles:
            break
    return chosen


_RECIPIENTS: Final = (
    sa.select(inbox_recipient.c.inbox_id, inbox_recipient.c.forward_path)
    .where(given(inbox_recipient.c.inbox_id, IDS))
    .order_by(inbox_recipient.c.position)
)
_ENVELOPE: Final = ("route", "reverse_path", "peer", "relay", "helo", "smtputf8", "bare_line_ends")
_LOAD: Final[sa.Select[Any]] = (
    sa.select(
        *(inbox.c[name] for name in ("id", "received_at", *_ENVELOPE, "size", "strikes", "interruptions")),
        examination.c.message,
    )
    .outerjoin(examination, examination.c.inbox_id == inbox.c.id)
    .where(given(inbox.c.id, IDS))
    .order_by(inbox.c.id)
)


def load(connection: sa.Connection, inbox_ids: Sequence[int]) -> list[Claimed]:
    """Messages by id, in order of id."""
    paths: dict[int, list[str]] = {inbox_id: [] for inbox_id in inbox_ids}
    for inbox_id, path in connection.execute(_RECIPIENTS, {"ids": inbox_ids}).all():
        paths[inbox_id].append(path)
    return [_claimed(row, tuple(paths[row.id])) for row in connection.execute(_LOAD, {"ids": inbox_ids}).all()]


def still_ours(connection: sa.Connection, lease: Lease, inbox_id: int) -> list[Claimed]:
    """A message as it stands now, if this lease still has it; else nothing."""
    ours = sa.select(inbox.c.id).where(inbox.c.id == inbox_id, inbox.c.claim_token == lease.token)
    return load(connection, list(connection.scalars(ours)))


def _claimed(row: sa.Row[Any], forward_paths: tuple[str, ...]) -> Claimed:
    envelope = Envelope(
        route=Route(row.route),
        reverse_path=row.reverse_path,
        forward_paths=forward_paths,
        peer=row.peer,
        relay=row.relay,
        helo=row.helo,
        smtputf8=row.smtputf8,
        bare_line_ends=row.bare_line_ends,
    )
    return Claimed(
        accepted=AcceptedMessage(inbox_id=row.id, envelope=envelope, received_at=row.received_at, size=row.size),
        strikes=row.strikes,
        interruptions=row.interruptions,
        message=None if row.message is None else _understood(row.message),
    )


def _understood(stored: str) -> Message | None:
    """What was understood; None where another version stored it, and then the message is read again."""
    try:
        return MESSAGE.validate_json(stored)
    except ValidationError:
        return None


def raw(connection: sa.Connection, inbox_id: int) -> bytes:
    """The message as received, octet for octet."""
    return raws(connection, [inbox_id])[inbox_id]


_CHUNKS: Final = (
    sa.select(inbox_chunk.c.inbox_id, inbox_chunk.c.octets)
    .where(given(inbox_chunk.c.inbox_id, IDS))
    .order_by(inbox_chunk.c.inbox_id, inbox_chunk.c.position)
)


def raws(connection: sa.Connection, inbox_ids: Sequence[int]) -> dict[int, bytes]:
    """The raw messages by id."""
    if not inbox_ids:
        return {}
    pieces: dict[int, list[bytes]] = {inbox_id: [] for inbox_id in inbox_ids}
    for inbox_id, octets in connection.execute(_CHUNKS, {"ids": inbox_ids}):
        pieces[inbox_id].append(octets)
    return {inbox_id: b"".join(of_one) for inbox_id, of_one in pieces.items()}


_HIDE: Final = (
    sa.update(examination)
    .where(examination.c.inbox_id == sa.bindparam("of"))
    .values(subject=sa.bindparam("about"), message=sa.bindparam("understood"))
)


def hide_in_examinations(connection: sa.Connection, messages: Sequence[tuple[int, Message]]) -> None:
    """What was understood of messages, without what is shown to nobody. The raw message stays as it came."""
    rows.write(
        connection,
        _HIDE,
        [
            {"of": inbox_id, "about": message.subject, "understood": MESSAGE.dump_json(message).decode()}
            for inbox_id, message in messages
        ],
    )


_IS_EXAMINED: Final = under_lease(inbox).values(state="examined")
_AS_READ_LAST: Final = ("examined_at", "content_key", "message_id", "author", "subject", "message")


@cache
def _examined(dialect: str) -> Any:
    """What another version had read is replaced: it could not be understood."""
    insert = upsert.insert(dialect, examination)
    anew = {column: insert.excluded[column] for column in _AS_READ_LAST}
    return insert.on_conflict_do_update(index_elements=["inbox_id"], set_=anew)


def record_examinations(
    connection: sa.Connection, lease: Lease, messages: Mapping[int, Message], now: datetime
) -> None:
    """Store what was understood of each message. Raises LeaseLost."""
    if not messages:
        return
    change(connection, _IS_EXAMINED, lease, list(messages))
    rows.write(
        connection,
        _examined(connection.dialect.name),
        [
            {
                "inbox_id": inbox_id,
                "examined_at": now,
                "content_key": message.content_key,
                "message_id": message.message_id,
                "author": message.originator.author,
                "subject": message.subject,
                "message": MESSAGE.dump_json(message).decode(),
            }
            for inbox_id, message in messages.items()
        ],
    )


_END: Final = under_lease(inbox).values(state=sa.bindparam("now_is"), **FREE)
_POSTPONE: Final = under_lease(inbox).values(not_before=sa.bindparam("again_at"), **FREE)
_STRIKE: Final = under_lease(inbox).values(strikes=inbox.c.strikes + 1, not_before=sa.bindparam("again_at"), **FREE)


def end(connection: sa.Connection, lease: Lease, inbox_ids: Sequence[int], state: str) -> None:
    """Messages that are decided: no claim, nothing more to do. Raises LeaseLost."""
    if inbox_ids:
        change(connection, _END, lease, inbox_ids, now_is=state)


def release(connection: sa.Connection, lease: Lease) -> None:
    """Give back what is still claimed, without a mark: nothing went wrong with these messages."""
    connection.execute(sa.update(inbox).where(inbox.c.claim_token == lease.token).values(FREE))


def strike(connection: sa.Connection, lease: Lease, inbox_id: int, again_at: datetime) -> None:
    """Count a failure that was the message's own, and try again later. Raises LeaseLost."""
    change(connection, _STRIKE, lease, [inbox_id], again_at=again_at)


def postpone(connection: sa.Connection, lease: Lease, inbox_ids: Sequence[int], again_at: datetime) -> None:
    """Try again later; nobody's fault. Raises LeaseLost."""
    change(connection, _POSTPONE, lease, inbox_ids, again_at=again_at)


def park(
    connection: sa.Connection, lease: Lease, inbox_id: int, now: datetime, *, station: str, because: str, detail: str
) -> None:
    """Set a message aside: our own failure, for a programmer to look at. Raises LeaseLost."""
    end(connection, lease, [inbox_id], "parked")
    connection.execute(
        sa.insert(parked).values(inbox_id=inbox_id, parked_at=now, station=station, because=because, detail=detail)
    )


def free_interrupted(connection: sa.Connection, owners: Sequence[str]) -> int:
    """Release the claims of dead processes; their messages count as interrupted and are worked on alone."""
    dead = sa.and_(inbox.c.claim_token.is_not(None), inbox.c.claimed_by.in_(owners))
    freed = connection.execute(sa.update(inbox).where(dead).values(interruptions=inbox.c.interruptions + 1, **FREE))
    return freed.rowcount
