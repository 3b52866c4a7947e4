"""The reader of traces itself, on traces written by hand."""

from tests.crash.syscalls import is_bell, read, replies_before_flush, said_too_early, transactions

WAL = "/s/casegate.db-wal"


def hexed(octets: bytes) -> str:
    return "".join(f"\\x{octet:02x}" for octet in octets)


def call(pid: int, name: str, path: str, octets: bytes = b"", end: str = " = 0") -> str:
    arguments = f', "{hexed(octets)}", {len(octets)}' if octets else ""
    return f"{pid}   {name}(7<{hexed(path.encode())}>{arguments}{') ' + end if end else ' <unfinished ...>'}"


def frame(page: bytes, *, last: bool = False, end: str = " = 1") -> list[str]:
    header = bytes(4) + (b"\0\0\0\x09" if last else bytes(4)) + b"\1" * 16
    return [call(20, "pwrite64", WAL, header), call(20, "pwrite64", WAL, page, end)]


def reply(number: int) -> str:
    return call(19, "write", "socket:[1]", f"250 2.0.0 Accepted as {number}\r\n".encode())


FLUSH = call(20, "fdatasync", WAL)
ACCEPTED = {"canary1": "250 2.0.0 Accepted as 1"}


def test_a_reply_after_the_flush_after_the_last_write_is_right() -> None:
    """The order that is wanted."""
    calls = read([*frame(b"canary1"), *frame(b"index", last=True), FLUSH, reply(1)])

    assert [] == replies_before_flush(calls, ACCEPTED)


def test_a_reply_without_a_flush_is_wrong() -> None:
    """What synchronous=NORMAL looks like."""
    calls = read([*frame(b"canary1"), *frame(b"index", last=True), reply(1)])

    assert ["250 2.0.0 Accepted as 1 (line 5): its message ends at line 4, not flushed"] == replies_before_flush(
        calls, ACCEPTED
    )


def test_a_flush_before_the_last_write_does_not_count() -> None:
    """The row is there, but the frame that makes it count is not."""
    calls = read([*frame(b"canary1"), FLUSH, *frame(b"index", last=True), reply(1)])

    assert 1 == len(replies_before_flush(calls, ACCEPTED))


def test_a_flush_that_began_before_the_last_write_ended_does_not_count() -> None:
    """Two threads: the flush may have missed the write."""
    begun, ended = call(21, "fdatasync", WAL, end=""), "21   <... fdatasync resumed>) = 0"
    calls = read([*frame(b"canary1"), begun, *frame(b"index", last=True), ended, reply(1)])

    assert 1 == len(replies_before_flush(calls, ACCEPTED))


def test_a_flush_that_has_not_ended_does_not_count() -> None:
    """The reply left while the disk was still at work."""
    begun, ended = call(20, "fdatasync", WAL, end=""), "20   <... fdatasync resumed>) = 0"
    calls = read([*frame(b"canary1"), *frame(b"index", last=True), begun, reply(1), ended])

    assert 1 == len(replies_before_flush(calls, ACCEPTED))


def test_a_flush_that_failed_does_not_count() -> None:
    """EIO is no flush."""
    failed = call(20, "fdatasync", WAL, end="= -1 EIO (Input/output error)")
    calls = read([*frame(b"canary1"), *frame(b"index", last=True), failed, reply(1)])

    assert 1 == len(replies_before_flush(calls, ACCEPTED))


def test_a_flush_of_another_file_does_not_count() -> None:
    """The spool is not the database."""
    calls = read([*frame(b"canary1"), *frame(b"index", last=True), call(20, "fdatasync", "/s/spool"), reply(1)])

    assert 1 == len(replies_before_flush(calls, ACCEPTED))


def test_a_page_that_is_written_again_for_another_row_changes_nothing() -> None:
    """The next transaction rewrites the page that has the canary on it."""
    again = frame(b"canary1canary2", last=True)
    calls = read([*frame(b"canary1", last=True), FLUSH, *again, reply(1)])

    assert [] == replies_before_flush(calls, ACCEPTED)


def test_a_reply_that_is_not_in_the_trace_is_wrong() -> None:
    """A trace that saw nothing proves nothing."""
    assert ["250 2.0.0 Accepted as 1: the reply is not in the trace"] == replies_before_flush([], ACCEPTED)


def test_a_bell_after_the_flush_of_all_before_it_is_right() -> None:
    """A bell says: look, there is something."""
    address = f'{{sa_family=AF_UNIX, sun_path="{hexed(b"/d/submitter.wake")}"}}'
    bell = call(20, "sendto", "socket:[2]", b"1").replace(") ", f", 0, {address}, 110) ")

    right = read([*frame(b"a", last=True), FLUSH, bell])
    wrong = read([*frame(b"a", last=True), FLUSH, *frame(b"b", last=True), bell])

    assert [] == said_too_early(right, lambda one: is_bell(one, "submitter"))
    assert 1 == len(said_too_early(wrong, lambda one: is_bell(one, "submitter")))


def test_a_transaction_ends_with_the_page_after_the_header_that_says_so() -> None:
    """Frames between two such headers are one transaction."""
    calls = read([*frame(b"a"), *frame(b"b", last=True), *frame(b"c", last=True)])

    assert [(0, 3), (4, 5)] == [(one.began, one.ended) for one in transactions(calls)]
