"""All commands, put together."""

import typer

from intake.cli import (
    agent,
    case,
    check,
    contact,
    demo,
    department,
    explain,
    held,
    imap,
    initialise,
    intake_noun,
    message,
    operations,
    org,
    outbox,
    parked,
    plan,
    serve,
    template,
)
from intake.cli import database as database_noun
from intake.cli import simulate as simulation
from intake.cli import verify as verification

app = typer.Typer(
    name="casegate",
    help="Support mail in, cases out: every message gets one decision, with its reasons, and none is lost.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
    add_completion=False,
    pretty_exceptions_enable=False,
)

app.command("init")(initialise.initialise)
app.command("check")(check.check)
app.command("serve")(serve.serve)
app.command("ingest")(serve.ingest)
app.command("postfix-map")(serve.postfix_map)
app.command("explain")(explain.explain)
app.command("parse")(simulation.parse)
app.command("simulate")(simulation.simulate)
app.command("verify")(verification.verify)
app.command("replay")(operations.replay)
app.command("stats")(operations.stats)
app.command("export")(operations.export)
for name, noun in (
    ("org", org.app),
    ("contact", contact.app),
    ("agent", agent.app),
    ("department", department.app),
    ("case", case.app),
    ("held", held.app),
    ("parked", parked.app),
    ("outbox", outbox.app),
    ("message", message.app),
    ("events", operations.events),
    ("plan", plan.app),
    ("intake", intake_noun.app),
    ("imap", imap.app),
    ("template", template.app),
    ("db", database_noun.app),
):
    app.add_typer(noun, name=name)
app.add_typer(demo.app, name="demo", hidden=True)
