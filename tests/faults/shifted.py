"""`casegate` with a clock that goes like the machine's, but for so many seconds that stand in a file.

Like tests/system/clocked.py: another main, and nothing else of the product is changed.
"""

import os
import sys
from datetime import datetime, timedelta
from pathlib import Path

from intake import clock

_FILE = Path(os.environ["CLOCK_SHIFT"])
_machine_clock = clock.system_clock


def shifted_time() -> datetime:
    """What a clock on the wall says that somebody has moved."""
    return _machine_clock() + timedelta(seconds=float(_FILE.read_text()))


if __name__ == "__main__":
    clock.system_clock = shifted_time
    from intake.cli import main

    sys.exit(main())
