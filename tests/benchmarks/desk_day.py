"""A day of a desk on which everything happens once: so that every statement of the store is asked.

Played by the product itself (`tests.world`). `prepare` makes the desk, `work` is the day; a
second day after the first finds everything there twice.
"""

import io
import re
import shlex
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from intake.cli.initialise import make
from intake.process import own_name
from models.acts import Close, Link, MarkDuplicate, Note, Reopen, Reply, SetPriority, SetStatus
from models.authentication import Authentication
from models.case import CaseStatus, Priority
from models.mail import Envelope, Route
from models.organisation import Mode
from models.store import imap_ledger, inbox, tables
from models.store.inbox import Arrival
from models.store.reports.waiting import queues
from models.tokens import Purpose, signed_extension
from tests.builders import ALICE, KEYS, NETWORK_OF_RELAYS, a_multipart, a_policy
from tests.cli.running import casegate
from tests.world import AUTHSERV_ID, Sent, World

BOB, EVE, MALLORY, OTTO = "bob@acme.example", "eve@acme.example", "mallory@evil.example", "otto@legacy.example"
DANA = "Dana Reyes <dana@example.net>"
PROVED = "dkim=pass header.d=acme.example"
OURS = "dkim=pass header.d=example.net"
POLICY = a_policy(mode=Mode.ADDRESS, authentication=Authentication(authserv_id=AUTHSERV_ID, relays=NETWORK_OF_RELAYS))


def prepare(world: World) -> None:
    """Departments, agents and two customers."""
    world.add_department("support", address="agents@example.net")
    world.add_department("billing", address="accounts@example.net")
    world.add_agent("dana")
    world.add_organisation("Acme", domains=["acme.example"])
    world.add_contact("Acme", ALICE)
    world.add_contact("Acme", BOB, name="Bob Berg")
    world.add_organisation("Legacy", domains=["legacy.example"], mode=Mode.ALIGNED)
    world.add_contact("Legacy", OTTO, name="Otto Old")
    world.sql("UPDATE organisation SET pass_code = 'swordfish' WHERE name = 'Legacy'")


def work(world: World) -> None:
    """The day: customers, agents, what is held, what fails, what is due."""
    world.advance(hours=3)
    cases = customers_write(world)
    agents_act(world, *cases)
    mail_is_held(world)
    things_fail(world)
    fetch_mailbox(world)
    world.advance(hours=4)
    world.scheduler.step()
    world.restart_scheduler()
    world.now = (world.now + timedelta(days=1)).replace(hour=8, minute=1)
    world.scheduler.step()
    world.work()


def customers_write(world: World) -> tuple[int, int, int]:
    """New cases, an answer, a duplicate, an attachment, a loop, an absence note; the numbers of three cases."""
    first = world.send(subject="No dial tone")
    world.work()
    content_type, body = a_multipart(("text/plain", "See there."), ("text/csv; name=trace.csv", "a,b"))
    second = world.send(subject="A trace", headers={"Content-Type": content_type}, body=body)
    third = world.send(from_=f"Bob Berg <{BOB}>", subject="My headset")
    world.send(subject="I am away", headers={"Auto-Submitted": "auto-replied"})
    world.send(from_=MALLORY, subject="Buy this", to="postmaster@example.net")
    world.settle()
    acknowledgement = world.mailbox(ALICE)[-1]
    world.reply(acknowledgement, in_thread=False)
    world.send(subject="Re: No dial tone", headers={"References": f"<{first.message_id}>"})
    world.send_raw(acknowledgement.as_bytes(), message_id="none")
    world.work()
    world.send(to=[posted.reverse_path for posted in world.relay.taken if posted.recipient == ALICE][-1:] or ALICE,
               from_="Mail Delivery System <MAILER-DAEMON@mx.acme.example>", reverse_path="", **_report())  # fmt: skip
    world.work()
    return _case(world, first), _case(world, second), _case(world, third)


def _report() -> dict[str, object]:
    of_one = f"Final-Recipient: rfc822; {ALICE}\nAction: failed\nStatus: 5.1.1\nDiagnostic-Code: smtp; 550 5.1.1 no"
    content_type, body = a_multipart(
        ("text/plain", "I am sorry."),
        ("message/delivery-status", f"Reporting-MTA: dns; mx.acme.example\n\n{of_one}"),
        subtype="report",
        parameters="; report-type=delivery-status",
    )
    headers = {"Content-Type": content_type, "Auto-Submitted": "auto-replied"}
    return {"subject": "Undelivered Mail Returned to Sender", "body": body, "headers": headers}


def _case(world: World, sent: Sent) -> int:
    return int(re.sub(r"\D", "", world.trail(sent).case))


def agents_act(world: World, first: int, second: int, third: int) -> None:
    """By mail and by command: words, priorities, links, a duplicate, closings; the customer answers afterwards."""
    world.reply(world.mailbox("dana@example.net")[-1], from_=DANA, body="Which floor?", results=OURS)
    world.work()
    as_law_sees = world.as_law_sees_it
    world.act(first, Reply(text="We look into it."), SetPriority(priority=Priority.P2), Note(text="On it."))
    world.act(second, SetStatus(status=CaseStatus.ON_HOLD), Link(other=as_law_sees(first)))
    world.act(third, MarkDuplicate(main=as_law_sees(second)))
    world.act(first, Close(summary="Done."), Reopen(because="not done"), Close(summary="Done."))
    world.work()
    world.reply(world.mailbox(ALICE)[-1], body="It is dead again.")
    world.work()


