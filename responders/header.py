"""Header fields: cleaned, encoded, folded (RFC 5322 2.2, RFC 2047), and read back for proof.

What came from a mail reaches a header of ours only through `clean_header` and then
`unstructured` or `phrase`: nothing that a reader takes for a line end, nothing that turns
the direction of text, nothing that already looks encoded. CPython wrote a decoded CRLF
into a header as it was (threats M12, CVE-2024-6923), so what we wrote is read back by
another reader and compared before it may leave (`prove`): field by field, for fields that
are each one field alone are the same fields one after another. A field of nothing but
printable ASCII can be read in one way only, and is read by a pattern; any other by the
standard library's parser, which takes ten times as long. Encoded words are decoded by the
standard library, as readers do: once the fields are apart (RFC 2047 6.2).
"""

import binascii
import re
from collections.abc import Sequence
from email.errors import MultipartInvariantViolationDefect
from email.header import decode_header
from email.parser import HeaderParser
from email.policy import compat32
from functools import lru_cache

HEADER_CHARACTERS = 200
"""Longest text we put into one header field (threats G-1)."""
LINE_CHARACTERS = 78
"""RFC 5322 2.1.1: a line SHOULD be no longer."""
WORD_CHARACTERS = 60
"""A longer word is encoded even when it is ASCII: an encoded word can be folded."""
ENCODED_WORD_PAYLOAD = 75 - len("=?utf-8?q??=")
"""RFC 2047 2: an encoded word is at most 75 characters."""


class UnsafeNotice(ValueError):
    """What was composed is not what was planned: it must not be sent, and is parked."""


