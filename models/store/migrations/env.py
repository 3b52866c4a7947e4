"""Alembic's way in: it is always handed a connection inside our own transaction."""

from alembic import context

from models.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    transactional_ddl=True,
)
context.run_migrations()
