"""Mails and facts with sane values: keyword arguments, RFC 2606 names, a fixed Monday. Frozen, no randomness."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_network
from typing import Any, Final

from models.case import Case, CaseStatus, Priority
from models.dossier import Dossier, Evidence, Pointer
from models.intake_address import IntakeAddress, IntakeAddresses
from models.mail import Envelope, Route
from models.message import AutomaticEvidence, AutomaticKind, Message, Originator
from models.notice import Desk
from models.organisation import Department, KnownAgent, KnownContact, Mode, OnDuty, Role
from models.plan import SupportPlan, shipped_plans
from models.policy import Policy
from models.rules.case_file import CaseFile
from models.rules.facts import Facts
from models.tokens import Keys

NOW: Final = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
"""A Monday, 09:00 in Denver and 08:00 in Los Angeles."""
KEYS: Final = Keys(b"the desk's own key for tests")
DESK: Final = Desk(name="Example Support", address="support@example.net", phone="+1 303 555 0100")
ADMIN: Final = "ops@example.org"
INTAKE: Final = (
    IntakeAddress("support@example.net", "support"),
    IntakeAddress("billing@example.net", "billing"),
)
NETWORK_OF_RELAYS: Final = (ip_network("192.0.2.0/24"),)
ALICE: Final = "alice@acme.example"
SUPPORT: Final = "support@example.net"


def a_mail(
    *,
    from_: str | None = f"Alice Anders <{ALICE}>",
    to: str = SUPPORT,
    subject: str | None = "No dial tone",
    body: str = "Three phones are dead.",
    message_id: str | None = "1@client.example",
    headers: Mapping[str, str] | None = None,
    date: datetime = NOW,
) -> bytes:
    """A message as a mail program writes it; None leaves a field out, `headers` stand before all others."""
    fields = {
        **(headers or {}),
        "From": from_,
        "To": to,
        "Subject": subject,
        "Date": f"{date:%a, %d %b %Y %H:%M:%S} +0000",
        "Message-ID": None if message_id is None else f"<{message_id}>",
        "MIME-Version": "1.0",
    }
    if not any(name.lower() == "content-type" for name in fields):
        fields["Content-Type"] = "text/plain; charset=utf-8"
    block = "".join(f"{name}: {value}\r\n" for name, value in fields.items() if value is not None)
    text = body.replace("\r\n", "\n").replace("\n", "\r\n")
    return f"{block}\r\n{text}\r\n".encode()


def a_multipart(*parts: tuple[str, str], subtype: str = "mixed", parameters: str = "") -> tuple[str, str]:
    """Content-Type and body of a multipart with (content type, content) parts."""
    pieces = "".join(f"--cut\nContent-Type: {content_type}\n\n{content}\n" for content_type, content in parts)
    return f'multipart/{subtype}; boundary="cut"{parameters}', f"{pieces}--cut--"


def an_originator(author: str | None = ALICE) -> Originator:
    """The From field read; None stands for one that names nobody beyond doubt."""
    if author is None:
        return Originator(
            author=None, refused_because="there are 2 From fields", display_name="", display_address="a@b.example"
        )
    return Originator(author=author, refused_because="", display_name="Alice Anders", display_address=author)


def a_message(*, author: str | None = ALICE, **changes: Any) -> Message:
    """A message as understood."""
    message = Message(
        content_key="a" * 64,
        message_id="1@client.example",
        references=(),
        originator=an_originator(author),
        subject="No dial tone",
        date=NOW,
        text="Three phones are dead.",
        text_cut=False,
        attachments=(),
        automatic=(),
        received_fields=1,
    )
    return replace(message, **changes)


def automatic(kind: AutomaticKind, words: str = "it says so") -> tuple[AutomaticEvidence, ...]:
    """Evidence that a machine wrote a message."""
    return (AutomaticEvidence(kind, words),)


def an_envelope(*, to: str | tuple[str, ...] = SUPPORT, reverse_path: str = ALICE, **changes: Any) -> Envelope:
    """A mail transaction."""
    paths = (to,) if isinstance(to, str) else to
    return replace(Envelope(route=Route.SMTP, reverse_path=reverse_path, forward_paths=paths), **changes)


def a_contact(*, roles: frozenset[Role] | Role = Role.PRIMARY_MPOC, **changes: Any) -> KnownContact:
    """Alice, primary MPOC of Acme."""
    contact = KnownContact(
        contact_id=1,
        organisation_id=1,
        organisation="Acme",
        name="Alice Anders",
        address=ALICE,
        roles=frozenset({roles}) if isinstance(roles, Role) else roles,
        language="en",
        zone="America/Denver",
        plan="calltower-2021",
        mode=None,
        active=True,
        valid_from=None,
        valid_until=None,
    )
    return replace(contact, **changes)


def on_duty(agent_id: int = 1, *, open_cases: int = 0) -> OnDuty:
    """An agent who can be given a case."""
    return OnDuty(
        agent_id=agent_id, name=f"Agent {agent_id}", address=f"agent{agent_id}@example.net", open_cases=open_cases
    )


def a_department(*agents: OnDuty, **changes: Any) -> Department:
    """The support department with these agents on duty."""
    department = Department(
        department_id=1, key="support", name="Support", address="agents@example.net", on_duty=agents
    )
    return replace(department, **changes)


def an_agent() -> KnownAgent:
    return KnownAgent(agent_id=1, name="Dana Reyes", address="dana@example.net")


def a_case(case_id: int = 5, **changes: Any) -> Case:
    """Alice's open case, an hour old."""
    since = NOW - timedelta(hours=1)
    case = Case(
        case_id=case_id,
        organisation_id=1,
        contact_id=1,
        department_id=1,
        agent_id=None,
        subject="No dial tone",
        priority=Priority.P4,
        status=CaseStatus.IN_PROGRESS,
        standing="unproved",
        plan="calltower-2021",
        opened_at=since,
        respond_from=since,
        update_from=since,
        resolve_from=since,
    )
    return replace(case, **changes)


