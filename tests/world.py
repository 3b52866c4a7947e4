"""The scenario driver: one fresh installation in a directory of its own, driven step by step by a test.

Everything is the product's own and real: the database and its schema, the doors on a
loopback port and a Unix socket, acceptance, worker, parse process, submitter. Beyond it
stands one honest SMTP server that takes whatever it is offered. Time is the test's: the
clock stands until `advance` moves it.
"""

import asyncio
import smtplib
import threading
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final, TypeVar

import sqlalchemy as sa

from intake import held_mail
from intake.acceptance import Acceptance
from intake.casework import act_on_case, dossier_of
from intake.doors.listeners import Doors, DoorSettings, open_doors
from intake.parsing import Parser
from intake.scheduler import Scheduler
from intake.submitter import Submitter
from intake.wake import Bell, Ear
from intake.worker import Worker
from models.acts import Act, Actor
from models.case import Case, case_id_of
from models.limits import MESSAGE_BYTES
from models.organisation import Mode, Role
from models.policy import Policy
from models.store import exceptions, held, outbox, repairs, reports, staff, tables
from models.store.claims import owners
from models.store.contacts import contacts_by_address
from models.store.database import Database
from models.store.verify import Offender, verify
from models.trusted_path import parse_path
from responders.submission import open_submission
from tests.builders import ALICE, NOW, SUPPORT, a_mail, a_policy
from tests.services import DEADLINE, wait_until

AUTHSERV_ID: Final = "mx.example.net"
"""In whose name our own mail system writes what it found out about a message."""
CLIENT: Final = "203.0.113.9"
"""Whose mail our own mail system hands on."""
STRICT: Final = policy.SMTP.clone(raise_on_defect=True)
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sent:
    """What the door said to a message, and how the test can speak of it."""

    reply: str
    message_id: str | None

    @property
    def accepted(self) -> bool:
        return self.reply.startswith("250 ")

    @property
    def inbox_id(self) -> int:
        """The row it became; the door's reply tells it."""
        return int(self.reply.rpartition(" ")[2])


@dataclass(frozen=True, slots=True)
class Posted:
    """One message the relay took."""

    reverse_path: str
    recipient: str
    raw: bytes


@dataclass(slots=True)
class TakingRelay:
    """An SMTP server that takes everything and says so (RFC 5321, no extension but 8BITMIME)."""

    taken: list[Posted] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 relay.example ESMTP\r\n")
        reverse_path, recipients = "", list[str]()
        while line := (await reader.readline()).decode().rstrip("\r\n"):
            verb, _, argument = line.partition(":")
            answer = b"250 2.0.0 Ok\r\n"
            match verb.upper().split(" ")[0]:
                case "EHLO":
                    answer = b"250-relay.example\r\n250 8BITMIME\r\n"
                case "MAIL":
                    reverse_path, recipients = _path(argument), []
                case "RCPT":
                    recipients.append(_path(argument))
                case "DATA":
                    writer.write(b"354 go on\r\n")
                    body = (await reader.readuntil(b"\r\n.\r\n"))[:-3]
                    raw = (b"\r\n" + body).replace(b"\r\n..", b"\r\n.")[2:]
                    self.taken.extend(Posted(reverse_path, recipient, raw) for recipient in recipients)
                case "QUIT":
                    break
            writer.write(answer)
        writer.write(b"221 2.0.0 Bye\r\n")
        writer.close()


def _path(argument: str) -> str:
    return argument.partition("<")[2].partition(">")[0]


