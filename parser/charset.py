"""Octets to text, whatever the label says: a ladder that cannot fail (threats E-10).

A label means the WHATWG superset that its senders really use (gb2312 is gb18030, shift_jis
is cp932, iso-8859-1 is windows-1252). Codecs are taken from a list: Python's own registry
also has codecs that raise, loop or are no charset at all.
"""

import codecs
import re
from typing import Final

_CODECS: Final[dict[str, str]] = {
    "utf-8": "utf-8", "utf8": "utf-8", "unicode-1-1-utf-8": "utf-8", "utf-8-sig": "utf-8", "utf-7": "utf-7",
    "utf-16": "utf-16", "utf-16le": "utf-16-le", "utf-16be": "utf-16-be", "utf-32": "utf-32",
    "us-ascii": "cp1252", "ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "iso-8859-1": "cp1252", "latin1": "cp1252", "latin-1": "cp1252",
    "windows-1252": "cp1252", "cp1252": "cp1252", "x-unknown": "utf-8", "unknown-8bit": "utf-8", "default": "utf-8",
    "iso-8859-8-i": "iso8859-8", "iso-8859-8-e": "iso8859-8", "iso-8859-9": "cp1254", "iso-8859-11": "cp874", "tis-620": "cp874",
    "gb2312": "gb18030", "gbk": "gb18030", "gb18030": "gb18030", "cp936": "gb18030", "gb_2312-80": "gb18030", "hz-gb-2312": "hz",
    "big5": "big5hkscs", "big5-hkscs": "big5hkscs", "cp950": "cp950",
    "shift_jis": "cp932", "shift-jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "cp932": "cp932",
    "euc-jp": "euc_jp", "iso-2022-jp": "iso2022_jp_ext", "iso-2022-jp-ms": "iso2022_jp_ext", "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext", "cp51932": "euc_jp", "eucjp-ms": "euc_jp", "x-euc-jp": "euc_jp", "iso-2022-jp-2": "iso2022_jp_2", "iso-2022-kr": "iso2022_kr",
    "euc-kr": "cp949", "ks_c_5601-1987": "cp949", "ks_c_5601": "cp949", "cp949": "cp949", "uhc": "cp949",
    "koi8-r": "koi8-r", "koi8-u": "koi8-u", "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic",
    "koi8-ru": "koi8-u", "koi": "koi8-r", "koi8": "koi8-r", "x-windows-949": "cp949", "x-gbk": "gb18030", "x-big5": "big5hkscs",
    "ibm850": "cp850", "cp850": "cp850", "ibm437": "cp437", "cp437": "cp437", "ibm866": "cp866", "cp866": "cp866",
}  # fmt: skip
_CODECS.update({f"iso-8859-{n}": f"iso8859-{n}" for n in (2, 3, 4, 5, 6, 7, 8, 10, 13, 14, 15, 16)})
_CODECS.update({f"windows-{n}": f"cp{n}" for n in (874, *range(1250, 1259))})
_CODECS.update({f"cp{n}": f"cp{n}" for n in range(1250, 1259)})

