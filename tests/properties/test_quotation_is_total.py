"""Whatever a text is, its new part is told: bounded, sorted, linear, never nothing of something (E-18, M15)."""

import time
from typing import Final

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models.limits import PARSE_CPU_SECONDS, QUOTATION_SPANS, TEXT_CHARACTERS
from models.message import Confidence, Message
from models.reply_marker import REPLY_MARKER
from parser.quotation.findings import says
from parser.quotation.reading import quotation
from tests.builders import a_message
from tests.parsing.quoting_programs import ATTRIBUTIONS, BLOCKS, FOOTERS, FORWARDED, KEPT, NEW, OLD

SETTINGS = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
PIECES: Final = (
    *ATTRIBUTIONS.values(), *BLOCKS.values(), *FOOTERS, *FORWARDED.values(), *KEPT.values(), NEW, OLD,
    f"> {OLD}", ">> deeper", "＞ wide", "| piped", "AB> initials", "\tindented", "-- ", "--", "____", "-----", "",
    "", " ", ":", "：", "From:", "An:", "wrote:", "On 1.1.2026 10:00", "> ", ">", "!", "👍", "see below", "Hello,",
    REPLY_MARKER["en"], f"> {REPLY_MARKER['de']}", "-----Original Message-----", "x" * 500, "\u200b", "\xa0",
)  # fmt: skip
texts = st.text(max_size=300) | st.lists(st.sampled_from(PIECES) | st.text(max_size=20), max_size=25).map("\n".join)
subjects = st.sampled_from(["", "Re: x", "Fwd: x", "x", "AW: x", "[x] WG: y", "回复: z"]) | st.text(max_size=10)


def understood(text: str, subject: str, *, answers: bool, has_files: bool) -> Message:
    return a_message(text=text, quotation=quotation(text, subject=subject, answers=answers, has_files=has_files))


@SETTINGS
@given(texts, subjects, st.booleans(), st.booleans())
def test_spans_are_sorted_disjoint_and_in_range(text: str, subject: str, answers: bool, has_files: bool) -> None:
    """Slices of the text, in its order, each with something in it; and why, in words that are bounded."""
    message = understood(text, subject, answers=answers, has_files=has_files)
    edges = [edge for span in message.quotation.new for edge in span]

    assert edges == sorted(set(edges))
    assert all(0 <= edge <= len(text) for edge in edges)
    assert len(message.quotation.new) <= QUOTATION_SPANS
    assert 0 < len(message.quotation.because) < 2_000
    assert all(text[start:end].strip() for start, end in message.quotation.new)


@SETTINGS
@given(texts, subjects, st.booleans())
def test_what_says_something_leaves_something(text: str, subject: str, answers: bool) -> None:
    """A reply trimmed to nothing is a lost message; a text that only quotes is shown whole."""
    message = understood(text, subject, answers=answers, has_files=False)

    assert bool(message.new_text) >= says(text)


@SETTINGS
@given(texts, subjects, st.booleans())
def test_files_are_the_only_excuse_for_nothing(text: str, subject: str, answers: bool) -> None:
    """Nothing is left only where that is certain, and the reason is told."""
    message = understood(text, subject, answers=answers, has_files=True)

    if not message.new_text and says(text):
        assert Confidence.CERTAIN is message.quotation.confidence
        assert message.quotation.because.startswith("only files came with it; ")


@SETTINGS
@given(st.lists(st.sampled_from([NEW, "Yes.", "The fourth phone is dead too.", "Thank you,\nAlice"]), min_size=1))
def test_plain_text_is_all_new_and_stays_so(pieces: list[str]) -> None:
    """What is new of what is new is all of it."""
    text = "\n\n".join(pieces)
    message = understood(text, "", answers=False, has_files=False)
    again = understood(message.new_text, "", answers=False, has_files=False)

    assert (text, text) == (message.new_text, again.new_text)


@SETTINGS
@given(texts, subjects, st.booleans())
def test_every_line_of_the_new_text_stands_in_the_text(text: str, subject: str, answers: bool) -> None:
    """Nothing is worded anew."""
    message = understood(text, subject, answers=answers, has_files=False)

    assert [] == [line for line in message.new_text.split("\n") if line not in text]


HOSTILE: Final = {
    "on at": "On x at y\n", "on": "On ", "letters": "a ", "spaces": " ", "blank lines": "\n", "lines of spaces": "  \n",
    "colons": ":\n", "wrote": "wrote:\n", "weak attributions": "bob wrote:\n\n> a\n\nb\n",
    "fields": "From: a@b 10:00\n",
    "blocks": "From: a@b.example\nTo: c\nSubject: d\nDate: 10:00\nfoo:\n", "quotes": ">", "runs": "> a\nb\n",
    "runs apart": "> a\n\nb:\n", "rules": "-----\n", "delimiters": "--\n", "signatures": "-- \na\n> b\n",
    "dates": "1.1.2026 a@b\n", "attributions": "1.1.2026 10:00 <a@b>:\n", "digits": "1", "ats": "@", "stars": "*",
    "openings of nothing": "On 1.1.2026 10:00, a@b ", "separators": "-----Original Message-----\n",
    "prompts": ">>> x\n\ny\n",
    "parentheses": "(a 1\n", "dots": "…\n", "spaced colons": "a" + " " * 300 + ":\n",
    "sentences": "x. On 1.1.2026 wrote:\n",
    "flat blocks": "From: a Sent: b To: c " * 40 + "\n", "flat": "From: " * 160 + "\n", "notes": "a\n10:00\nTo\n",
    "indents": "On 1.1.2026 a@b.example wrote:\n\tx\ny\n", "pipes": "On 1.1.2026 a@b.example wrote:\n| x\n\ny\n",
    "drawn": "---a", "footers": "Sent from my iPhone\n", "zero width": "\u200b", "links": "<https://a",
}  # fmt: skip


@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_e18_the_cost_is_linear(unit: str) -> None:
    """Twice half a megabyte of anything costs less than a parse may; what hangs other parsers does nothing here."""
    text = (unit * (TEXT_CHARACTERS // 2 // len(unit) + 1))[: TEXT_CHARACTERS // 2]

    before = time.process_time()
    quotation(text, answers=True)
    quotation(text, answers=False)

    assert time.process_time() - before < PARSE_CPU_SECONDS


def test_answers_without_end_are_not_lost() -> None:
    """There are only so many spans; from the last of them on everything is new."""
    text = f"{ATTRIBUTIONS['en Gmail']}\n" + "".join(f"> question {each}\nanswer {each}\n" for each in range(1_000))
    message = understood(text, "Re: x", answers=True, has_files=False)

    assert [] == [each for each in range(1_000) if f"answer {each}" not in message.new_text]
    assert QUOTATION_SPANS == len(message.quotation.new)


def test_lines_beyond_the_last_that_is_looked_at_are_new() -> None:
    """A log of a hundred thousand lines is no quote."""
    text = f"{ATTRIBUTIONS['en Gmail']}\n> old\n\nnew\n" + "12:00 port 3 down\n" * 50_000
    message = understood(text, "Re: x", answers=True, has_files=False)

    assert message.new_text == text.partition("> old\n")[2].strip()
