"""Writes what Outlook packs into winmail.dat (MS-OXTNEF), so that tests need no file of anybody's."""

import struct
from collections.abc import Iterable

TEXT, UNICODE, OBJECT, BINARY = 0x1E, 0x1F, 0x0D, 0x102
INTERFACE = bytes(range(16))


def attribute(number: int, value: bytes, *, kind: int = 6, level: int = 1) -> bytes:
    """One attribute with its checksum."""
    return struct.pack("<BHHL", level, number, kind, len(value)) + value + struct.pack("<H", sum(value) & 0xFFFF)


def prop(number: int, kind: int, value: bytes) -> bytes:
    """One property of variable length, padded."""
    return struct.pack("<HHLL", kind, number, 1, len(value)) + value + bytes(-len(value) % 4)


def properties(*values: bytes) -> bytes:
    return struct.pack("<L", len(values)) + b"".join(values)


def named(number: int, kind: int, value: bytes, name: str) -> bytes:
    """A property that has a name in place of a number of its own."""
    written = name.encode("utf-16-le") + b"\0\0"
    head = struct.pack("<HH", kind, number) + bytes(16) + struct.pack("<LL", 1, len(written))
    return (
        head + written + bytes(-len(written) % 4) + struct.pack("<LL", 1, len(value)) + value + bytes(-len(value) % 4)
    )


def packed_file(name: str, content: bytes, *, title: bytes = b"", extra: Iterable[bytes] = ()) -> bytes:
    """The attributes of one file."""
    values = [prop(0x3707, UNICODE, name.encode("utf-16-le") + b"\0\0")] if name else []
    return (
        attribute(0x9002, bytes(14), level=2)
        + (attribute(0x8010, title + b"\0", kind=1, level=2) if title else b"")
        + attribute(0x800F, content, level=2)
        + attribute(0x9005, properties(*values, *extra), level=2)
    )


def packed_message(name: str, text: bytes, *attributes: bytes) -> bytes:
    """The attributes of a message that is attached: its text, and what else is said of it."""
    inner = winmail(attribute(0x9003, properties(prop(0x1000, TEXT, text))), *attributes)
    return packed_file(name, b"", extra=[prop(0x3701, OBJECT, INTERFACE + inner)])


def winmail(*attributes: bytes, code_page: int = 1252) -> bytes:
    """A whole stream."""
    return (
        b"\x78\x9f\x3e\x22\x01\x00"
        + attribute(0x9006, b"\0\0\1\0", kind=8)
        + attribute(0x9007, struct.pack("<LL", code_page, 0))
        + b"".join(attributes)
    )


def compressed(rtf: bytes) -> bytes:
    """Rich text in its compressed form: each octet as it is, and the end."""
    runs = [rtf[at : at + 8] for at in range(0, len(rtf) + 1, 8)]
    controls = [b"\0" if len(run) == 8 else bytes([1 << len(run)]) for run in runs]
    end = (207 + len(rtf)) % 4096 << 4
    out = b"".join(control + run for control, run in zip(controls, runs, strict=True)) + end.to_bytes(2, "big")
    return struct.pack("<LL4sL", len(out) + 12, len(rtf), b"LZFu", 0) + out
