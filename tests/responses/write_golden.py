"""Write the golden messages anew: `python -m tests.responses.write_golden`; then review the diff."""

from pathlib import Path

from tests.responses.builders import CONTEXTS, LANGUAGES, composed

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    """One file for each language and kind of notice, the bytes as the relay gets them."""
    for language in LANGUAGES:
        for context in CONTEXTS:
            (GOLDEN / language / f"{context.kind}.eml").write_bytes(composed(context, language=language).raw)


if __name__ == "__main__":
    main()
