"""Templates without inheritance: what one extends and includes is put into it before it is compiled.

Jinja looks for parents, blocks and included templates each time it renders, and for every
variable in each of them anew. Ours are known from the start, so a body is made one plain
template, and costs half as much to render. `super()` is not understood: what two blocks
share, both include.
"""

from collections.abc import Callable, Iterator

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

Parse = Callable[[str], nodes.Template]
"""A template by its name, as it is written."""


def without_inheritance(name: str, parse: Parse) -> nodes.Template:
    """The template of this name, whole: it extends and includes nothing."""
    line = list(_line(name, parse))
    blocks: dict[str, nodes.Block] = {}
    for template in line:
        for block in template.find_all(nodes.Block):
            blocks.setdefault(block.name, block)  # the youngest template has the last word
    *heirs, eldest = line
    whole: nodes.Template = _Joining(blocks, parse).visit(eldest)
    whole.body = [node for heir in heirs for node in heir.body if _counts_in_an_heir(node)] + whole.body
    return whole


def _line(name: str, parse: Parse) -> Iterator[nodes.Template]:
    """The template, the one that it extends, and so on."""
    while True:
        template = parse(name)
        yield template
        extends = template.find(nodes.Extends)
        if extends is None:
            return
        name = _named(extends)


def _counts_in_an_heir(node: nodes.Node) -> bool:
    """Whether a template that extends another has it done: macros and imports, but no words outside of blocks."""
    return not isinstance(node, (nodes.Block, nodes.Extends, nodes.Output))


class _Joining(NodeTransformer):
    """Puts the last word on each block in its place, and each included template."""

    def __init__(self, blocks: dict[str, nodes.Block], parse: Parse) -> None:
        self._blocks = blocks
        self._parse = parse

    def visit_Block(self, block: nodes.Block) -> nodes.Node:  # noqa: N802 - Jinja calls it by the node's name
        return self._in_a_scope(self.generic_visit(self._blocks[block.name]))

    def visit_Include(self, include: nodes.Include) -> nodes.Node:  # noqa: N802
        return self._in_a_scope(without_inheritance(_named(include), self._parse))

    @staticmethod
    def _in_a_scope(node: nodes.Node) -> nodes.Scope:
        """Its body, whose names nobody outside sees."""
        return nodes.Scope(node.body, lineno=node.lineno)  # type: ignore[attr-defined]


def _named(node: nodes.Extends | nodes.Include) -> str:
    """The template that is extended or included: a name that stands there, never one that is worked out."""
    return str(node.template.as_const())
