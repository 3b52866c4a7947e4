"""Typed context in, words out, and the way to the relay."""

OWNER = "casegate"
