"""Who is believed besides proof, what was let in by hand, and what MPOCs said to held mail."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Id, Text, Utc

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add exceptions, releases, approvals and their answers; held messages name the commands that help."""
    _exceptions()
    _releases()
    _approvals()
    with op.batch_alter_table("held") as held:
        held.add_column(sa.Column("release_command", Text(), nullable=True))
        held.add_column(sa.Column("trust_command", Text(), nullable=True))
    op.execute("UPDATE held SET release_command = '', trust_command = ''")
    with op.batch_alter_table("held") as held:
        held.alter_column("release_command", existing_type=Text(), nullable=False)
        held.alter_column("trust_command", existing_type=Text(), nullable=False)
        held.create_index(op.f("ix_held_expires_at"), ["expires_at"])


def _exceptions() -> None:
    op.create_table(
        "trust_exception",
        sa.Column("id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=True),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("address", Text(), nullable=False),
        sa.Column("path", Text(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.Column("made_by", Text(), nullable=False),
        sa.Column("made_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("ended_by", Text(), nullable=True),
        sa.Column("ended_because", Text(), nullable=True),
        sa.CheckConstraint("(organisation_id IS NULL) <> (agent_id IS NULL)", name=op.f("ck_trust_exception_of_one")),
        sa.CheckConstraint(
            "(ended_at IS NULL) = (ended_because IS NULL)", name=op.f("ck_trust_exception_ended_with_reason")
        ),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_trust_exception_agent_id")),
        sa.ForeignKeyConstraint(
            ["organisation_id"], ["organisation.id"], name=op.f("fk_trust_exception_organisation_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trust_exception")),
        comment="addresses that are believed where they come by one path, and by no other",
    )
    op.create_index(op.f("ix_trust_exception_address"), "trust_exception", ["address"])


def _releases() -> None:
    op.create_table(
        "release",
        sa.Column("id", Id, nullable=False),
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("admitted_by", Text(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.Column("contact_id", Id, nullable=True),
        sa.Column("case_id", Id, nullable=True),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_release_case_id")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_release_contact_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_release_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_release")),
        comment="held messages that somebody let in: by whom, why, in whose name, onto which case",
    )
    op.create_index(op.f("ix_release_inbox_id"), "release", ["inbox_id"])


def _approvals() -> None:
    op.create_table(
        "approval",
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("organisation_id", Id, nullable=False),
        sa.Column("author", Text(), nullable=False),
        sa.Column("asked_at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_approval_inbox_id")),
        sa.ForeignKeyConstraint(["organisation_id"], ["organisation.id"], name=op.f("fk_approval_organisation_id")),
        sa.PrimaryKeyConstraint("inbox_id", name=op.f("pk_approval")),
        comment="held messages about which the MPOCs of the writer's organisation were asked",
    )
    op.create_index(op.f("ix_approval_author_asked_at"), "approval", ["author", "asked_at"])
    op.create_table(
        "approval_answer",
        sa.Column("id", Id, nullable=False),
        sa.Column("inbox_id", Id, nullable=False),
        sa.Column("from_inbox_id", Id, nullable=False),
        sa.Column("contact_id", Id, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("answer", Text(), nullable=False),
        sa.Column("text", Text(), nullable=False),
        sa.CheckConstraint("answer IN ('approve', 'refuse', 'remark')", name=op.f("ck_approval_answer_answer_known")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_approval_answer_contact_id")),
        sa.ForeignKeyConstraint(["from_inbox_id"], ["inbox.id"], name=op.f("fk_approval_answer_from_inbox_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["approval.inbox_id"], name=op.f("fk_approval_answer_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_approval_answer")),
        sa.UniqueConstraint("from_inbox_id", name=op.f("uq_approval_answer_from_inbox_id")),
        comment="what MPOCs answered about a held message",
    )
    op.create_index(op.f("ix_approval_answer_inbox_id"), "approval_answer", ["inbox_id"])


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")
