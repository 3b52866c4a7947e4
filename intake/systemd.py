"""Talking to systemd (sd_notify(3)): ready, alive, what is going on. Silent where it is not there."""

import os
import socket
from collections.abc import Mapping


def notify(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Send one notification, such as "READY=1" or "STATUS=...", to the service manager."""
    place = environment.get("NOTIFY_SOCKET")
    if not place:
        return
    address = "\0" + place[1:] if place.startswith("@") else place
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as connection:
        try:
            connection.sendto(state.encode(), address)
        except OSError:  # the manager is gone or its socket is full: a notification is a courtesy
            return


def watchdog_seconds(environment: Mapping[str, str] = os.environ) -> float | None:
    """How often the manager wants a sign of life; None when it wants none (WatchdogSec=)."""
    microseconds = environment.get("WATCHDOG_USEC", "")
    return int(microseconds) / 1_000_000 if microseconds.isdigit() and microseconds != "0" else None
