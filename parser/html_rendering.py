"""The lines a page of HTML shows: quotes as "> ", items as "- ", cells told apart, links with their address.

What is read is a page that lexbor has written out: it is well formed (HTML 13.3). A tag is "<",
a name, attributes in `"` with `"`, "<" and ">" in their values escaped, and ">"; every element
that may have content has its end; and text has neither "<" nor ">". So it is cut at its tags,
which costs a third of walking its tree. What a tag means is found out once for each spelling.
Only comments and elements whose content is no HTML hold anything; they are passed over, or
taken as they are.
"""

import html
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Final

_SKIPPED: Final = frozenset({"script", "style", "head", "title", "template", "iframe"})
"""Elements whose content is not for reading."""
_RAW: Final = frozenset({"script", "style", "iframe", "xmp", "noembed", "noframes", "plaintext"})
"""Elements whose content is no HTML, and is written out as it is."""
_CELLS: Final = frozenset({"td", "th"})
_PARAGRAPHS: Final = frozenset({"p", "div"})
_BLOCKS: Final = frozenset(
    ["address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt", "fieldset", "figure",
     "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "html", "li", "main", "nav", "ol", "p",
     "pre", "section", "table", "tbody", "tfoot", "thead", "tr", "ul"]
)  # fmt: skip
_VOID: Final = frozenset(
    ["area", "base", "basefont", "bgsound", "br", "col", "embed", "frame", "hr", "img", "input", "keygen", "link",
     "meta", "param", "source", "track", "wbr"]
)  # fmt: skip
"""Elements that are written without an end."""
_WITH_ATTRIBUTES: Final = frozenset({"a", "img", "input", "ol"})
_SILENT_INPUTS: Final = frozenset({"hidden", "password", "checkbox", "radio", "image", "file", "color", "range"})
"""Kinds of fields that do not show their value."""
_PLAIN: Final[dict[str, str]] = {}
_SPACED: Final = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "table", "pre", "blockquote"})
_DEEPEST_QUOTE: Final = 20
_SPACE: Final = re.compile(r"[ \t\n\r\f]+")
_BLANK_LINES: Final = re.compile(r"\n{3,}")
_ATTRIBUTE: Final = re.compile(r'([^\s=]+)="([^"]*)"')
_TELLING: Final = re.compile(r"(?:style|hidden)=")
_UNSAFE_SCHEMES: Final = ("javascript:", "data:", "vbscript:", "cid:")
_ENTITIES: Final = (("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
"""All that lexbor escapes (HTML 13.3) but the space; the ampersand last, so that nothing is read twice."""
_TAG: Final = re.compile(r"<([^>]*)>")
_COMMENT: Final = "!--"
_Step = Callable[[], bool | None]


def _style(declarations: str) -> dict[str, str]:
    """The declarations of a style attribute that matter here; the last one of a name wins."""
    style: dict[str, str] = {}
    for declaration in declarations.lower().split(";"):
        name, _, value = declaration.partition(":")
        style[name.strip()] = value.replace("!important", "").strip()
    return style


def _address(href: str) -> tuple[str, str]:
    """The address of a link, and as a person would write it; "" where there is none to show."""
    address = _SPACE.sub("", href)
    if not (":" in address or address.startswith("\\\\")) or address.lower().startswith(_UNSAFE_SCHEMES):
        return "", ""
    return address, address.removeprefix("mailto:").removeprefix("tel:").rstrip("/")


def _shown_instead(name: str, attributes: dict[str, str]) -> str:
    """What an element without content shows: a picture its description, a field what was typed into it."""
    if name == "img":
        description = attributes.get("alt", "").strip()
        return f"[{description}]" if description else ""
    if name == "input" and attributes.get("type", "").lower() not in _SILENT_INPUTS:
        return f" {attributes.get('value', '')} "
    return ""


def _for_reading(body: str) -> str:
    """A page with plain spaces; the end of a paragraph that is the last thing of a cell is spelt to end no line."""
    page = body.replace("&nbsp;", " ").replace("\r", " ").replace("\f", " ")
    for cell in _CELLS:
        if f"></{cell}>" in page:
            for paragraph in _PARAGRAPHS:
                page = page.replace(f"</{paragraph}></{cell}>", f"</{paragraph} ></{cell}>")
    return page


def _opaque(tags: Iterator[tuple[str, str]], tag: str, text: str) -> tuple[str, str]:
    """The content of a comment, or of an element that is no HTML, and the text behind it."""
    if tag.startswith(_COMMENT):
        return "", _behind_comment(tags, tag, text)
    ending = "</" + tag.partition(" ")[0]
    content = [text]
    for inner, behind in tags:
        if f"<{inner}".endswith(ending):
            return "".join([*content, f"<{inner}".removesuffix(ending)]), behind
        content += (f"<{inner}>", behind)
    return "".join(content), ""


def _behind_comment(tags: Iterator[tuple[str, str]], tag: str, text: str) -> str:
    while not tag.endswith("--"):
        if "-->" in text:
            return text.partition("-->")[2]
        tag, text = next(tags, ("--", ""))
    return text


class Rendering:
    """Collects lines while the page is read: the one piece of state is where we are in it."""

    def __init__(self) -> None:
        self.hid = False
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes = 0
        self._prefix = self._empty = ""
        self._preformatted = 0
        self._has_preformatted = False
        self._lists: list[int | None] = []
        self._links: list[tuple[str, str, int, int]] = []
        self._fresh = False

    def text(self) -> str:
        self._end_line()
        while self._lines and not self._lines[-1].strip("> "):
            self._lines.pop()
        text = "\n".join(self._lines)
        if "\n\n\n" in text:
            text = _BLANK_LINES.sub("\n\n", text)
        if "&" in text:
            for entity, character in _ENTITIES:
                text = text.replace(entity, character)
        return text.strip("\n")

    def read(self, body: str) -> None:
        """Go through a page, tag by tag, each with the text that follows it."""
        line = self._line
        steps: dict[str, _Step | None] = {}
        pieces = iter(_TAG.split(_for_reading(body))[1:])
        tags = zip(pieces, pieces, strict=True)
        for tag, text in tags:
            try:
                step = steps[tag]
            except KeyError:
                step = steps[tag] = self._step(tag)
            if self._preformatted:
                self._count(tag)
            if step is not None and step():
                text = self._pass(tags, tag, text)  # noqa: PLW2901 - what is not shown is passed over
            if text:
                if self._preformatted:
                    self._add_preformatted(text)
                else:
                    line.append(text)
                if self._fresh:
                    self._fresh = not text.strip()

    def _step(self, tag: str) -> _Step | None:
        """What a tag does, None where it does nothing; a step answers whether what follows is to be passed over."""
        name, _, rest = tag.partition(" ")
        if name.startswith("/"):
            return self._end_step(tag[1:])
        if name.startswith(_COMMENT) or name in _SKIPPED or name in _RAW:
            return lambda: True
        attributes = dict(_ATTRIBUTE.findall(rest)) if name in _WITH_ATTRIBUTES or _TELLING.search(rest) else _PLAIN
        style = _style(attributes["style"]) if "style" in attributes else _PLAIN
        if "hidden" in attributes or style.get("display") == "none" or style.get("visibility") == "hidden":
            return lambda: name not in _VOID
        begin = self._begin_step(name, attributes)
        if name != "pre" and not style.get("white-space", "").startswith("pre"):
            return begin
        return partial(self._preformat, begin)

    def _begin_step(self, name: str, attributes: dict[str, str]) -> _Step | None:
        if name == "br":
            return partial(self._end_line, keep_empty=True)
        if name in _CELLS:
            return self._cell
        if name == "a":
            return partial(self._open_link, *_address(attributes.get("href", "")))
        if shown := _shown_instead(name, attributes):
            return partial(self._show, shown)
        if name == "ol":
            start = attributes.get("start", "")
            return partial(self._list, int(start) if start.isdecimal() and len(start) < 6 else 1)
        if name == "ul":
            return partial(self._list, None)
        return partial(self._block, name) if name in _BLOCKS else None

    def _end_step(self, name: str) -> _Step | None:
        if name == "a":
            return self._close_link
        if name in {"ul", "ol"}:
            return self._end_list
        if name == "blockquote":
            return self._end_quote
        if name in _BLOCKS:
            return self._end_spaced if name in _SPACED else self._end_line
        return None

    # --- what is not for reading, and what is kept as it is ------------------------------------

    def _pass(self, tags: Iterator[tuple[str, str]], tag: str, text: str) -> str:
        """Pass over a comment, or an element that is not shown as other text is; answer with the text behind it."""
        name = tag.partition(" ")[0]
        if self._preformatted and not name.startswith(_COMMENT):
            self._preformatted -= 1  # its beginning was counted, and its end will not be
        if name.startswith(_COMMENT) or name in _RAW:
            content, behind = _opaque(tags, tag, text)
            if name in _RAW - _SKIPPED:
                self._end_line()
                self._add_preformatted(html.escape(content, quote=False))
                self._end_line()
            return behind
        depth, hid = 1, text
        for inner, behind in tags:
            word = inner.partition(" ")[0]
            if word.startswith(_COMMENT) or word in _RAW:
                behind = _opaque(tags, inner, behind)[1]  # noqa: PLW2901
            else:
                depth += (word == name) - (word == f"/{name}")
            if not depth:
                break
            hid = hid if hid.strip() else behind
        else:
            behind = ""
        self.hid = self.hid or (bool(hid.strip()) and name not in _SKIPPED)
        return behind

    def _preformat(self, begin: _Step | None) -> bool:
        if begin is not None:
            begin()
        self._preformatted = self._preformatted or 1
        return False

    def _count(self, tag: str) -> None:
        """Preformatted text ends where the element does that began it: elements in it are counted."""
        if tag.startswith("/"):
            self._preformatted = max(0, self._preformatted - 1)
        elif tag.partition(" ")[0] not in _VOID:
            self._preformatted += 1

    # --- blocks --------------------------------------------------------------------------------

    def _block(self, name: str) -> None:
        if not self._fresh:
            self._end_line()
            if name in _SPACED:
                self._blank()
        if name == "blockquote":
            self._quote(1)
        elif name == "li":
            self._item()
        elif name == "hr":
            self._lines.append(self._prefix + "---")
            self._fresh = False

    def _list(self, first: int | None) -> None:
        self._block("ul")
        self._lists.append(first)

    def _item(self) -> None:
        """The mark of a list item: its number, or a dash; a block right after it stays on its line."""
        number = self._lists[-1] if self._lists else None
        self._line[:] = ["- " if number is None else f"{number}. "]
        if number is not None:
            self._lists[-1] = number + 1
        self._fresh = True

    def _cell(self) -> None:
        if any(piece.strip() for piece in self._line):
            self._line.append(" | ")
        else:
            self._line.clear()
        self._fresh = True

    def _end_list(self) -> None:
        if self._lists:
            self._lists.pop()
        self._end_spaced()

    def _end_quote(self) -> None:
        self._end_line()
        self._quote(-1)
        self._blank()

    def _end_spaced(self) -> None:
        self._end_line()
        self._blank()

    # --- links ---------------------------------------------------------------------------------

    def _open_link(self, address: str, plain: str) -> None:
        self._links.append((address, plain, len(self._lines), len(self._line)))

    def _close_link(self) -> None:
        """The address of a link behind it, unless it is what is shown."""
        address, plain, lines, pieces = self._links.pop() if self._links else ("", "", 0, 0)
        if address and (self._links or plain != self._since(lines, pieces).strip().rstrip("/")):
            self._show(f" <{address}>")

    def _since(self, lines: int, pieces: int) -> str:
        """What was shown since there were so many lines, and so many pieces of the next."""
        if len(self._lines) == lines:
            return "".join(self._line[pieces:])
        return "".join([*(line.lstrip("> ") for line in self._lines[lines:]), *self._line])

    # --- lines ---------------------------------------------------------------------------------

    def _show(self, text: str) -> None:
        self._line.append(text)
        self._fresh = False

    def _add_preformatted(self, text: str) -> None:
        self._has_preformatted = True
        first, *others = text.split("\n")
        self._line.append(first)
        for line in others:
            self._end_line(keep_empty=True)
            self._has_preformatted = True
            self._line.append(line)

    def _end_line(self, *, keep_empty: bool = False) -> None:
        self._fresh = False
        line = "".join(self._line)
        self._line.clear()
        if self._has_preformatted:
            line, self._has_preformatted = line.replace("\n", " ").rstrip(), False
        else:
            line = line.strip()
            if "  " in line or "\n" in line or "\t" in line:
                line = _SPACE.sub(" ", line)
        if line:
            self._lines.append(self._prefix + line)
        elif keep_empty:
            self._lines.append(self._empty)

    def _blank(self) -> None:
        """An empty line, where there is none yet."""
        if self._lines and self._lines[-1] and self._lines[-1] != self._empty:
            self._lines.append(self._empty)

    def _quote(self, change: int) -> None:
        self._quotes += change
        self._prefix = "> " * min(self._quotes, _DEEPEST_QUOTE)
        self._empty = self._prefix.rstrip()
