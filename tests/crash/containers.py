"""An installation whose processes have ids of their own, as in a container, under the host name that others have."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.load import Installation

_ISOLATED: Final = ["unshare", "--user", "--map-root-user", "--pid", "--fork", "--kill-child", "--mount-proc"]


def require_namespaces() -> None:
    """Skip the asking test where no namespaces can be made."""
    if subprocess.run([*_ISOLATED, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no namespaces can be made here (user_namespaces(7))")


class Contained(Installation):
    """Its main process is `unshare`; the supervisor is the one process that it has started."""

    def command(self) -> list[str]:
        return [*_ISOLATED, *super().command()]

    def end(self) -> int:
        """Ask the supervisor to end: `unshare` passes no signal on, but the exit status back."""
        assert self._process is not None, "it was started"
        children = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children").read_text().split()
        for child in children:
            os.kill(int(child), signal.SIGTERM)
        return self.wait_ended(100)
