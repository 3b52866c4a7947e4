"""Proofs that kill: the service at random, every promise looked at from outside; flushes seen in system calls."""
