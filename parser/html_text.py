"""HTML as a careful reader would see it in plain text: nothing visible lost, quotes marked.

The tree comes from selectolax (lexbor, a real HTML5 parser), which writes it out again
without the senders' faults; what its tags mean is read from that (parser.html_rendering),
without recursion. Text that the mail hides from its reader is left out, and that is said.
An HTML part over a limit is stripped of its tags linearly.
"""

import html
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser

from models.limits import HTML_ATTRIBUTES, HTML_BYTES, HTML_DEPTH, HTML_TAGS
from parser.html_rendering import Rendering

_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
# A tag ends at ">" or where the next one begins: so a page of "<" is read once, not once for each.
_TAG: Final = re.compile(r"<+[^<>]*>?")
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*>", re.IGNORECASE)
# Elements that neither are empty nor end where the next one begins.
_NESTING_TAG: Final = re.compile(
    r"<(?P<end>/?)(?!(?:p|li|td|th|tr|dt|dd|option|br|hr|img|meta|link|input|col|wbr|area|base)\b)[a-z]", re.IGNORECASE
)
_LONG_TAG: Final = 4_096
_EMBEDDED: Final = re.compile(r"data:[\w.+-]{1,60}/[\w.+-]{1,60};base64,(?:[A-Za-z0-9+/=%]{60,}\s*)+")
"""A picture in the address of itself (RFC 2397): web mail and Windows put megabytes before a page's last words."""

HIDDEN_MARK: Final = "text that the HTML hides was left out"
STRIPPED_MARK: Final = "the HTML was over a limit: its tags were cut without being understood"


def text_of(markup: str) -> tuple[str, tuple[str, ...]]:
    """Plain text of HTML, and marks on how it was come by."""
    markup = without_embedded(markup)
    if is_over_a_limit(markup):
        return stripped(markup), (STRIPPED_MARK,)
    root = LexborHTMLParser(markup).body
    if root is None:
        return stripped(markup), ()
    rendering = Rendering()
    rendering.read(root.html or "")
    return rendering.text(), (HIDDEN_MARK,) if rendering.hid else ()


def without_embedded(markup: str) -> str:
    """A page without the pictures it brings along in its addresses, where it is over the limit with them."""
    return _EMBEDDED.sub("data:,", markup) if len(markup) > HTML_BYTES else markup


def is_over_a_limit(markup: str) -> bool:
    """What makes an HTML parser slow, counted beforehand: size, tags, depth, and attributes of one tag."""
    tags = markup.count("<")
    return (
        len(markup) > HTML_BYTES
        or tags > HTML_TAGS
        or _has_too_many_attributes(markup)
        or (tags > HTML_DEPTH and _is_too_deep(markup))
    )


def _has_too_many_attributes(markup: str) -> bool:
    """Whether any tag, with the text behind it, has more words than a tag may have attributes."""
    pieces = [piece.partition(">")[0] for piece in markup.split("<") if len(piece) >= _LONG_TAG]
    return any(len(piece.split()) > HTML_ATTRIBUTES for piece in pieces)


def _is_too_deep(markup: str) -> bool:
    """Whether elements stand open within one another beyond the limit: a tree costs the square of its depth."""
    depth = 0
    for tag in _NESTING_TAG.finditer(markup):
        depth = max(0, depth - 1) if tag["end"] else depth + 1
        if depth > HTML_DEPTH:
            return True
    return False


def stripped(markup: str) -> str:
    """Tags cut without a tree, in linear time: the last resort that still loses no text."""
    beginning = markup[: 4 * HTML_BYTES]
    without = _TAG.sub(" ", _BREAK.sub("\n", beginning))
    lines = (_SPACE.sub(" ", line).strip() for line in html.unescape(without).split("\n"))
    return "\n".join(line for line in lines if line)
