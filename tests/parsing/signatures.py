"""Writes opaque S/MIME signatures (RFC 5652) around a content; nobody signed it."""

SIGNED = bytes.fromhex("06092a864886f70d010702")
DATA = bytes.fromhex("06092a864886f70d010701")
VERSION_AND_ALGORITHMS = bytes.fromhex("020101310f300d06096086480165030402010500")


def der(tag: int, content: bytes) -> bytes:
    length = len(content)
    if length < 128:
        return bytes([tag, length]) + content
    size = (length.bit_length() + 7) // 8
    return bytes([tag, 0x80 | size]) + length.to_bytes(size, "big") + content


def signed(entity: bytes) -> bytes:
    inner = der(0x30, DATA + der(0xA0, der(0x04, entity)))
    return der(0x30, SIGNED + der(0xA0, der(0x30, VERSION_AND_ALGORITHMS + inner + der(0x31, b""))))


def signed_in_pieces(entity: bytes, size: int = 10) -> bytes:
    """As Outlook writes it: indefinite lengths, the content in pieces."""
    pieces = b"".join(der(0x04, entity[at : at + size]) for at in range(0, len(entity), size))
    inner = b"\x30\x80" + DATA + b"\xa0\x80\x24\x80" + pieces + b"\0\0" * 3
    return b"\x30\x80" + SIGNED + b"\xa0\x80\x30\x80" + VERSION_AND_ALGORITHMS + inner + der(0x31, b"") + b"\0\0" * 3
