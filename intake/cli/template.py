"""The words of every mail, to look at: with example data, never sent."""

import sys
from enum import StrEnum
from typing import Annotated

import typer

from intake.cli.context import JsonOption
from intake.cli.output import table
from models.notice import NoticeKind
from responders.compose import compose
from responders.examples import IDENTITY, example
from responders.notices import variables
from responders.rendering import Words, languages, render, worded_in

app = typer.Typer(help="The mails casegate sends.", no_args_is_help=True)


class Form(StrEnum):
    """What a preview is written as."""

    TEXT = "text"
    HTML = "html"
    EML = "eml"


@app.command("list")
def list_(json_wanted: JsonOption = False) -> None:
    """Print every notice, the subject of its example, and the languages it is worded in."""
    rows = [
        {
            "notice": kind.value,
            "languages": [language for language in languages() if worded_in(kind, language) == language],
            "subject": _words(kind, "en").subject,
        }
        for kind in NoticeKind
    ]
    table(rows, ("notice", "languages", "subject"), json_wanted=json_wanted, nothing="no notices")


@app.command()
def preview(
    notice: Annotated[NoticeKind, typer.Argument(help="Which notice.", show_default=False)],
    language: Annotated[str, typer.Option(help="A language tag; one without a translation gives English.")] = "en",
    to: Annotated[Form, typer.Option(help="As text, as HTML, or whole as it goes to the relay.")] = Form.TEXT,
) -> None:
    """Write one notice with example data to standard output."""
    match to:
        case Form.TEXT:
            words = _words(notice, language)
            sys.stdout.write(f"Subject: {words.subject}\n\n{words.text.rstrip()}\n")
        case Form.HTML:
            sys.stdout.write(f"{_words(notice, language).html.rstrip()}\n")
        case Form.EML:
            sys.stdout.buffer.write(compose(example(notice, language), identity=IDENTITY).raw)


def _words(kind: NoticeKind, language: str) -> Words:
    return render(kind, worded_in(kind, language), variables(example(kind, language)))
