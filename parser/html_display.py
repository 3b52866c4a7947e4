"""HTML of a mail made safe to show (threats F-1 to F-7): what is not on the list is not there.

It is made when somebody looks, and never stored: the raw mail is kept, and a better list
tomorrow holds for the mail of yesterday. Whoever shows it puts it into a frame without scripts,
under a policy that loads nothing (`default-src 'none'; img-src cid:` or what stands for it).
"""

import html
from typing import Final

import nh3

from parser import header_fields, structure, text
from parser.html_text import is_over_a_limit, stripped, without_embedded

_TAGS: Final = frozenset(
    ["a", "b", "blockquote", "br", "caption", "code", "dd", "div", "dl", "dt", "em", "h1", "h2", "h3", "h4", "hr", "i",
     "img", "li", "ol", "p", "pre", "s", "span", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead",
     "tr", "u", "ul"]
)  # fmt: skip
_ATTRIBUTES: Final = {
    "a": frozenset({"href"}),
    "img": frozenset({"src", "alt"}),
    "td": frozenset({"colspan", "rowspan"}),
    "th": frozenset({"colspan", "rowspan"}),
}
_WITHOUT_CONTENT: Final = frozenset({"script", "style", "head", "title", "template", "iframe", "object", "svg"})
_SCHEMES: Final = frozenset({"http", "https", "mailto", "cid"})
_CID: Final = "cid:"


def pages(raw: bytes) -> list[str]:
    """The HTML of a message, safe to show, in order.

    Raises HeaderTooLarge or TooComplex where the message was read in safe mode.
    """
    return [safe(page) for page in text.pages(structure.read(*header_fields.split(raw)))]


def safe(page: str) -> str:
    """A page without anything that acts, loads, or leads elsewhere than it says; over a limit its text alone."""
    page = without_embedded(page)
    if is_over_a_limit(page):
        return f"<pre>{html.escape(stripped(page))}</pre>"
    return nh3.clean(
        page,
        tags=set(_TAGS),
        clean_content_tags=set(_WITHOUT_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_kept,
        url_schemes=set(_SCHEMES),
        url_relative="deny",
        link_rel="noopener noreferrer nofollow",
    )


def _kept(_tag: str, attribute: str, value: str) -> str | None:
    """Pictures come from the mail itself alone; links lead to an address that is written out."""
    is_of_the_mail = value.strip().lower().startswith(_CID)
    if attribute == "src":
        return value if is_of_the_mail else None
    if attribute == "href":
        return None if is_of_the_mail or value.lstrip().startswith(("/", "\\")) else value
    if attribute in {"colspan", "rowspan"}:
        return value if value.isascii() and value.isdecimal() and len(value) < 4 else None
    return value
