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

import sqlalchemy as sa

from models.store.columns import Id, Text, Utc, among, claim, one_of, own_id, ref, table
from models.store.columns import metadata as metadata  # noqa: PLC0414 - whoever wants all tables asks where they are made

counter = table(
    "counter",
    sa.Column("name", Text, primary_key=True),
    sa.Column("last", Id, nullable=False),
    comment="the last id given out for each table that allocates ids itself; ids are never used twice",
)

# --- who is who -----------------------------------------------------------------------

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

# --- mail that came in -------------------------------------------------------------------

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
    sa.CheckConstraint("(fate = 'open_case') = (case_id IS NOT NULL)", name="case_is_there"),
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
)

parked = table(
    "parked",
    ref("inbox_id", "inbox.id", primary_key=True),
    sa.Column("parked_at", Utc, nullable=False),
    sa.Column("station", Text, nullable=False),
    sa.Column("because", Text, nullable=False),
    sa.Column("detail", Text, nullable=False),
)

# --- cases ----------------------------------------------------------------------------------

cases = table(
    "cases",
    own_id(),
    ref("organisation_id", "organisation.id"),
    ref("contact_id", "contact.id"),
    ref("opened_from", "inbox.id", nullable=True, unique=True),
    ref("department_id", "department.id"),
    ref("agent_id", "agent.id", nullable=True),
    sa.Column("subject", Text, nullable=False),
    sa.Column("priority", Text, nullable=False),
    sa.Column("status", Text, nullable=False),
    sa.Column("standing", Text, nullable=False),
    sa.Column("opened_at", Utc, nullable=False),
    sa.Column("plan", Text, nullable=False),
    sa.Column("plan_version", Text, nullable=False),
    one_of("priority", "P1G", "P1", "P2", "P3", "P4"),
    sa.Index(None, "organisation_id"),
)
IS_OPEN = sa.not_(among(cases.c.status, "Duplicate", "Closed, No Response", "Closed"))
sa.Index("ix_cases_open_of_agent", cases.c.agent_id, sqlite_where=IS_OPEN, postgresql_where=IS_OPEN)

correspondence = table(
    "correspondence",
    own_id(),
    ref("case_id", "cases.id"),
    ref("inbox_id", "inbox.id", nullable=True, unique=True),
    ref("contact_id", "contact.id", nullable=True),
    sa.Column("at", Utc, nullable=False),
    sa.Column("author_name", Text, nullable=False),
    sa.Column("author_address", Text, nullable=False),
    sa.Column("message_id", Text),
    sa.Column("text", Text, nullable=False),
    sa.Index(None, "case_id"),
    sa.Index(None, "message_id"),
)

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

# --- what we send -----------------------------------------------------------------------------

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
    one_of("state", "intended", "ready", "submitted", "refused", "unknown", "expired", "parked", "cancelled"),
    sa.UniqueConstraint("cause", "kind", "recipient"),
    sa.Index(None, "case_id"),
    sa.Index(None, "inbox_id"),
)
IS_INTENDED = among(outbox.c.state, "intended")
IS_READY = among(outbox.c.state, "ready")
sa.Index("ix_outbox_intended", outbox.c.id, sqlite_where=IS_INTENDED, postgresql_where=IS_INTENDED)
sa.Index("ix_outbox_ready", outbox.c.id, sqlite_where=IS_READY, postgresql_where=IS_READY)
for _claimed in (inbox, outbox):
    _leased = _claimed.c.claim_token.is_not(None)
    sa.Index(f"ix_{_claimed.name}_claimed", _claimed.c.claim_token, sqlite_where=_leased, postgresql_where=_leased)

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

event = table(
    "event",
    own_id(),
    sa.Column("at", Utc, nullable=False),
    sa.Column("kind", Text, nullable=False),
    ref("inbox_id", "inbox.id", nullable=True),
    ref("case_id", "cases.id", nullable=True),
    sa.Column("detail", Text, nullable=False),
    sa.Index(None, "inbox_id"),
    sa.Index(None, "case_id"),
)
