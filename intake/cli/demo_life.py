"""What `make try` shows: the life of one case, by real mail to the running demonstration and by an agent's command."""

import email
import smtplib
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage, Message
from pathlib import Path
from typing import Any, Final, TypeVar

from intake.cli import case, case_acts, held
from intake.cli.context import opened
from intake.cli.errors import Refused
from intake.cli.output import escaped, heading
from models.case import case_id_of
from models.reply_marker import REPLY_MARKER
from models.store import reports

_PATIENCE_SECONDS: Final = 30
_LOOK_SECONDS: Final = 0.2
_STRANGER: Final = "mallory@stranger.example"
_LINES: Final = 16
"""Lines shown of a mail; the whole of it lies in the Maildir."""

_TROUBLE: Final = (
    "Hello,\n\nsince this morning three phones in our Denver office have no dial tone.\n"
    "Restarting them did not help. A photo of one display is attached.\n\nThank you\nAlice Jones\n"
)
_ANSWER: Final = "A fourth phone has gone now. They all hang on the switch in room 12.\n\nAlice\n"
_WORDS: Final = "Thank you. We replace the switch in room 12 at 3 pm. Is somebody there to let us in?"
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """A message of ours that was decided: the case, the rule, and the mails it caused by kind."""

    case: str | None
    rule: str
    because: str
    mails: Mapping[str, Path]


@dataclass(frozen=True, slots=True)
class Demonstration:
    """The running desk, and who lives there."""

    configuration: Path
    maildir: Path
    door: str
    desk: str
    mpoc: str

    def hand_in(self, message: EmailMessage, *, to: str) -> _Answered:
        """Send a mail as a mail system does, and wait until all that it causes has gone out."""
        try:
            with smtplib.SMTP(self.door, timeout=10) as door:
                door.send_message(message, to_addrs=[to])
        except OSError as error:
            raise Refused(f"nobody answers on {self.door} ({error}); 'make run' in another terminal first") from error
        return _awaited(lambda: self._answered(str(message["Message-ID"]).strip("<>")))

    def _answered(self, message_id: str) -> _Answered | None:
        with opened(self.configuration) as database, database.read() as connection:
            ids = reports.inbox_ids_of_message_id(connection, message_id)
            row = reports.explain(connection, ids[0]) if ids else None
        if row is None or row["state"] not in {"settled", "held"} or not _gone_out(row["notices"]):
            return None
        decided = row["decisions"][-1]
        number = row["settlement"]["case"] if row["settlement"] else None
        return _Answered(
            case=number, rule=decided["rule"], because=decided["because"], mails=self._files(row["notices"])
        )

    def sent_for(self, number: str, kind: str) -> Path:
        """The file of a mail that a case caused, once it has gone out."""
        return _awaited(lambda: self._sent_for(number, kind))

    def _sent_for(self, number: str, kind: str) -> Path | None:
        case_id = case_id_of(number)
        assert case_id is not None, "the number is ours"
        with opened(self.configuration) as database, database.read() as connection:
            row = reports.show_case(connection, case_id)
        notices = [notice for notice in row["notices"] if notice["kind"] == kind] if row else []
        return self._files(notices).get(kind) if notices and _gone_out(notices) else None

    def _files(self, notices: list[dict[str, Any]]) -> dict[str, Path]:
        """The files of notices, by kind."""
        kinds = {notice["message_id"]: notice["kind"] for notice in notices}
        found = {}
        for path in sorted(self.maildir.iterdir(), key=lambda path: path.stat().st_mtime):
            message_id = _read(path)["Message-ID"]
            if message_id in kinds:
                found[kinds[message_id]] = path
        return found


