"""The new text of an answer, by mail program and language; the rest is marked, never deleted (E-18)."""

from typing import Final

import pytest

from models.message import Confidence, Message
from models.reply_marker import REPLY_MARKER
from parser.message import parse
from tests.builders import a_mail, a_message, a_multipart
from tests.parsing.quoting_programs import ATTRIBUTIONS, BEYOND, BLOCKS, FOOTERS, FORWARDED, HTML, KEPT, NEW, OLD, SHOWN


def quoted(text: str, mark: str = "> ") -> str:
    return "\n".join(f"{mark}{line}".rstrip() for line in text.split("\n"))


def an_answer(body: str, *, subject: str = "Re: No dial tone", answers: bool = True) -> Message:
    """A message that answers one of ours, with this text."""
    headers = {"In-Reply-To": "<case@support.example.net>"} if answers else {}
    return parse(a_mail(body=body, subject=subject, headers=headers))


def a_plain_mail(body: str) -> Message:
    """A message of which the header says nothing."""
    return an_answer(body, subject="No dial tone", answers=False)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_an_attribution_and_its_quote_are_not_new(attribution: str) -> None:
    """Above the quote stands who wrote it and when, in the words of a program and a language."""
    message = an_answer(f"{NEW}\n\n{attribution}\n\n{quoted(OLD)}\n")
    sure = Confidence.CERTAIN if "23" in attribution else Confidence.LIKELY

    assert (NEW, sure) == (message.new_text, message.quotation.confidence)


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
@pytest.mark.parametrize("width", [40, 60])
def test_an_attribution_is_known_when_it_is_wrapped(attribution: str, width: int) -> None:
    """Programs wrap their own lines, and relays wrap them again."""
    words = attribution.split(" ")
    wrapped = ""
    for word in words:
        wrapped += ("\n" if len(wrapped.rpartition("\n")[2]) + len(word) > width else " ") + word
    message = an_answer(f"{NEW}\n\n{wrapped.strip()}\n\n{quoted(OLD)}\n")

    assert message.new_text == NEW


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS)
def test_answers_below_and_between_are_new(attribution: str) -> None:
    """Where quotes are marked, every line that is not is the writer's."""
    message = an_answer(f"{attribution}\n{quoted(OLD)}\n\nYes.\n\n> And the cable?\n\nNew since Monday.\n")

    assert message.new_text == "Yes.\n\nNew since Monday."


WITH_ADDRESS: Final = {
    name: words for name, words in ATTRIBUTIONS.items() if "@" in words and "23" in words and "in no table" not in name
}


@pytest.mark.parametrize("attribution", WITH_ADDRESS.values(), ids=WITH_ADDRESS)
def test_a_history_without_marks_ends_the_new_text(attribution: str) -> None:
    """Yahoo, Outlook for Mac and many web mails do not mark what they quote."""
    message = an_answer(f"{NEW}\n\n{attribution}\n\n{OLD}\n")

    assert (NEW, Confidence.LIKELY) == (message.new_text, message.quotation.confidence)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_header_fields_end_the_new_text(block: str) -> None:
    """Outlook and its kin put a few header fields above what they quote, and mark no line of it."""
    message = an_answer(f"{NEW}\n\n{block}\n\n{OLD}\n")

    assert (NEW, Confidence.LIKELY) == (message.new_text, message.quotation.confidence)


ADDRESSED: Final = {name: block for name, block in BLOCKS.items() if "@" in block}


@pytest.mark.parametrize("old", [*ADDRESSED.values(), *WITH_ADDRESS.values()])
def test_a_history_that_is_not_marked_is_doubtful_where_nothing_is_answered(old: str) -> None:
    """It may be a mail that was copied into a new one."""
    message = a_plain_mail(f"{NEW}\n\n{old}\n\n{OLD}\n")

    assert (NEW, Confidence.DOUBTFUL) == (message.new_text, message.quotation.confidence)


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_header_fields_apart_from_one_another(block: str) -> None:
    """HTML paragraphs leave a blank line between the fields, and long lists of recipients are wrapped."""
    apart = block.replace("Alice Anders", "Alice Anders; Bob Builder;\n Carol Cook").replace("\n", "\n\n")
    message = a_plain_mail(
        f"{NEW}\n\n____________________\n{apart.replace(chr(10) * 2 + ' ', chr(10) + ' ')}\n\n{OLD}\n"
    )

    assert message.new_text == NEW


