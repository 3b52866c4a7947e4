"""What a role says through its pipe arrives, however the reads cut it."""

from hypothesis import given
from hypothesis import strategies as st

from intake.roles.life import Listener

WORDS = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=40)


def spoken(piece: str | None) -> bytes:
    """A sign of life, or a word."""
    return b"A" if piece is None else b"\x02" + piece.encode() + b"\x03"


@given(pieces=st.lists(st.none() | WORDS), ready=st.booleans(), cuts=st.integers(1, 7))
def test_the_last_word_counts_and_readiness_is_never_read_from_a_word(
    pieces: list[str | None], ready: bool, cuts: int
) -> None:
    """An R within a word is no R."""
    octets = (b"R" if ready else b"") + b"".join(spoken(piece) for piece in pieces)
    listener = Listener()

    for start in range(0, len(octets), cuts):
        listener.hear(octets[start : start + cuts])

    assert listener.ready == ready
    assert listener.words == next((piece for piece in reversed(pieces) if piece is not None), "")
