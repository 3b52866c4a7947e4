"""What changed in the directory, in words: a line for each entry, and a sentence for all."""

from datetime import date
from typing import Any, Final

from models.directory.changes import Act, Change, Changes, Difference
from models.directory.entries import ContactEntry, Kind

_IDENTITY: Final = frozenset({"key", "login", "organisation"})

_SECRET: Final = frozenset({"pass_code"})
"""Fields of which only that they changed is told."""


def in_words(change: Change[Any]) -> str:
    """One change on one line: `changed contact alice@acme.example of Acme: name: Alice Jones -> Alice Smith`."""
    whose = f" of {change.after.organisation}" if isinstance(change.after, ContactEntry) else ""
    differences = [
        _difference(change.act, difference)
        for difference in change.differences()
        if not _is_identity(change, difference)
    ]
    which = f"{change.act} {change.statement.kind} {change.statement.key}{whose}"
    return f"{which}: {', '.join(differences)}" if differences else which


def summary(changes: Changes) -> str:
    """How much an import changed: `1 organisation and 2 contacts added, 1 agent changed, 4 entries unchanged`."""
    counts = changes.counts()
    parts = []
    for act in (Act.ADDED, Act.CHANGED):
        kinds = [_counted(counts[act, kind], kind.value) for kind in Kind if counts[act, kind]]
        if kinds:
            parts.append(f"{' and '.join([', '.join(kinds[:-1]), kinds[-1]] if kinds[1:] else kinds)} {act}")
    unchanged = sum(count for (act, _), count in counts.items() if act is Act.UNCHANGED)
    if unchanged or not parts:
        parts.append(f"{_counted(unchanged, 'entry')} unchanged")
    return ", ".join(parts)


def _counted(count: int, noun: str) -> str:
    if count == 1:
        return f"1 {noun}"
    return f"{count:,} {noun[:-1]}ies" if noun.endswith("y") else f"{count:,} {noun}s"


def _is_identity(change: Change[Any], difference: Difference) -> bool:
    """What the line begins with need not be said again."""
    return difference.field in _IDENTITY or (change.statement.kind is Kind.ORGANISATION and difference.field == "name")


def _difference(act: Act, difference: Difference) -> str:
    name = difference.field.replace("_", " ")
    if difference.field in _SECRET:
        return f"{name} {'removed' if difference.after is None else 'set'}"
    if act is Act.ADDED:
        return f"{name} {_shown(difference.after)}"
    return f"{name}: {_shown(difference.before)} -> {_shown(difference.after)}"


def _shown(value: Any) -> str:
    match value:
        case None | "" | ():
            return "none"
        case bool():
            return "yes" if value else "no"
        case tuple():
            return " ".join(map(str, value))
        case date():
            return value.isoformat()
    return str(value)
