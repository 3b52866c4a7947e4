"""The demonstration behind `make run` and `make try`: a desk of its own under ./var, and real mail to it.

It uses mode `address` and says so: whoever can reach the loopback port is believed to be who
the From field says.
"""

import socket
import sys
from pathlib import Path
from typing import Final

import typer

from intake import configuration
from intake.cli import initialise
from intake.cli.demo_life import Demonstration, live
from intake.cli.directory_files import import_file
from intake.cli.errors import Refused
from intake.cli.serve import serve

app = typer.Typer(help="The demonstration.", no_args_is_help=True)

HOME: Final = Path("var")
_CONFIGURATION: Final = HOME / "casegate.toml"
_MAILDIR: Final = HOME / "outgoing"
_DIRECTORY: Final = Path(__file__).with_name("demo.toml")
_MPOC, _AGENT, _DESK = "alice@acme.example", "dana@example.net", "support@example.net"


@app.command()
def run() -> None:
    """Serve a demonstration desk: SQLite and a Maildir for outgoing mail under ./var, SMTP on 127.0.0.1:2525."""
    if not _CONFIGURATION.exists():
        _make()
    print(f"""
casegate demonstration: a support desk at {_DESK}, all of it under ./{HOME}

  SMTP            {configuration.load(_CONFIGURATION).smtp.listen[0]}
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
    """Show the life of a case: a customer's mail, the answer to ours, an agent's reply, a stranger who stays out."""
    if not _CONFIGURATION.exists():
        raise Refused("there is no demonstration yet; 'make run' in another terminal first")
    door = configuration.load(_CONFIGURATION).smtp.listen[0]
    live(Demonstration(_CONFIGURATION, _MAILDIR / "new", door, desk=_DESK, mpoc=_MPOC))
