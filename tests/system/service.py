"""A desk behind real mail servers: an installation with people in it, and an outside client of Postfix."""

import email
import email.policy
import smtplib
import subprocess
import uuid
from collections.abc import Mapping, Sequence
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from models.store import reports, tables
from models.store.database import Database
from tests.cli.running import Done, casegate
from tests.load.installation import CASEGATE, Installation
from tests.services import DEADLINE, short_directory, wait_until

OUTSIDE = "203.0.113.9"
"""Where the outside client comes from, as XCLIENT makes Postfix believe."""
STRICT = email.policy.default.clone(raise_on_defect=True)


class Desk(Installation):
    """An installation with an LMTP door, two departments, an agent, and an organisation with one MPOC.

    `mpoc` and `agent` are addresses no other test shares, since the Dovecot is everybody's.
    """

    def __init__(
        self,
        *,
        relay: str = "maildir:{directory}/sent",
        database: str | None = None,
        settings: Mapping[str, object] | None = None,
        environment: Mapping[str, str] | None = None,
        roles: Sequence[str] = (),
        command: Sequence[str] = (CASEGATE,),
    ) -> None:
        directory = short_directory()
        named = [f"{name}={value}" for name, value in (environment or {}).items()]
        self.lmtp = directory / "lmtp"
        super().__init__(
            directory,
            relay=relay,
            database=database,
            settings={
                "smtp.lmtp": [str(self.lmtp)],
                "smtp.lmtp_mode": "0666",
                "service.admin": "ops@example.org",
                **(settings or {}),
            },
            roles=roles,
            command=["env", *named, *command],
        )
        self.directory.chmod(0o755)
        self.add_intake("billing@example.net", "billing")
        self.mpoc = f"alice-{uuid.uuid4().hex[:8]}@acme.example"
        self.agent = f"dana-{uuid.uuid4().hex[:8]}@example.org"
        self._add_people()

    def casegate(self, *arguments: str, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Run one command of casegate on this installation, in this process."""
        done = casegate(*arguments, environment={"CASEGATE_CONFIG": str(self.configuration)})
        completed = subprocess.CompletedProcess(arguments, done.code, done.out, done.err)
        if check:
            completed.check_returncode()
        return completed

    def add_intake(self, address: str, department: str) -> None:
        """Answer for one address more, from the next start or SIGHUP on."""
        with self.configuration.open("a") as file:
            file.write(f'\n[[intake]]\naddress = "{address}"\ndepartment = "{department}"\n')

    def _add_people(self) -> None:
        rows: list[tuple[sa.Table, dict[str, object]]] = [
            (tables.department, {"id": 1, "key": "support", "name": "Support", "address": "desk@example.org"}),
            (tables.department, {"id": 2, "key": "billing", "name": "Billing", "address": "accounts@example.org"}),
            (
                tables.agent,
                {"id": 1, "login": "dana", "name": "Dana", "address": self.agent, "active": 1, "on_duty": 1},
            ),
            (tables.agent_department, {"agent_id": 1, "department_id": 1}),
            (
                tables.organisation,
                {"id": 1, "name": "Acme", "plan": "calltower-2021", "language": "en", "zone": "America/Denver"},
            ),
            (tables.contact, {"id": 1, "organisation_id": 1, "name": "Alice", "title": "", "phone": "", "active": 1}),
            (
                tables.contact_address,
                {"contact_id": 1, "address": self.mpoc, "organisation_id": 1, "position": 0},
            ),
            (tables.contact_role, {"contact_id": 1, "role": "primary-mpoc"}),
        ]
        database = Database(self.database_url)
        with database.write() as connection:
            for table, values in rows:
                connection.execute(sa.insert(table).values(**values))
        database.close()

    def explained(self, message_id: str) -> list[dict[str, Any]]:
        """What `casegate explain` knows of a Message-ID, newest first."""
        database = Database(self.database_url)
        try:
            with database.read() as connection:
                ids = reports.inbox_ids_of_message_id(connection, message_id)
                return [row for inbox_id in ids if (row := reports.explain(connection, inbox_id)) is not None]
        finally:
            database.close()

    def wait_settled(self, message_id: str, copies: int = 1, deadline: float = DEADLINE) -> dict[str, Any]:
        """What is known of a message once `copies` of it are settled; the newest copy."""
        query = """SELECT count(*) FROM inbox JOIN examination ON examination.inbox_id = inbox.id
            WHERE examination.message_id = :id AND inbox.state = 'settled'"""
        wait_until(lambda: self.count(query, id=message_id) >= copies, deadline, what=f"{message_id} is settled")
        return self.explained(message_id)[0]

    def wait_outbox(self, state: str, count: int, deadline: float = DEADLINE) -> None:
        """Wait until so many notices are in a state."""
        query = "SELECT count(*) FROM outbox WHERE state = :state"
        wait_until(lambda: self.count(query, state=state) == count, deadline, what=f"{count} notices are {state}")

    def ingest(self, raw: bytes, *arguments: str) -> Done:
        """`casegate ingest` with a message on its standard input, in this process."""
        return casegate("ingest", "--config", self.configuration, *arguments, given=raw)


def a_mail_of(author: str, *, body: bytes = b"It is broken.\r\n", subject: str = "No dial tone") -> tuple[str, bytes]:
    """A mail no other test sends: its Message-ID without brackets, and its octets."""
    message_id = f"{uuid.uuid4().hex}@acme.example"
    fields = (
        f"From: Alice <{author}>",
        "To: support@example.net",
        f"Subject: {subject}",
        "Date: Mon, 23 Nov 2026 09:00:00 +0000",
        f"Message-ID: <{message_id}>",
        "MIME-Version: 1.0",
        "Content-Type: text/plain; charset=utf-8",
    )
    return message_id, "".join(f"{field}\r\n" for field in fields).encode() + b"\r\n" + body


def from_outside(
    port: int,
    raw: bytes,
    *,
    sender: str,
    to: Sequence[str] = ("support@example.net",),
    options: Sequence[str] = (),
) -> dict[str, tuple[int, bytes]]:
    """Hand a message to the Postfix on `port` as a client that comes from OUTSIDE; what it refused."""
    with smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=60) as client:
        client.ehlo()
        code, reply = client.docmd("XCLIENT", f"ADDR={OUTSIDE} NAME=mail.acme.example")
        assert 220 == code, reply
        client.ehlo()
        return client.sendmail(sender, list(to), raw, mail_options=list(options))


def strictly(raw: bytes) -> EmailMessage:
    """A message by the standard library's strict policy: any defect raises, in a header as well."""
    message = email.message_from_bytes(raw, policy=STRICT)
    assert isinstance(message, EmailMessage)
    assert [] == [defect for value in message.values() for defect in getattr(value, "defects", ())]
    return message


def sent_files(desk: Desk) -> list[Path]:
    """What a Maildir relay got, oldest first."""
    place = desk.directory / "sent" / "new"
    return sorted(place.iterdir()) if place.exists() else []
