"""Mutated mail without end: `python -m tests.fuzz`."""
