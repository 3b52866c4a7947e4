"""What the acknowledgement and the mail to the agent say: times, sizes, what is missing."""

import resource
from dataclasses import replace
from datetime import timedelta

import pytest

from models.notice import Context, ReceivedItem
from responders.localised import locale_of, moment, size
from responders.notices import shown_subject
from responders.rendering import FALLBACK
from tests.responses.builders import AGENT_NEW_CASE, CASE_OPENED, DESK, NOW, composed, opened
from tests.responses.test_compose import text_of

ENGLISH = locale_of("en", FALLBACK)


def text(context: Context) -> str:
    return text_of(composed(context).raw)


def test_a_time_names_its_zone() -> None:
    assert moment(NOW, "America/Denver", ENGLISH) == "Monday, November 23, 2026, 9:00 AM Mountain Standard Time"


def test_a_summer_time_is_named_as_one() -> None:
    summer = NOW.replace(month=7)

    assert moment(summer, "America/Denver", ENGLISH) == "Thursday, July 23, 2026, 10:00 AM Mountain Daylight Time"


def test_a_time_is_worded_in_the_readers_language() -> None:
    german = locale_of("de-AT", FALLBACK)

    assert moment(NOW, "Europe/Vienna", german) == "Montag, 23. November 2026, 17:00 Mitteleuropäische Normalzeit"


def test_x8_a_zone_that_cannot_be_opened_just_now_is_not_taken_for_unknown() -> None:
    """No descriptor is left: nothing is worded, and a moment later the zone is there."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        with pytest.raises(OSError, match="Too many open files"):
            moment(NOW, "Pacific/Chatham", ENGLISH)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))

    assert moment(NOW, "Pacific/Chatham", ENGLISH).endswith("Chatham Daylight Time")


@pytest.mark.parametrize("name", ["Mars/Olympus", "America", "../../etc/passwd", "x" * 300])
def test_a_zone_that_nobody_knows_is_utc(name: str) -> None:
    assert moment(NOW, name, ENGLISH).endswith("Coordinated Universal Time")


@pytest.mark.parametrize(
    ("octets", "shown"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (1234, "1.2 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (1_234_567, "1.2 MB"),
        (26_214_400, "26 MB"),
        (10**13, "10000 GB"),
    ],
)
def test_a_size_is_one_a_person_can_judge(octets: int, shown: str) -> None:
    assert shown == size(octets, ENGLISH)


def test_a_language_without_translation_falls_back_to_english_dates_and_all() -> None:
    """Domain 6: a missing translation falls back to English; no notice is in two languages."""
    french = text_of(composed(language="fr-FR").raw)

    assert "Hello Alice Anders," in french
    assert "Tuesday, November 24, 2026" in french


@pytest.mark.parametrize("language", ["de", "de-DE", "de-at", "DE"])
def test_whoever_reads_german_gets_german_words_and_dates(language: str) -> None:
    german = text_of(composed(language=language).raw)

    assert "Guten Tag Alice Anders," in german
    assert "Dienstag, 24. November 2026, 09:00 Rocky-Mountains-Normalzeit" in german
    assert "Text: 1.234 Zeichen" in german
    assert " - floor plan.pdf (1,2 MB)" in german


def test_british_english_has_british_dates() -> None:
    assert "Tuesday, 24 November 2026" in text_of(composed(language="en-GB").raw)


def test_the_acknowledgement_says_what_happens_by_when() -> None:
    assert "An agent will answer you by\nTuesday, November 24, 2026, 9:00 AM Mountain Standard Time." in text(
        CASE_OPENED
    )


def test_a_plan_without_promises_promises_no_time() -> None:
    words = text(opened(respond_by=None, update_by=None))

    assert "An agent will look into it and get back to you by mail." in words
    assert "hear from us again" not in words


def test_the_acknowledgement_names_the_phone_for_urgent_needs() -> None:
    """Domain 2: no mail speeds anything, and every acknowledgement says so."""
    assert "Please call us: +1 555 010 0199\nWriting again does not speed anything up" in text(CASE_OPENED)


def test_a_desk_without_phone_prints_no_empty_number() -> None:
    words = text(opened(desk=replace(DESK, phone="")))

    assert "Please call us. Writing again" in words
    assert words.rstrip().endswith("support@example.net")


def test_a_case_opened_long_after_receipt_shows_both_times() -> None:
    assert "Opened:" not in text(CASE_OPENED)
    assert "Opened:    Monday, November 23, 2026, 11:00 AM" in text(opened(opened_at=NOW + timedelta(hours=2)))


def test_the_receipt_tells_what_was_dropped_and_why() -> None:
    assert " - setup.exe (4 MB)\n   Not kept: programs are not kept\n" in text(CASE_OPENED)


def test_the_receipt_tells_that_no_text_was_read() -> None:
    assert "Text: none. If you wrote any, we could not read it." in text(opened(text_characters=0))


def test_of_many_attachments_the_dropped_ones_are_named() -> None:
    kept = tuple(ReceivedItem(name=f"{number}.png", content_type="image/png", size=1) for number in range(40))
    dropped = ReceivedItem(name="last.exe", content_type="x/y", size=1, dropped_because="programs are not kept")

    words = text(opened(items=(*kept, dropped)))

    assert "last.exe" in words
    assert " - and 21 more" in words


def test_a_cut_text_says_that_it_goes_on() -> None:
    assert "The text goes on" not in text(AGENT_NEW_CASE)
    assert "The text goes on" in text(replace(AGENT_NEW_CASE, text="x" * 30_000))
    assert "The text goes on" in text(replace(AGENT_NEW_CASE, text_cut=True))


def test_bidi_overrides_in_the_customers_text_do_not_reach_the_agent() -> None:
    assert "invoiceexe.pdf" in text(replace(AGENT_NEW_CASE, text="invoice\u202eexe.pdf"))


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Re: AW: Phones", "Phones"),
        ("[#CG-1] [#ZD-22] Re: Phones", "Phones"),
        ("", ""),
        ("Re:", ""),
        ("Reset: x", "Reset: x"),
    ],
)
def test_a_shown_subject_has_no_tags_and_prefixes(subject: str, shown: str) -> None:
    assert shown == shown_subject(subject)
