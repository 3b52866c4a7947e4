"""Fixtures of the doors' tests: `open_house` opens doors, and everything is closed in the end."""

from collections.abc import Callable, Iterator, MutableMapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from intake.doors.listeners import DoorSettings
from intake.doors.reception import DoorLimits
from tests.doors.house import HOSTNAME, House, Ledger


@pytest.fixture(autouse=True)
def events() -> Iterator[list[MutableMapping[str, Any]]]:
    """What was logged."""
    with capture_logs() as logged:
        yield logged


OpenHouse = Callable[..., House]


@pytest.fixture
def open_house(tmp_path: Path) -> Iterator[OpenHouse]:
    """Opens an SMTP door on loopback and an LMTP door on a Unix socket, in this order.

    Keywords: `ledger`; any of DoorSettings; any of DoorLimits; `uv`, `inherited`.
    """
    with ExitStack() as stack:

        def enter(
            *, ledger: Ledger | None = None, inherited: tuple[Any, ...] = (), uv: bool = True, **options: Any
        ) -> House:
            settings = {name: options.pop(name) for name in (*DoorSettings.__dataclass_fields__,) if name in options}
            settings.setdefault("spool_directory", tmp_path)
            settings.setdefault("listen", ("127.0.0.1:0",))
            settings.setdefault("lmtp", (str(tmp_path / "lmtp.sock"),))
            house = House(
                DoorSettings(hostname=HOSTNAME, **settings),
                ledger or Ledger(),
                limits=DoorLimits(**options),
                inherited=inherited,
                uv=uv,
            )
            return stack.enter_context(house)

        yield enter
