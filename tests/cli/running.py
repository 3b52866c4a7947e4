"""Running `casegate` in this process: the same entry point, arguments and exit codes, without the imports' second."""

import io
import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from intake.cli import main


@dataclass(frozen=True)
class Done:
    """What a command did: its exit code, and what it said."""

    code: int
    raw: bytes
    err: str

    @property
    def out(self) -> str:
        return self.raw.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.out)


def casegate(*arguments: str | Path, environment: Mapping[str, str] | None = None, given: bytes = b"") -> Done:
    """Run one command; `given` is its standard input. Nothing of it is a terminal."""
    words = ["casegate", *map(str, arguments)]
    streams = io.TextIOWrapper(io.BytesIO(given)), _output(), _output()
    with _replaced(words, streams, environment or {}):
        try:
            main()
            code: int | str | None = 0
        except SystemExit as ended:
            code = ended.code
    for stream in streams[1:]:
        stream.flush()
    raw, err = (stream.buffer.getvalue() for stream in streams[1:])
    said = "" if isinstance(code, int) or code is None else f"{code}\n"
    return Done(1 if said else int(code or 0), raw, err.decode() + said)


def _output() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)


@contextmanager
def _replaced(
    words: list[str], streams: tuple[io.TextIOWrapper, ...], environment: Mapping[str, str]
) -> Iterator[None]:
    before = sys.argv, sys.stdin, sys.stdout, sys.stderr, dict(os.environ)
    for name in [name for name in os.environ if name.startswith("CASEGATE_")]:
        del os.environ[name]
    os.environ.update(environment)
    sys.argv, (sys.stdin, sys.stdout, sys.stderr) = words, streams
    try:
        yield
    finally:
        sys.argv, sys.stdin, sys.stdout, sys.stderr = before[:4]
        os.environ.clear()
        os.environ.update(before[4])
