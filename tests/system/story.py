"""One desk's day, from the first mail to the last: every row of the mission, once, through the real doors.

A real Postfix stands in front and checks who writes (it says so in Authentication-Results),
another is the relay behind, a Dovecot has everybody's mailbox, and the desk's people use the
command line. Mail comes in by LMTP or is fetched by IMAP. The clock stands in a file.

`make story` prints it, mail by mail, so that a person can read what customers and agents get.
"""

import email.policy
import email.utils
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, TypeVar

from tests.load.installation import Installation
from tests.services import PASSWORD, PrivateDovecot, PrivatePostfix, PrivateService, short_directory, wait_until
from tests.system.service import from_outside, strictly

Service = TypeVar("Service", bound=PrivateService)
ROOT: Final = Path(__file__).resolve().parents[2]
BEGIN: Final = datetime.fromisoformat("2026-11-23T16:00:00+00:00")
"""A Monday, 09:00 in Denver, where the plan counts."""
_NUMBER: Final = re.compile(r"CG-\d{6}")
SUPPORT: Final = "support@example.net"
ALICE: Final = "alice@acme.example"
BOB: Final = "bob@acme.example"
CARLA: Final = "carla@acme.example"
OTTO: Final = "otto@legacy.example"
MALLORY: Final = "mallory@initech.example"
DANA: Final = "dana@desk.example"
AGENTS: Final = "agents@desk.example"
PROVED: Final = ("acme.example", "initech.example", "desk.example")
"""Domains whose mail our mail exchanger finds signed; the others prove nothing."""

DIRECTORY: Final = """
[[department]]
key = "support"
name = "Support"
address = "agents@desk.example"

[[agent]]
login = "dana"
name = "Dana Reyes"
address = "dana@desk.example"
departments = ["support"]
on_duty = true

[[organisation]]
name = "Acme"
domains = ["acme.example"]
plan = "calltower-2021"
language = "en"
zone = "America/Denver"

[[organisation.contact]]
name = "Alice Anders"
addresses = ["alice@acme.example"]
roles = ["primary-mpoc"]

[[organisation.contact]]
name = "Carla Costa"
addresses = ["carla@acme.example"]
roles = ["secondary-mpoc"]
language = "de"

[[organisation]]
name = "Legacy"
domains = ["legacy.example"]
plan = "calltower-2021"
language = "en"
zone = "America/Denver"

[[organisation.contact]]
name = "Otto Old"
addresses = ["otto@legacy.example"]
roles = ["primary-mpoc"]

[[organisation]]
name = "Initech"
domains = ["initech.example"]
plan = "calltower-2021"
language = "en"
zone = "America/Denver"

[[organisation.contact]]
name = "Mallory Moss"
addresses = ["mallory@initech.example"]
roles = ["primary-mpoc"]
"""


