"""`casegate` with other limits (models/limits.py): TEST_LIMITS names them as JSON. Nothing else of it is changed.

It may also end at a COMMIT, like `ends_at_commit`, where TEST_ORDERS is set.
"""

import json
import os

from models import limits

if __name__ == "__main__":
    for name, value in json.loads(os.environ["TEST_LIMITS"]).items():
        assert hasattr(limits, name), name
        setattr(limits, name, value)  # before anything has read it
    if "TEST_ORDERS" in os.environ:
        import ends_at_commit  # noqa: F401 - it lies beside this file; importing it lets it listen
    from intake.cli import main

    main()
