"""Coverage-guided fuzzing: `python -m tests.fuzz.atheris_target [CORPUS_DIRECTORY] [-max_total_time=600 ...]`.

Needs atheris, which is in no lock: `pip install atheris` into an environment of your own. What
raises, or what takes longer than a reader may, ends the run, and the input is kept as a file
(`crash-...`, `timeout-...`). Arguments behind the directory are libFuzzer's.
"""

import sys
import tempfile
from pathlib import Path

from models.limits import PARSE_CPU_SECONDS

CORPUS = Path(__file__).parent.parent / "parsing" / "corpus"
LARGEST = 65_536


def main() -> None:
    """Fuzz until told to stop, beginning with the corpus."""
    try:
        import atheris  # noqa: PLC0415 - optional
    except ImportError:
        sys.exit("atheris is not installed here: pip install atheris")
    with atheris.instrument_imports(include=["parser"]):
        from parser.message import parse, parse_headers_only  # noqa: PLC0415 - instrumented as it is imported
    from models.store.inbox import MESSAGE  # noqa: PLC0415 - it may know of the parser

    def read(octets: bytes) -> None:
        """Nothing raises, both readings agree on who wrote it, and what was understood can be stored."""
        full, safe = parse(octets), parse_headers_only(octets)
        assert full.originator == safe.originator
        assert full == MESSAGE.validate_json(MESSAGE.dump_json(full))

    atheris.Setup([sys.argv[0], *_arguments(sys.argv[1:])], read)
    atheris.Fuzz()


def _arguments(given: list[str]) -> list[str]:
    """libFuzzer's: the given ones, the limits, and directories of inputs: new ones go into the first."""
    found = [one for one in given if not one.startswith("-")] or [tempfile.mkdtemp(prefix="casegate-atheris-")]
    seeds = Path(tempfile.mkdtemp(prefix="casegate-seeds-"))
    for path in CORPUS.glob("*.eml"):
        (seeds / path.name).write_bytes(path.read_bytes()[:LARGEST])
    limits = [f"-timeout={PARSE_CPU_SECONDS}", f"-max_len={LARGEST}"]
    return [*limits, *(one for one in given if one.startswith("-")), *found, str(seeds)]


if __name__ == "__main__":
    main()
