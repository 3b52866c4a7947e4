"""What was odd about a message is told in the reader's language."""

from pathlib import Path

import pytest

import tests.parsing
from parser.message import parse
from responders.remarks import remark
from tests.responses.builders import composed, opened
from tests.responses.test_compose import text_of

CORPUS = Path(tests.parsing.__file__).parent / "corpus"


def test_every_remark_on_a_message_of_the_corpus_has_a_german_one() -> None:
    """A new remark of the parser needs a translation, or a German customer reads half a mail in English."""
    said = {mark for path in CORPUS.glob("*.eml") for mark in parse(path.read_bytes()).marks}

    assert len(said) > 20
    assert [] == sorted(mark for mark in said if remark(mark, "de") == mark)


@pytest.mark.parametrize(
    ("english", "german"),
    [
        ("it has more than 500 parts", "sie hat mehr als 500 Teile"),
        (
            "it is encrypted (S/MIME); nobody can read it here",
            "sie ist verschlüsselt (S/MIME); hier kann sie niemand lesen",
        ),
        ("something new", "something new"),
    ],
)
def test_a_remark_keeps_what_differs_from_message_to_message(english: str, german: str) -> None:
    assert german == remark(english, "de")


def test_a_german_acknowledgement_has_german_remarks() -> None:
    words = text_of(composed(opened(marks=("it has more than 500 parts",)), language="de-AT").raw)

    assert "Hinweis: sie hat mehr als 500 Teile" in words
