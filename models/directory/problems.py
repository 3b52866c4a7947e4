"""What is wrong with what an admin said of the directory: where, what, and what to write instead."""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_FEW: Final = 12


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong. `line` is 0 where no file was read."""

    line: int
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.what}; {self.remedy}" if self.remedy else self.what

    def told_of(self, source: str) -> str:
        """The problem with its place: `FILE:LINE: what; remedy`."""
        return f"{source}:{self.line}: {self}" if self.line else f"{source}: {self}"


class DirectoryError(Exception):
    """The directory stays as it is; `problems` says everything that is wrong with what was said."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems, key=lambda problem: problem.line))
        super().__init__("\n".join(map(str, self.problems)))


def nearest(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """The remedy for an unknown name: the known one it looks like, else all where they are few, else `otherwise`."""
    by_key = {one.casefold(): one for one in known}
    near = difflib.get_close_matches(name.casefold(), by_key, 1, 0.6)
    if near:
        return f"did you mean {by_key[near[0]]}?"
    return f"known are {', '.join(by_key.values())}" if 0 < len(by_key) <= _FEW else otherwise