_CODECS.update({f"cp{n}": f"cp{n}" for n in (737, 775, 852, 855, 857, 858, 862, 864, 1125)})
_ALIASES: Final = {
    "latin1": "l1 cp819 ibm819 csisolatin1 isoir100 cp20127 iso885911987 iso88591windows31latin1 ansi cp28591 xcp1252",
    "iso-8859-2": "l2 latin2 csisolatin2 isoir101 iso885921987", "iso-8859-3": "l3 latin3 csisolatin3 isoir109",
    "iso-8859-4": "l4 latin4 csisolatin4 isoir110", "iso-8859-5": "cyrillic csisolatincyrillic isoir144",
    "iso-8859-6": "arabic csisolatinarabic isoir127 asmo708 ecma114 iso88596e iso88596i",
    "iso-8859-7": "greek greek8 csisolatingreek isoir126 elot928 ecma118 suneugreek",
    "iso-8859-8": "hebrew csisolatinhebrew isoir138 visual logical csiso88598i", "iso-8859-9": "l5 latin5 csisolatin5 isoir148",
    "iso-8859-10": "l6 latin6 csisolatin6 isoir157", "iso-8859-15": "l9 latin9 csisolatin9", "windows-874": "dos874 xcp874",
    "utf-8": "utf8mb4 utf8mac cp65001 unicode11utf8 unicode20utf8 xunicode20utf8", "utf-16": "unicode ucs2 csunicode iso10646ucs2",
    "koi8-r": "cskoi8r cp20866", "macintosh": "mac macroman xmacroman csmacintosh", "x-mac-cyrillic": "maccyrillic xmacukrainian",
    "x-mac-ce": "xmaccentraleurroman maccentraleurope macce", "x-mac-greek": "macgreek", "x-mac-turkish": "macturkish",
    "cp866": "866 csibm866", "cp437": "437", "cp850": "850", "cp852": "852",
    "gb2312": "chinese csgb2312 csiso58gb231280 isoir58 gb2312charset ms936 xgb2312", "big5": "csbig5 cnbig5 xxbig5 big5eten",
    "shift_jis": "ms932 mskanji csshiftjis cp943 xmsshiftjis", "euc-jp": "cseucpkdfmtjapanese ujis", "iso-2022-jp": "csiso2022jp",
    "euc-kr": "korean cseuckr csksc56011987 isoir149 ksc5601 ksc56011987 ksc56011989 ms949 windows949 xwindows949", "iso-2022-kr": "csiso2022kr",
    "johab": "cp1361 xjohab", "hz-gb-2312": "hz hzgb",
}  # fmt: skip
"""Other names of them (WHATWG Encoding 4.2, IANA, and what old programs wrote), without their signs."""
_CODECS.update({"x-mac-ce": "mac-latin2", "x-mac-greek": "mac-greek", "x-mac-turkish": "mac-turkish", "johab": "johab"})
_CODECS.update({f"iso-2022-jp-{n}": f"iso2022_jp_{n}" for n in (1, 3, 2004)})
_NO_SIGN: Final = re.compile(r"[^a-z0-9]+")
_BARE: Final = {_NO_SIGN.sub("", label): codec for label, codec in _CODECS.items()}
_BARE.update({alias: _CODECS[label] for label, aliases in _ALIASES.items() for alias in aliases.split()})
_BARE.update({f"{prefix}{n}": f"cp{n}" for n in range(1250, 1259) for prefix in ("xcp", "win", "xwindows", "ms")})
_BARE.update({f"ibm{n}": f"cp{n}" for n in (737, 775, 852, 855, 857, 858, 862, 864)})
_BARE["xcp1252"] = _BARE["win1252"] = _BARE["latin1"]

_CODE_PAGES: Final = {
    932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 10000: "macintosh", 20127: "us-ascii",
    20866: "koi8-r", 21866: "koi8-u", 51932: "euc-jp", 51949: "euc-kr", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
"""Code pages of Windows that are not called by their number."""

_SEVEN_BIT: Final = frozenset(
    codec for codec in _CODECS.values() if codec.startswith(("utf-7", "utf-16", "utf-32", "iso2022", "hz"))
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
_C1: Final = dict.fromkeys((*range(9), *range(14, 27), *range(28, 32), 127))
_CONTROL_OCTETS: Final = bytes(_C1)


def codec_of(label: str) -> str | None:
    """The codec for a charset label, or None when there is none we would use."""
    key = label.strip().strip("\"'").lower().replace(" ", "")[:40]
    return _CODECS.get(key) or _BARE.get(_NO_SIGN.sub("", key))


def label_of_code_page(number: int) -> str:
    """The charset label for a code page of Windows; of one nobody knows a label that no codec has."""
    return _CODE_PAGES.get(number) or f"windows-{number}"


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
    return _SURROGATES.sub("\ufffd", text.removeprefix("\ufeff").translate(_C1))