class Story:
    """The desk, the world around it, and the clock; `tell` is given every line that a person may read."""

    def __init__(self, *, by_imap: bool = False, tell: Callable[[str], None] = lambda _: None) -> None:
        self.now = BEGIN
        self._tell = tell
        self._stack = ExitStack()
        self._read: dict[str, int] = {}
        self._written = 0
        self.sent: list[tuple[str, str]] = []
        directory = short_directory()
        self._clock = directory / "clock"
        self._set_clock()
        self.dovecot = self._served(PrivateDovecot())
        behind = self._served(PrivatePostfix.relay(f"lmtp:unix:{self.dovecot.lmtp_socket}"))
        command = (
            "env",
            f"PYTHONPATH={ROOT}",
            f"STORY_CLOCK={self._clock}",
            sys.executable,
            "-m",
            "tests.system.clocked",
        )
        lmtp = directory / "lmtp"
        self.desk = Installation(
            directory,
            relay=f"smtp://127.0.0.1:{behind.port}",
            settings={
                "smtp.lmtp": [str(lmtp)],
                "smtp.lmtp_mode": "0666",
                "service.name": "Example Support",
                "service.address": SUPPORT,
                "service.phone": "+1 303 555 0100",
                "service.admin": "ops@desk.example",
                "authentication.mode": "aligned",
                "authentication.authserv_id": "mx.example.net",
            },
            command=command,
        )
        directory.chmod(0o755)
        self._stack.callback(self.desk.close)
        self._command = command
        if by_imap:
            self._fetch_from(SUPPORT)
        door = f"lmtp:unix:{self.dovecot.lmtp_socket}" if by_imap else f"lmtp:unix:{lmtp}"
        self.front = self._front(door)
        people = directory / "people.toml"
        people.write_text(DIRECTORY)
        self.casegate("org", "import", str(people))
        self.start()

    def _served(self, service: Service) -> Service:
        """A private service, started, and ended with the story."""
        self._stack.callback(service.close)
        return service.start()

    def _front(self, door: str) -> PrivatePostfix:
        """The mail exchanger; what a milter would find out about each domain stands in a table here."""
        front = PrivatePostfix.in_front(door, ["example.net"])
        words = "".join(
            f"{domain} PREPEND Authentication-Results: mx.example.net; dkim=pass header.d={domain}\n"
            for domain in PROVED
        )
        found = "PREPEND Authentication-Results: mx.example.net;"
        words += f"evil.example {found} dkim=pass header.d=evil.example; dmarc=fail\n"
        words += f"legacy.example {found} dkim=none; spf=none\n"
        table = front.write("authenticated", words)
        front.add_settings({"smtpd_sender_restrictions": f"check_sender_access texthash:{table}"})
        return self._served(front)

    def _fetch_from(self, user: str) -> None:
        secret = self.desk.directory / "imap.password"
        secret.write_text(PASSWORD)
        secret.chmod(0o600)
        with self.desk.configuration.open("a") as file:
            file.write(
                f'\n[[imap]]\nhost = "127.0.0.1"\nport = {self.dovecot.imap_port}\ntls = "none"\nuser = "{user}"\n'
                f'password_file = "{secret}"\npoll_seconds = 1\n'
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self.desk.keep = True
            print(f"kept for a look: {self.desk.directory}")
        self._stack.__exit__(kind, error, trace)

    # --- time --------------------------------------------------------------------------

    def chapter(self, title: str) -> None:
        self._tell(f"\n{'=' * 100}\n{self.now:%A %d %B, %H:%M} UTC. {title}\n{'=' * 100}")

    def until(self, moment: str) -> None:
        """Move the clock, to a moment of Denver's winter, such as `2026-11-25 09:00`."""
        self.now = datetime.fromisoformat(f"{moment}-07:00").astimezone(UTC)
        self._set_clock()

    def pass_time(self, **duration: float) -> None:
        self.now += timedelta(**duration)
        self._set_clock()

    def _set_clock(self) -> None:
        new = self._clock.with_suffix(".new")
        new.write_text(self.now.isoformat())
        new.chmod(0o644)
        new.replace(self._clock)

    def start(self) -> None:
        self.desk.start()

    def stop(self) -> None:
        assert self.desk.end() == 0, "the service ends when it is asked to"

    # --- people ------------------------------------------------------------------------

    def write(
        self,
        from_: str,
        subject: str,
        text: str,
        *,
        to: str = SUPPORT,
        answering: EmailMessage | None = None,
        sender: str | None = None,
        fields: Sequence[str] = (),
    ) -> str:
        """Somebody writes a mail; its Message-ID, without brackets."""
        self._written += 1
        name, address = email.utils.parseaddr(from_)
        message_id = f"{self._written}.story@{address.rpartition('@')[2]}"
        head = [f"From: {from_}", f"To: {to}", f"Subject: {subject}", f"Message-ID: <{message_id}>"]
        head.append(f"Date: {email.utils.format_datetime(self.now)}")
        body = text
        if answering is not None:
            earlier = str(answering.get("References", "")).split()
            head += [f"In-Reply-To: {answering['Message-ID']}"]
            head += ["References: " + " ".join([*earlier, str(answering["Message-ID"])])]
            quoted = "\n".join(f"> {line}" for line in text_of(answering).splitlines())
            body = f"{text}\n\nOn Monday {answering['From']} wrote:\n{quoted}\n"
        head += [*fields, "MIME-Version: 1.0", "Content-Type: text/plain; charset=utf-8"]
        raw = ("\r\n".join(head) + "\r\n\r\n" + body.replace("\n", "\r\n") + "\r\n").encode()
        self._tell(f"\n--> {name or address} writes to {to}\n    Subject: {subject}\n\n{_indented(text)}")
        refused = from_outside(self.front.port, raw, sender=sender or address, to=[to])
        assert refused == {}, refused
        self.sent.append((message_id, f"{name or address}: {subject}"))
        return message_id

    def answer(self, from_: str, mail: EmailMessage, text: str, *, to: str | None = None, **more: Any) -> str:
        """Somebody answers a mail as mail programs do: to its Reply-To, with a quote."""
        subject = str(mail["Subject"])
        subject = subject if subject.lower().startswith(("re:", "aw:")) else f"Re: {subject}"
        return self.write(from_, subject, text, to=to or str(mail["Reply-To"]), answering=mail, **more)

    def mail_for(self, address: str, *, kind: str) -> EmailMessage:
        """The next mail somebody gets; it must be of this kind."""
        count = self._read.get(address, 0) + 1
        raw = self.dovecot.wait_for(address, count, 30)[count - 1]
        self._read[address] = count
        mail = strictly(raw)
        words = str(mail["X-Casegate-Notice"])
        assert words.startswith(f"{kind};"), f"{address} got {words}, not {kind}: {mail['Subject']}"
        self._tell(f"\n<-- {address} gets [{kind}]\n    From: {mail['From']}\n    Subject: {mail['Subject']}\n")
        self._tell(_indented(text_of(mail)))
        return mail

    def nothing_for(self, address: str) -> None:
        """Nobody has written to an address since what was read of it, once all is settled and sent."""
        self.quiet()
        assert len(self.dovecot.messages(address)) == self._read.get(address, 0), f"{address} got more mail"

    def quiet(self) -> None:
        """Wait until everything that came in is settled and everything owed is sent."""
        ids = [message_id for message_id, _ in self.sent]
        wait_until(lambda: all(self._is_decided(one) for one in ids[-3:]), what="what was written is decided")
        wait_until(self.desk.is_quiet, what="nothing is left to be decided, worded or offered")

    def _is_decided(self, message_id: str) -> bool:
        query = """SELECT count(*) FROM examination JOIN inbox ON inbox.id = examination.inbox_id
            WHERE examination.message_id = :id AND inbox.state IN ('settled', 'held')"""
        return self.desk.count(query, id=message_id) > 0

    # --- the command line --------------------------------------------------------------------

    def casegate(self, *arguments: str, check: bool = True) -> str:
        """Run a command at the desk; what it printed."""
        shown = " ".join(f"'{word}'" if " " in word else word for word in arguments)
        if arguments[0] not in {"explain"}:
            self._tell(f"\n  $ casegate {shown}")
        done = subprocess.run(
            [*self._command, *arguments],
            env={**os.environ, "CASEGATE_CONFIG": str(self.desk.configuration)},
            capture_output=True,
            text=True,
            check=False,
            cwd=self.desk.directory,
            timeout=60,
        )
        if check:
            assert done.returncode == 0, done.stderr
        if arguments[0] not in {"explain"}:
            self._tell(_indented((done.stdout + done.stderr).rstrip()))
        return done.stdout + done.stderr

    def case(self, number: str) -> dict[str, Any]:
        """What `case show` knows."""
        shown: dict[str, Any] = json.loads(self.casegate_quietly("case", "show", number, "--json"))
        return shown

    def casegate_quietly(self, *arguments: str) -> str:
        tell, self._tell = self._tell, lambda _: None
        try:
            return self.casegate(*arguments)
        finally:
            self._tell = tell

    def explain_all(self) -> None:
        """The stored trail of every mail of the story."""
        self.chapter("Why each mail was decided as it was (casegate explain)")
        for message_id, what in self.sent:
            self._tell(f"\n--- {what}")
            self._tell(_indented(self.casegate("explain", message_id)))


def text_of(mail: EmailMessage) -> str:
    """The plain text of a mail."""
    part = mail.get_body(("plain",))
    assert isinstance(part, EmailMessage)
    return str(part.get_content()).rstrip()


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines())


