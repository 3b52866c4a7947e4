"""What happened besides, and the ids given out."""

import sqlalchemy as sa

from models.store.columns import Id, Text, Utc, own_id, ref, table

counter = table(
    "counter",
    sa.Column("name", Text, primary_key=True),
    sa.Column("last", Id, nullable=False),
    comment="the last id given out for each table that allocates ids itself; ids are never used twice",
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
