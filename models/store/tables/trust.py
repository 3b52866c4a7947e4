"""Whom we believe besides proof, what was let in by hand, and what MPOCs said to held mail."""

import sqlalchemy as sa

from models.store.columns import Text, Utc, one_of, own_id, ref, table

trust_exception = table(
    "trust_exception",
    own_id(),
    ref("organisation_id", "organisation.id", nullable=True),
    ref("agent_id", "agent.id", nullable=True),
    sa.Column("address", Text, nullable=False),
    sa.Column("path", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    sa.Column("made_by", Text, nullable=False),
    sa.Column("made_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("ended_by", Text),
    sa.Column("ended_because", Text),
    sa.CheckConstraint("(organisation_id IS NULL) <> (agent_id IS NULL)", name="of_one"),
    sa.CheckConstraint("(ended_at IS NULL) = (ended_because IS NULL)", name="ended_with_reason"),
    sa.Index(None, "address"),
    comment="addresses that are believed where they come by one path, and by no other",
)

release = table(
    "release",
    own_id(),
    ref("inbox_id", "inbox.id"),
    sa.Column("at", Utc, nullable=False),
    sa.Column("admitted_by", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    ref("contact_id", "contact.id", nullable=True),
    ref("case_id", "cases.id", nullable=True),
    sa.Index(None, "inbox_id"),
    comment="held messages that somebody let in: by whom, why, in whose name, onto which case",
)

approval = table(
    "approval",
    ref("inbox_id", "inbox.id", primary_key=True),
    ref("organisation_id", "organisation.id"),
    sa.Column("author", Text, nullable=False),
    sa.Column("asked_at", Utc, nullable=False),
    sa.Index(None, "author", "asked_at"),
    comment="held messages about which the MPOCs of the writer's organisation were asked",
)

approval_answer = table(
    "approval_answer",
    own_id(),
    ref("inbox_id", "approval.inbox_id"),
    ref("from_inbox_id", "inbox.id", unique=True),
    ref("contact_id", "contact.id"),
    sa.Column("at", Utc, nullable=False),
    sa.Column("answer", Text, nullable=False),
    sa.Column("text", Text, nullable=False),
    one_of("answer", "approve", "refuse", "remark"),
    sa.Index(None, "inbox_id"),
    comment="what MPOCs answered about a held message",
)
