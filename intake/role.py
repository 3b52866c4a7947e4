"""How the supervisor starts a role: `python -m intake.role ROLE CONFIGURATION PIPE PARENT`.

No command of a user's: the arguments are the supervisor's business, and so is what they mean.
"""

import os
import sys
from pathlib import Path

from intake import configuration, log, roles
from intake.process import die_with_parent


def main(role: str, path: str, pipe: str, parent: str) -> int:
    """Run one role under its supervisor; errors of configuration were found before we are started."""
    die_with_parent(int(parent))
    os.set_inheritable(int(pipe), False)  # noqa: FBT003 - the library's signature
    try:
        roles.run(role, Path(path), configuration.load(Path(path)), roles.Pulse(int(pipe)))
    except Exception as error:  # noqa: BLE001 - the end of the role: told to the log, then to the supervisor
        log.crashed(error)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
