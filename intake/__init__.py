"""Doors, loops, time and composition: the shell around the law (see docs/architecture.md)."""

OWNER = "casegate"
