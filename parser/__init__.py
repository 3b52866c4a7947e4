"""Bytes in, facts about a message out: pure, total, bounded."""

OWNER = "casegate"
