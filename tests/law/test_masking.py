"""Pass codes in mail: where they are found, what is left whole, and which codes are taken at all."""

from dataclasses import replace

import pytest

from models.limits import TEXT_CHARACTERS
from models.message import AttachedMessage, Attachment, Confidence, Mailbox, Quotation
from models.pass_code import WeakCode, stored_code
from models.rules.masking import MASK, masked
from tests.builders import a_message

CODE = "kestrel4417"
CODES = {"Acme": CODE, "Initech": "heron9921"}


@pytest.mark.parametrize(
    "written",
    [
        "kestrel4417",
        "KESTREL4417",
        "Kestrel 4417",
        "kestrel-4417",
        "kestrel\n4417",
        "kestrel =\n4417".replace(" =", ""),
        "ke\u200bstrel\u200c44\ufeff17",
        "kes\u00adtrel4417",
        "*kestrel*4417",
        "k e s t r e l 4 4 1 7",
        "ｋｅｓｔｒｅｌ４４１７",
        "\u2060kestrel4417\u2060",
    ],
)
def test_h4_a_code_is_found_however_it_is_split(written: str) -> None:
    """Blanks, line breaks, hyphens, emphasis, width, capitals, characters that nobody sees."""
    message, whose = masked(a_message(text=f"our code: {written}. Thanks"), CODES)

    assert ("Acme",) == whose
    assert MASK in message.text
    assert "4417" not in message.text


@pytest.mark.parametrize("text", ["kestrel44171", "xkestrel4417", "kestrel 441", "kestrel, then 4417", ""])
def test_h4_what_is_no_whole_word_stays(text: str) -> None:
    """A longer number or another word is none of ours, and the message is the very same."""
    before = a_message(text=text)

    assert (before, ()) == masked(before, CODES)


def test_h4_it_is_hidden_in_all_that_is_shown_and_in_nothing_that_identifies() -> None:
    """Subject, names, attached messages; addresses and ids stay what they are."""
    attached = AttachedMessage(author="a@b.example", subject=CODE, date=None, message_id="x@y", text=f"it is {CODE}")
    before = a_message(
        subject=f"code {CODE}",
        message_id=f"{CODE}@client.example",
        attachments=(
            Attachment(
                path="2", name=f"{CODE}.pdf", content_type="application/pdf", size=1, sha256="0" * 64, message=attached
            ),
        ),
        cc=(Mailbox(name=f"{CODE} desk", address=f"{CODE}@acme.example"),),
    )

    message, _ = masked(before, CODES)

    part = message.attachments[0]
    assert part.message is not None
    assert [f"code {MASK}", f"{MASK}.pdf", MASK, f"it is {MASK}", f"{MASK} desk"] == [
        message.subject,
        part.name,
        part.message.subject,
        part.message.text,
        message.cc[0].name,
    ]
    assert (before.message_id, before.cc[0].address) == (message.message_id, message.cc[0].address)


def test_the_new_text_is_still_the_new_text() -> None:
    """Spans of a text move with what is hidden in it, also where a code stands across their border."""
    new, quoted = f"first {CODE} line\nlast kestrel\n", f"4417 of them\n> {CODE}\n"
    before = a_message(
        text=new + quoted,
        quotation=Quotation(new=((0, len(new)),), confidence=Confidence.CERTAIN, because="quoted below"),
    )

    message, _ = masked(before, CODES)

    assert f"first {MASK} line\nlast {MASK}" == message.new_text
    assert f"first {MASK} line\nlast {MASK} of them\n> {MASK}\n" == message.text


def test_a_text_that_grows_over_its_limit_is_cut() -> None:
    """The mask is longer than a code."""
    message, _ = masked(a_message(text=f"{CODE} " * (TEXT_CHARACTERS // 12)), CODES)

    assert (TEXT_CHARACTERS, True) == (len(message.text), message.text_cut)


def test_hiding_twice_is_hiding_once() -> None:
    """A message that is decided again holds no code any more."""
    once, _ = masked(a_message(text=CODE), CODES)

    assert (once, ()) == masked(once, CODES)
    assert (replace(once, subject="x"), ()) == masked(replace(once, subject="x"), {})


def test_codes_of_several_organisations_are_each_hidden() -> None:
    """An MPOC of two may write both."""
    message, whose = masked(a_message(text=f"{CODE} and heron9921"), CODES)

    assert (("Acme", "Initech"), f"{MASK} and {MASK}") == (whose, message.text)


@pytest.mark.parametrize(
    ("written", "why"),
    [
        ("4417", "4 letters"),
        ("a" * 65, "65 letters"),
        ("123456", "row"),
        ("987654", "row"),
        ("111222", "row or a repetition"),
        ("abcdefgh", "row"),
        ("Password", "common"),
        ("Pass-Code", "common"),
        ("käse4417", "other characters"),
        ("4417!44179", "other characters"),
    ],
)
def test_h5_a_weak_code_is_refused_with_the_reason_and_never_shown(written: str, why: str) -> None:
    """Too short, guessed by anybody, or a word of every second mail."""
    with pytest.raises(WeakCode, match=why) as refusal:
        stored_code(written)

    assert written not in str(refusal.value)


@pytest.mark.parametrize("written", ["kestrel 4417", "KESTREL-4417", "ｋｅｓｔｒｅｌ4417", "kestrel.4417"])
def test_a_code_is_stored_as_it_is_compared(written: str) -> None:
    """However an admin writes it."""
    assert CODE == stored_code(written)
