"""What the label of a charset means in mail: the codec of the superset that its senders really use.

gb2312 is gb18030, shift_jis is cp932, iso-8859-1 is windows-1252 (WHATWG Encoding 4.2). Codecs
are taken from this list: Python's own registry also has codecs that raise, loop or are no
charset at all.
"""

import re
from typing import Final

_LABEL_CHARACTERS: Final = 40
_NO_SIGN: Final = re.compile(r"[^a-z0-9]+")

_WINDOWS: Final = range(1250, 1259)
_DOS: Final = (437, 737, 775, 850, 852, 855, 857, 858, 862, 864, 866)
_LABELS: Final = {
    "utf-8": (
        "utf8 utf8sig utf8mb4 utf8mac cp65001 unicode11utf8 unicode20utf8 xunicode20utf8 xunknown unknown8bit default"
    ),
    "utf-7": "utf7",
    "utf-16": "utf16 unicode ucs2 csunicode iso10646ucs2",
    "utf-16-le": "utf16le",
    "utf-16-be": "utf16be",
    "utf-32": "utf32",
    # Western
    "cp1252": (
        "usascii ascii ansi ansix341968 cp20127 latin1 l1 "
        "iso88591 iso885911987 iso88591windows31latin1 cp819 ibm819 csisolatin1 isoir100 cp28591"
    ),
    "iso8859-15": "iso885915 latin9 l9 csisolatin9",
    "mac-roman": "macintosh mac macroman xmacroman csmacintosh",
    # Central, northern and southern Europe, Turkey
    "iso8859-2": "iso88592 iso885921987 latin2 l2 csisolatin2 isoir101",
    "iso8859-3": "iso88593 latin3 l3 csisolatin3 isoir109",
    "iso8859-4": "iso88594 latin4 l4 csisolatin4 isoir110",
    "cp1254": "iso88599 latin5 l5 csisolatin5 isoir148",
    "iso8859-10": "iso885910 latin6 l6 csisolatin6 isoir157",
    "iso8859-13": "iso885913",
    "iso8859-14": "iso885914",
    "iso8859-16": "iso885916",
    "mac-latin2": "xmacce macce maccentraleurope xmaccentraleurroman",
    "mac-turkish": "xmacturkish macturkish",
    # Cyrillic, Greek, Arabic, Hebrew
    "iso8859-5": "iso88595 cyrillic csisolatincyrillic isoir144",
    "koi8-r": "koi8r koi koi8 cskoi8r cp20866",
    "koi8-u": "koi8u koi8ru",
    "mac-cyrillic": "xmaccyrillic maccyrillic xmacukrainian",
    "cp1125": "cp1125",
    "iso8859-7": "iso88597 greek greek8 csisolatingreek isoir126 elot928 ecma118 suneugreek",
    "mac-greek": "xmacgreek macgreek",
    "iso8859-6": "iso88596 iso88596e iso88596i arabic csisolatinarabic isoir127 asmo708 ecma114",
    "iso8859-8": "iso88598 iso88598e iso88598i csiso88598i hebrew csisolatinhebrew isoir138 visual logical",
    # Thai, Chinese, Japanese, Korean
    "cp874": "windows874 dos874 xcp874 iso885911 tis620",
    "gb18030": (
        "gb18030 gb2312 gb231280 gb2312charset csgb2312 csiso58gb231280 isoir58 xgb2312 gbk xgbk cp936 ms936 chinese"
    ),
    "hz": "hzgb2312 hz hzgb",
    "big5hkscs": "big5 big5hkscs big5eten csbig5 cnbig5 xbig5 xxbig5",
    "cp950": "cp950",
    "cp932": "shiftjis sjis xsjis csshiftjis xmsshiftjis windows31j cp932 cp943 ms932 mskanji",
    "euc_jp": "eucjp xeucjp eucjpms cp51932 cseucpkdfmtjapanese ujis",
    "iso2022_jp_ext": "iso2022jp iso2022jpms csiso2022jp cp50220 cp50221",
    "iso2022_jp_1": "iso2022jp1",
    "iso2022_jp_2": "iso2022jp2",
    "iso2022_jp_3": "iso2022jp3",
    "iso2022_jp_2004": "iso2022jp2004",
    "cp949": (
        "euckr cseuckr ksc5601 ksc56011987 ksc56011989 csksc56011987 "
        "isoir149 korean uhc cp949 ms949 windows949 xwindows949"
    ),
    "iso2022_kr": "iso2022kr csiso2022kr",
    "johab": "johab xjohab cp1361",
}
"""By codec: its labels in the WHATWG's and IANA's lists, and what old programs wrote; without their signs."""
_CODECS: Final = {label: codec for codec, labels in _LABELS.items() for label in labels.split()}
_CODECS.update({f"{name}{n}": f"cp{n}" for n in _WINDOWS for name in ("windows", "xwindows", "win", "cp", "xcp", "ms")})
_CODECS.update({f"{name}{n}": f"cp{n}" for n in _DOS for name in ("cp", "ibm")})
_CODECS.update({"437": "cp437", "850": "cp850", "852": "cp852", "866": "cp866", "csibm866": "cp866"})

CODECS: Final = frozenset(_CODECS.values())
"""Every codec that a label can mean."""

_CODE_PAGES: Final = {
    932: "shift_jis", 936: "gbk", 949: "euc-kr", 950: "big5", 10000: "macintosh", 20127: "us-ascii",
    20866: "koi8-r", 21866: "koi8-u", 51932: "euc-jp", 51949: "euc-kr", 54936: "gb18030", 65001: "utf-8",
}  # fmt: skip
"""Code pages of Windows that are not called by their number."""


def codec_of(label: str) -> str | None:
    """The codec for a charset label, or None when there is none we would use."""
    written = label.strip().strip("\"'").lower().replace(" ", "")[:_LABEL_CHARACTERS]
    return _CODECS.get(_NO_SIGN.sub("", written))


def label_of_code_page(number: int) -> str:
    """The charset label for a code page of Windows; of one nobody knows a label that no codec has."""
    return _CODE_PAGES.get(number) or f"windows-{number}"
