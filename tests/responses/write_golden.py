"""Write the golden messages anew: `python -m tests.responses.write_golden`; then review the diff."""

from pathlib import Path

from tests.responses.builders import CONTEXTS, composed

GOLDEN = Path(__file__).parent / "golden"


def main() -> None:
    """One file per kind of notice, the bytes as the relay gets them."""
    for context in CONTEXTS:
        (GOLDEN / f"{context.kind}.eml").write_bytes(composed(context).raw)


if __name__ == "__main__":
    main()
