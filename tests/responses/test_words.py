"""What a notice says: times, sizes, what is missing, and the rules for its templates (G-2 to G-6)."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from jinja2 import TemplateError
from jinja2.sandbox import SecurityError

from models.notice import Context, NoticeKind, ReceivedItem
from responders.localised import locale_of, moment, size
from responders.notices import shown_subject, variables
from responders.rendering import FALLBACK, FILES, TEMPLATES, environment, render, worded_in
from tests.responses.builders import AGENT_NEW_CASE, CASE_OPENED, CONTEXTS, DESK, NOW, a_notice, composed, opened
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
    german = text_of(composed(language="de-DE").raw)

    assert "Hello Alice Anders," in german
    assert "Tuesday, November 24, 2026" in german


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


def test_g2_text_that_looks_like_a_template_stays_text() -> None:
    words = text(replace(AGENT_NEW_CASE, text="{{7*7}} {% include 'layout.html' %}"))

    assert "{{7*7}} {% include 'layout.html' %}" in words


@pytest.mark.parametrize(
    "source", ["{{ ''.__class__ }}", "{{ x.format }}{{ missing }}", "{{ range(9) }}", "{{ lipsum() }}"]
)
def test_g3_a_template_reaches_nothing_but_its_strings(source: str) -> None:
    with pytest.raises((TemplateError, SecurityError)):
        environment().from_string(source).render(x="")


def test_g3_there_is_no_filter_that_switches_escaping_off() -> None:
    assert not {"safe", "attr", "map", "format"} & environment().filters.keys()


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.kind)
def test_m20_a_template_gets_strings_lists_and_dicts_of_strings(context: Context) -> None:
    def is_plain(value: object) -> bool:
        if isinstance(value, dict):
            return all(is_plain(key) and is_plain(item) for key, item in value.items())
        return type(value) is str or (isinstance(value, list) and all(map(is_plain, value)))

    assert is_plain(variables(a_notice(context)))


def test_g6_html_is_escaped_and_text_is_not() -> None:
    context = opened(organisation='<b>"A" & B</b>', contact_name="<script>alert(1)</script>")
    words = render(NoticeKind.CASE_OPENED, FALLBACK, variables(a_notice(context)))

    assert "&lt;b&gt;&#34;A&#34; &amp; B&lt;/b&gt;" in words.html
    assert "<script" not in words.html
    assert '<b>"A" & B</b>' in words.text


def test_every_kind_of_notice_has_its_templates_in_english() -> None:
    assert {(kind.value, file) for kind in NoticeKind for file in FILES} == {
        (path.parent.name, path.name) for path in (TEMPLATES / FALLBACK).glob("*/*")
    }


@pytest.mark.parametrize("language", ["", "x", "de", "en_US", "../../etc", "en-GB-oed"])
def test_a_language_tag_never_leads_out_of_the_templates(language: str) -> None:
    assert worded_in(NoticeKind.CASE_OPENED, language) == FALLBACK


@pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.kind)
def test_the_html_is_well_formed_and_fetches_nothing(context: Context) -> None:
    """No image, no remote anything, no link but the desk's phone; the language is said."""
    html = render(context.kind, FALLBACK, variables(a_notice(context))).html

    assert '<html lang="en">' in html
    assert not re.search(r"src=|url\(|https?:|<img|<link|<script|<form|@import", html)
    assert set(re.findall(r'href="([^"]*)"', html)) <= {"tel:+15550100199"}
    assert unclosed(html) == []


def unclosed(html: str) -> list[str]:
    """Tags that are not closed where they should be."""
    stack: list[str] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002
            if tag not in {"meta", "br"}:
                stack.append(tag)

        def handle_endtag(self, tag: str) -> None:
            if stack[-1:] == [tag]:
                stack.pop()
            else:
                stack.append(f"/{tag}")

    Reader().feed(html)
    return stack