@pytest.mark.parametrize("forwarded", FORWARDED.values(), ids=FORWARDED)
@pytest.mark.parametrize("subject", ["Re: No dial tone", "Fwd: Outage"])
def test_what_is_forwarded_is_content(forwarded: str, subject: str) -> None:
    """Who hands a mail on wants it to be read, whatever the subject says."""
    text = f"This came today.\n\n{forwarded}"

    assert an_answer(text, subject=subject).new_text == text


@pytest.mark.parametrize(
    "subject",
    ["FW: Outage", "WG: x", "[acme] TR: x", "Fwd: Re: x", "İLT: Outage", "Pārs.: Outage", "转发: Outage", "Doorst: x"],
)
@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_subject_that_hands_on_makes_the_history_content(subject: str, block: str) -> None:
    """Outlook writes the same header fields above what it forwards; the subject tells the two apart."""
    text = f"Please look.\n\n{block}\n\nThe circuit is down."

    assert "The circuit is down." in an_answer(text, subject=subject).new_text


@pytest.mark.parametrize("language", REPLY_MARKER)
@pytest.mark.parametrize(
    "form", ["{new}\n\n{marker}\n{old}", "{new}\n\n> {marker}\n> {old}", "{new}\nSomebody wrote\n\n* {marker}\n{old}"]
)
def test_our_own_line_is_the_surest_sign(language: str, form: str) -> None:
    """What our notices carry comes back in every answer, quoted or not."""
    message = a_plain_mail(form.format(new=NEW, marker=REPLY_MARKER[language], old=OLD.replace("\n", " ")))

    assert message.new_text.startswith(NEW)
    assert OLD.partition("\n")[0] not in message.new_text
    assert message.quotation.confidence is Confidence.CERTAIN


def test_our_own_line_below_an_unmarked_history_makes_it_certain() -> None:
    """The header fields alone are a likely sign."""
    message = an_answer(f"{NEW}\n\n{BLOCKS['de']}\n\n{REPLY_MARKER['de']}\n\n{OLD}")

    assert (NEW, Confidence.CERTAIN) == (message.new_text, message.quotation.confidence)


@pytest.mark.parametrize("footer", FOOTERS)
def test_a_program_s_own_line_is_not_new(footer: str) -> None:
    """At the end, and above a quote."""
    end = an_answer(f"{NEW}\n\n{footer}\n")
    above = an_answer(f"{NEW}\n\n{footer}\n\n{ATTRIBUTIONS['en Apple']}\n\n{quoted(OLD)}\n")

    assert [NEW, NEW] == [end.new_text, above.new_text]


@pytest.mark.parametrize("delimiter", ["-- ", "--"])
def test_a_signature_is_not_new(delimiter: str) -> None:
    """RFC 3676 4.3, with and without the space that programs lose."""
    message = a_plain_mail(
        f"{NEW}\n{delimiter}\nAlice Anders\nAcme\n+1 303 555 0101\n\n{ATTRIBUTIONS['en Gmail']}\n{quoted(OLD)}"
    )

    assert message.new_text == NEW


@pytest.mark.parametrize(("text", "new"), BEYOND.values(), ids=BEYOND)
def test_what_else_programs_write(text: str, new: str) -> None:
    """Programs that lose line ends, mark otherwise, or have words of their own."""
    assert an_answer(text).new_text == new


@pytest.mark.parametrize("text", SHOWN.values(), ids=SHOWN)
def test_what_the_writer_shows_above_a_quote_is_kept(text: str) -> None:
    """In an answer too, lines that are quoted may be the writer's own."""
    message = an_answer(f"{text}\n\n{ATTRIBUTIONS['en Gmail']}\n> old\n")

    assert message.new_text == text


