"""Octets to text, whatever the label says: a ladder that cannot fail (threats E-10)."""

import codecs
import re
from typing import Final

from parser.charset_labels import CODECS, codec_of

_SEVEN_BIT: Final = frozenset(
    codec for codec in CODECS if codec.startswith(("utf-7", "utf-16", "utf-32", "iso2022", "hz"))
)
"""Codecs in which octets below 128 may stand for something else than ASCII."""
_JAPANESE: Final = frozenset({"iso2022_jp_ext", "euc_jp"})
_TWO_OCTETS: Final = frozenset({"gb18030", "big5hkscs", "cp950", "cp932", "euc_jp", "cp949"})
_JAPANESE_OCTETS: Final = 65_536
_MIXED_OCTETS: Final = 1_048_576
_NEC: Final = "casegate.nec"
_ASCII: Final = bytes(range(128))
_LOOKED_AT: Final = 4_096
_HIGH_WORD: Final = re.compile(rb"[\xb8\xb3\xa3\xc0-\xff]{3,}")
_COMMON: Final = "оеаинтсрвл"
_USUAL: Final = 0.5
"""Of Russian it is two thirds, of Ukrainian and Bulgarian not much less; of Greek or Hebrew read so, a third."""
_ONE_LETTER: Final = 0.6
_UTF8_SEQUENCES: Final = re.compile(rb"(?:[\xc2\xc3][\x80-\xbf]|\xe2[\x80-\x84][\x80-\xbf]|\xf0\x9f[\x80-\xbf]{2})+")
_ESCAPE: Final = b"\x1b"
_ISO_2022: Final = re.compile(rb"\x1b[$(][@-Z]")
_SURROGATES: Final = re.compile("[\ud800-\udfff]")
_CONTROLS: Final = dict.fromkeys((*range(9), *range(14, 27), *range(28, 32), 127))
_CONTROL_OCTETS: Final = bytes(_CONTROLS)


def decode(octets: bytes, label: str | None) -> tuple[str, bool]:
    """Text of octets, and whether the label was not to be believed. Never raises."""
    codec = codec_of(label) if label else None
    if codec not in _SEVEN_BIT and octets.isascii() and _ESCAPE not in octets:
        return octets.translate(None, _CONTROL_OCTETS).decode("ascii"), False
    if codec == "cp1252" and not octets.isascii():
        # Much mail calls itself ASCII or Latin-1 and is UTF-8; valid UTF-8 is hardly ever anything else.
        codec = None if is_utf8(octets) or _is_cyrillic(octets) else codec
    elif codec in _TWO_OCTETS and _is_rather_utf8(octets):
        codec = None
    if codec is not None:
        try:
            return _clean(octets.decode(codec, _errors(codec, octets))), False
        except (UnicodeError, ValueError):
            if codec not in {"utf-8", "utf-7", "cp1252"} and not is_utf8(octets):
                return _clean(octets.decode(codec, "replace")), True
    return _clean(_guessed(octets)), label is not None and not octets.isascii()


def _errors(codec: str, octets: bytes) -> str:
    """How errors are handled; the rows of NEC and IBM cost a call for each character, so that a long text goes without."""
    return _NEC if codec in _JAPANESE and len(octets) <= _JAPANESE_OCTETS else "strict"


def _nec_or_ibm(error: UnicodeError) -> tuple[str, int]:
    """A character of NEC or IBM that stands in no JIS X 0208 and in every mail program (WHATWG Encoding, index jis0208).

    Raises the error again for what is no such character.
    """
    if not isinstance(error, UnicodeDecodeError):
        raise error
    pair = bytes(octet & 0x7F for octet in error.object[error.start : error.start + 2])
    if len(pair) < 2 or not all(0x21 <= octet <= 0x7E for octet in pair):
        raise error
    row, cell = pair  # the two octets of JIS as those of Shift_JIS, which knows these rows
    lead = ((row + 1) >> 1) + (0x70 if row < 0x5F else 0xB0)
    trail = cell + (0x1F if cell < 0x60 else 0x20) if row & 1 else cell + 0x7E
    return bytes((lead, trail)).decode("cp932"), error.start + 2


codecs.register_error(_NEC, _nec_or_ibm)


def is_utf8(octets: bytes) -> bool:
    """Whether octets are UTF-8, as hardly anything else ever is."""
    try:
        octets.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_rather_utf8(octets: bytes) -> bool:
    """Whether octets that are called Chinese, Japanese or Korean are UTF-8: what they would say else is no language."""
    if octets.isascii() or not is_utf8(octets):
        return False
    text = octets[:_LOOKED_AT].decode("utf-8", "ignore")
    high = [character for character in text if not character.isascii()]
    if any(character > "\u07ff" for character in high):
        return True
    return len(text) > 4 * len(high) > 4 and all("\u0080" <= character < "\u0180" for character in high)


def _guessed(octets: bytes) -> str:
    if is_utf8(octets):
        return octets.decode("utf-8") if not _ISO_2022.search(octets) else _iso_2022_jp(octets)
    text = octets.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if sum(not character.isascii() for character in text) >= 2 * broken:  # UTF-8 with a fault, such as a cut end
        return text
    if _is_cyrillic(octets):
        return octets.decode(_cyrillic(octets), "replace")
    return _with_utf8(octets) if len(octets) <= _MIXED_OCTETS else octets.decode("cp1252", "replace")


def _iso_2022_jp(octets: bytes) -> str:
    try:
        return octets.decode("iso2022_jp_ext", _errors("iso2022_jp_ext", octets))
    except UnicodeError:
        return octets.decode("iso2022_jp_ext", "replace")


def _with_utf8(octets: bytes) -> str:
    """Windows-1252, and the sequences of UTF-8 in it that it never is: a relay added one to the other."""
    pieces: list[str] = []
    at = 0
    for found in _UTF8_SEQUENCES.finditer(octets):
        pieces += (octets[at : found.start()].decode("cp1252", "replace"), found[0].decode("utf-8", "replace"))
        at = found.end()
    return "".join([*pieces, octets[at:].decode("cp1252", "replace")])


def _is_cyrillic(octets: bytes) -> bool:
    """Whether words are written in letters that are accented ones in Latin-1: nobody writes such words there."""
    octets = octets[:_LOOKED_AT]
    high = octets.translate(None, _ASCII)
    in_words = sum(len(word) for word in _HIGH_WORD.findall(octets))
    if not high or 4 * in_words < 3 * len(high):
        return False
    return _commonness(octets, _cyrillic(octets)) >= _USUAL


def _cyrillic(octets: bytes) -> str:
    """The Cyrillic charset in which the letters are those that are common in Russian and its neighbours."""
    return max(("cp1251", "koi8-u"), key=lambda codec: _commonness(octets[:_LOOKED_AT], codec))


def _commonness(octets: bytes, codec: str) -> float:
    """Of the letters beyond ASCII, how many are common ones."""
    letters = octets.translate(None, _ASCII).decode(codec, "replace").lower()
    if not letters or max(map(letters.count, set(letters))) > len(letters) * _ONE_LETTER:
        return 0.0  # a drawn line
    return sum(map(letters.count, _COMMON)) / len(letters)


def without_halves(text: str) -> str:
    """Text in which characters may be written as two halves (UTF-16), each put together; cleaned as octets are."""
    return _clean(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _clean(text: str) -> str:
    """Without a byte order mark, and without what no reader shows or can be stored: controls, lone surrogates."""
    return _SURROGATES.sub("\ufffd", text.removeprefix("\ufeff").translate(_CONTROLS))
