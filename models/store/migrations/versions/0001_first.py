"""The first schema: inbox, decisions, cases, outbox, and who is who."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Text, Utc

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create every table of version 0.1."""
    op.create_table(
        "agent",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("login", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("address", Text(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_agent")),
        sa.UniqueConstraint("address", name=op.f("uq_agent_address")),
        sa.UniqueConstraint("login", name=op.f("uq_agent_login")),
    )
    op.create_table(
        "counter",
        sa.Column("name", Text(), nullable=False),
        sa.Column("last", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_counter")),
        comment="the last id given out for each table that allocates ids itself; ids are never used twice",
    )
    op.create_table(
        "department",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("key", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("address", Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_department")),
        sa.UniqueConstraint("key", name=op.f("uq_department_key")),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("received_at", Utc(), nullable=False),
        sa.Column("route", Text(), nullable=False),
        sa.Column("reverse_path", Text(), nullable=False),
        sa.Column("peer", Text(), nullable=True),
        sa.Column("relay", Text(), nullable=True),
        sa.Column("helo", Text(), nullable=True),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.Column("bare_line_ends", sa.Boolean(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("strikes", sa.Integer(), nullable=False),
        sa.Column("interruptions", sa.Integer(), nullable=False),
        sa.Column("not_before", Utc(), nullable=False),
        sa.Column("claimed_by", Text(), nullable=True),
        sa.Column("claim_token", Text(), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.CheckConstraint(
            "state IN ('accepted', 'examined', 'settled', 'held', 'parked')", name=op.f("ck_inbox_state_known")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inbox")),
    )
    op.create_index(
        "ix_inbox_claimed",
        "inbox",
        ["claim_token"],
        unique=False,
        sqlite_where=sa.text("claim_token IS NOT NULL"),
        postgresql_where=sa.text("claim_token IS NOT NULL"),
    )
    op.create_index(
        "ix_inbox_waiting",
        "inbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('accepted', 'examined')"),
        postgresql_where=sa.text("state IN ('accepted', 'examined')"),
    )
    op.create_table(
        "organisation",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("plan", Text(), nullable=False),
        sa.Column("language", Text(), nullable=False),
        sa.Column("zone", Text(), nullable=False),
        sa.Column("mode", Text(), nullable=True),
        sa.Column("mode_because", Text(), nullable=True),
        sa.CheckConstraint(
            "mode IS NULL OR (mode IN ('aligned', 'address') AND mode_because IS NOT NULL)",
            name=op.f("ck_organisation_mode_has_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation")),
        sa.UniqueConstraint("name", name=op.f("uq_organisation_name")),
    )
    op.create_table(
        "agent_department",
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_agent_department_agent_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_agent_department_department_id")),
        sa.PrimaryKeyConstraint("agent_id", "department_id", name=op.f("pk_agent_department")),
    )
    op.create_table(
        "contact",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("title", Text(), nullable=False),
        sa.Column("phone", Text(), nullable=False),
        sa.Column("language", Text(), nullable=True),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=True),
        sa.Column("valid_until", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_contact_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
    )
    op.create_index(op.f("ix_contact_organisation_id"), "contact", ["organisation_id"], unique=False)
    op.create_table(
        "content_claim",
        sa.Column("content_key", Text(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("claimed_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_content_claim_inbox_id")),
        sa.PrimaryKeyConstraint("content_key", name=op.f("pk_content_claim")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_content_claim_inbox_id")),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("decided_at", Utc(), nullable=False),
        sa.Column("fate", Text(), nullable=False),
        sa.Column("rule", Text(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.Column("trail", Text(), nullable=False),
        sa.Column("facts", Text(), nullable=False),
        sa.Column("facts_version", sa.Integer(), nullable=False),
        sa.Column("rules_version", Text(), nullable=False),
        sa.Column("plan", Text(), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_decision_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_decision")),
    )
    op.create_index(op.f("ix_decision_inbox_id"), "decision", ["inbox_id"], unique=False)
    op.create_table(
        "examination",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("examined_at", Utc(), nullable=False),
        sa.Column("content_key", Text(), nullable=False),
        sa.Column("message_id", Text(), nullable=True),
        sa.Column("author", Text(), nullable=True),
        sa.Column("subject", Text(), nullable=False),
        sa.Column("message", Text(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_examination_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_examination")),
    )
    op.create_index(op.f("ix_examination_message_id"), "examination", ["message_id"], unique=False)
    op.create_table(
        "held",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("held_at", Utc(), nullable=False),
        sa.Column("expires_at", Utc(), nullable=False),
        sa.Column("rule", Text(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_held_inbox_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_held_organisation_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_held")),
    )
    op.create_table(
        "inbox_chunk",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("octets", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_inbox_chunk_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "position", name=op.f("pk_inbox_chunk")),
    )
    op.create_table(
        "inbox_recipient",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("forward_path", Text(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_inbox_recipient_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", "position", name=op.f("pk_inbox_recipient")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "organisation_domain",
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("domain", Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_organisation_domain_organisation_id")
        ),
        sa.PrimaryKeyConstraint("organisation_id", "domain", name=op.f("pk_organisation_domain")),
    )
    op.create_index(op.f("ix_organisation_domain_domain"), "organisation_domain", ["domain"], unique=False)
    op.create_table(
        "parked",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("parked_at", Utc(), nullable=False),
        sa.Column("station", Text(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.Column("detail", Text(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_parked_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_parked")),
    )
    op.create_table(
        "cases",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opened_from", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("department_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("agent_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("subject", Text(), nullable=False),
        sa.Column("priority", Text(), nullable=False),
        sa.Column("status", Text(), nullable=False),
        sa.Column("standing", Text(), nullable=False),
        sa.Column("opened_at", Utc(), nullable=False),
        sa.Column("plan", Text(), nullable=False),
        sa.Column("plan_version", Text(), nullable=False),
        sa.CheckConstraint("priority IN ('P1G', 'P1', 'P2', 'P3', 'P4')", name=op.f("ck_cases_priority_known")),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_cases_agent_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_cases_contact_id")),
        sa.ForeignKeyConstraint(["department_id"], ["department.id"], name=op.f("fk_cases_department_id")),
        sa.ForeignKeyConstraint(["opened_from"], ["inbox.id"], name=op.f("fk_cases_opened_from")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_cases_organisation_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
        sa.UniqueConstraint("opened_from", name=op.f("uq_cases_opened_from")),
    )
    op.create_index(
        "ix_cases_open_of_agent",
        "cases",
        ["agent_id"],
        unique=False,
        sqlite_where=sa.text("(status NOT IN ('Duplicate', 'Closed, No Response', 'Closed'))"),
        postgresql_where=sa.text("(status NOT IN ('Duplicate', 'Closed, No Response', 'Closed'))"),
    )
    op.create_index(op.f("ix_cases_organisation_id"), "cases", ["organisation_id"], unique=False)
    op.create_table(
        "contact_address",
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("address", Text(), nullable=False),
        sa.Column("organisation_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_address_contact_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_contact_address_organisation_id")
        ),
        sa.PrimaryKeyConstraint("contact_id", "address", name=op.f("pk_contact_address")),
        sa.UniqueConstraint("address", "organisation_id", name=op.f("uq_contact_address_address_organisation_id")),
    )
    op.create_table(
        "contact_role",
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("role", Text(), nullable=False),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_contact_role_contact_id")),
        sa.PrimaryKeyConstraint("contact_id", "role", name=op.f("pk_contact_role")),
    )
    op.create_table(
        "correspondence",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("contact_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("author_name", Text(), nullable=False),
        sa.Column("author_address", Text(), nullable=False),
        sa.Column("message_id", Text(), nullable=True),
        sa.Column("text", Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_correspondence_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_correspondence_contact_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_correspondence_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correspondence")),
        sa.UniqueConstraint("inbox_id", name=op.f("uq_correspondence_inbox_id")),
    )
    op.create_index(op.f("ix_correspondence_case_id"), "correspondence", ["case_id"], unique=False)
    op.create_index(op.f("ix_correspondence_message_id"), "correspondence", ["message_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("detail", Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_event_case_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_event_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(op.f("ix_event_case_id"), "event", ["case_id"], unique=False)
    op.create_index(op.f("ix_event_inbox_id"), "event", ["inbox_id"], unique=False)
    op.create_table(
        "outbox",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cause", Text(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("recipient", Text(), nullable=False),
        sa.Column("message_id", Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("retried_at", Utc(), nullable=True),
        sa.Column("notice", Text(), nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("state_because", Text(), nullable=False),
        sa.Column("not_before", Utc(), nullable=False),
        sa.Column("claimed_by", Text(), nullable=True),
        sa.Column("claim_token", Text(), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.CheckConstraint(
            "state IN ('intended', 'ready', 'submitted', 'refused', 'unknown', 'expired', 'parked', 'cancelled')",
            name=op.f("ck_outbox_state_known"),
        ),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_outbox_case_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_outbox_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("cause", "kind", "recipient", name=op.f("uq_outbox_cause_kind_recipient")),
        sa.UniqueConstraint("message_id", name=op.f("uq_outbox_message_id")),
    )
    op.create_index(op.f("ix_outbox_case_id"), "outbox", ["case_id"], unique=False)
    op.create_index(
        "ix_outbox_claimed",
        "outbox",
        ["claim_token"],
        unique=False,
        sqlite_where=sa.text("claim_token IS NOT NULL"),
        postgresql_where=sa.text("claim_token IS NOT NULL"),
    )
    op.create_index(op.f("ix_outbox_inbox_id"), "outbox", ["inbox_id"], unique=False)
    op.create_index(
        "ix_outbox_intended",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('intended')"),
        postgresql_where=sa.text("state IN ('intended')"),
    )
    op.create_index(
        "ix_outbox_ready",
        "outbox",
        ["id"],
        unique=False,
        sqlite_where=sa.text("state IN ('ready')"),
        postgresql_where=sa.text("state IN ('ready')"),
    )
    op.create_table(
        "settlement",
        sa.Column("inbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("settled_at", Utc(), nullable=False),
        sa.Column("fate", Text(), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("duplicate_of", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.CheckConstraint(
            "(fate = 'duplicate') = (duplicate_of IS NOT NULL)", name=op.f("ck_settlement_duplicate_of_what")
        ),
        sa.CheckConstraint("(fate = 'open_case') = (case_id IS NOT NULL)", name=op.f("ck_settlement_case_is_there")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_settlement_case_id")),
        sa.ForeignKeyConstraint(["duplicate_of"], ["inbox.id"], name=op.f("fk_settlement_duplicate_of")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_settlement_inbox_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_settlement")),
    )
    op.create_index(op.f("ix_settlement_case_id"), "settlement", ["case_id"], unique=False)
    op.create_table(
        "transition",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("case_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("event", Text(), nullable=False),
        sa.Column("from_status", Text(), nullable=True),
        sa.Column("to_status", Text(), nullable=False),
        sa.Column("cause", Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_transition_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transition")),
        sa.UniqueConstraint("case_id", "cause", "event", name=op.f("uq_transition_case_id_cause_event")),
    )
    op.create_table(
        "attachment",
        sa.Column("correspondence_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("path", Text(), nullable=False),
        sa.Column("name", Text(), nullable=False),
        sa.Column("content_type", Text(), nullable=False),
        sa.Column("size", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sha256", Text(), nullable=False),
        sa.Column("inline", sa.Boolean(), nullable=False),
        sa.Column("dropped_because", Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["correspondence_id"], ["correspondence.id"], name=op.f("fk_attachment_correspondence_id")
        ),
        sa.PrimaryKeyConstraint("correspondence_id", "path", name=op.f("pk_attachment")),
    )
    op.create_table(
        "attempt",
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("started_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("outcome", Text(), nullable=True),
        sa.Column("reply", Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('submitted', 'deferred', 'refused', 'unavailable', 'unknown', 'interrupted')",
            name=op.f("ck_attempt_outcome_known"),
        ),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_attempt_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", "number", name=op.f("pk_attempt")),
    )
    op.create_table(
        "frozen",
        sa.Column("outbox_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("frozen_at", Utc(), nullable=False),
        sa.Column("raw", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", Text(), nullable=False),
        sa.Column("smtputf8", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["outbox_id"], ["outbox.id"], name=op.f("fk_frozen_outbox_id")),
        sa.PrimaryKeyConstraint("outbox_id", name=op.f("pk_frozen")),
        comment="the bytes of a notice: written once, offered unchanged until an outcome is known",
    )


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")
