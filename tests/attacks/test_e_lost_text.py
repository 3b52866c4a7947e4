"""What a reader of a mail would see is in its text: of several forms and labels none hides the words (E-10, E-15)."""

import pytest

from parser.message import parse

WORDS = "The phone on the third floor is dead"


def a_html(html: str, content_type: str = "text/html") -> bytes:
    return f"From: alice@acme.example\r\nContent-Type: {content_type}\r\n\r\n{html}\r\n".encode()


def two_forms(plain: str, html: str) -> bytes:
    return (
        "From: alice@acme.example\r\nContent-Type: multipart/alternative; boundary=cut\r\n\r\n"
        f"--cut\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n{plain}\r\n"
        f"--cut\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{html}\r\n--cut--\r\n"
    ).encode()


@pytest.mark.parametrize("charset", ["utf-16", "utf-16le", "utf-32", "unicode", "x-user-defined", "iso-2022-kr"])
def test_e10_what_a_page_says_of_its_own_charset_never_spoils_ascii(charset: str) -> None:
    """Word exports say utf-16 in pages that are ASCII; a page whose charset can be read was not in utf-16."""
    meta = f'<meta http-equiv="Content-Type" content="text/html; charset={charset}">'
    assert WORDS in parse(a_html(f"<html><head>{meta}</head><body><p>{WORDS}</p></body></html>")).text


def test_e10_the_page_names_the_charset_where_the_part_does_not() -> None:
    """Every mail program reads the meta element of a page whose part names no charset."""
    page = '<html><head><meta charset="gb2312"></head><body>电话坏了</body></html>'.encode("gb18030")
    assert "电话坏了" in parse(b"From: alice@acme.example\r\nContent-Type: text/html\r\n\r\n" + page).text


@pytest.mark.parametrize("padding", ["\u200b", "\ufeff", "\u00ad", "\u200c\u00a0", "\u034f\u200c"])
def test_e15_a_form_without_a_visible_character_hides_no_other(padding: str) -> None:
    """Newsletter programs pad an empty text form with characters nobody sees."""
    assert WORDS in parse(two_forms(padding * 3, f"<p>{WORDS}</p>")).text


def test_e15_a_long_html_form_does_not_hide_a_short_text_form() -> None:
    """A disclaimer that a gateway put into one form only is no reason to lose the other."""
    assert WORDS in parse(two_forms(WORDS, "<p>" + "Confidential. " * 90 + "</p>")).text


def test_e15_a_stub_does_not_hide_the_html_form() -> None:
    """'Your program cannot show HTML' is not what the customer wrote."""
    html = f"<p>{WORDS}</p>" + "<p>And some more words of the customer.</p>" * 40
    assert WORDS in parse(two_forms("Your e-mail program does not show HTML.", html)).text


@pytest.mark.parametrize(
    "html",
    [
        pytest.param('<p>a <span style="mso-hide:all">{}</span></p>', id="hidden in Outlook alone"),
        pytest.param('<p style="background:url(display:none)">{}</p>', id="a style that only looks like hiding"),
        pytest.param('<p style="--old-display:none">{}</p>', id="a property of another name"),
        pytest.param('<p style="display:none;display:block">{}</p>', id="the last declaration counts"),
        pytest.param("<noscript>{}</noscript>", id="shown where no script runs"),
        pytest.param("<object data=x><p>{}</p></object>", id="shown where the object is not"),
    ],
)
def test_e15_what_a_mail_program_shows_is_kept(html: str) -> None:
    """Text that is left out is text that no reader sees."""
    assert WORDS in parse(a_html(html.format(WORDS))).text


def test_e15_rows_stay_rows() -> None:
    """Word and Excel put a paragraph into every cell."""
    rows = "".join(f"<tr><td><p>{name}</p></td><td><p>{number}</p></td></tr>" for name, number in (("A", 1), ("B", 2)))
    lines = [line for line in parse(a_html(f"<table>{rows}</table>")).text.split("\n") if line.strip()]
    assert lines == ["A | 1", "B | 2"]


@pytest.mark.parametrize("style", ["white-space: pre-wrap", "white-space:pre", "color:red;white-space:pre-line"])
def test_e15_lines_that_are_shown_as_lines_stay_lines(style: str) -> None:
    """Pasted logs in web mailers are one element with line breaks in it."""
    assert "one\ntwo" in parse(a_html(f'<div style="{style}">one\ntwo</div>')).text


def test_e15_list_items_keep_their_numbers_and_their_text() -> None:
    """'Step 2 fails' needs a step 2; an item with a paragraph in it is one line."""
    text = parse(a_html("<ol><li><p>plug in</p></li><li><p>dial</p></li></ol>")).text
    assert "1. plug in" in text
    assert "2. dial" in text


@pytest.mark.parametrize("target", ["HTTPS://wiki.acme.example/x", "file://server/share/log.txt", "tel:+13035550100"])
def test_f5_a_link_shows_its_target(target: str) -> None:
    """Where a link leads is part of what was said, for every absolute scheme."""
    assert target.partition(":")[2] in parse(a_html(f'<a href="{target}">here</a>')).text


def test_f5_a_link_whose_words_contain_its_target_shows_both() -> None:
    """`http://a` behind the words `http://a.bank.example` is a lie that must be seen."""
    assert "<http://a>" in parse(a_html('<a href="http://a">http://a.bank.example</a>')).text
