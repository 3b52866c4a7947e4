"""TCP ports that no other test process on this machine uses, in parallel runs too."""

import atexit
import random
import socket

_FIRST, _LAST = 20_000, 29_999  # below the kernel's own range, so that no outgoing connection takes one
_claims: list[socket.socket] = []


def free_port() -> int:
    """A port on 127.0.0.1 that is free now and stays this process's own until it ends.

    The claim is a Unix socket with an abstract name: it vanishes with the process, and the
    port itself stays unbound, so that a service can bind it again after a restart.
    """
    for _ in range(1000):
        port = random.randint(_FIRST, _LAST)
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0casegate-tests/{port}")
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return port
    raise RuntimeError(f"no free port between {_FIRST} and {_LAST}")


@atexit.register
def _release() -> None:
    for claim in _claims:
        claim.close()
