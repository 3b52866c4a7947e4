"""Words by which a writer says that there is something below: answers inside the quote, or a mail to be read.

Outlook quotes without marks, so an answer in red between the lines cannot be told from
what it answers. Where the new text says that answers stand below, or is little more than
"see below", nothing is left out.
"""

import re
from typing import Final

_SHORT: Final = 200
_LONG: Final = 2_000

_ANSWERS_BELOW: Final = (
    "inline", "answers in line", "comments in line", "in line below", "in red", "in blue", "in green",
        "answers below", "comments below",
    "responses below", "replies below", "remarks below", "answered below", "commented below", "between your lines",
    "below in the text", "in your text below", "see my comments", "see my answers",
    "in rot", "in blau", "in grün", "antworten unten", "antworten stehen unten", "anmerkungen unten", "im text unten",
        "unten im text", "zwischen den zeilen",
    "rot markiert", "blau markiert", "farbig markiert", "direkt im text", "siehe rot", "kommentare unten",
    "en rouge", "en bleu", "en vert", "réponses ci-dessous", "commentaires ci-dessous", "dans le texte", "mes réponses",
    "en rojo", "en azul", "en verde", "respuestas abajo", "mis respuestas", "entre líneas", "comentarios abajo",
    "in rosso", "in blu", "risposte sotto", "in calce", "mie risposte", "nel testo",
    "in het rood", "in rood", "in blauw", "antwoorden hieronder", "tussen de regels", "in de tekst",
    "na czerwono", "odpowiedzi poniżej", "w tekście", "na niebiesko", "em vermelho", "a vermelho", "respostas abaixo",
        "no texto", "em azul",
    "i rött", "rödmarkerat", "svar nedan", "i texten", "i rødt", "svar nedenfor", "i teksten", "med rødt", "med rött",
        "punaisella", "vastaukset alla",
    "červeně", "odpovědi níže", "v textu", "красным", "ответы ниже", "в тексте", "kırmızı", "cevaplarım aşağıda",
    "赤字", "インライン", "红色", "紅色", "红字", "빨간색",
)  # fmt: skip
_LOOK_BELOW: Final = (
    "see below", "see the mail below", "see mail below", "see email below", "see e-mail below", "below mail", "fyi",
        "below email", "message below",
    "siehe unten", "s. u.", "s.u.", "z.k.", "zur kenntnis", "zur info", "mail unten", "unten stehende",
        "untenstehende", "nachricht unten",
    "voir ci-dessous", "ci-dessous", "pour info", "pour information", "ver abajo", "véase abajo", "más abajo",
        "para su información",
    "vedi sotto", "di seguito", "per conoscenza", "qui sotto", "zie onder", "zie hieronder", "ter info",
        "ter informatie", "patrz poniżej", "poniżej", "do wiadomości",
    "ver abaixo", "veja abaixo", "abaixo", "para conhecimento", "se nedan", "nedan", "för kännedom", "se nedenfor",
        "nedenfor", "til orientering", "se under",
    "katso alla", "alla oleva", "tiedoksi", "viz níže", "níže", "na vědomí", "см. ниже", "ниже", "для информации",
    "下記", "以下の", "如下", "见下", "請見下", "아래", "aşağıda", "bilginize",
)  # fmt: skip


_GREETINGS: Final = {
    "hello", "hi", "dear", "hey", "greetings", "hallo", "guten", "lieber", "liebe", "sehr", "servus", "moin",
    "grüezi", "bonjour", "bonsoir", "salut", "cher", "chère", "hola", "buenos", "buenas", "estimado", "estimada",
    "estimados", "ciao", "buongiorno", "salve", "gentile", "gentili", "egregio", "goedemorgen", "goedemiddag",
    "beste", "geachte", "dag", "dzień", "cześć", "witam", "szanowni", "szanowny", "olá", "oi", "caro", "cara",
    "prezado", "prezada", "prezados", "bom", "boa", "hej", "god", "bästa", "kære", "hei", "kjære", "moi", "terve",
    "hyvä", "dobrý", "ahoj", "vážený", "vážená", "vážení", "здравствуйте", "добрый", "привет", "уважаемый",
    "уважаемая", "уважаемые", "merhaba", "sayın", "selam", "good morning", "good day", "good afternoon",
    "good evening",
}  # fmt: skip
_GREETING_WORDS: Final = 5
_WORD: Final = re.compile(r"[^\W_]+")
_SPACELESS: Final = "\u2e80"
"""From here on are the scripts that put no space between words."""


def _by_first_word(phrases: tuple[str, ...]) -> dict[str, list[str]]:
    """Phrases by the word they begin with, each with single spaces around its words."""
    found: dict[str, list[str]] = {}
    for phrase in phrases:
        if phrase < _SPACELESS:
            words = _WORD.findall(phrase)
            found.setdefault(words[0], []).append(f" {' '.join(words)} ")
    return found


_ANSWERS: Final = _by_first_word(_ANSWERS_BELOW)
_LOOKS: Final = _by_first_word(_LOOK_BELOW)
_SPACELESS_ANSWERS: Final = tuple(phrase for phrase in _ANSWERS_BELOW if phrase >= _SPACELESS)
_SPACELESS_LOOKS: Final = tuple(phrase for phrase in _LOOK_BELOW if phrase >= _SPACELESS)


def points_below(new_text: str) -> bool:
    """Whether the writer sends the reader to what stands below."""
    beginning = new_text[:_LONG].casefold()
    words = _WORD.findall(beginning)
    said = f" {' '.join(words)} "
    if _has(words, said, _ANSWERS) or (
        not beginning.isascii() and any(map(beginning.__contains__, _SPACELESS_ANSWERS))
    ):
        return True
    return len(said) <= _SHORT and (_has(words, said, _LOOKS) or any(map(beginning.__contains__, _SPACELESS_LOOKS)))


def _has(words: list[str], said: str, phrases: dict[str, list[str]]) -> bool:
    return any(phrase in said for word in phrases.keys() & set(words) for phrase in phrases[word])


def only_greets(new_text: str) -> bool:
    """Whether the writer says no more than "Hello Bob," so far: the answer must stand below."""
    said = new_text.strip().casefold()
    words = said.split(maxsplit=_GREETING_WORDS)
    if not words or len(words) > _GREETING_WORDS or said.endswith("?") or "," in said[:-1]:
        return False
    return words[0].strip(",.!") in _GREETINGS or " ".join(words[:2]).strip(",.!") in _GREETINGS