def a_dossier(case_id: int = 5, *, participants: tuple[str, ...] = (), **changes: Any) -> Dossier:
    """Alice's case with everybody who hears of it; `changes` are the case's, but for `open_follow_up`."""
    follow_up = changes.pop("open_follow_up", None)
    return Dossier(
        case=a_case(case_id, **changes),
        organisation="Acme",
        mode=None,
        writers=(a_contact(),),
        participants=participants,
        agent=None,
        department=a_department(),
        thread=("1@client.example",),
        open_follow_up=follow_up,
    )


def pointing(case_id: int = 5, *, evidence: Evidence = Evidence.OUR_MESSAGE_ID, **changes: Any) -> Pointer:
    """A way a message names a case."""
    return replace(Pointer(evidence=evidence, case_id=case_id), **changes)


def known(**changes: Any) -> Facts:
    """What the store answers about Alice's first mail under mode `address`."""
    facts = Facts(
        decided_before=None,
        own_notice=None,
        contacts=(a_contact(),),
        agent=None,
        domain_organisations=(),
        department=a_department(on_duty()),
        mode=Mode.ADDRESS,
    )
    return replace(facts, **changes)


@cache
def plans() -> Mapping[str, SupportPlan]:
    """The shipped plans, read once."""
    return shipped_plans()


def a_policy(**changes: Any) -> Policy:
    """The desk's choices."""
    policy = Policy(
        desk=DESK,
        hostname="mx.example.net",
        admin=ADMIN,
        keys=KEYS,
        addresses=IntakeAddresses(INTAKE),
        mode=Mode.ADDRESS,
        plans=plans(),
        default_plan="calltower-2021",
        held_for=timedelta(days=30),
    )
    return replace(policy, **changes)


def a_case_file(
    *,
    message: Message | None = None,
    envelope: Envelope | None = None,
    facts: Facts | None = None,
    policy: Policy | None = None,
    received_at: datetime = NOW,
    now: datetime | None = None,
    inbox_id: int = 7,
) -> CaseFile:
    """Everything the rules look at, for Alice's first mail where nothing else is said."""
    return CaseFile(
        inbox_id=inbox_id,
        message=message or a_message(),
        envelope=envelope or an_envelope(),
        received_at=received_at,
        now=received_at if now is None else now,
        facts=facts or known(),
        policy=policy or a_policy(),
    )
