"""The tables, and what each row promises.

Durable states of an accepted message (`inbox.state`), the only ones there are:

    accepted   raw and envelope are here; nobody has read it
    examined   understood (`examination`); not yet decided
    settled    decided, and every effect of the decision is here (`settlement`)
    held       decided: a person should look (`held`)
    parked     our own failure (`parked`)

and of a notice (`outbox.state`):

    intended   recorded with the decision that owes it; no word chosen yet
    ready      rendered, bytes frozen; offered until an outcome is known
    submitted  the relay has taken responsibility
    refused    the relay said never
    unknown    twice nothing was heard after the final dot
    expired    offered for five days in vain
    parked     could not be rendered: our own failure
    cancelled  taken back by an admin

What must be unique is unique here, in constraints: a decision is applied once because
`settlement`, `content_claim`, `cases.opened_from` and the outbox key can exist once.
Times are UTC. Text is UTF-8 without NUL on both engines (`Text` checks it).
"""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator

metadata = sa.MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class Utc(TypeDecorator[datetime]):
    """An aware moment in UTC; a naive one is a programming error, refused before it is stored."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a zone cannot be stored")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: sa.Dialect) -> datetime | None:  # noqa: ARG002 - inherited
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Text(TypeDecorator[str]):
    """Text both engines store alike (threats E-23): NUL becomes U+FFFD, so do lone surrogates."""

    impl = sa.Text()
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: sa.Dialect) -> str | None:  # noqa: ARG002 - inherited
        if value is None or (value.isascii() and "\0" not in value):
            return value
        return value.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")


Id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _table(name: str, *items: Any, **options: Any) -> sa.Table:
    return sa.Table(name, metadata, *items, **options)


def _id() -> sa.Column[int]:
    return sa.Column("id", Id, primary_key=True)


def _ref(name: str, target: str, *, nullable: bool = False, **options: Any) -> sa.Column[int]:
    return sa.Column(name, Id, sa.ForeignKey(target), nullable=nullable, **options)


def _one_of(column: str, *values: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"{column}_known")


def _among(column: sa.Column[str], *values: str) -> sa.ColumnElement[bool]:
    """`column IN (...)` with the values written out: SQLite uses a partial index only for the very same words."""
    return column.in_([sa.literal_column(f"'{value}'", Text) for value in values])


def _claim() -> tuple[sa.Column[Any], ...]:
    """A lease: who works on the row (host:pid:start), until when, under which token."""
    return (
        sa.Column("claimed_by", Text),
        sa.Column("claim_token", Text),
        sa.Column("claimed_until", Utc),
    )


counter = _table(
    "counter",
    sa.Column("name", Text, primary_key=True),
    sa.Column("last", Id, nullable=False),
    comment="the last id given out for each table that allocates ids itself; ids are never used twice",
)

# --- who is who -----------------------------------------------------------------------

department = _table(
    "department",
    _id(),
    sa.Column("key", Text, nullable=False, unique=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
)

agent = _table(
    "agent",
    _id(),
    sa.Column("login", Text, nullable=False, unique=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("address", Text, nullable=False, unique=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("on_duty", sa.Boolean, nullable=False),
)

agent_department = _table(
    "agent_department",
    _ref("agent_id", "agent.id", primary_key=True),
    _ref("department_id", "department.id", primary_key=True),
)

organisation = _table(
    "organisation",
    _id(),
    sa.Column("name", Text, nullable=False, unique=True),
    sa.Column("plan", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("zone", Text, nullable=False),
    sa.Column("mode", Text),
    sa.Column("mode_because", Text),
    sa.CheckConstraint(
        "mode IS NULL OR (mode IN ('aligned', 'address') AND mode_because IS NOT NULL)", name="mode_has_reason"
    ),
)

organisation_domain = _table(
    "organisation_domain",
    _ref("organisation_id", "organisation.id", primary_key=True),
    sa.Column("domain", Text, primary_key=True),
    sa.Index(None, "domain"),
)

contact = _table(
    "contact",
    _id(),
    _ref("organisation_id", "organisation.id"),
    sa.Column("name", Text, nullable=False),
    sa.Column("title", Text, nullable=False),
    sa.Column("phone", Text, nullable=False),
    sa.Column("language", Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.Index(None, "organisation_id"),
)

contact_address = _table(
    "contact_address",
    _ref("contact_id", "contact.id", primary_key=True),
    sa.Column("address", Text, primary_key=True),
    _ref("organisation_id", "organisation.id"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint(
        "address", "organisation_id"
    ),  # one contact of an organisation per address; its index finds senders
)

contact_role = _table(
    "contact_role",
    _ref("contact_id", "contact.id", primary_key=True),
    sa.Column("role", Text, primary_key=True),
)

# --- mail that came in -------------------------------------------------------------------

inbox = _table(
    "inbox",
    _id(),
    sa.Column("received_at", Utc, nullable=False),
    sa.Column("route", Text, nullable=False),
    sa.Column("reverse_path", Text, nullable=False),
    sa.Column("peer", Text),
    sa.Column("relay", Text),
    sa.Column("helo", Text),
    sa.Column("smtputf8", sa.Boolean, nullable=False),
    sa.Column("bare_line_ends", sa.Boolean, nullable=False),
    sa.Column("size", Id, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("strikes", sa.Integer, nullable=False, default=0),
    sa.Column("interruptions", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", Utc, nullable=False),
    *_claim(),
    _one_of("state", "accepted", "examined", "settled", "held", "parked"),
)
IS_WAITING = _among(inbox.c.state, "accepted", "examined")
sa.Index("ix_inbox_waiting", inbox.c.id, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)

inbox_recipient = _table(
    "inbox_recipient",
    _ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("forward_path", Text, nullable=False),
    sqlite_with_rowid=False,
)

inbox_chunk = _table(
    "inbox_chunk",
    _ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("octets", sa.LargeBinary, nullable=False),
)

examination = _table(
    "examination",
    _ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("examined_at", Utc, nullable=False),
    sa.Column("content_key", Text, nullable=False),
    sa.Column("message_id", Text),
    sa.Column("author", Text),
    sa.Column("subject", Text, nullable=False),
    sa.Column("message", Text, nullable=False),
    sa.Index(None, "message_id"),
)

decision = _table(
    "decision",
    _id(),
    _ref("inbox_id", "inbox.id"),
    sa.Column("decided_at", Utc, nullable=False),
    sa.Column("fate", Text, nullable=False),
    sa.Column("rule", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    sa.Column("trail", Text, nullable=False),
    sa.Column("facts", Text, nullable=False),
    sa.Column("facts_version", sa.Integer, nullable=False),
    sa.Column("rules_version", Text, nullable=False),
    sa.Column("plan", Text),
    sa.Index(None, "inbox_id"),
)

content_claim = _table(
    "content_claim",
    sa.Column("content_key", Text, primary_key=True),
    _ref("inbox_id", "inbox.id", unique=True),
    sa.Column("claimed_at", Utc, nullable=False),
)

settlement = _table(
    "settlement",
    _ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("settled_at", Utc, nullable=False),
    sa.Column("fate", Text, nullable=False),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id")),
    sa.Column("duplicate_of", Id, sa.ForeignKey("inbox.id")),
    sa.CheckConstraint("(fate = 'duplicate') = (duplicate_of IS NOT NULL)", name="duplicate_of_what"),
    sa.CheckConstraint("(fate = 'open_case') = (case_id IS NOT NULL)", name="case_is_there"),
    sa.Index(None, "case_id"),
)

held = _table(
    "held",
    _ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("held_at", Utc, nullable=False),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("rule", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    _ref("organisation_id", "organisation.id", nullable=True),
)

parked = _table(
    "parked",
    _ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("parked_at", Utc, nullable=False),
    sa.Column("station", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
)

# --- cases ----------------------------------------------------------------------------------

cases = _table(
    "cases",
    _id(),
    _ref("organisation_id", "organisation.id"),
    _ref("contact_id", "contact.id"),
    _ref("opened_from", "inbox.id", nullable=True, unique=True),
    _ref("department_id", "department.id"),
    _ref("agent_id", "agent.id", nullable=True),
    sa.Column("subject", Text, nullable=False),
    sa.Column("priority", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("standing", Text, nullable=False),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("plan", Text, nullable=False),
    sa.Column("plan_version", Text, nullable=False),
    _one_of("priority", "P1G", "P1", "P2", "P3", "P4"),
    sa.Index(None, "organisation_id"),
)
IS_OPEN = sa.not_(_among(cases.c.status, "Duplicate", "Closed, No Response", "Closed"))
sa.Index("ix_cases_open_of_agent", cases.c.agent_id, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)

correspondence = _table(
    "correspondence",
    _id(),
    _ref("case_id", "cases.id"),
    _ref("inbox_id", "inbox.id", nullable=True, unique=True),
    _ref("contact_id", "contact.id", nullable=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author_name", Text, nullable=False),
    sa.Column("author_address", Text, nullable=False),
    sa.Column("message_id", Text),
    sa.Column("text", Text, nullable=False),
    sa.Index(None, "case_id"),
    sa.Index(None, "message_id"),
)

attachment = _table(
    "attachment",
    _ref("correspondence_id", "correspondence.id", primary_key=True),
    sa.Column("path", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("content_type", Text, nullable=False),
    sa.Column("size", Id, nullable=False),
    sa.Column("sha256", Text, nullable=False),
    sa.Column("inline", sa.Boolean, nullable=False),
    sa.Column("dropped_because", Text, nullable=False),
)

transition = _table(
    "transition",
    _id(),
    _ref("case_id", "cases.id"),
    sa.Column("at", Utc, nullable=False),
    sa.Column("event", Text, nullable=False),
    sa.Column("from_status", Text),
    sa.Column("to_status", Text, nullable=False),
    sa.Column("cause", Text, nullable=False),
    sa.UniqueConstraint("case_id", "cause", "event"),
)

# --- what we send -----------------------------------------------------------------------------

outbox = _table(
    "outbox",
    _id(),
    sa.Column("cause", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("recipient", Text, nullable=False),
    sa.Column("message_id", Text, nullable=False, unique=True),
    _ref("case_id", "cases.id", nullable=True),
    _ref("inbox_id", "inbox.id", nullable=True),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("notice", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("state_because", Text, nullable=False, default=""),
    sa.Column("strikes", sa.Integer, nullable=False, default=0),
    sa.Column("not_before", Utc, nullable=False),
    *_claim(),
    _one_of("state", "intended", "ready", "submitted", "refused", "unknown", "expired", "parked", "cancelled"),
    sa.UniqueConstraint("cause", "kind", "recipient"),
    sa.Index(None, "case_id"),
    sa.Index(None, "inbox_id"),
)
IS_INTENDED = _among(outbox.c.state, "intended")
IS_READY = _among(outbox.c.state, "ready")
sa.Index("ix_outbox_intended", outbox.c.id, sqlite_where=IS_INTENDED, postgresql_where=IS_INTENDED)
sa.Index("ix_outbox_ready", outbox.c.id, sqlite_where=IS_READY, postgresql_where=IS_READY)
for _claimed in (inbox, outbox):
    _leased = _claimed.c.claim_token.is_not(None)
    sa.Index(f"ix_{_claimed.name}_claimed", _claimed.c.claim_token, sqlite_where=_leased, postgresql_where=_leased)

frozen = _table(
    "frozen",
    _ref("outbox_id", "outbox.id", primary_key=True),
    sa.Column("frozen_at", Utc, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("sha256", Text, nullable=False),
    sa.Column("smtputf8", sa.Boolean, nullable=False),
    comment="the bytes of a notice: written once, offered unchanged until an outcome is known",
)

attempt = _table(
    "attempt",
    _ref("outbox_id", "outbox.id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("started_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("outcome", Text),
    sa.Column("reply", Text, nullable=False, default=""),
    _one_of("outcome", "submitted", "deferred", "refused", "unavailable", "unknown", "interrupted"),
)

event = _table(
    "event",
    _id(),
    sa.Column("at", Utc, nullable=False),
    sa.Column("kind", Text, nullable=False),
    _ref("inbox_id", "inbox.id", nullable=True),
    _ref("case_id", "cases.id", nullable=True),
    sa.Column("detail", Text, nullable=False),
    sa.Index(None, "inbox_id"),
    sa.Index(None, "case_id"),
)