def live(desk: Demonstration) -> None:
    """One case from the first mail on. Every line of it is what the desk really did."""
    print(f"1. A customer writes to {desk.desk}\n")
    first = desk.hand_in(_first_mail(desk), to=desk.desk)
    if first.case is None or "case_opened" not in first.mails:
        raise Refused(f"the mail was not acknowledged ({first.rule}: {first.because}); start over with: rm -r var")
    number, acknowledgement = first.case, first.mails["case_opened"]
    _decided(first)
    _show_mail(acknowledgement)

    heading("2. The customer answers that mail: it joins the case, whatever its subject")
    answer = _answer_to(desk, acknowledgement)
    joined = desk.hand_in(answer, to=str(answer["To"]))
    _decided(joined)
    _show_mail(joined.mails["agent_customer_replied"])

    heading("3. An agent answers by command (by mail: docs/agents.md)")
    print(f'$ casegate case reply {number} --ask --as dana "{_WORDS}"')
    case_acts.reply(number, _WORDS, ask=True, agent="dana", config=desk.configuration)
    agent_reply = desk.sent_for(number, "agent_reply")
    _show_mail(agent_reply)

    heading(f"4. The case (casegate case show {number})")
    case.show(number, config=desk.configuration)

    heading("5. A stranger writes: nothing is opened, nothing is answered, and nothing is lost")
    _decided(desk.hand_in(_strange_mail(desk), to=desk.desk))
    print("$ casegate held list")
    held.list_(config=desk.configuration)

    print(f"""
All mail the desk sent lies in {desk.maildir}; open {agent_reply}
in a mail program to see what the customer sees. Go on with (export CASEGATE_CONFIG={desk.configuration}):

  .venv/bin/casegate explain {number}                 # every rule that was asked, and what it said
  .venv/bin/casegate case close {number} --as dana    # then answer the mail that says so: open again
  .venv/bin/casegate verify                            # the promises, proved on this database
  .venv/bin/casegate plan timeline calltower-2021 --priority P1 --opened "2026-11-30 09:00"
                                                       # what is promised, and when""")


def _awaited(look: Callable[[], T | None]) -> T:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        found = look()
        if found is not None:
            return found
        time.sleep(_LOOK_SECONDS)
    raise Refused(f"no answer within {_PATIENCE_SECONDS} s; look at what the service in the other terminal says")


def _gone_out(notices: list[dict[str, Any]]) -> bool:
    return all(notice["state"] == "submitted" for notice in notices)


def _a_mail(author: str, to: str, subject: str, text: str) -> EmailMessage:
    """A mail as people write them; each is another one, as its Message-ID says."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = author, to, subject
    message["Message-ID"] = f"<try.{uuid.uuid4()}@{author.rpartition('@')[2].rstrip('>')}>"
    message.set_content(text)
    return message


def _first_mail(desk: Demonstration) -> EmailMessage:
    message = _a_mail(f"Alice Jones <{desk.mpoc}>", desk.desk, "No dial tone in the Denver office", _TROUBLE)
    photo = b"\x89PNG\r\n\x1a\n" + bytes(2000)
    message.add_attachment(photo, maintype="image", subtype="png", filename="display.png")
    return message


def _answer_to(desk: Demonstration, path: Path) -> EmailMessage:
    """What a mail program makes of "reply": to the signed address, the whole mail quoted below."""
    answered = _read(path)
    quoted = "".join(f"> {line}\n" for line in _text_of(answered).splitlines())
    text = f"{_ANSWER}\nOn Monday, Example Support wrote:\n{quoted}"
    message = _a_mail(f"Alice Jones <{desk.mpoc}>", str(answered["Reply-To"]), "Re: one more", text)
    message["In-Reply-To"] = message["References"] = str(answered["Message-ID"])
    return message


def _strange_mail(desk: Demonstration) -> EmailMessage:
    return _a_mail(f"Mallory <{_STRANGER}>", desk.desk, "Please reset my password", "Please do it today.\n")


def _decided(answered: _Answered) -> None:
    where = f"{answered.case}, by" if answered.case else "held, by"
    print(escaped(f"decided: {where} the rule {answered.rule}: {answered.because}"))


def _show_mail(path: Path) -> None:
    """The beginning of a mail of ours, as its reader sees it."""
    message = _read(path)
    print(f"\n  --- {path}")
    for name in ("To", "Reply-To", "Subject"):
        if message[name]:
            print(
                escaped(
                    f"  {name}: {email.header.make_header(email.header.decode_header(' '.join(message[name].split())))}"
                )
            )
    lines = [
        line for line in _text_of(message).splitlines() if line.strip() and line.strip() not in REPLY_MARKER.values()
    ]
    for line in lines[:_LINES]:
        print(escaped(f"  | {line}"))
    if len(lines) > _LINES:
        print(f"  | ... and {len(lines) - _LINES} more lines")


def _read(path: Path) -> Message:
    return email.message_from_bytes(path.read_bytes())


def _text_of(message: Message) -> str:
    """The text form of a mail of ours."""
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    octets = part.get_payload(decode=True)
    return octets.decode("utf-8").replace("\r\n", "\n") if isinstance(octets, bytes) else ""