_DROPPED = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"  # C0 and C1 but for those that separate words
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # bidi controls (UAX 9): they reorder what is read
    "\ufeff\ufff9-\ufffb]"  # byte order mark, interlinear annotation
)
_SURROGATE = re.compile("[\ud800-\udfff]")
_STRAY = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+\-/=?^_`{|}~ ]+")  # RFC 5322 3.2.3, and the space between atoms
_Q_SAFE = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")  # RFC 2047 5 (3)
_Q = [chr(octet) if octet in _Q_SAFE else "_" if octet == 0x20 else f"={octet:02X}" for octet in range(256)]
_FOLD = re.compile(r"\r\n(?=[ \t])")
_PLAIN_FIELD = re.compile(  # RFC 5322 2.2 without its obsolete forms, tabs, empty values and lines of spaces
    r"[!-9;-~]++: [!-~][ -~]*+(?:\r\n [!-~][ -~]*+)*\r\n"
)


def clean_header(text: str, cap: int = HEADER_CHARACTERS) -> str:
    """`text` as one line that is safe to show: no control of any kind, single spaces, at most `cap` characters.

    Nothing is decoded. Every line end there is (U+0085 and U+2028 too) becomes a space.
    """
    if not (text.isascii() and text.isprintable()):  # most are
        text = _DROPPED.sub("", _SURROGATE.sub("\ufffd", text))
    text = " ".join(text.split())
    return text if len(text) <= cap else text[: cap - 3].rstrip() + "..."


def unstructured(text: str) -> str:
    """The value of an unstructured field (Subject): only the run of words that needs it is encoded.

    The words before it stay readable to whoever looks for a tag in the raw header.
    """
    if _is_plain(text):
        return text
    words = text.split(" ")
    needy = [position for position, word in enumerate(words) if _needs_encoding(word)]
    if not needy:
        return text
    first, last = needy[0], needy[-1] + 1
    return " ".join([*words[:first], *_encoded_words(" ".join(words[first:last])), *words[last:]])


def phrase(text: str) -> str:
    """A display name (RFC 5322 3.2.5): as it is, quoted, or encoded, whichever is needed first."""
    if not _is_plain(text) and any(_needs_encoding(word) for word in text.split(" ")):
        return " ".join(_encoded_words(text))
    if _ATOMS.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def mailbox(name: str, address: str) -> str:
    """A mailbox (RFC 5322 3.4); `name` is clean and may be empty, `address` is an addr-spec."""
    return f"{phrase(name)} <{address}>" if name else address


def mailbox_text(name: str, address: str) -> str:
    """What an encoded mailbox must decode to."""
    return f"{name} <{address}>"


def field(name: str, value: str, shown: str | None = None) -> str:
    """A field as it stands in a header: folded where it is long, and proved. Raises UnsafeNotice.

    `shown` is what a reader must see of a value that may be encoded.
    """
    line = f"{name}: {value}"
    written = (line if len(line) <= LINE_CHARACTERS else _folded(line)) + "\r\n"
    prove(written, line)
    if shown is not None and "=?" in value and decoded(value) != shown:
        raise UnsafeNotice(f"{name} does not read back as it was written")
    return written


@lru_cache(maxsize=4096)
def mailbox_field(name: str, display_name: str, address: str) -> str:
    """A field with one mailbox: the same people write and are written to, again and again."""
    return field(name, mailbox(display_name, address), mailbox_text(display_name, address))


def _folded(line: str) -> str:
    """A field folded at spaces (RFC 5322 2.2.3), but never before its first word."""
    lines = []
    start = line.index(" ") + 1
    while len(line) > LINE_CHARACTERS:
        cut = line.rfind(" ", start, LINE_CHARACTERS + 1)
        if cut < 0:  # a word that fills more than a line
            cut = line.find(" ", LINE_CHARACTERS)
        if cut < 0:
            break
        lines.append(line[:cut])
        line = line[cut:]
        start = 1
    return "\r\n".join([*lines, line])


def prove(written: str, planned: str) -> None:
    """Read what was written back and demand exactly the planned field. Raises UnsafeNotice."""
    found = plainly_read(written)
    if found is None:
        found = _read(written)
    if found != planned:
        raise UnsafeNotice(f"a field reads back as {found.partition(':')[0]} and not as {planned.partition(':')[0]}")


def plainly_read(written: str) -> str | None:
    """The field, unfolded, that every reader reads alike; None where it may not be one."""
    if not _PLAIN_FIELD.fullmatch(written):
        return None
    return written[:-2].replace("\r\n ", " ")


def _read(written: str) -> str:
    """Any field, unfolded, by the standard library, which reads past a stray line end."""
    if _STRAY.search(written.replace("\r\n", "")) or "\r\n\r\n" in written or not written.endswith("\r\n"):
        raise UnsafeNotice("there is a control character or a line too many in the header")
    message = HeaderParser(policy=compat32).parsestr(written)
    # Python before 3.11.4 misses the parts of a multipart of which only the header is read.
    defects = [one for one in message.defects if not isinstance(one, MultipartInvariantViolationDefect)]
    if defects or message.get_payload() or len(message) != 1:
        raise UnsafeNotice(f"the header ends early or is broken after {message.keys()}")
    return "".join(f"{name}: {_FOLD.sub('', value)}" for name, value in message.items())


_WORDS = re.compile(r"=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=(?:[ \t]+=\?[^?\s]+\?[bBqQ]\?[^?\s]*\?=)*")


def decoded(value: str) -> str:
    """An unfolded value with its encoded words decoded (RFC 2047) by the standard library."""
    if "=?" not in value:
        return value
    return _WORDS.sub(_decoded_words, value)


def _decoded_words(words: re.Match[str]) -> str:
    """A run of encoded words; what stands beside one may be UTF-8 (RFC 6532), which decode_header cannot read."""
    return "".join(
        part if isinstance(part, str) else part.decode(charset or "ascii") for part, charset in decode_header(words[0])
    )


def _is_plain(text: str) -> bool:
    """Whether no word of it needs encoding: a quick look that spares most texts the slow one."""
    if not text.isascii() or "=?" in text:
        return False
    return len(text) <= WORD_CHARACTERS or max(map(len, text.split(" "))) <= WORD_CHARACTERS


def _needs_encoding(word: str) -> bool:
    return not word.isascii() or "=?" in word or len(word) > WORD_CHARACTERS


def _encoded_words(text: str) -> list[str]:
    """`text` as encoded words of at most 75 characters, none of which splits a character (RFC 2047 5)."""
    octets = len(text.encode())
    quoted = ["".join([_Q[octet] for octet in character.encode()]) for character in text]
    if sum(map(len, quoted)) <= octets * 4 // 3 + 4:
        return [f"=?utf-8?q?{''.join(chunk)}?=" for chunk in _chunks(quoted, ENCODED_WORD_PAYLOAD)]
    base64_octets = ENCODED_WORD_PAYLOAD // 4 * 3
    chunks = _chunks([character.encode().decode("latin-1") for character in text], base64_octets)
    return [
        f"=?utf-8?b?{binascii.b2a_base64(''.join(chunk).encode('latin-1'), newline=False).decode()}?="
        for chunk in chunks
    ]


def _chunks(pieces: Sequence[str], length: int) -> list[list[str]]:
    """The pieces in order, in groups of at most `length` characters, no piece split."""
    chunks: list[list[str]] = [[]]
    size = 0
    for piece in pieces:
        if size + len(piece) > length:
            chunks.append([])
            size = 0
        chunks[-1].append(piece)
        size += len(piece)
    return chunks
