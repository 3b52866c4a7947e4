"""HTML as a careful reader would see it in plain text: nothing visible lost, quotes marked.

The tree comes from selectolax (lexbor, a real HTML5 parser); the walk is our own and
iterative, so that depth is no danger. Quoted blocks get "> ", list items "- ", table cells
are told apart, links keep their address. Text that the mail hides from its reader is left
out, and that is said. An HTML part over a limit is stripped of its tags linearly.
"""

import html
import re
from typing import Final

from selectolax.lexbor import LexborHTMLParser, LexborNode

from models.limits import HTML_ATTRIBUTES, HTML_BYTES, HTML_DEPTH, HTML_TAGS

_SKIPPED: Final = frozenset({"script", "style", "head", "title", "template", "iframe"})
_BLOCKS: Final = frozenset(
    [
        "address",
        "article",
        "aside",
        "body",
        "center",
        "dd",
        "div",
        "dl",
        "dt",
        "fieldset",
        "figure",
        "footer",
        "form",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "html",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "tfoot",
        "thead",
        "tr",
        "ul",
        "blockquote",
        "hr",
    ]
)
_LEFT: Final = _BLOCKS | {"a", "ul", "ol"}
"""Elements whose end does something; within preformatted text every one may end it."""
_PLAIN: Final[dict[str, str]] = {}
_CELLS: Final = frozenset({"td", "th"})
_PARAGRAPHS: Final = frozenset({"p", "div"})
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"})
_DEEPEST_QUOTE: Final = 20
_SPACE: Final = re.compile(r"[ \t\r\n\f]+")
_RUN: Final = re.compile(r"[\t\r\n\f\xa0]|  ")
_UNSAFE_SCHEMES: Final = ("javascript:", "data:", "vbscript:", "cid:")
# A tag ends at ">" or where the next one begins: so a page of "<" is read once, not once for each.
_TAG: Final = re.compile(r"(?:<[^<>]*+>?)+")
_BREAK: Final = re.compile(r"<(?:br|/p|/div|/tr|/li|/h[1-6])\b[^<>]*+>", re.IGNORECASE)
# Elements that neither are empty nor end where the next one begins.
_NESTING_TAG: Final = re.compile(
    r"<(?P<end>/?)(?!(?:p|li|td|th|tr|dt|dd|option|br|hr|img|meta|link|input|col|wbr|area|base)\b)[a-z]", re.IGNORECASE
)
_LONG_TAG: Final = re.compile(r"<[^<>]{4096,}")

HIDDEN_MARK: Final = "text that the HTML hides was left out"
STRIPPED_MARK: Final = "the HTML was over a limit: its tags were cut without being understood"


def text_of(markup: str) -> tuple[str, tuple[str, ...]]:
    """Plain text of HTML, and marks on how it was come by."""
    if _is_over_a_limit(markup):
        return stripped(markup), (STRIPPED_MARK,)
    root = LexborHTMLParser(markup).body
    if root is None:
        return stripped(markup), ()
    renderer = _Renderer()
    renderer.walk(root)
    return renderer.text(), (HIDDEN_MARK,) if renderer.hid else ()


def _is_over_a_limit(markup: str) -> bool:
    """What makes an HTML parser slow, counted beforehand: size, tags, depth, and attributes of one tag."""
    tags = markup.count("<")
    return (
        len(markup) > HTML_BYTES
        or tags > HTML_TAGS
        or any(len(tag[0].split()) > HTML_ATTRIBUTES for tag in _LONG_TAG.finditer(markup))
        or (tags > HTML_DEPTH and _is_too_deep(markup))
    )


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


def _style(declarations: str) -> dict[str, str]:
    """The declarations of a style attribute that matter here; the last one of a name wins."""
    style: dict[str, str] = {}
    for declaration in declarations.lower().split(";"):
        name, _, value = declaration.partition(":")
        style[name.strip()] = value.replace("!important", "").strip()
    return style


def _is_in_a_cell(node: LexborNode) -> bool:
    """Whether a paragraph is the last thing of a table cell, where its end is no end of a line."""
    parent = node.parent
    return parent is not None and parent.tag in _CELLS and node.next is None


