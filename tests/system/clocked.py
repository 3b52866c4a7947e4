"""`casegate` with another clock: the time stands in a file, and whoever tells the story moves it.

The product has one place that reads the clock (`intake.clock`), and hands it on as an
argument. This is another main, with another clock; nothing else of the product is changed.
"""

import os
import sys
from datetime import datetime
from pathlib import Path

from intake import clock

_FILE = Path(os.environ["STORY_CLOCK"])


def told_time() -> datetime:
    """The moment that stands in the file."""
    return datetime.fromisoformat(_FILE.read_text())


if __name__ == "__main__":
    clock.system_clock = told_time
    from intake.cli import main

    sys.exit(main())