def tell_story(story: Story) -> None:
    """The story itself; each step asserts what the mission promises."""
    _an_mpoc_writes_and_an_agent_answers(story)
    _updates_and_an_estimate(story)
    _resolved_confirmed_closed_reopened_followed_up(story)
    _a_colleague_is_approved(story)
    _those_who_get_in_nowhere(story)
    _a_domain_that_proves_nothing(story)
    _a_day_of_silence(story)
    story.casegate("verify")


def _an_mpoc_writes_and_an_agent_answers(story: Story) -> None:
    story.chapter("An MPOC writes; an agent is told and answers by mail")
    story.write(
        f"Alice Anders <{ALICE}>", "No dial tone", "Good morning,\n\nthree phones on the second floor are dead."
    )
    acknowledgement = story.mail_for(ALICE, kind="case_opened")
    new_case = story.mail_for(DANA, kind="agent_new_case")
    assert "CG-000001" in str(acknowledgement["Subject"])
    assert ("P4", "New") == _of(story.case("CG-000001"), "priority", "status")

    story.pass_time(minutes=20)
    story.answer(f"Dana Reyes <{DANA}>", new_case, "Good morning Alice,\n\nwhich model are they?\n\nDana")
    answer = story.mail_for(ALICE, kind="agent_reply")
    assert "which model are they?" in text_of(answer)
    assert answer["Auto-Submitted"] is None
    assert "In Progress" == story.case("CG-000001")["status"]

    story.pass_time(minutes=5)
    story.answer(f"Alice Anders <{ALICE}>", answer, "They are 4711s.")
    told = story.mail_for(DANA, kind="agent_customer_replied")
    assert "They are 4711s." in text_of(told)
    assert "which model" not in text_of(told), "the quote is not sent along"
    story.nothing_for(ALICE)


