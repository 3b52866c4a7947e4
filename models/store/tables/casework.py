"""Cases: what they are, what was said and done in them, what is owed for them and when."""

import sqlalchemy as sa

from models.obligation import ObligationKind, ObligationState
from models.store.columns import Id, Text, Utc, among, claim, leased, one_of, own_id, ref, table

cases = table(
    "cases",
    own_id(),
    ref("organisation_id", "organisation.id"),
    ref("contact_id", "contact.id"),
    ref("opened_from", "inbox.id", nullable=True, unique=True),
    ref("department_id", "department.id"),
    ref("agent_id", "agent.id", nullable=True),
    sa.Column("subject", Text, nullable=False),
    sa.Column("alike", Text),
    sa.Column("priority", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("standing", Text, nullable=False),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("plan", Text, nullable=False),
    sa.Column("plan_version", Text, nullable=False),
    sa.Column("respond_from", Utc, nullable=False),
    sa.Column("responded_at", Utc),
    sa.Column("update_from", Utc, nullable=False),
    sa.Column("resolve_from", Utc, nullable=False),
    sa.Column("waiting_since", Utc),
    sa.Column("warned_at", Utc),
    sa.Column("etr", Utc),
    sa.Column("vendor", Text, nullable=False),
    sa.Column("closed_at", Utc),
    ref("follow_up_of", "cases.id", nullable=True),
    ref("duplicate_of", "cases.id", nullable=True),
    one_of("priority", "P1G", "P1", "P2", "P3", "P4"),
    sa.CheckConstraint("(status = 'Duplicate') = (duplicate_of IS NOT NULL)", name="main_case"),
    sa.CheckConstraint(
        "(status = 'Duplicate' OR status = 'Closed, No Response' OR status = 'Closed') = (closed_at IS NOT NULL)",
        name="closed_when",
    ),
    sa.Index(None, "organisation_id"),
    sa.Index(None, "contact_id", "opened_at"),
    sa.Index(None, "contact_id", "alike", "opened_at"),
    sa.Index(None, "follow_up_of"),
)
IS_OPEN = sa.not_(among(cases.c.status, "Duplicate", "Closed, No Response", "Closed"))
sa.Index("ix_cases_open_of_agent", cases.c.agent_id, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)

correspondence = table(
    "correspondence",
    own_id(),
    ref("case_id", "cases.id"),
    ref("inbox_id", "inbox.id", nullable=True, unique=True),
    ref("contact_id", "contact.id", nullable=True),
    ref("agent_id", "agent.id", nullable=True),
    ref("act_id", "act.id", nullable=True),
    sa.Column("kind", Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author_name", Text, nullable=False),
    sa.Column("author_address", Text, nullable=False),
    sa.Column("message_id", Text),
    sa.Column("text", Text, nullable=False),
    sa.Column("new_text", Text),
    one_of("kind", "mail", "comment", "reply", "note", "call"),
    sa.Index(None, "case_id"),
    sa.Index(None, "message_id"),
)

case_participant = table(
    "case_participant",
    ref("case_id", "cases.id", primary_key=True),
    sa.Column("address", Text, primary_key=True),
    sa.Column("since", Utc, nullable=False),
    sa.Column("because", Text, nullable=False),
    comment="addresses that may comment on one case, and do nothing else (plans 1)",
)

act = table(
    "act",
    own_id(),
    ref("case_id", "cases.id"),
    ref("agent_id", "agent.id", nullable=True),
    ref("inbox_id", "inbox.id", nullable=True),
    sa.Column("by", Text, nullable=False),
    sa.Column("at", Utc, nullable=False),
    sa.Column("kind", Text, nullable=False),
    sa.Column("said", Text, nullable=False),
    sa.Index(None, "case_id"),
    comment="what agents did to cases, in the order they did it",
)

case_link = table(
    "case_link",
    ref("case_id", "cases.id", primary_key=True),
    ref("other_id", "cases.id", primary_key=True),
    ref("act_id", "act.id"),
    sa.Column("at", Utc, nullable=False),
    sa.Index(None, "other_id"),
    comment="cases of one organisation that an agent linked; the lower id first",
)

obligation = table(
    "obligation",
    own_id(),
    ref("case_id", "cases.id"),
    sa.Column("kind", Text, nullable=False),
    sa.Column("due_at", Utc, nullable=False),
    sa.Column("state", Text, nullable=False),
    sa.Column("created_at", Utc, nullable=False),
    sa.Column("ended_at", Utc),
    sa.Column("because", Text, nullable=False),
    sa.Column("not_before", Utc, nullable=False),
    *claim(),
    one_of("state", *(state.value for state in ObligationState)),
    one_of("kind", *(kind.value for kind in ObligationKind)),
    sa.CheckConstraint("(state = 'owed') = (ended_at IS NULL)", name="ended_when"),
    sa.UniqueConstraint("case_id", "kind", "due_at"),
    comment="what is owed for a case at a time; it ends kept, late or waived",
)
IS_OWED = among(obligation.c.state, "owed")
sa.Index("ix_obligation_owed", obligation.c.not_before, sqlite_where=IS_OWED, postgresql_where=IS_OWED)
leased(obligation)
WAS_LATE = among(obligation.c.state, "late")
sa.Index("ix_obligation_late", obligation.c.ended_at, sqlite_where=WAS_LATE, postgresql_where=WAS_LATE)

attachment = table(
    "attachment",
    ref("correspondence_id", "correspondence.id", primary_key=True),
    sa.Column("path", Text, primary_key=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("content_type", Text, nullable=False),
    sa.Column("size", Id, nullable=False),
    sa.Column("sha256", Text, nullable=False),
    sa.Column("inline", sa.Boolean, nullable=False),
    sa.Column("dropped_because", Text, nullable=False),
)

transition = table(
    "transition",
    own_id(),
    ref("case_id", "cases.id"),
    sa.Column("at", Utc, nullable=False),
    sa.Column("event", Text, nullable=False),
    sa.Column("from_status", Text),
    sa.Column("to_status", Text, nullable=False),
    sa.Column("cause", Text, nullable=False),
    sa.UniqueConstraint("case_id", "cause", "event"),
)
