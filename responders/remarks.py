"""What was odd about a message, in the reader's language.

The parser says it in English, as it stands in the trail. A remark without a translation is
shown in English: it is still true.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Final

_GERMAN: Final = {
    "it was read in safe mode: headers and the beginning of its text only": (
        "sie wurde vorsichtig gelesen: nur der Kopf und der Anfang des Textes"
    ),
    "reading it in full went over the limits of a parser": "sie ganz zu lesen ging über das hinaus, was wir zulassen",
    "it had bare CR or LF as line ends": "ihre Zeilen endeten nicht, wie es sich gehört",
    "an mbox line stood before the header": "vor ihrem Kopf stand eine mbox-Zeile",
    "the message starts with an empty line": "sie beginnt mit einer leeren Zeile",
    "the empty line after the header was missing": "die leere Zeile nach ihrem Kopf fehlte",
    "a line in the header was no field": "eine Zeile in ihrem Kopf war kein Feld",
    "a header field was cut": "ein Feld in ihrem Kopf wurde gekürzt",
    "there are more than {} header fields": "sie hat mehr als {} Felder im Kopf",
    "the header block is larger than {} octets": "ihr Kopf ist größer als {} Bytes",
    "it has several {} fields, and readers disagree about its parts": (
        "sie hat mehrere Felder {}, und Programme verstehen ihre Teile verschieden"
    ),
    "its parts are nested deeper than {}": "ihre Teile sind tiefer als {} verschachtelt",
    "its parts are nested too deep to be read": "ihre Teile sind zu tief verschachtelt, um gelesen zu werden",
    "a boundary in it cannot be read": "eine Grenze zwischen ihren Teilen ist unlesbar",
    "it has more than {} parts": "sie hat mehr als {} Teile",
    "it has more than {} multiparts": "sie hat mehr als {} Gruppen von Teilen",
    "a header field of a part has more than {} parameters": "ein Feld eines Teils hat mehr als {} Parameter",
    "no part of it is readable; this is what stands beside or hidden in its parts": (
        "kein Teil von ihr ist lesbar; gezeigt wird, was daneben oder versteckt steht"
    ),
    "text stood behind the encoded content of a part": "hinter dem kodierten Inhalt eines Teils stand Text",
    "a part's charset is not what it says; it was read as well as possible": (
        "der Zeichensatz eines Teils ist nicht der angegebene; er wurde gelesen, so gut es ging"
    ),
    "text that the HTML hides was left out": "Text, den ihr HTML versteckt, wurde weggelassen",
    "its HTML form says much more than its text form, and was read too": (
        "ihr HTML sagt viel mehr als ihr Text und wurde auch gelesen"
    ),
    "the HTML was over a limit: its tags were cut without being understood": (
        "ihr HTML war zu groß; seine Auszeichnungen wurden entfernt, ohne sie zu verstehen"
    ),
    "its forms say different things; what only one of them says was added": (
        "ihr Text und ihr HTML sagen Verschiedenes; was nur in einem davon steht, wurde ergänzt"
    ),
    "its parts are told apart by another boundary than it names": (
        "ihre Teile sind durch eine andere Grenze getrennt, als sie angibt"
    ),
    "parts stood behind the end of the parts, and were read too": (
        "hinter dem Ende ihrer Teile standen weitere und wurden auch gelesen"
    ),
    "its text stands in an S/MIME signature, which nobody here verifies": (
        "ihr Text steht in einer S/MIME-Signatur, die hier niemand prüft"
    ),
    "its TNEF file (winmail.dat) is damaged or too large; what could be unpacked is listed beside it": (
        "ihre TNEF-Datei (winmail.dat) ist beschädigt oder zu groß; was auszupacken war, ist daneben aufgeführt"
    ),
    "it has a TNEF file (winmail.dat); what Outlook packed into that is not unpacked": (
        "sie hat eine TNEF-Datei (winmail.dat); was Outlook darin verpackt hat, wird nicht ausgepackt"
    ),
    "it is encrypted ({}); nobody can read it here": "sie ist verschlüsselt ({}); hier kann sie niemand lesen",
}
"""A brace stands for what differs from message to message."""

_TRANSLATIONS: Final[Mapping[str, tuple[tuple[re.Pattern[str], str], ...]]] = MappingProxyType(
    {
        "de": tuple(
            (re.compile(re.escape(english).replace(r"\{\}", r"(.{1,80}?)") + r"\Z"), german)
            for english, german in _GERMAN.items()
        )
    }
)


@lru_cache(maxsize=1024)
def remark(english: str, language: str) -> str:
    """A remark in a language, or as it is."""
    for pattern, translation in _TRANSLATIONS.get(language, ()):
        if match := pattern.match(english):
            return translation.format(*match.groups())
    return english
