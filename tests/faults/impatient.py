"""`casegate` with little patience: with other writers, a database that is away, a relay. Nothing else is changed."""

import sys

from models import limits

if __name__ == "__main__":
    limits.GATE_SECONDS = 1  # type: ignore[misc]  # before anything has read them
    limits.START_WAITS_SECONDS = 1  # type: ignore[misc]
    limits.SUBMIT_DRAIN_SECONDS = 1  # type: ignore[misc]
    from intake.cli import main

    sys.exit(main())
