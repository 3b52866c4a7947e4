"""Private instances of the real services that casegate lives among, for tests.

Each is started in a directory of its own, on loopback ports of its own, and leaves nothing
behind. What a test waits for it waits for with `wait_until`.
"""

from .dovecot import PASSWORD, PrivateDovecot
from .ports import free_port
from .postfix import PrivatePostfix
from .postgres import PrivatePostgres
from .postgres_proxy import Fate, PostgresProxy
from .process import PrivateService, live, short_directory
from .proxy import CuttingProxy, DistantProxy
from .waiting import DEADLINE, wait_until

__all__ = [
    "DEADLINE",
    "PASSWORD",
    "CuttingProxy",
    "DistantProxy",
    "Fate",
    "PostgresProxy",
    "PrivateDovecot",
    "PrivatePostfix",
    "PrivatePostgres",
    "PrivateService",
    "free_port",
    "live",
    "short_directory",
    "wait_until",
]
