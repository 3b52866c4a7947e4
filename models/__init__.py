"""The vocabulary and the law of casegate; its one input/output annex is models.store."""

OWNER = "casegate"
