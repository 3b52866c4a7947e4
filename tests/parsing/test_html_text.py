"""HTML as text, where its tags are not what they seem: nothing visible is lost, nothing hidden is shown."""

import pytest
from selectolax.lexbor import LexborHTMLParser

from parser.html_text import text_of


@pytest.mark.parametrize(
    ("page", "text"),
    [
        ("<b<script>x</script>The phone is dead.</b>", "xThe phone is dead."),
        ("<p <!-- a=1>The phone</p> is <!-- b -->dead.", "The phone\n\nis dead."),
        ("<p <style>The phone</p> is <style>p{}</style>dead.", "The phone\n\nis dead."),
        ("<!-- <div hidden> > < <b --> dead <!---->", "dead"),
        ("<style>a<b>c > d</style>dead<script>if (a<b) x('</b>')</script>.", "dead."),
        ("<div hidden>no<!-- <div> --><style><div></style><div>no</div></div>dead", "dead"),
        ("<div style='DISPLAY: none !important'><p>no</div>dead", "dead"),
        ("<xmp>if a <b> c &amp; d</xmp>dead", "if a <b> c &amp; d\ndead"),
        ("<plaintext>a <b> c", "a <b> c"),
        ("&amp;lt;b&amp;gt; &lt;b&gt; a&nbsp;&nbsp;b", "&lt;b&gt; <b> a b"),
        ("a <span style='white-space: pre'>b  c\nd</span> e\nf", "a b  c\nd e f"),
        ("<table><tr><td><p>a</p></td><td><p>b</p></td></tr></table>", "a | b"),
        (
            "<form>Room:<input value='12 &lt;b&gt;'><input type=HIDDEN value=no>floor<input type=text></form>",
            "Room: 12 <b> floor",
        ),
        (
            "<a href='https://a.example/'>https://a.example</a> <a href='https://a.example/'>a</a>",
            "https://a.example a <https://a.example/>",
        ),
    ],
)
def test_what_is_shown_is_read(page: str, text: str) -> None:
    """As a browser shows it, whatever stands where a tag might be."""
    assert text == text_of(page)[0]


def test_a_picture_in_its_own_address_hides_no_words() -> None:
    """RFC 2397: megabytes of base64 in a page, and the writer's last words behind them."""
    lines = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9aw==\n" * 70_000
    page = f"<p>It shows:</p><img src='data:image/png;base64,{lines}' alt='screen'><p>Please call.</p>"

    assert ("It shows:\n\n[screen]\n\nPlease call.", ()) == text_of(page)


def test_a_page_is_written_out_as_it_is_read() -> None:
    """The reading rests on it: values have no "<" and ">", text neither, and elements have their ends."""
    page = LexborHTMLParser("<p title='<b>&quot;' <x>a&lt;b&gt;c&nbsp;<br>d<li>e").body

    assert page is not None
    assert '<body><p title="&lt;b&gt;&quot;" <x="">a&lt;b&gt;c&nbsp;<br>d</p><li>e</li></body>' == page.html
