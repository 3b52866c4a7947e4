"""Schema migrations (Alembic): from the first table on, with named constraints."""