class World:
    """One installation, its clock, and the world around it."""

    def __init__(self, directory: Path, parser: Parser, *, url: str = "", policy: Policy | None = None) -> None:
        """Open the doors of an installation; its database lies in `directory` as `casegate.db`, or at the `url`."""
        self.now = NOW
        self.policy = policy or a_policy()
        self.relay = TakingRelay()
        self.database = Database(url or f"sqlite:///{directory / 'casegate.db'}")
        self._directory = directory
        self.bell = Bell(directory)
        self._ear = Ear(directory, "submitter")
        self._acceptance = Acceptance(
            self.database, clock=self.clock, bell=self.bell, state_directory=directory, max_message_bytes=MESSAGE_BYTES
        )
        self._acceptance.start()
        self._parser = parser
        self.worker = self.new_worker()
        self.restart_scheduler()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._doors, self._server = self._run(self._open())
        self._sent = 0

    async def _open(self) -> tuple[Doors, asyncio.Server]:
        settings = DoorSettings(
            hostname=self.policy.hostname,
            listen=("127.0.0.1:0",),
            lmtp=(str(self._directory / "lmtp.sock"),),
            relays=("192.0.2.0/24",),
            spool_directory=self._directory,
        )
        doors = await open_doors(settings, self._acceptance, self.policy.addresses)
        return doors, await asyncio.start_server(self.relay.serve, "127.0.0.1", 0, limit=2**24)

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(DEADLINE)

    def clock(self) -> datetime:
        return self.now

    def close(self) -> None:
        """Close the doors, then everything behind them."""
        self._server.close()
        self._run(self._doors.close())
        self._run(self._server.wait_closed())
        self._acceptance.stop()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self.database.close()
        self._ear.close()
        self.bell.close()

    # --- who is who ---------------------------------------------------------------------

    def add_department(self, key: str, *, address: str) -> None:
        self._insert(tables.department, key=key, name=key.capitalize(), address=address)

    def add_agent(self, login: str, *, department: str = "support", on_duty: bool = True, active: bool = True) -> None:
        """An agent of one department, at login@example.net."""
        agent_id = self._insert(
            tables.agent,
            login=login,
            name=login.capitalize(),
            address=f"{login}@example.net",
            active=active,
            on_duty=on_duty,
        )
        department_id = self._id_of(tables.department, tables.department.c.key == department)
        self._insert(tables.agent_department, agent_id=agent_id, department_id=department_id)

    def add_organisation(
        self,
        name: str,
        *,
        domains: Iterable[str] = (),
        plan: str = "calltower-2021",
        zone: str = "America/Denver",
        mode: Mode | None = None,
    ) -> None:
        organisation_id = self._insert(
            tables.organisation,
            name=name,
            plan=plan,
            language="en",
            zone=zone,
            mode=None if mode is None else mode.value,
            mode_because=None if mode is None else "agreed by telephone",
        )
        for domain in domains:
            self._insert(tables.organisation_domain, organisation_id=organisation_id, domain=domain)

    def add_contact(
        self,
        organisation: str,
        *addresses: str,
        roles: Iterable[Role] = (Role.PRIMARY_MPOC,),
        name: str = "Alice Anders",
        active: bool = True,
        valid_from: date | None = None,
        valid_until: date | None = None,
    ) -> None:
        organisation_id = self._id_of(tables.organisation, tables.organisation.c.name == organisation)
        contact_id = self._insert(
            tables.contact,
            organisation_id=organisation_id,
            name=name,
            title="",
            phone="",
            active=active,
            valid_from=valid_from,
            valid_until=valid_until,
        )
        for position, address in enumerate(addresses):
            self._insert(
                tables.contact_address,
                contact_id=contact_id,
                organisation_id=organisation_id,
                address=address,
                position=position,
            )
        for role in roles:
            self._insert(tables.contact_role, contact_id=contact_id, role=role.value)

    def sql(self, statement: str, **values: object) -> None:
        """What somebody does to the database by hand."""
        with self.database.write() as connection:
            connection.execute(sa.text(statement), values)

    def _insert(self, table: sa.Table, **values: object) -> int:
        with self.database.write() as connection:
            key = connection.execute(sa.insert(table).values(**values)).inserted_primary_key
        return int(key[0]) if key else 0

    def _id_of(self, table: sa.Table, condition: sa.ColumnElement[bool]) -> int:
        with self.database.read() as connection:
            return int(connection.execute(sa.select(table.c.id).where(condition)).scalar_one())

    # --- mail in -------------------------------------------------------------------------

    def send(
        self,
        *,
        from_: str | None = f"Alice Anders <{ALICE}>",
        to: str | Sequence[str] = SUPPORT,
        subject: str | None = "No dial tone",
        body: str = "Three phones are dead.",
        headers: Mapping[str, str] | None = None,
        message_id: str | None = "",
        reverse_path: str = "bounces@client.example",
        lmtp: bool = False,
        results: str | None = None,
        client: str = CLIENT,
    ) -> Sent:
        """Write a message and hand it to the door; each is another one, as its Message-ID says.

        With `results` our own mail system hands it on: what it found out about the mail of
        `client` stands in Authentication-Results under its Received, as a milter of Postfix has it.
        """
        self._sent += 1
        named = f"{self._sent}@client.example" if message_id == "" else message_id
        first = to if isinstance(to, str) else to[0]
        raw = a_mail(
            from_=from_, to=first, subject=subject, body=body, headers=headers, message_id=named, date=self.now
        )
        if results is not None:
            raw, lmtp = self.relayed(raw, results, client=client), True
        return self.send_raw(raw, to=to, reverse_path=reverse_path, message_id=named, lmtp=lmtp)

    def relayed(self, raw: bytes, results: str, *, client: str = CLIENT) -> bytes:
        """A message as our own mail system hands it on; `results` without the authserv-id, "" for no word of it."""
        hop = f"Received: from client (client.example [{client}]) by {AUTHSERV_ID} (Postfix); {self._date()}\r\n"
        word = f"Authentication-Results: {AUTHSERV_ID}; {results}\r\n" if results else ""
        return (hop + word).encode() + raw

    def _date(self) -> str:
        return f"{self.now:%a, %d %b %Y %H:%M:%S} +0000"

    def send_raw(
        self,
        raw: bytes,
        *,
        to: str | Sequence[str] = SUPPORT,
        reverse_path: str = "bounces@client.example",
        message_id: str | None = None,
        lmtp: bool = False,
    ) -> Sent:
        """Hand octets to the door in one mail transaction, by SMTP or LMTP; the first refusal is the reply."""
        with self._client(lmtp=lmtp) as client:
            client.ehlo_or_helo_if_needed()
            recipients = [to] if isinstance(to, str) else to
            steps: list[Callable[[], tuple[int, bytes]]] = [
                lambda: client.mail(reverse_path),
                *[lambda path=path: client.rcpt(path) for path in recipients],
                lambda: client.data(raw),
            ]
            for step in steps:
                code, text = step()
                if code >= 400:
                    break
            if lmtp and code < 400:
                for _ in recipients[1:]:  # RFC 2033 4.2: a reply for each recipient
                    client.getreply()
        return Sent(f"{code} {text.decode('ascii')}", message_id)

    def _client(self, *, lmtp: bool) -> smtplib.SMTP:
        if lmtp:
            return smtplib.LMTP(str(self._directory / "lmtp.sock"), local_hostname="client.example")
        port = self._doors.sockets[0].getsockname()[1]
        return smtplib.SMTP("127.0.0.1", port, local_hostname="client.example", timeout=DEADLINE)

    def reply(
        self,
        to_mail: EmailMessage,
        *,
        from_: str = f"Alice Anders <{ALICE}>",
        to: str | None = None,
        subject: str | None = None,
        body: str = "Still dead.",
        headers: Mapping[str, str] | None = None,
        in_thread: bool = True,
        message_id: str | None = "",
        results: str | None = None,
    ) -> Sent:
        """Answer a mail as a mail program does: its Reply-To, In-Reply-To, References, "Re:", the text quoted below."""
        named = str(to_mail["Message-ID"])
        thread = {"In-Reply-To": named, "References": f"{to_mail['References'] or ''} {named}".strip()}
        quoted = "".join(f"> {line}\n" for line in _content(to_mail, "plain").splitlines())
        return self.send(
            from_=from_,
            to=to or str(to_mail["Reply-To"] or to_mail["From"]),
            subject=subject if subject is not None else f"Re: {to_mail['Subject']}",
            body=f"{body}\n\nOn Monday, {to_mail['From']} wrote:\n{quoted}",
            headers={**(thread if in_thread else {}), **(headers or {})},
            message_id=message_id,
            results=results,
        )

    # --- what agents do -----------------------------------------------------------------------

    def act(self, case_id: int, *acts: Act, by: str = "dana") -> None:
        """What `casegate case` does: each act in a transaction of its own, now. Raises Refusal."""
        for act in acts:
            with self.database.write() as connection:
                actor = Actor(login=by, agent=staff.agent_by_login(connection, by))
                act_on_case(connection, self.policy, case_id, lambda _, act=act: act, by=actor, now=self.now)

    # --- what the installation does ----------------------------------------------------------

    def settle(self) -> None:
        """Let the worker work until there is nothing left to do now."""
        while self.worker.step():
            pass

    def new_worker(self) -> Worker:
        """A worker as another process has it, for this database."""
        return Worker(self.database, self.policy, self._parser, clock=self.clock, bell=self.bell)

    def restart_scheduler(self) -> None:
        """A scheduler as a new process has it."""
        self.scheduler = Scheduler(self.database, self.policy, clock=self.clock, bell=self.bell)

    def tick(self) -> None:
        """Let the scheduler look at the clock until nothing is due, then word and send what is owed."""
        while self.scheduler.step():
            pass
        self.work()

    def deliver(self) -> None:
        """Let the submitter offer what is ready until nothing is due or under way."""
        port = self._server.sockets[0].getsockname()[1]
        relay = open_submission(f"smtp://127.0.0.1:{port}", helo=self.policy.hostname, tls="none")
        submitter = Submitter(self.database, relay, self.policy, clock=self.clock)
        running = asyncio.run_coroutine_threadsafe(submitter.run(self._ear), self._loop)
        try:
            wait_until(self._nothing_to_send, what="nothing is left to send")
        finally:
            submitter.stop()
            self.bell.ring("submitter")
            running.result(DEADLINE)

    def _nothing_to_send(self) -> bool:
        with self.database.read() as connection:
            return not outbox.is_any_due(connection, self.now) and not owners(connection, tables.outbox)

    def work(self) -> None:
        """Settle, then deliver."""
        self.settle()
        self.deliver()

    def advance(self, **duration: float) -> None:
        """Move the clock, by keywords of timedelta."""
        self.now += timedelta(**duration)

    def retry_parked(self, sent: Sent) -> bool:
        """`casegate parked retry`."""
        with self.database.write() as connection:
            return repairs.retry_parked(connection, sent.inbox_id, self.now, who="admin")

    def release(self, sent: Sent, *, as_: tuple[str, str] | None = None, case: str | None = None) -> bool:
        """`casegate held release`; `as_` is the address and the organisation of an MPOC."""
        with self.database.write() as connection:
            return held.admit(
                connection,
                sent.inbox_id,
                self.now,
                by="admin",
                because="I know him",
                contact_id=None if as_ is None else self._contact_id(connection, *as_),
                case_id=None if case is None else case_id_of(case),
            )

    def reject(self, sent: Sent) -> str | None:
        """`casegate held reject`: who was told, "" nobody, None where it is not held."""
        with self.database.write() as connection:
            return held_mail.reject(connection, sent.inbox_id, self.policy, self.now, by="admin", because="no")

    def drop(self, sent: Sent) -> bool:
        """`casegate held drop`."""
        with self.database.write() as connection:
            return held.end_held(connection, sent.inbox_id, "drop", self.now, by="admin", because="spam")

    def expire(self) -> list[int]:
        """Let the scheduler look at held mail; the ids of what expired."""
        before = {row.inbox_id for row in self.held()}
        self.scheduler.step()
        return sorted(before - {row.inbox_id for row in self.held()})

    def trust(self, organisation: str, address: str, path: str) -> list[int]:
        """`casegate org trust`; the messages that are decided anew."""
        with self.database.write() as connection:
            exceptions.trust(
                connection,
                address,
                parse_path(path),
                self.now,
                by="admin",
                because="their old server",
                organisation_id=exceptions.organisation_id_of(connection, organisation),
            )
            return held.ask_anew(connection, address, self.now, because="trusted now")

    def _contact_id(self, connection: sa.Connection, address: str, organisation: str) -> int:
        known = contacts_by_address(connection, {address})[address]
        return next(one.contact_id for one in known if one.organisation == organisation)

    # --- what can be seen -----------------------------------------------------------------------

    def cases(self) -> list[SimpleNamespace]:
        """All cases, oldest first, as `casegate case show` has them."""
        with self.database.read() as connection:
            numbers = [row["case"] for row in reversed(reports.list_cases(connection, most=10_000))]
            shown = [reports.show_case(connection, case_id_of(number) or 0) for number in numbers]
        return [SimpleNamespace(**row) for row in shown if row is not None]

    def clocks(self) -> list[tuple[datetime, datetime]]:
        """From when first response and updates of each case count, the oldest case first."""
        counted = sa.select(tables.cases.c.respond_from, tables.cases.c.update_from).order_by(tables.cases.c.id)
        with self.database.read() as connection:
            return [(row.respond_from, row.update_from) for row in connection.execute(counted)]

    def case(self, case_id: int) -> SimpleNamespace:
        """One case as `casegate case show` has it."""
        with self.database.read() as connection:
            row = reports.show_case(connection, case_id)
        assert row is not None
        return SimpleNamespace(**row)

    def as_law_sees_it(self, case_id: int) -> Case:
        """One case with all its clocks, for an act that names it."""
        with self.database.read() as connection:
            return dossier_of(connection, case_id).case

    def trail(self, sent: Sent) -> SimpleNamespace:
        """What `casegate explain` says of a message, its last decision on top."""
        with self.database.read() as connection:
            row = reports.explain(connection, sent.inbox_id)
        assert row is not None
        decision = row["decisions"][-1] if row["decisions"] else {}
        return SimpleNamespace(
            state=row["state"],
            again_at=row["again_at"],
            remarks=row["remarks"],
            received_at=row["envelope"]["received_at"],
            settled_by=decision.get("rule"),
            fate=decision.get("fate"),
            because=decision.get("because"),
            steps=[(step["rule"], step["answer"]) for step in decision.get("trail", [])],
            case=(row["settlement"] or {}).get("case"),
            duplicate_of=(row["settlement"] or {}).get("duplicate_of"),
            held=row["held"],
            parked=row["parked"],
            strikes=row["strikes"],
            events=[(event["kind"], event["detail"]) for event in row["events"]],
            notices=[(notice["kind"], notice["recipient"], notice["state"]) for notice in row["notices"]],
            message=row["message"],
        )

    def settled_by(self, sent: Sent) -> str | None:
        """The rule that settled a message."""
        return self.trail(sent).settled_by

    def notices_to(self, address: str) -> list[str]:
        """The kinds of the notices owed to somebody, oldest first."""
        return [row["kind"] for row in self._outbox() if row["recipient"] == address]

    def notices(self) -> list[tuple[str, str, str]]:
        """Every notice owed: kind, recipient and state, oldest first."""
        return [(row["kind"], row["recipient"], row["state"]) for row in self._outbox()]

    def _outbox(self) -> list[dict[str, Any]]:
        with self.database.read() as connection:
            return list(reversed(reports.list_outbox(connection, most=10_000)))

    def held(self) -> list[SimpleNamespace]:
        """What a person should look at, oldest first."""
        with self.database.read() as connection:
            return [SimpleNamespace(**row) for row in reversed(reports.list_held(connection))]

    def parked(self) -> list[SimpleNamespace]:
        """What we failed on, oldest first."""
        with self.database.read() as connection:
            return [SimpleNamespace(**row) for row in reversed(reports.list_parked(connection))]

    def mailbox(self, address: str) -> list[EmailMessage]:
        """What the relay took for an address, read by the strictest reader there is."""
        return [strictly(posted.raw) for posted in self.relay.taken if posted.recipient == address]

    def offenders(self) -> list[Offender]:
        """What `casegate verify` finds: every broken promise."""
        return list(verify(self.database))


def strictly(raw: bytes) -> EmailMessage:
    """A message by a reader that raises on any defect, in the message or in a header."""
    message = message_from_bytes(raw, policy=STRICT)
    assert isinstance(message, EmailMessage)
    assert [] == [defect for value in message.values() for defect in value.defects]
    assert [] == [defect for part in message.walk() for defect in part.defects]
    return message


def text_of(message: EmailMessage) -> str:
    """The plain text of a mail, white space collapsed."""
    return " ".join(_content(message, "plain").split())


def html_of(message: EmailMessage) -> str:
    """The HTML of a mail as it is."""
    return _content(message, "html")


def _content(message: EmailMessage, subtype: str) -> str:
    part = message.get_body((subtype,))
    assert isinstance(part, EmailMessage)
    return str(part.get_content())
