"""Templates: found by language, compiled once a process, rendered in a sandbox.

A template sees strings, lists and dicts of strings, never an object (threats M20, G-3):
the sandbox stops tricks with attributes but lets any public method of an object be called.
Filters are an allow-list without `safe`, there are no globals, and a name that is not
given is an error. HTML is escaped always, text and subjects never. What a customer wrote
is only ever a value: no string becomes a template here (G-2).
"""

from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from jinja2 import DictLoader, StrictUndefined, Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from markupsafe import escape

from responders.inheritance import without_inheritance

TEMPLATES = Path(__file__).parent / "templates"
FALLBACK = "en"
"""The language every notice is worded in; a missing translation falls back to it (domain 6)."""
FILES = ("subject.txt", "body.txt", "body.html")
FILTERS = ("e", "escape", "join", "length", "lower", "upper")

Value = str | Sequence["Value"] | Mapping[str, "Value"]
Variables = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Words:
    """A notice in words: the subject as one line, both bodies with LF line ends."""

    subject: str
    text: str
    html: str


@lru_cache(maxsize=256)
def worded_in(kind: str, language: str) -> str:
    """The template folder for a notice: the longest prefix of the BCP 47 tag that has all its files, else English."""
    names = environment().loader_names
    subtags = language.lower().split("-")
    for length in range(len(subtags), 0, -1):
        folder = "-".join(subtags[:length])
        if all(f"{folder}/{kind}/{name}" in names for name in FILES):
            return folder
    return FALLBACK


def languages() -> list[str]:
    """The languages that there are templates in."""
    return sorted({name.partition("/")[0] for name in environment().loader_names if "/" in name})


def render(kind: str, folder: str, variables: Variables) -> Words:
    """The words of one notice. Raises jinja2.TemplateError where a template fails: the notice is parked."""
    templates = _templates(kind, folder)
    # one context for all three: all it says of escaping is what a macro of an HTML template is told
    context = _Context(environment(), variables, templates[-1].name, {})
    return Words(*("".join(template.root_render_func(context)) for template in templates))


@lru_cache(maxsize=256)
def _templates(kind: str, folder: str) -> tuple[Template, ...]:
    """The templates of a notice's FILES."""
    return tuple(environment().whole(f"{folder}/{kind}/{name}") for name in FILES)


class _Names(dict[str, Any]):
    """What a template may name; for any other name the word of Jinja that makes it an error where it is used."""

    def __missing__(self, name: str) -> Any:
        return missing


class _Context(Context):
    """Keeps what is given and what a template sets in one dict: each name is looked up in one step."""

    def __init__(
        self,
        environment: "Environment",
        parent: Variables,
        name: str | None,
        blocks: dict[str, Any],
        globals: MutableMapping[str, Any] | None = None,  # noqa: A002 - Jinja names it
    ) -> None:
        super().__init__(environment, _Names(parent), name, blocks, globals)
        self.vars = self.parent

    @property
    def resolve_or_missing(self) -> Callable[[str], Any]:
        """What a template looks its names up with; it fetches that once."""
        return self.vars.__getitem__


class _Generator(CodeGenerator):
    """Has what HTML prints escaped by the environment."""

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("environment.escaped(")
        else:
            super()._output_child_pre(node, frame, finalize)


class Environment(ImmutableSandboxedEnvironment):
    """The sandbox, which knows the names of its templates."""

    context_class = _Context
    code_generator_class = _Generator

    def __init__(self, sources: Mapping[str, str]) -> None:
        super().__init__(
            loader=DictLoader(sources),
            undefined=StrictUndefined,
            autoescape=lambda name: name is not None and name.endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            cache_size=-1,
        )
        self.loader_names = frozenset(sources)
        self._sources = sources
        self.filters = {name: self.filters[name] for name in FILTERS}
        self.globals = {}

    def written(self, name: str) -> nodes.Template:
        """A template as it is written, not yet compiled."""
        return self.parse(self._sources[name], name)

    def whole(self, name: str) -> Template:
        """A template compiled together with all that it extends and includes."""
        code = self.compile(without_inheritance(name, self.written), name, name)
        return Template.from_code(self, code, globals={})

    @staticmethod
    def escaped(value: object) -> str:
        """What `escape` makes of it. Most texts have nothing to escape, and to wrap them costs more than to look."""
        if type(value) is str and not ("&" in value or "<" in value or ">" in value or '"' in value or "'" in value):
            return value
        return escape(value)


@cache
def environment() -> Environment:
    """The one environment of this process; the files are read here and never again."""
    paths = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".txt", ".html"})
    return Environment({path.relative_to(TEMPLATES).as_posix(): path.read_text("utf-8") for path in paths})
