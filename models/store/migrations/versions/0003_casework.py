"""Cases that live: what their clocks count from, what was said and done in them, what is owed for them."""

import sqlalchemy as sa
from alembic import op

from models.store.columns import Id, Text, Utc

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the clocks of cases, agents' acts, participants and obligations.

    A case that is there counts its clocks from when it was opened; its promises are owed from
    the next change on.
    """
    _create_tables()
    _add_clocks_to_cases()
    _tell_entries_apart()
    with op.batch_alter_table("settlement") as settlement:
        settlement.drop_constraint("ck_settlement_case_is_there")
        settlement.create_check_constraint(
            op.f("ck_settlement_case_is_there"),
            "(fate IN ('open_case', 'add_to_case', 'reopen_case', 'agent_acts')) = (case_id IS NOT NULL)",
        )


def _create_tables() -> None:
    op.create_table(
        "act",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("agent_id", Id, nullable=True),
        sa.Column("inbox_id", Id, nullable=True),
        sa.Column("by", Text(), nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("said", Text(), nullable=False),
        sa.ForeignKeyConstraint(["agent_id"], ["agent.id"], name=op.f("fk_act_agent_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_act_case_id")),
        sa.ForeignKeyConstraint(["inbox_id"], ["inbox.id"], name=op.f("fk_act_inbox_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        comment="what agents did to cases, in the order they did it",
    )
    with op.batch_alter_table("act", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_act_case_id"), ["case_id"], unique=False)

    op.create_table(
        "case_participant",
        sa.Column("case_id", Id, nullable=False),
        sa.Column("address", Text(), nullable=False),
        sa.Column("since", Utc(), nullable=False),
        sa.Column("because", Text(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_participant_case_id")),
        sa.PrimaryKeyConstraint("case_id", "address", name=op.f("pk_case_participant")),
        comment="addresses that may comment on one case, and do nothing else (plans 1)",
    )
    op.create_table(
        "case_link",
        sa.Column("case_id", Id, nullable=False),
        sa.Column("other_id", Id, nullable=False),
        sa.Column("act_id", Id, nullable=False),
        sa.Column("at", Utc(), nullable=False),
        sa.ForeignKeyConstraint(["act_id"], ["act.id"], name=op.f("fk_case_link_act_id")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_link_case_id")),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name=op.f("fk_case_link_other_id")),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_case_link")),
        comment="cases of one organisation that an agent linked; the lower id first",
    )
    op.create_index(op.f("ix_case_link_other_id"), "case_link", ["other_id"])
    op.create_table(
        "obligation",
        sa.Column("id", Id, nullable=False),
        sa.Column("case_id", Id, nullable=False),
        sa.Column("kind", Text(), nullable=False),
        sa.Column("due_at", Utc(), nullable=False),
        sa.Column("state", Text(), nullable=False),
        sa.Column("created_at", Utc(), nullable=False),
        sa.Column("ended_at", Utc(), nullable=True),
        sa.Column("because", Text(), nullable=False),
        sa.Column("not_before", Utc(), nullable=False),
        sa.Column("claimed_by", Text(), nullable=True),
        sa.Column("claim_token", Text(), nullable=True),
        sa.Column("claimed_until", Utc(), nullable=True),
        sa.CheckConstraint("(state = 'owed') = (ended_at IS NULL)", name=op.f("ck_obligation_ended_when")),
        sa.CheckConstraint(
            "kind IN ('scheduled_update', 'etr_passed', 'no_response_warning', 'no_response_close', "
            "'first_response_reminder', 'resolution_reminder', 'resolution_missed')",
            name=op.f("ck_obligation_kind_known"),
        ),
        sa.CheckConstraint("state IN ('owed', 'kept', 'late', 'waived')", name=op.f("ck_obligation_state_known")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_obligation_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_obligation")),
        sa.UniqueConstraint("case_id", "kind", "due_at", name=op.f("uq_obligation_case_id_kind_due_at")),
        comment="what is owed for a case at a time; it ends kept, late or waived",
    )
    with op.batch_alter_table("obligation", schema=None) as batch_op:
        batch_op.create_index(
            "ix_obligation_claimed",
            ["claim_token"],
            unique=False,
            sqlite_where=sa.text("claim_token IS NOT NULL"),
            postgresql_where=sa.text("claim_token IS NOT NULL"),
        )
        batch_op.create_index(
            "ix_obligation_owed",
            ["not_before"],
            unique=False,
            sqlite_where=sa.text("state IN ('owed')"),
            postgresql_where=sa.text("state IN ('owed')"),
        )


def _add_clocks_to_cases() -> None:
    with op.batch_alter_table("cases") as cases:
        for name in ("respond_from", "responded_at", "update_from", "resolve_from"):
            cases.add_column(sa.Column(name, Utc(), nullable=True))
        for name in ("waiting_since", "warned_at", "etr"):
            cases.add_column(sa.Column(name, Utc(), nullable=True))
        cases.add_column(sa.Column("vendor", Text(), nullable=True))
        cases.add_column(sa.Column("closed_at", Utc(), nullable=True))
        cases.add_column(sa.Column("follow_up_of", Id, nullable=True))
        cases.add_column(sa.Column("duplicate_of", Id, nullable=True))
    op.execute(
        "UPDATE cases SET respond_from = opened_at, update_from = opened_at, resolve_from = opened_at, vendor = ''"
    )
    with op.batch_alter_table("cases") as cases:
        for name in ("respond_from", "update_from", "resolve_from"):
            cases.alter_column(name, existing_type=Utc(), nullable=False)
        cases.alter_column("vendor", existing_type=Text(), nullable=False)
        cases.create_foreign_key(op.f("fk_cases_follow_up_of"), "cases", ["follow_up_of"], ["id"])
        cases.create_foreign_key(op.f("fk_cases_duplicate_of"), "cases", ["duplicate_of"], ["id"])
        cases.create_check_constraint(op.f("ck_cases_main_case"), "(status = 'Duplicate') = (duplicate_of IS NOT NULL)")
        cases.create_check_constraint(
            op.f("ck_cases_closed_when"),
            "(status IN ('Duplicate', 'Closed, No Response', 'Closed')) = (closed_at IS NOT NULL)",
        )
        cases.create_index(op.f("ix_cases_contact_id_opened_at"), ["contact_id", "opened_at"])
        cases.create_index(op.f("ix_cases_follow_up_of"), ["follow_up_of"])


def _tell_entries_apart() -> None:
    with op.batch_alter_table("correspondence") as correspondence:
        correspondence.add_column(sa.Column("agent_id", Id, nullable=True))
        correspondence.add_column(sa.Column("act_id", Id, nullable=True))
        correspondence.add_column(sa.Column("kind", Text(), nullable=True))
        correspondence.add_column(sa.Column("new_text", Text(), nullable=True))
    op.execute("UPDATE correspondence SET kind = 'mail'")
    with op.batch_alter_table("correspondence") as correspondence:
        correspondence.alter_column("kind", existing_type=Text(), nullable=False)
        correspondence.create_foreign_key(op.f("fk_correspondence_agent_id"), "agent", ["agent_id"], ["id"])
        correspondence.create_foreign_key(op.f("fk_correspondence_act_id"), "act", ["act_id"], ["id"])
        correspondence.create_check_constraint(
            op.f("ck_correspondence_kind_known"), "kind IN ('mail', 'comment', 'reply', 'note', 'call')"
        )


def downgrade() -> None:
    """A database is never taken back: restore the backup made before the upgrade."""
    raise RuntimeError("casegate does not downgrade a database: restore the backup made before the upgrade")
