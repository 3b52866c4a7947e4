"""The end of data is found, dots are unstuffed and lone line ends seen, however the network cuts the message."""

import itertools
import tracemalloc
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.doors.data_reader import DataReader, Fate
from intake.doors.spool import Spool

SMUGGLED_ENDS = [
    b"\n.\n",
    b"\n.\r\n",
    b"\r\n.\n",
    b"\r.\r",
    b"\r\n.\r",
    b"\r.\r\n",
    b"\n.\r",
    b"\r.\n",
    b"\r\n\x00.\r\n",
    b"\r\r\n.\r\r\n",
    b"\r\n.\r\r\n",
    b"\r\n.\x00\r\n",
    b"\r\n. \r\n",
]


def reference(octets: bytes) -> tuple[bytes, bytes] | None:
    """The message and the rest, line by line as RFC 5321 4.5.2 tells it; None without an end."""
    lines = octets.split(b"\r\n")
    message: list[bytes] = []
    for number, line in enumerate(lines[:-1]):
        if line == b".":
            return b"".join(message), b"\r\n".join(lines[number + 1 :])
        message.append(line.removeprefix(b".") + b"\r\n")
    return None


def read(octets: bytes, cuts: list[int], *, max_bytes: int = 10_000) -> tuple[DataReader, bytes | None]:
    reader = DataReader(Spool(None), max_bytes=max_bytes, keep_bare=True)
    bounds = [0, *sorted({cut % (len(octets) + 1) for cut in cuts}), len(octets)]
    for number, (start, end) in enumerate(itertools.pairwise(bounds)):
        if start == end:
            continue
        rest = reader.feed(octets[start:end])
        if rest is not None:
            return reader, rest + octets[bounds[number + 1] :]
    return reader, None


fragments = st.lists(
    st.sampled_from([b"\r\n", b"\r", b"\n", b".", b"..", b"a", b"MAIL FROM:<x@y>", b"\x00", *SMUGGLED_ENDS]),
    max_size=25,
).map(b"".join)
cuts = st.lists(st.integers(0, 300), max_size=12)


@given(fragments, fragments, cuts)
def test_any_message_reads_as_the_reference_reads_it_wherever_it_is_cut(
    before: bytes, after: bytes, where: list[int]
) -> None:
    octets = before + b"\r\n.\r\n" + after
    expected = reference(octets)
    assert expected is not None

    reader, rest = read(octets, where)

    assert expected == (reader.spool.rewound().read(), rest)
    without_pairs = expected[0].replace(b"\r\n", b"")
    assert (b"\r" in without_pairs or b"\n" in without_pairs) == reader.bare_line_ends


@given(fragments.filter(lambda octets: reference(octets) is None), cuts)
def test_without_an_end_nothing_ends(octets: bytes, where: list[int]) -> None:
    _, rest = read(octets, where)

    assert rest is None


@pytest.mark.parametrize("end", SMUGGLED_ENDS)
def test_a1_every_cut_of_every_smuggled_end_is_no_end(end: bytes) -> None:
    octets = b"Subject: x\r\n\r\nbody" + end + b"MAIL FROM:<ceo@mpoc.example>\r\n.\r\n"

    for cut in range(len(octets)):
        _, rest = read(octets, [cut])
        assert rest == b""


def test_a_first_line_of_one_dot_is_an_empty_message() -> None:
    reader, rest = read(b".\r\nQUIT\r\n", [])

    assert (reader.spool.rewound().read(), rest) == (b"", b"QUIT\r\n")


def test_the_limit_counts_the_message_without_stuffing_and_end() -> None:
    exact, _ = read(b"..34567890\r\n.\r\n", [], max_bytes=11)
    beyond, _ = read(b"..34567890\r\n.\r\n", [], max_bytes=10)

    assert (exact.fate, beyond.fate) == (Fate.WHOLE, Fate.TOO_BIG)


def test_m3_endless_octets_cost_no_memory() -> None:
    reader = DataReader(Spool(None, memory_bytes=65_536), max_bytes=1_000_000, keep_bare=False)
    block = b"a" * 65_536
    tracemalloc.start()
    try:
        for _ in range(2_000):
            reader.feed(block)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert peak < 1_000_000
    assert (reader.fate, reader.overrun) == (Fate.TOO_BIG, True)


class _FullDisk(Spool):
    def write(self, octets: bytes) -> None:
        raise OSError(28, f"No space left on device for {len(octets)} octets")


def test_a_full_disk_is_told_and_the_end_still_found() -> None:
    reader = DataReader(_FullDisk(None), max_bytes=1_000, keep_bare=True)

    rest = reader.feed(b"text\r\n.\r\nQUIT\r\n")

    assert (reader.fate, rest) == (Fate.NO_ROOM, b"QUIT\r\n")


@given(st.lists(st.binary(max_size=50), max_size=20), st.integers(0, 300))
def test_a_spool_gives_back_what_it_took_from_memory_or_disk(blocks: list[bytes], memory: int) -> None:
    spool = Spool(None, memory_bytes=memory)
    for block in blocks:
        spool.write(block)

    expected = b"".join(blocks)
    assert (expected, len(expected)) == (spool.rewound().read(), spool.size)
    assert (len(expected) > memory) == spool.on_disk
    assert isinstance(spool.rewound(), BytesIO) != spool.on_disk
    spool.close()
