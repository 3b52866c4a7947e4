"""Who is who: departments, agents, organisations, contacts."""

import sqlalchemy as sa

from models.store.columns import Text, own_id, ref, table

department = table(
    "department",
    own_id(),
    sa.Column("key", Text, nullable=False, unique=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("address", Text, nullable=False),
)

agent = table(
    "agent",
    own_id(),
    sa.Column("login", Text, nullable=False, unique=True),
    sa.Column("name", Text, nullable=False),
    sa.Column("address", Text, nullable=False, unique=True),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("on_duty", sa.Boolean, nullable=False),
)

agent_department = table(
    "agent_department",
    ref("agent_id", "agent.id", primary_key=True),
    ref("department_id", "department.id", primary_key=True),
)

organisation = table(
    "organisation",
    own_id(),
    sa.Column("name", Text, nullable=False, unique=True),
    sa.Column("plan", Text, nullable=False),
    sa.Column("language", Text, nullable=False),
    sa.Column("zone", Text, nullable=False),
    sa.Column("mode", Text),
    sa.Column("mode_because", Text),
    sa.Column("pass_code", Text),
    sa.CheckConstraint(
        "mode IS NULL OR (mode IN ('aligned', 'address') AND mode_because IS NOT NULL)", name="mode_has_reason"
    ),
)

organisation_domain = table(
    "organisation_domain",
    ref("organisation_id", "organisation.id", primary_key=True),
    sa.Column("domain", Text, primary_key=True),
    sa.Index(None, "domain"),
)

contact = table(
    "contact",
    own_id(),
    ref("organisation_id", "organisation.id"),
    sa.Column("name", Text, nullable=False),
    sa.Column("title", Text, nullable=False),
    sa.Column("phone", Text, nullable=False),
    sa.Column("language", Text),
    sa.Column("active", sa.Boolean, nullable=False),
    sa.Column("valid_from", sa.Date),
    sa.Column("valid_until", sa.Date),
    sa.Index(None, "organisation_id"),
)

contact_address = table(
    "contact_address",
    ref("contact_id", "contact.id", primary_key=True),
    sa.Column("address", Text, primary_key=True),
    ref("organisation_id", "organisation.id"),
    sa.Column("position", sa.Integer, nullable=False),
    sa.UniqueConstraint(
        "address", "organisation_id"
    ),  # one contact of an organisation per address; its index finds senders
)

contact_role = table(
    "contact_role",
    ref("contact_id", "contact.id", primary_key=True),
    sa.Column("role", Text, primary_key=True),
)
