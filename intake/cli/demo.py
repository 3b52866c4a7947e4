"""The demonstration behind `make run` and `make try`: a desk of its own under ./var, and one real message to it.

It uses mode `address` and says so: whoever can reach the loopback port is believed to be who
the From field says.
"""

import email
import smtplib
import socket
import sys
import time
import uuid
from email.message import EmailMessage
from pathlib import Path
from typing import Final

import typer

from intake import configuration
from intake.cli import initialise
from intake.cli.context import opened
from intake.cli.directory_files import import_file
from intake.cli.errors import Refused
from intake.cli.explain import explain
from intake.cli.output import heading
from intake.cli.serve import serve
from models.store import reports

app = typer.Typer(help="The demonstration.", no_args_is_help=True)

HOME: Final = Path("var")
_CONFIGURATION: Final = HOME / "casegate.toml"
_MAILDIR: Final = HOME / "outgoing"
_PORT: Final = 2525
_PATIENCE_SECONDS: Final = 30
_DIRECTORY: Final = Path(__file__).with_name("demo.toml")
_MPOC, _AGENT, _DESK = "alice@acme.example", "dana@example.net", "support@example.net"


@app.command()
def run() -> None:
    """Serve a demonstration desk: SQLite and a Maildir for outgoing mail under ./var, SMTP on 127.0.0.1:2525."""
    if not _CONFIGURATION.exists():
        _make()
    print(f"""
casegate demonstration: a support desk at {_DESK}, all of it under ./{HOME}

  SMTP            127.0.0.1:{_PORT}
  outgoing mail   ./{_MAILDIR}/new       (files that a mail program opens)
  a customer      Acme, whose MPOC is {_MPOC}
  an agent        Dana Reyes, {_AGENT}

NOT SAFE for real mail: mode "address" believes whoever a message says it is from.

Next, in a second terminal:   make try
Look around:                  .venv/bin/casegate -h; export CASEGATE_CONFIG={_CONFIGURATION}
Stop with Ctrl-C; start over with: rm -r {HOME}
""")
    sys.stdout.flush()
    serve(role=None, config=_CONFIGURATION)


def _make() -> None:
    initialise.make(HOME, HOME, "example.net")
    text = _CONFIGURATION.read_text("utf-8")
    settings = {
        'phone = ""  ': 'phone = "+1 303 555 0100"',
        'relay = "smtp://127.0.0.1:25"': f'relay = "maildir:{_MAILDIR.absolute()}"',
        'admin = "postmaster@admin.example.net"': 'admin = "ops@example.net"',
        f'hostname = "{socket.getfqdn()}"': 'hostname = "mx.example.net"',
    }
    for written, wanted in settings.items():
        text = text.replace(written, wanted)
    _CONFIGURATION.write_text(text, "utf-8")
    import_file(_DIRECTORY, config=_CONFIGURATION)


@app.command("try")
def try_() -> None:
    """Send a real message as an MPOC and show the case, the acknowledgement, the agent's mail and the reasons."""
    if not _CONFIGURATION.exists():
        raise Refused("there is no demonstration yet; 'make run' in another terminal first")
    configuration.load(_CONFIGURATION)
    message = _message()
    try:
        with smtplib.SMTP("127.0.0.1", _PORT, timeout=10) as door:
            door.send_message(message, from_addr=_MPOC, to_addrs=[_DESK])
    except OSError as error:
        raise Refused(f"nobody answers on 127.0.0.1:{_PORT} ({error}); 'make run' in another terminal first") from error
    print(f"sent to {_DESK} as {_MPOC}:\n\n  Subject: {message['Subject']}")
    number, notices = _answer(str(message["Message-ID"]).strip("<>"))
    heading(f"The case: {number}")
    from intake.cli.case import show  # noqa: PLC0415 - only the demonstration needs it here

    show(number, config=_CONFIGURATION)
    for recipient, path in notices.items():
        heading(f"The mail to {recipient}: {path}")
        print(_text_of(path))
    heading("Why (casegate explain)")
    explain(number, config=_CONFIGURATION)
    print(f"\nOpen {notices[_MPOC]} in a mail program to see what the customer sees.")


def _message() -> EmailMessage:
    """A support mail as people write them; each try is another message."""
    message = EmailMessage()
    message["From"] = f"Alice Jones <{_MPOC}>"
    message["To"] = _DESK
    message["Subject"] = "No dial tone in the Denver office"
    message["Message-ID"] = f"<try.{uuid.uuid4()}@acme.example>"
    message.set_content(
        "Hello,\n\nsince this morning three phones in our Denver office have no dial tone.\n"
        "Restarting them did not help. A photo of one display is attached.\n\nThank you\nAlice Jones\n"
    )
    message.add_attachment(b"\x89PNG\r\n\x1a\n" + bytes(2000), maintype="image", subtype="png", filename="display.png")
    return message


def _answer(message_id: str) -> tuple[str, dict[str, Path]]:
    """The number of the case that the message opened, and the files of the notices it owed, by recipient."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while time.monotonic() < deadline:
        with opened(_CONFIGURATION) as database, database.read() as connection:
            ids = reports.inbox_ids_of_message_id(connection, message_id)
            row = reports.explain(connection, ids[0]) if ids else None
        if row is not None and row["notices"] and all(notice["state"] == "submitted" for notice in row["notices"]):
            wanted = {notice["message_id"]: notice["recipient"] for notice in row["notices"]}
            return row["settlement"]["case"], _files(wanted)
        time.sleep(0.2)
    raise Refused(f"no answer within {_PATIENCE_SECONDS} s; look at what the service in the other terminal says")


def _files(wanted: dict[str, str]) -> dict[str, Path]:
    found = {}
    for path in sorted((_MAILDIR / "new").iterdir(), key=lambda path: path.stat().st_mtime, reverse=True):
        message_id = email.message_from_bytes(path.read_bytes())["Message-ID"]
        if message_id in wanted:
            found[wanted[message_id]] = path
    return found


def _text_of(path: Path) -> str:
    """The text form of a mail of ours."""
    message = email.message_from_bytes(path.read_bytes())
    part = next(part for part in message.walk() if part.get_content_type() == "text/plain")
    octets = part.get_payload(decode=True)
    header = f"Subject: {email.header.make_header(email.header.decode_header(message['Subject']))}\n\n"
    return header + (octets.decode("utf-8").replace("\r\n", "\n") if isinstance(octets, bytes) else "")
