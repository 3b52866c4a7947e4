"""What the fault tests do with a desk: send it mail, and read what its log says."""

import smtplib
from typing import Any

from models.store.database import Database
from models.store.upgrade import upgrade
from tests.load import Installation
from tests.services import DEADLINE, wait_until
from tests.system.service import Desk, a_mail_of

PATIENCE = DEADLINE


def client_of(desk: Desk) -> smtplib.SMTP:
    """A client's connection to the door."""
    return smtplib.SMTP("127.0.0.1", desk.smtp_port, local_hostname="client.example", timeout=PATIENCE)


def offer(desk: Desk, *, octets: int = 40) -> tuple[str, int]:
    """Offer a new mail of the MPOC once; its Message-ID, and the code of the last reply."""
    message_id, raw = a_mail_of(desk.mpoc, body=b"It is broken.\r\n" * (octets // 15 + 1))
    with client_of(desk) as client:
        client.ehlo()
        for command in (f"MAIL FROM:<{desk.mpoc}>", "RCPT TO:<support@example.net>"):
            code, _ = client.docmd(command)
            if code != 250:
                return message_id, code
        return message_id, client.data(raw)[0]


def send(desk: Desk) -> str:
    """Have a new mail of the MPOC accepted; its Message-ID."""
    message_id, code = offer(desk)
    assert 250 == code
    return message_id


def events_named(desk: Installation, *names: str) -> list[dict[str, Any]]:
    """What the log says of some kinds, since the last start."""
    return [event for event in desk.events() if event["event"] in names]


def wait_for_event(desk: Installation, name: str, deadline: float = PATIENCE) -> dict[str, Any]:
    """The first event of a kind, once there is one."""
    return wait_until(lambda: events_named(desk, name), deadline, what=f"the log says {name}")[0]


def is_whole(desk: Desk) -> str:
    """ "" where `casegate verify` finds every promise kept, else what it found."""
    done = desk.casegate("verify", check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def move_to_postgres(installation: Installation, url: str) -> None:
    """Have an installation, before its first start, work on an empty database of PostgreSQL."""
    database = Database(url)
    upgrade(database)
    database.close()
    installation.set("service.database", url)
    installation.set("service.state_directory", str(installation.state))
    installation.database_url = url
