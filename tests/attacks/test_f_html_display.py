"""HTML of strangers on a screen of ours: what acts, loads or lies is not there (F-1 to F-7, M21)."""

import time

import pytest
from selectolax.lexbor import LexborHTMLParser

from parser.html_display import pages, safe
from tests.fuzz.hostile_inputs import PAGES
from tests.parsing.corpus_case import CORPUS, cases

HARMLESS = {"href", "rel", "src", "alt", "colspan", "rowspan"}
ATTACKS = [
    "<script>x()</script>ok",
    "<img src=x onerror=x()>ok",
    '<img src="cid:a" onload=x()>ok',
    "<svg onload=x()><script>x()</script></svg>ok",
    "<svg><feImage href=http://t.example/></svg>ok",
    "<details open ontoggle=x()>ok</details>",
    'ok<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=x()&gt;">ok',
    '<noscript><p title="</noscript><img src=x onerror=x()>">ok',
    "<form action=http://t.example/><input name=a><button>ok</button></form>",
    "<base href=http://t.example/>ok",
    '<meta http-equiv=refresh content="0;url=http://t.example/">ok',
    "<link rel=stylesheet href=http://t.example/>ok",
    "<style>@import 'http://127.0.0.1/';</style>ok",
    '<div style="background:url(http://t.example/)">ok</div>',
    "<table background=http://t.example/><tr><td>ok</table>",
    "<video poster=http://t.example/ src=http://t.example/>ok</video>",
    "<img src=http://t.example/p.gif>ok",
    "<img src=//t.example/p.gif>ok",
    "<img src=data:image/svg+xml;base64,PHN2Zz4=>ok",
    '<img srcset="http://t.example/ 2x">ok',
    "<a href=javascript:x()>ok</a>",
    '<a href=" java\nscript:x()">ok</a>',
    "<a href=&#106;avascript:x()>ok</a>",
    "<a href=data:text/html,x>ok</a>",
    "<a href=vbscript:x>ok</a>",
    "<a href=//t.example>ok</a>",
    "<a href=/\\\\t.example>ok</a>",
    "<a href=cid:part2>ok</a>",
    "<iframe src=http://t.example/></iframe>ok",
    "<object data=http://t.example/></object><embed src=http://t.example/>ok",
    "<p id=x class=y name=z data-x=1>ok</p>",
    "<td colspan=99999999>ok</td>",
    "<plaintext>ok",
    "<xmp><script>x()</script></xmp>ok",
]


@pytest.mark.parametrize("attack", ATTACKS)
def test_f1_to_f7_nothing_acts_or_loads(attack: str) -> None:
    """Every element and attribute of what is left is on the list, and the text is still there."""
    shown = safe(attack)
    body = LexborHTMLParser(shown).body

    assert "ok" in shown
    assert body is not None
    for node in body.traverse():
        assert node.tag not in {"script", "style", "svg", "math", "form", "iframe", "object", "base", "meta", "link"}
        assert set(node.attributes) <= HARMLESS
        assert (node.attributes.get("src") or "cid:").startswith("cid:")
        assert (node.attributes.get("href") or "http").startswith(("http:", "https:", "mailto:", "http"))


@pytest.mark.parametrize("attack", ATTACKS)
def test_f2_what_is_left_is_left_again(attack: str) -> None:
    """A second cleaning finds nothing: no text became a tag."""
    assert safe(attack) == safe(safe(attack))


def test_f3_a_picture_of_the_mail_is_kept_by_reference() -> None:
    """And a link keeps its address, without a word to those who are followed."""
    assert '<img alt="Plan" src="cid:a@b">' == safe('<img alt="Plan" width=1 src="cid:a@b">')
    assert '<a href="https://a.example/" rel="noopener noreferrer nofollow">x</a>' == safe(
        "<a href=https://a.example/>x"
    )


@pytest.mark.parametrize("hostile", PAGES[:14], ids=lambda hostile: hostile.name)
def test_f_a_page_that_is_too_much_is_shown_as_text(hostile: object) -> None:
    """And none costs a second."""
    raw = hostile.make()  # type: ignore[attr-defined]
    before = time.process_time()

    assert all(isinstance(page, str) for page in pages(raw))
    assert time.process_time() - before < 1


def test_the_pages_of_the_corpus_keep_their_words() -> None:
    """What is cut are tags, not text."""
    (case,) = [case for case in cases(CORPUS) if case.name == "html-comment"]

    assert ["Dead."] == ["".join(page.replace("<p>", "").replace("</p>", "").split()) for page in pages(case.raw)]
