"""Mail that came in, what it says, and what was decided of it."""

import sqlalchemy as sa

from models.store.columns import Id, Text, Utc, among, claim, leased, one_of, own_id, ref, table

inbox = table(
    "inbox",
    own_id(),
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
    *claim(),
    one_of("state", "accepted", "examined", "settled", "held", "parked"),
)
IS_WAITING = among(inbox.c.state, "accepted", "examined")
sa.Index("ix_inbox_waiting", inbox.c.id, sqlite_where=IS_WAITING, postgresql_where=IS_WAITING)
leased(inbox)

inbox_recipient = table(
    "inbox_recipient",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("forward_path", Text, nullable=False),
    sqlite_with_rowid=False,
)

inbox_chunk = table(
    "inbox_chunk",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("octets", sa.LargeBinary, nullable=False),
)

examination = table(
    "examination",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("examined_at", Utc, nullable=False),
    sa.Column("content_key", Text, nullable=False),
    sa.Column("message_id", Text),
    sa.Column("author", Text),
    sa.Column("subject", Text, nullable=False),
    sa.Column("message", Text, nullable=False),
    sa.Index(None, "message_id"),
)

decision = table(
    "decision",
    own_id(),
    ref("inbox_id", "inbox.id"),
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

content_claim = table(
    "content_claim",
    sa.Column("content_key", Text, primary_key=True),
    ref("inbox_id", "inbox.id", unique=True),
    sa.Column("claimed_at", Utc, nullable=False),
)

settlement = table(
    "settlement",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("settled_at", Utc, nullable=False),
    sa.Column("fate", Text, nullable=False),
    sa.Column("case_id", Id, sa.ForeignKey("cases.id")),
    sa.Column("duplicate_of", Id, sa.ForeignKey("inbox.id")),
    sa.CheckConstraint("(fate = 'duplicate') = (duplicate_of IS NOT NULL)", name="duplicate_of_what"),
    sa.CheckConstraint(
        "(fate = 'open_case' OR fate = 'add_to_case' OR fate = 'reopen_case' OR fate = 'agent_acts')"
        " = (case_id IS NOT NULL)",
        name="case_is_there",
    ),
    sa.Index(None, "case_id"),
)

held = table(
    "held",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("held_at", Utc, nullable=False),
    sa.Column("expires_at", Utc, nullable=False),
    sa.Column("rule", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    ref("organisation_id", "organisation.id", nullable=True),
    sa.Column("release_command", Text, nullable=False),
    sa.Column("trust_command", Text, nullable=False),
    sa.Index(None, "expires_at"),
)

parked = table(
    "parked",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("parked_at", Utc, nullable=False),
    sa.Column("station", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
)
