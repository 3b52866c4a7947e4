"""The store: the one place that knows SQL. Only `intake` imports it (docs/architecture.md)."""