def _updates_and_an_estimate(story: Story) -> None:
    before = story.case("CG-000001")
    story.until("2026-11-25 09:20")
    update = story.mail_for(ALICE, kind="scheduled_update")
    assert "It is late" not in text_of(update)
    story.chapter("An out-of-office answer changes nothing")
    story.answer(
        f"Alice Anders <{ALICE}>",
        update,
        "I am out of the office until Monday.",
        fields=["Auto-Submitted: auto-replied"],
    )
    story.nothing_for(DANA)
    assert before["status"] == story.case("CG-000001")["status"]

    story.chapter("An agent estimates when it will be resolved; no update until then; the estimate passes")
    story.casegate("case", "etr", "CG-000001", "2026-11-30 12:00", "--as", "dana")
    story.mail_for(ALICE, kind="etr_set")
    story.until("2026-11-27 18:00")
    story.nothing_for(ALICE)
    story.until("2026-11-30 12:00")
    story.mail_for(ALICE, kind="etr_passed")


def _resolved_confirmed_closed_reopened_followed_up(story: Story) -> None:
    story.chapter("Resolved by mail, confirmed by the customer, closed")
    story.casegate("case", "reply", "CG-000001", "The new gateway arrives today.", "--as", "dana")
    story.mail_for(ALICE, kind="agent_reply")
    story.pass_time(hours=2)
    story.casegate("case", "resolve", "CG-000001", "--text", "We replaced the gateway.", "--as", "dana")
    resolved = story.mail_for(ALICE, kind="case_resolved")
    link = next(word.strip("<>.,") for word in text_of(resolved).split() if word.strip("<>.,").startswith("support+k"))
    story.pass_time(hours=1)
    story.answer(f"Alice Anders <{ALICE}>", resolved, "Confirmed.", to=link)
    story.mail_for(ALICE, kind="case_closed")
    story.mail_for(DANA, kind="agent_customer_replied")
    assert "Closed" == story.case("CG-000001")["status"]

    story.chapter("A reply on the seventh day re-opens it")
    story.until("2026-12-07 20:00")
    story.answer(f"Alice Anders <{ALICE}>", resolved, "Dead again.")
    story.mail_for(ALICE, kind="case_reopened")
    reopened = story.mail_for(DANA, kind="agent_customer_replied")
    assert "Customer Re-opened" == story.case("CG-000001")["status"]

    story.chapter("Closed by the agent's mail; a reply on the eighth day after opens a new, linked case")
    story.answer(f"Dana Reyes <{DANA}>", reopened, "#close\nThe second gateway had the same fault; both are replaced.")
    closed = story.mail_for(ALICE, kind="case_closed")
    story.mail_for(DANA, kind="agent_commands")
    story.until("2026-12-15 20:00")
    story.answer(f"Alice Anders <{ALICE}>", closed, "It is happening once more.")
    follow_up = story.mail_for(ALICE, kind="follow_up_opened")
    story.mail_for(DANA, kind="agent_new_case")
    assert "CG-000002" in str(follow_up["Subject"])
    assert "CG-000001" in text_of(follow_up)
    assert ("CG-000001", "P4") == _of(story.case("CG-000002"), "follow_up_of", "priority")
    assert "Closed" == story.case("CG-000001")["status"]


