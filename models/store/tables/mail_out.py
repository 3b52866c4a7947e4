"""What we send: notices, their bytes, every offer of them to the relay."""

import sqlalchemy as sa

from models.store.columns import Text, Utc, among, claim, leased, one_of, own_id, ref, table

NOTICE_STATES = ("intended", "ready", "submitted", "refused", "unknown", "expired", "parked", "cancelled")
"""What a notice can be (docs/journey.md)."""

outbox = table(
    "outbox",
    own_id(),
    sa.Column("cause", Text, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("recipient", Text, nullable=False),
    sa.Column("message_id", Text, nullable=False, unique=True),
    ref("case_id", "cases.id", nullable=True),
    ref("inbox_id", "inbox.id", nullable=True),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("retried_at", Utc),
    sa.Column("notice", Text, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("state_because", Text, nullable=False, default=""),
    sa.Column("not_before", Utc, nullable=False),
    *claim(),
    one_of("state", *NOTICE_STATES),
    sa.UniqueConstraint("cause", "kind", "recipient"),
    sa.Index(None, "case_id"),
    sa.Index(None, "inbox_id"),
)
IS_INTENDED = among(outbox.c.state, "intended")
IS_READY = among(outbox.c.state, "ready")
sa.Index("ix_outbox_intended", outbox.c.id, sqlite_where=IS_INTENDED, postgresql_where=IS_INTENDED)
# by when it is due: whatever a relay puts off lies behind what can be offered now, not in front of it
sa.Index("ix_outbox_ready", outbox.c.not_before, outbox.c.id, sqlite_where=IS_READY, postgresql_where=IS_READY)
IS_AMISS = among(outbox.c.state, "refused", "unknown", "expired", "parked")
sa.Index("ix_outbox_amiss", outbox.c.id, sqlite_where=IS_AMISS, postgresql_where=IS_AMISS)
IS_DAILY = among(outbox.c.kind, "admin_daily")
sa.Index("ix_outbox_daily", outbox.c.created_at, sqlite_where=IS_DAILY, postgresql_where=IS_DAILY)
leased(outbox)

frozen = table(
    "frozen",
    ref("outbox_id", "outbox.id", primary_key=True),
    sa.Column("frozen_at", Utc, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("sha256", Text, nullable=False),
    sa.Column("smtputf8", sa.Boolean, nullable=False),
    comment="the bytes of a notice: written once, offered unchanged until an outcome is known",
)

attempt = table(
    "attempt",
    ref("outbox_id", "outbox.id", primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("started_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("outcome", Text),
    sa.Column("reply", Text, nullable=False, default=""),
    one_of("outcome", "submitted", "deferred", "refused", "unavailable", "unknown", "interrupted"),
)

delivery_report = table(
    "delivery_report",
    ref("inbox_id", "inbox.id", primary_key=True),
    ref("outbox_id", "outbox.id"),
    sa.Column("at", Utc, nullable=False),
    sa.Column("action", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("diagnostic", Text, nullable=False),
    one_of("action", "failed", "delayed", "delivered", "relayed", "expanded"),
    sa.Index(None, "outbox_id"),
    comment="what came back to the reverse path of a notice: how it fared after the relay took it",
)
