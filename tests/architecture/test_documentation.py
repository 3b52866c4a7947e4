"""The manual in both directions: everything that exists is documented, everything documented exists."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import tests
from intake.cli.case_acts import VERBS
from intake.cli.commands import app
from models import limits
from models.notice import NoticeKind
from models.rules.commands import WORDS
from models.rules.decide import RULES
from tests.architecture.sources import ROOT, dotted, modules, tree_of

DOCS = ROOT / "docs"
LEVELS = {"debug", "info", "warning", "error", "critical"}
_EVENT = re.compile(r"[a-z_]+\.[a-z_]+")
_ROW = re.compile(r"\| `([^`]+)` \|\s*([^|]*?)\s*\|")


def table_of(name: str, *, under: str = "") -> list[tuple[str, str]]:
    """The rows of a page's tables whose first column is a name in backticks: that name, and the second column.

    `under` is the beginning of the table's heading row, where a page has several tables.
    """
    tables = (DOCS / name).read_text("utf-8").split("\n\n")
    lines = [line for table in tables if table.startswith(under) or not under for line in table.splitlines()]
    return [(row[1], row[2]) for line in lines if (row := _ROW.match(line))]


def test_every_rule_is_documented_in_its_order() -> None:
    """docs/rules.md is the law's table of contents: the same names in the same order."""
    assert [rule.__name__ for rule in RULES] == [name for name, _ in table_of("rules.md")]


def test_every_limit_is_documented_with_its_value() -> None:
    """docs/limits.md says what models/limits.py says."""
    values = {name: str(value) for name, value in vars(limits).items() if name.isupper()}

    assert values == {name: value.replace(",", "").replace("_", "") for name, value in table_of("limits.md")}


@pytest.mark.parametrize("name", sorted(name for name in vars(limits) if name.isupper()))
def test_every_limit_is_used(name: str) -> None:
    """A limit that nothing keeps is a promise that nothing keeps."""
    users = [
        module
        for module, path in modules().items()
        if module != "models/limits.py"
        for node in ast.walk(tree_of(path))
        if (isinstance(node, ast.Name) and node.id == name)
        or (isinstance(node, ast.Attribute) and node.attr == name)
        or (isinstance(node, ast.alias) and node.name == name)
    ]

    assert [] != users


def commands() -> Iterator[str]:
    """Every command a user can see, "noun verb"."""

    def below(command: object, words: tuple[str, ...]) -> Iterator[str]:
        inner = getattr(command, "commands", None)
        if inner is None:
            yield " ".join(words)
            return
        for name, one in inner.items():
            if not one.hidden:
                yield from below(one, (*words, name))

    return below(typer.main.get_command(app), ())


def test_every_command_is_documented() -> None:
    """docs/cli.md names every command of `casegate --help`, and no other."""
    assert sorted(commands()) == sorted(name for name, _ in table_of("cli.md", under="| command | does"))


def events_of_the_log() -> dict[str, set[str]]:
    """Every event that is logged anywhere, and the levels it is logged with."""
    found: dict[str, set[str]] = {}
    for path in modules().values():
        loggers = _loggers(tree_of(path))
        for function in ast.walk(tree_of(path)):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for event, levels in [*_events(function, loggers), *_from_tables(function, tree_of(path), loggers)]:
                    found.setdefault(event, set()).update(levels)
    return found


def _loggers(tree: ast.Module) -> set[str]:
    return {
        dotted(node.targets[0])
        for node in tree.body
        if isinstance(node, ast.Assign)
        and isinstance(node.value, ast.Call)
        and dotted(node.value.func) == "structlog.get_logger"
    }


def _events(function: ast.AST, loggers: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Calls such as `log.info("event")`, also by a local name that stands for one of several of them."""
    aliases = {
        dotted(node.targets[0]): _levels(node.value, loggers)
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and _levels(node.value, loggers)
    }
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
            levels = _levels(node.func, loggers) if isinstance(node.func, ast.Attribute) else set()
            levels = levels or aliases.get(dotted(node.func), set())
            if levels:
                yield str(node.args[0].value), levels


def _from_tables(function: ast.AST, module: ast.Module, loggers: set[str]) -> Iterator[tuple[str, set[str]]]:
    """Events that a call takes from a table of its module: `log.info(event)`."""
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Name) and loggers:
            levels = _levels(node.func, loggers) if isinstance(node.func, ast.Attribute) else set()
            tables = [one for one in module.body if levels and isinstance(one, ast.AnnAssign)]
            for constant in (one for table in tables for one in ast.walk(table) if isinstance(one, ast.Constant)):
                if isinstance(constant.value, str) and _EVENT.fullmatch(constant.value):
                    yield constant.value, levels


def _levels(expression: ast.expr, loggers: set[str]) -> set[str]:
    return {
        node.attr
        for node in ast.walk(expression)
        if isinstance(node, ast.Attribute) and node.attr in LEVELS and dotted(node.value) in loggers
    }


def test_every_log_event_is_documented_with_its_level() -> None:
    """docs/log.md is the interface of the log: names and severities."""
    documented = {event: set(levels.split(", ")) for event, levels in table_of("log.md")}

    assert documented == events_of_the_log()


@pytest.mark.parametrize("kind", list(NoticeKind), ids=lambda kind: kind.value)
def test_every_notice_has_its_words(kind: NoticeKind) -> None:
    """A notice without a template could not be sent; the folder is its kind."""
    folder = ROOT / "responders" / "templates" / "en" / kind.value

    assert ["body.html", "body.txt", "subject.txt"] == sorted(path.name for path in folder.iterdir())


def test_every_notice_is_documented_in_its_order() -> None:
    """docs/notices.md says to whom and when each goes."""
    assert [kind.value for kind in NoticeKind] == [name for name, _ in table_of("notices.md", under="| notice |")]


def test_there_are_no_words_without_a_notice() -> None:
    """No folder of templates is left behind."""
    folders = {path.name for path in (ROOT / "responders/templates/en").iterdir() if path.is_dir()}

    assert {kind.value for kind in NoticeKind} == folders


def pages() -> list[Path]:
    return [path for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))] if path.exists()]


def test_every_page_is_found_from_the_index() -> None:
    """docs/README.md says of every page for whom it is."""
    linked = set(re.findall(r"\]\(([\w-]+\.md)\)", (DOCS / "README.md").read_text("utf-8")))

    assert {page.name for page in DOCS.glob("*.md")} - {"README.md"} == linked


def test_every_folder_of_tests_is_explained() -> None:
    """`tests/__init__.py` is where a newcomer learns what is proved where."""
    folders = {path.name for path in (ROOT / "tests").iterdir() if (path / "__init__.py").exists()}
    explained = set(re.findall(r"^    ([a-z]+)  ", tests.__doc__ or "", re.MULTILINE))

    assert folders == explained


@pytest.mark.parametrize("page", pages(), ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    """No page sends its reader to a file that is not there."""
    targets = re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", page.read_text("utf-8"))

    assert [] == [target for target in targets if not (page.parent / target).exists()]


def test_every_command_of_an_agent_s_mail_is_documented() -> None:
    """docs/agents.md is the manual of what agents may write, by the words that are read (models/rules/commands.py)."""
    documented = [name for name, _ in table_of("agents.md", under="| command | does")]

    assert documented == sorted(f"#{word}" for word in WORDS)


def test_every_act_of_the_command_line_is_documented_for_agents() -> None:
    """Each verb of `casegate case` that acts, in its order."""
    assert [verb for verb, _ in VERBS] == [name for name, _ in table_of("agents.md", under="| verb |")]