class _Renderer:
    """Collects lines while the tree is walked: the one piece of state is where we are in it."""

    def __init__(self) -> None:
        self.hid = False
        self._lines: list[str] = []
        self._line = ""
        self._quotes = 0
        self._preformatted: list[int] = []
        self._lists: list[int | None] = []
        self._fresh = False

    def text(self) -> str:
        self._end_line()
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        text = "\n".join(self._lines)
        return re.sub(r"\n{3,}", "\n\n", text).strip("\n")

    def walk(self, root: LexborNode) -> None:
        """Visit every node in document order without recursion: (node, entering or leaving)."""
        stack: list[tuple[LexborNode, bool]] = [(root, True)]
        while stack:
            node, entering = stack.pop()
            if not entering:
                self._leave(node)
            elif self._enter(node):
                if node.tag in _LEFT or self._preformatted:
                    stack.append((node, False))
                children = [(child, True) for child in node.iter(include_text=True)]
                children.reverse()
                stack += children

    def _enter(self, node: LexborNode) -> bool:
        """Begin a node; False when its content is not for reading."""
        tag = node.tag or ""
        if tag == "-text":
            self._add(node.text_content or "")
            return False
        if tag in _SKIPPED or tag.startswith(("-", "!")):
            return False
        attributes = node.attributes
        style = _style(attributes["style"] or "") if "style" in attributes else _PLAIN
        if "hidden" in attributes or style.get("display") == "none" or style.get("visibility") == "hidden":
            self.hid = self.hid or bool((node.text(deep=True) or "").strip())
            return False
        self._begin(tag, attributes)
        if tag == "pre" or style.get("white-space", "").startswith("pre"):
            self._preformatted.append(node.mem_id)
        return True

    def _begin(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "br":
            self._end_line(keep_empty=True)
        elif tag in _CELLS:
            if self._line.strip():
                self._line = self._line.rstrip() + " | "
            self._fresh = True
        elif tag == "img" and (attributes.get("alt") or "").strip():
            self._add(f"[{(attributes['alt'] or '').strip()}]")
        elif tag in _BLOCKS:
            self._begin_block(tag, attributes)

    def _begin_block(self, tag: str, attributes: dict[str, str | None]) -> None:
        if not self._fresh:
            self._end_line()
            if tag in _SPACED:
                self._blank()
        if tag == "blockquote":
            self._quotes += 1
        elif tag in {"ul", "ol"}:
            start = attributes.get("start") or ""
            self._lists.append((int(start) if start.isdecimal() and len(start) < 6 else 1) if tag == "ol" else None)
        elif tag == "li":
            self._item()
        elif tag == "hr":
            self._lines.append(self._prefix() + "---")

    def _item(self) -> None:
        """The mark of a list item: its number, or a dash; a block right after it stays on its line."""
        number = self._lists[-1] if self._lists else None
        self._line = "- " if number is None else f"{number}. "
        if number is not None:
            self._lists[-1] = number + 1
        self._fresh = True

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if self._preformatted and self._preformatted[-1] == node.mem_id:
            self._preformatted.pop()
        if tag == "a":
            self._link(node)
        if tag in {"ul", "ol"} and self._lists:
            self._lists.pop()
        if tag in _BLOCKS and not (tag in _PARAGRAPHS and _is_in_a_cell(node)):
            self._end_line()
            if tag == "blockquote":
                self._quotes -= 1
            if tag in _SPACED:
                self._blank()

    def _link(self, node: LexborNode) -> None:
        address = _SPACE.sub("", node.attributes.get("href") or "")
        shown = (node.text(deep=True) or "").strip()
        plain = address.removeprefix("mailto:").removeprefix("tel:").rstrip("/")
        is_absolute = ":" in address or address.startswith("\\\\")
        if is_absolute and not address.lower().startswith(_UNSAFE_SCHEMES) and plain != shown.rstrip("/"):
            self._add(f" <{address}>")

    def _add(self, text: str) -> None:
        self._fresh = self._fresh and not text.strip()
        if self._preformatted:
            first, *others = text.split("\n")
            self._line += first
            for line in others:
                self._end_line(keep_empty=True)
                self._line = line
            return
        collapsed = _SPACE.sub(" ", text.replace("\xa0", " ")) if _RUN.search(text) else text
        self._line += collapsed.lstrip() if not self._line or self._line.endswith(" ") else collapsed

    def _end_line(self, *, keep_empty: bool = False) -> None:
        self._fresh = False
        line = self._line.rstrip()
        if line or keep_empty:
            self._lines.append((self._prefix() + line).rstrip() if line else self._prefix().rstrip())
        self._line = ""

    def _blank(self) -> None:
        if self._lines and self._lines[-1] not in {"", self._prefix().rstrip()}:
            self._lines.append(self._prefix().rstrip())

    def _prefix(self) -> str:
        return "> " * min(self._quotes, _DEEPEST_QUOTE)
