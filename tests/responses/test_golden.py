"""Whole messages, byte for byte: what every kind of notice looks like on the wire, in each language."""

from email import message_from_bytes
from email.policy import default

import pytest

from models.notice import Context, NoticeKind
from tests.responses.builders import CONTEXTS, LANGUAGES, composed
from tests.responses.write_golden import GOLDEN

each_notice = pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.kind)
each_language = pytest.mark.parametrize("language", LANGUAGES)


@each_language
@each_notice
def test_a_notice_is_exactly_its_golden_message(context: Context, language: str) -> None:
    """Any change of a word or a header shows in a diff (regenerate: tests/responses/write_golden.py)."""
    assert (GOLDEN / language / f"{context.kind}.eml").read_bytes() == composed(context, language=language).raw


@each_language
def test_every_kind_of_notice_has_a_golden_message(language: str) -> None:
    assert {f"{kind}.eml" for kind in NoticeKind} == {path.name for path in (GOLDEN / language).glob("*.eml")}


def test_the_examples_are_one_of_each_kind() -> None:
    """In the kinds' own order, so that `casegate template list` reads like the table of notices."""
    assert list(NoticeKind) == [context.kind for context in CONTEXTS]


@each_language
@each_notice
def test_a_strict_parser_finds_no_defect(context: Context, language: str) -> None:
    """Text and HTML, in this order, and nothing a strict reader objects to (contract 4)."""
    message = message_from_bytes(composed(context, language=language).raw, policy=default)

    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    assert [defect for part in message.walk() for defect in part.defects] == []
    assert [defect for value in message.values() for defect in value.defects] == []


@each_notice
def test_g10_the_same_notice_gives_the_same_bytes(context: Context) -> None:
    assert composed(context) == composed(context)