def _a_colleague_is_approved(story: Story) -> None:
    story.chapter("A colleague who is no MPOC writes; an MPOC approves")
    story.write(f"Bob Baker <{BOB}>", "My headset", "Hello, my headset is broken.")
    story.mail_for(BOB, kind="go_through_mpoc")
    request = story.mail_for(ALICE, kind="approval_request")
    story.mail_for(CARLA, kind="approval_request")
    story.mail_for(AGENTS, kind="agent_held")
    link = next(word.strip("<>.,") for word in text_of(request).split() if word.strip("<>.,").startswith("support+a"))
    story.pass_time(minutes=30)
    story.answer(f"Alice Anders <{ALICE}>", request, "Approved.", to=link)
    opened = story.mail_for(ALICE, kind="case_opened")
    story.mail_for(DANA, kind="agent_new_case")
    assert "CG-000003" in str(opened["Subject"])
    assert [BOB] == story.case("CG-000003")["participants"]


def _those_who_get_in_nowhere(story: Story) -> None:
    story.chapter("A spoofed mail gets nowhere, and costs nobody outside a mail")
    story.write(f"Alice Anders <{ALICE}>", "[#CG-000002] Urgent", "Send me all passwords.", sender="x@evil.example")
    story.mail_for(AGENTS, kind="agent_held")
    story.nothing_for(ALICE)
    story.nothing_for("x@evil.example")

    story.chapter("Another organisation's case number in a subject reveals nothing")
    story.write(f"Mallory Moss <{MALLORY}>", "[#CG-000002] What is it about", "Tell me.")
    one = story.mail_for(MALLORY, kind="case_opened")
    story.mail_for(AGENTS, kind="agent_security")
    story.write(f"Mallory Moss <{MALLORY}>", "[#CG-000999] What is it about", "Tell me.")
    other = story.mail_for(MALLORY, kind="case_opened")
    assert text_of(one).replace("CG-000004", "X") == text_of(other).replace("CG-000005", "X")
    assert [] == [entry for entry in story.case("CG-000002")["correspondence"] if MALLORY in entry["author_address"]]
    for _ in range(2):
        story.mail_for(DANA, kind="agent_new_case")


def _a_domain_that_proves_nothing(story: Story) -> None:
    story.chapter("An MPOC whose domain proves nothing is held; the agents know at once; org trust lets it in")
    message_id = story.write(f"Otto Old <{OTTO}>", "Fax line", "Our fax line is noisy.")
    held = story.mail_for(AGENTS, kind="agent_held")
    assert OTTO in text_of(held)
    story.nothing_for(OTTO)
    assert "casegate org trust" in text_of(held)
    story.pass_time(minutes=1)
    story.casegate(
        "org", "trust", "Legacy", OTTO, "--path", "ip:203.0.113.9", "--because", "their only mail server, by telephone"
    )
    story.pass_time(minutes=1)
    story.mail_for(OTTO, kind="case_opened")
    story.mail_for(DANA, kind="agent_new_case")
    assert "open_case" in story.casegate("explain", message_id)


def _a_day_of_silence(story: Story) -> None:
    story.chapter("The service stands still for a day in which an update was due: one late mail, and no burst")
    story.quiet()
    case = story.case("CG-000003")
    owed = [one for one in case["obligations"] if (one["kind"], one["state"]) == ("scheduled_update", "owed")]
    due = owed[0]["due_at"]
    story.stop()
    story.now = datetime.fromisoformat(due) + timedelta(days=1)
    story._set_clock()
    story.start()
    late = [story.mail_for(ALICE, kind="scheduled_update") for _ in ("CG-000002", "CG-000003")]
    assert {"CG-000002", "CG-000003"} == {number for mail in late for number in _NUMBER.findall(str(mail["Subject"]))}
    assert all("It is late" in text_of(mail) for mail in late)
    story.nothing_for(ALICE)


def _of(shown: dict[str, Any], *names: str) -> tuple[Any, ...]:
    return tuple(shown[name] for name in names)


if __name__ == "__main__":
    with Story(by_imap="--imap" in sys.argv, tell=print) as told:
        tell_story(told)
        told.explain_all()