def mail_is_held(world: World) -> None:
    """An end user whom an MPOC lets in, one whom he refuses; a stranger who expires; one let in, dropped, rejected."""
    for number, purpose in enumerate((Purpose.APPROVE, Purpose.REFUSE, Purpose.REMARK)):
        sent = world.send(from_=f"Eve Ernst <{EVE}>", subject=f"My phone {number} is dead", results=PROVED)
        world.work()
        answer = f"support+{signed_extension(KEYS, purpose, sent.inbox_id, ALICE)}@example.net"
        world.send(to=answer, from_=ALICE, subject="Answer", results=PROVED)
        world.work()
    released, rejected, dropped, last = (
        world.send(from_=f"{one}@evil.example", subject="Hello") for one in ("ann", "ben", "cem", "dee")
    )
    world.send(from_=OTTO, subject="Fax line", body="The code is swordfish.", results="dkim=none")
    world.send(from_="wanda@acme.example", subject="DNS is away", results="dkim=temperror")
    world.work()
    world.release(released, as_=(ALICE, "Acme"))
    world.reject(rejected)
    world.drop(dropped)
    world.trust("Legacy", OTTO, "ip:203.0.113.0/24")
    world.work()
    _change(world, tables.held, tables.held.c.inbox_id == last.inbox_id, expires_at=world.now)
    world.expire()


def things_fail(world: World) -> None:
    """A message that is parked and retried, claims of a dead process, a notice that nobody can be given."""
    world.sql("UPDATE contact_role SET role = 'grand-mpoc'")
    sent = world.send(subject="It breaks")
    for _ in range(3):
        world.settle()
        world.advance(seconds=31)
    world.settle()
    world.sql("UPDATE contact_role SET role = 'primary-mpoc'")
    world.retry_parked(sent)
    world.work()
    world.sql("UPDATE outbox SET state = 'refused' WHERE id = (SELECT max(id) FROM outbox)")
    world.send(subject="Nobody works on it")
    until = world.now + timedelta(seconds=30)
    claim = {"claim_token": "t", "claimed_by": f"{own_name().rpartition(':')[0]}:0", "claimed_until": until}
    for table in (tables.inbox, tables.outbox, tables.obligation):
        _change(world, table, table.c.id == sa.select(sa.func.max(table.c.id)).scalar_subquery(), **claim)
    world.worker.free_interrupted()
    world.restart_scheduler()
    world.work()


def _change(world: World, table: sa.Table, which: sa.ColumnElement[bool], **values: object) -> None:
    with world.database.write() as connection:
        connection.execute(sa.update(table).where(which).values(**values))


def installed(world: World, directory: Path) -> dict[str, str]:
    """An environment in which commands find the desk's database."""
    configuration = make(directory / "etc", directory / "etc/state", "example.net")
    text = configuration.read_text("utf-8")
    configuration.write_text(re.sub(r'(?m)^database = "[^"]*"', f'database = "{_url(world)}"', text), "utf-8")
    return {"CASEGATE_CONFIG": str(configuration), "CASEGATE_SERVICE__STATE_DIRECTORY": str(directory)}


def ask(world: World, environment: dict[str, str]) -> list[str]:
    """The status line, and every command that asks the store; those that could not be understood."""
    with world.database.read() as connection:
        queues(connection, world.now)
    done = {words: casegate(*shlex.split(words), environment=environment) for words in COMMANDS}
    return [f"{words}: {answer.err}" for words, answer in done.items() if answer.code not in {0, 1}]


def fetch_mailbox(world: World) -> None:
    """What the fetcher of a mailbox asks of its ledger, with a few messages in every state."""
    now, place = world.now, imap_ledger.Place("imap.example.net", 993, "support", "INBOX")
    with world.database.write() as connection:
        newest = connection.scalar(sa.select(sa.func.max(tables.inbox.c.id))) or 0
        received = connection.scalar(sa.select(tables.inbox.c.received_at).where(tables.inbox.c.id == newest)) or now
        envelope = Envelope(route=Route.IMAP, reverse_path="", forward_paths=())
        inbox.are_stored(connection, [newest], [Arrival(envelope, received, io.BytesIO(), 0)])
        folder, _ = imap_ledger.open_folder(connection, place, 7, now)
        uids = list(range(newest, newest + 4))
        imap_ledger.store(connection, folder, [imap_ledger.Arrived(uids[0], newest, 100)], now)
        imap_ledger.fail(connection, folder, uids[1], "it ends too soon", now, interrupted=False)
        imap_ledger.leave(connection, folder, uids[2], "too big", now, size=1)
        imap_ledger.known(connection, folder, uids)
        imap_ledger.taken(connection, folder, uids)
        imap_ledger.here(connection, folder)
        if imap_ledger.untold(connection, folder):
            imap_ledger.last_told(connection, folder)
        imap_ledger.tell(connection, folder, uids[2:], now)
        imap_ledger.move(connection, folder, uids[:1], "done", now)
        imap_ledger.lose(connection, folder, uids[1:2], "it left", now)
        imap_ledger.forget(connection, folder, uids[2:])
        imap_ledger.succeeded(connection, folder, now, waiting=0)
        imap_ledger.failed(connection, place, "no answer", now)


def _url(world: World) -> str:
    return world.database.url.render_as_string(hide_password=False)


COMMANDS = (
    "check", "stats", "events list", "events list --kind held --case CG-000001",
    "case list", "case list --org Acme", "case list --status Closed --search trace", "case show CG-000002 --whole",
    "case note CG-000002 --as dana Seen", "explain CG-000001", "explain 1@client.example", "held list", "held show 1",
    "parked list", "parked show 1", "outbox list", "outbox list --state ready", "outbox show 1",
    "outbox retry 1", "outbox cancel 1 --because late", "message raw 1", "org list", "org show Acme",
    "contact list", "agent list", "department list", "replay --since 1d",
)  # fmt: skip
