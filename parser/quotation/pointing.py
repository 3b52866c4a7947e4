"""Words by which a writer says that there is something below: answers inside the quote, or a mail to be read.

Outlook quotes without marks, so an answer in red between the lines cannot be told from
what it answers. Where the new text says that answers stand below, or is little more than
"see below", nothing is left out.
"""

import re
from typing import Final

_SHORT: Final = 200
_SHORT_LOOK: Final = 2_000

_ANSWERS_BELOW: Final = (
    "inline", "answers in line", "comments in line", "in line below", "in red", "in blue", "in green", "answers below", "comments below",
    "responses below", "replies below", "remarks below", "answered below", "commented below", "between your lines",
    "below in the text", "in your text below", "see my comments", "see my answers",
    "in rot", "in blau", "in grün", "antworten unten", "antworten stehen unten", "anmerkungen unten", "im text unten", "unten im text", "zwischen den zeilen",
    "rot markiert", "blau markiert", "farbig markiert", "direkt im text", "siehe rot", "kommentare unten",
    "en rouge", "en bleu", "en vert", "réponses ci-dessous", "commentaires ci-dessous", "dans le texte", "mes réponses",
    "en rojo", "en azul", "en verde", "respuestas abajo", "mis respuestas", "entre líneas", "comentarios abajo",
    "in rosso", "in blu", "risposte sotto", "in calce", "mie risposte", "nel testo",
    "in het rood", "in rood", "in blauw", "antwoorden hieronder", "tussen de regels", "in de tekst",
    "na czerwono", "odpowiedzi poniżej", "w tekście", "na niebiesko", "em vermelho", "a vermelho", "respostas abaixo", "no texto", "em azul",
    "i rött", "rödmarkerat", "svar nedan", "i texten", "i rødt", "svar nedenfor", "i teksten", "med rødt", "med rött", "punaisella", "vastaukset alla",
    "červeně", "odpovědi níže", "v textu", "красным", "ответы ниже", "в тексте", "kırmızı", "cevaplarım aşağıda",
    "赤字", "インライン", "红色", "紅色", "红字", "빨간색",
)  # fmt: skip
_LOOK_BELOW: Final = (
    "see below", "see the mail below", "see mail below", "see email below", "see e-mail below", "below mail", "fyi", "below email", "message below",
    "siehe unten", "s. u.", "s.u.", "z.k.", "zur kenntnis", "zur info", "mail unten", "unten stehende", "untenstehende", "nachricht unten",
    "voir ci-dessous", "ci-dessous", "pour info", "pour information", "ver abajo", "véase abajo", "más abajo", "para su información",
    "vedi sotto", "di seguito", "per conoscenza", "qui sotto", "zie onder", "zie hieronder", "ter info", "ter informatie", "patrz poniżej", "poniżej", "do wiadomości",
    "ver abaixo", "veja abaixo", "abaixo", "para conhecimento", "se nedan", "nedan", "för kännedom", "se nedenfor", "nedenfor", "til orientering", "se under",
    "katso alla", "alla oleva", "tiedoksi", "viz níže", "níže", "na vědomí", "см. ниже", "ниже", "для информации",
    "下記", "以下の", "如下", "见下", "請見下", "아래", "aşağıda", "bilginize",
)  # fmt: skip


def _spaced(words: str) -> str:
    return f" {_BETWEEN_WORDS.sub(' ', words.casefold()).strip()} "


_BETWEEN_WORDS: Final = re.compile(r"[\W_]+")
_SPACELESS: Final = "\u2e80"
"""From here on are the scripts that put no space between words."""
_ANSWERS: Final = tuple(words if words >= _SPACELESS else _spaced(words) for words in _ANSWERS_BELOW)
_LOOKS: Final = tuple(words if words >= _SPACELESS else _spaced(words) for words in _LOOK_BELOW)


def points_below(new_text: str) -> bool:
    """Whether the writer sends the reader to what stands below."""
    said = _spaced(new_text[:_SHORT_LOOK])
    if any(words in said for words in _ANSWERS):
        return True
    return len(said) <= _SHORT and any(words in said for words in _LOOKS)