@pytest.mark.parametrize("greeting", ["Hello Support,", "Guten Tag,", "Dear colleagues", "Good morning!"])
def test_a_greeting_alone_above_an_unmarked_history_keeps_everything(greeting: str) -> None:
    """Who greets above and answers below would lose the answer."""
    text = f"{greeting}\n\n{BLOCKS['en']}\n\n{OLD}\n\n{NEW}"

    assert (text, Confidence.DOUBTFUL) == ((message := an_answer(text)).new_text, message.quotation.confidence)


@pytest.mark.parametrize("text", KEPT.values(), ids=KEPT)
def test_what_only_looks_like_a_quote_is_kept(text: str) -> None:
    """Text too much costs a glance, text lost costs a case."""
    message = a_plain_mail(text)

    assert message.new_text == text.strip()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"{ATTRIBUTIONS['en Gmail']}\n{quoted(OLD)}", id="a quote"),
        pytest.param(f"{ATTRIBUTIONS['en Yahoo']}\n\n{OLD}\n\n{NEW}", id="an answer below an unmarked history"),
        pytest.param(f"{BLOCKS['en']}\n\n{OLD}\n\n{NEW}", id="an answer below header fields"),
        pytest.param("-- \nAlice Anders", id="a signature"),
        pytest.param("Sent from my iPhone", id="a footer"),
        pytest.param(f"{REPLY_MARKER['en']}\n{NEW}", id="an answer below our line"),
    ],
)
def test_a_trim_to_nothing_keeps_everything(text: str) -> None:
    """A reply trimmed to nothing is a lost message (E-18)."""
    message = an_answer(text)

    assert message.new_text == text
    assert message.quotation.confidence is Confidence.DOUBTFUL or "iPhone" in text or "-- " in text


def test_files_that_come_with_a_quote_speak_for_themselves() -> None:
    """Who sends a picture above a quote wrote nothing, and that is what the new text says."""
    quote = f"{ATTRIBUTIONS['en Gmail']}\n{quoted(OLD)}"
    content_type, body = a_multipart(("text/plain", quote), ("image/png; name=phone.png", "x"))
    message = parse(a_mail(body=body, headers={"Content-Type": content_type, "References": "<1@example.net>"}))

    assert ("", Confidence.CERTAIN, 1) == (message.new_text, message.quotation.confidence, len(message.attachments))


@pytest.mark.parametrize(
    "words",
    ["My answers are in red below.", "Meine Antworten stehen in rot im Text.", "Please see below.", "Voir ci-dessous."],
)
def test_answers_inside_an_unmarked_history_are_kept(words: str) -> None:
    """Outlook marks nothing: where the writer says that answers stand below, everything is new."""
    text = f"{words}\n\n{BLOCKS['en']}\n\nIs it on? YES IT IS.\nSince when?"
    message = an_answer(text)

    assert (text, Confidence.DOUBTFUL) == (message.new_text, message.quotation.confidence)


def test_first_lines_are_kept_as_they_are() -> None:
    """Commands of agents are read from there."""
    message = an_answer(f"\n\n  #note not yet\n#status On Hold\n\nText\n\n{BLOCKS['en']}\n\n{OLD}")

    assert message.new_text.split("\n")[:2] == ["  #note not yet", "#status On Hold"]


@pytest.mark.parametrize(("html", "new"), HTML.values(), ids=HTML)
def test_html_is_read_alike(html: str, new: str) -> None:
    """What HTML shows as a quote is one; what it does not, its words tell."""
    headers = {"Content-Type": "text/html; charset=utf-8", "In-Reply-To": "<1@example.net>"}

    assert parse(a_mail(body=html, headers=headers)).new_text == new


def test_what_was_stored_before_is_all_new() -> None:
    """A message that knows of no quotation shows all of its text."""
    message = a_message(text=f"\n\n{NEW}\n\n> {OLD}")

    assert message.new_text == f"{NEW}\n\n> {OLD}"
