"""The rules for templates (threats G-2 to G-6), and that every notice has its words in every language."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from jinja2 import TemplateError, nodes
from jinja2.sandbox import SecurityError

from models.notice import Context, NoticeKind
from models.reply_marker import REPLY_MARKER
from parser import html_text
from responders.examples import AGENT_NEW_CASE, CASE_RESOLVED, PASS_CODE_SEEN
from responders.notices import invites_answer, variables
from responders.rendering import FALLBACK, FILES, TEMPLATES, environment, render, worded_in
from tests.responses.builders import CONTEXTS, LANGUAGES, a_notice, composed, opened
from tests.responses.test_compose import text_of

each_notice = pytest.mark.parametrize("context", CONTEXTS, ids=lambda context: context.kind)
each_language = pytest.mark.parametrize("language", LANGUAGES)


def text(context: Context) -> str:
    return text_of(composed(context).raw)


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


@each_notice
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


@each_language
def test_every_kind_of_notice_has_its_templates_in_every_language(language: str) -> None:
    """Plans 6: English and German ship whole."""
    assert {(kind.value, file) for kind in NoticeKind for file in FILES} == {
        (path.parent.name, path.name) for path in (TEMPLATES / language).glob("*/*")
    }


def test_the_languages_that_ship_are_those_with_a_folder() -> None:
    assert set(LANGUAGES) == {path.name for path in TEMPLATES.iterdir() if path.is_dir()}
    assert set(LANGUAGES) <= REPLY_MARKER.keys()


@pytest.mark.parametrize("kind", NoticeKind, ids=lambda kind: kind.value)
@pytest.mark.parametrize("file", FILES)
@each_language
def test_a_translation_prints_what_the_english_one_prints(kind: NoticeKind, file: str, language: str) -> None:
    """A variable that one language leaves out is a promise that its readers do not get."""
    assert printed(f"{language}/{kind.value}/{file}") == printed(f"{FALLBACK}/{kind.value}/{file}")


def printed(name: str) -> set[str]:
    """The variables a template prints or asks for, with all it extends, includes and imports."""
    return {one for source in family(name) for one in undeclared(source)}


def family(name: str) -> Iterator[str]:
    yield name
    tree = parsed(name)
    for node in tree.find_all((nodes.Extends, nodes.Include, nodes.FromImport)):
        assert isinstance(node.template, nodes.Const)
        yield from family(node.template.value)


def parsed(name: str) -> nodes.Template:
    loader = environment().loader
    assert loader is not None
    return environment().parse(loader.get_source(environment(), name)[0], name)


def undeclared(name: str) -> set[str]:
    """Names that a template reads and nobody in it sets: macros, their arguments, loops and imports do."""
    tree = parsed(name)
    given = {node.name for node in tree.find_all(nodes.Name) if node.ctx in {"store", "param"}}
    given |= {node.name for node in tree.find_all(nodes.Macro)}
    for imported in tree.find_all(nodes.FromImport):
        given |= {one if isinstance(one, str) else one[1] for one in imported.names}
    read = {node.name for node in tree.find_all(nodes.Name) if node.ctx == "load"}
    return read - given - {"loop", "caller", "row", "boxed", "facts"}


def test_g6_no_html_is_made_of_text_templates() -> None:
    """An included template escapes by its own name: a .txt in a .html would escape nothing."""
    mixed = [
        (name, other)
        for name in environment().loader_names
        for other in family(name)
        if name.endswith(".html") and not other.endswith(".html")
    ]

    assert [] == mixed


def test_no_template_asks_for_the_words_it_replaces() -> None:
    """What a template extends is put into it before it is compiled, and then there is no `super()`."""
    asked = [
        name for name in environment().loader_names for one in parsed(name).find_all(nodes.Name) if one.name == "super"
    ]

    assert [] == asked


@each_language
@each_notice
def test_whole_templates_say_what_jinja_s_own_inheritance_says(context: Context, language: str) -> None:
    given = variables(a_notice(context, language=language))
    words = render(context.kind, language, given)

    inherited = [environment().get_template(f"{language}/{context.kind}/{file}").render(given) for file in FILES]
    assert inherited == [words.subject, words.text, words.html]


@pytest.mark.parametrize("language", ["", "x", "fr", "en_US", "../../etc", "en-GB-oed"])
def test_a_language_tag_never_leads_out_of_the_templates(language: str) -> None:
    assert worded_in(NoticeKind.CASE_OPENED, language) == FALLBACK


@each_language
@each_notice
def test_the_html_is_well_formed_and_fetches_nothing(context: Context, language: str) -> None:
    """No image, no remote anything, no link but to the desk's phone and to signed addresses; the language is said."""
    html = render(context.kind, language, variables(a_notice(context, language=language))).html

    assert f'<html lang="{language}">' in html
    assert not re.search(r"src=|url\(|https?:|<img|<link|<script|<form|@import", html)
    links = re.findall(r'href="([^"]*)"', html)
    assert {link for link in links if not link.startswith("mailto:support+")} <= {"tel:+15550100199"}
    assert unclosed(html) == []


@each_language
@each_notice
def test_what_invites_an_answer_begins_with_the_reply_marker(context: Context, language: str) -> None:
    """The parser cuts quotes there; in mail that invites none it would be a promise nobody keeps."""
    raw = composed(context, language=language).raw
    first_lines = {text_of(raw).splitlines()[0], html_text.text_of(text_of(raw, "html"))[0].splitlines()[0]}

    assert (first_lines == {REPLY_MARKER[language]}) == invites_answer(context)


def test_a_message_that_belongs_to_no_case_cannot_be_answered_to_one() -> None:
    raw = composed(replace(PASS_CODE_SEEN, case_number="")).raw

    assert REPLY_MARKER["en"] not in text_of(raw)
    assert "[#" not in text_of(raw)


@each_language
def test_a_mailto_link_cannot_be_written_out_of(language: str) -> None:
    """RFC 6068: what stands in an address or in its header fields is encoded, whatever it is."""
    hostile = replace(CASE_RESOLVED, case_number="CG&cc=e@evil.example", confirm_address="a?bcc=e&x@support.example")
    html = render(hostile.kind, language, variables(a_notice(hostile, language=language))).html

    assert "mailto:a%3Fbcc%3De%26x@support.example?subject=" in html
    assert "CG%26cc%3De%40evil.example" in html


@each_language
def test_a_mailto_link_carries_subject_and_text(language: str) -> None:
    html = render(CASE_RESOLVED.kind, language, variables(a_notice(CASE_RESOLVED, language=language))).html

    links = re.findall(r'href="mailto:([^"?]*)\?subject=([^"&]+)&amp;body=([^"&]+)"', html)
    assert [address for address, _, _ in links] == [CASE_RESOLVED.confirm_address, CASE_RESOLVED.not_solved_address]
    assert all("CG-000123" in subject for _, subject, _ in links)


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
