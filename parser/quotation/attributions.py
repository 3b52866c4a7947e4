"""The line above a quote that says whose words it holds: "On DATE, NAME wrote:".

One row for each language and group of mail programs. A row says with which words such a
line may begin, which words tell of writing, and what stands last before the colon. What is
common to all of them is read by one function: a colon at the end, a date or a time, an
address. No row is a regular expression, and none is looked for anywhere but at lines that
end in a colon, so that the cost is linear in the text.

The wordings were gathered from what the programs put into their users' replies: Gmail,
Apple Mail, Thunderbird, Yahoo, Outlook for Mac and the web, Notes, mutt, Gnus, Horde.
"""

import itertools
import re
from dataclasses import dataclass
from enum import Enum
from typing import Final

from parser.quotation.lines import QUOTES, Lines

_MOST_LINES: Final = 4
_LONGEST: Final = 400
_NAME_WORDS: Final = 7
COLONS: Final = (":", "：")
POINTS: Final = ">>> "
_POINTED: Final = " >>>"
_SENTENCE_ENDS: Final = (".", "!", "?", ";", ":", "。")
_PLAIN: Final = str.maketrans(
    dict.fromkeys("\u200e\u200f*\u2066\u2067\u2068\u2069\u202a\u202b\u202c")
    | dict.fromkeys("\xa0\u202f\u3000", " ")
    | {chr(zero + digit): str(digit) for zero in (0x0660, 0x06F0, 0x0966) for digit in range(10)}
)
"""Ordinary spaces, no marks of direction, and the digits of Arabic, Persian and Hindi as those of ASCII."""
_SENTENCE: Final = re.compile(r"[.!?…)](?: |(?=[A-Z]))")
_SENTENCES: Final = 8
_DASHES: Final = " -–—"
_WRITERS_WORDS: Final = {
    "here", "this", "that", "what", "as", "my", "our", "we", "i", "please", "see", "hier", "das", "dies", "was",
    "wie", "mein", "meine", "unser", "unsere", "wir", "ich", "bitte", "voici", "voilà", "notre", "mon", "nous",
    "ceci", "je", "aquí", "esto", "nuestro", "nuestra", "lo", "ecco", "questo", "nostro", "nostra", "mio", "mia",
    "hierbij", "ons", "onze", "mijn", "dit", "ik", "wij", "nasz", "mój", "oto", "här", "detta", "vår", "min", "jag",
    "vi", "her", "dette", "vores", "jeg", "tämä", "meidän", "zde", "náš", "toto", "наш", "мой", "вот", "это",
}  # fmt: skip
"""First words with which a writer announces what somebody wrote; no program begins so."""
# Years of our era and of the Buddhist one; Freshdesk names none.
_DATE: Final = re.compile(
    r"(?<!\d)(?:(?:19|20|25)\d\d(?!\d)|\d{1,2} [a-z]{3,9} at (?=\d)"
    r"|\d{1,2}[./\- ]{1,2}\d{1,2}[./\-]{1,2} ?\d\d(?!\d)|\d{1,2}月\d{1,2}日)"
)
_TIME: Final = re.compile(r"(?<![\d.])\d{1,2}[:.h]\d\d(?!\.?\d)")
_DIGIT: Final = re.compile(r"\d")
_DATE_BEGINS: Final = 24
_WORDS_BEFORE_DATE: Final = 2
_BY_ADDRESS: Final = re.compile(r"\d{1,2}[:.]\d\d(?: ?[ap]m)?,? [^\W\d_]{2,4} [^\s@<>]{1,64}@[^\s@<>]{1,255}\Z")
"""What Tuta writes in every language: "3 Mar 2026, 09:12 by ADDRESS"."""
_BRACKETED: Final = re.compile(r"[<(\[][^\s@<>]{1,64}@[^\s@<>]{1,255}[>)\]]")
_ADDRESS: Final = re.compile(r"[^\s@<>]@[^\s@<>]")


class Last(Enum):
    """What stands last before the colon."""

    VERB = "verb"
    NAME = "name"
    DATE = "date"


class Strength(Enum):
    """How much a line says for being an attribution."""

    WEAK = "names no date, or neither time nor address"
    FAIR = "names date and time, and no address"
    STRONG = "names a date and an address"


@dataclass(frozen=True, slots=True)
class Row:
    """How one language, in some programs, says who wrote what is quoted."""

    language: str
    programs: str
    begins: tuple[str, ...]
    tells: tuple[str, ...]
    last: Last


@dataclass(frozen=True, slots=True)
class Attribution:
    """One found: the lines [start, end), from a column of the first on, and how sure it is.

    `named` tells that somebody is named in those lines.
    """

    start: int
    end: int
    language: str
    strength: Strength
    named: bool
    column: int = 0


ROWS: Final = (
    Row("en", "Gmail, Apple, Thunderbird, Yahoo, Outlook", ("on ",), ("wrote", "writes", "has written"), Last.VERB),
    Row("en", "mutt, Gnus, iNotes", (), ("wrote", "writes", "said"), Last.VERB),
    Row("en", "Notes, older Outlook", (), (" wrote on ", " wrote (", " wrote at "), Last.DATE),
    Row("en", "Horde", ("quoting ",), ("quoting ",), Last.NAME),
    Row("de", "Gmail, Apple, Thunderbird", ("am ",), (" schrieb ",), Last.NAME),
    Row("de", "Yahoo, GMX", ("am ",), ("folgendes geschrieben", "geschrieben", "schrieb"), Last.VERB),
    Row("de", "mutt, Gnus, IONOS, T-Online", (), ("schrieb", "schreibt", "geschrieben"), Last.VERB),
    Row("de", "Notes, KMail", (), (" schrieb am ", " schrieb ("), Last.DATE),
    Row("de", "Horde", ("zitat von ",), ("zitat von ",), Last.NAME),
    Row("fr", "Gmail, Apple, Thunderbird, Yahoo", ("le ", "en "), ("a écrit", "a ecrit", "écrivait"), Last.VERB),
    Row("fr", "mutt", (), ("a écrit", "a ecrit"), Last.VERB),
    Row("fr", "Notes, SFR", (), (" a écrit le ", " a écrit sur "), Last.DATE),
    Row("es", "Gmail, Apple, Thunderbird, Yahoo", ("el ", "en "), ("escribió", "escribio", "ha escrito"), Last.VERB),
    Row("es", "mutt", (), ("escribió", "escribio"), Last.VERB),
    Row("es", "Notes", (), (" escribió el ",), Last.DATE),
    Row("it", "Gmail, Apple, Thunderbird, Yahoo", ("il ", "in data ", "on "), ("ha scritto", "scrive"), Last.VERB),
    Row("it", "mutt", (), ("ha scritto", "scrisse"), Last.VERB),
    Row("it", "Notes", (), (" ha scritto il ",), Last.DATE),
    Row("nl", "Gmail, Thunderbird", ("op ",), (" schreef ",), Last.NAME),
    Row("nl", "Apple, Yahoo", ("op ",), ("het volgende geschreven", "geschreven", "schreef"), Last.VERB),
    Row("nl", "mutt", (), ("schreef", "schrijft"), Last.VERB),
    Row("nl", "Notes", (), (" schreef op ",), Last.DATE),
    Row("pl", "Thunderbird, Yahoo", ("w dniu ", "dnia "), ("napisał(a)", "napisał", "napisała", "pisze"), Last.VERB),
    Row("pl", "Gmail, mutt", (), ("napisał(a)", "napisał", "napisała", "pisze"), Last.VERB),
    Row("pl", "Apple", ("wiadomość napisana przez ",), ("napisana przez ",), Last.DATE),
    Row("pl", "Notes", (), (" napisał dnia ", " napisał(a) dnia ", " napisał w dniu "), Last.DATE),
    Row("pt", "Gmail, Apple, Thunderbird", ("em ", "no dia ", "a "), ("escreveu", "escreveu o seguinte"), Last.VERB),
    Row("pt", "mutt", (), ("escreveu",), Last.VERB),
    Row("pt", "Gmail in Portugal", (), (" escreveu (", " escreveu no dia ", " escreveu em "), Last.DATE),
    Row("sv", "Gmail, Apple, Thunderbird", ("den ", "på "), (" skrev ",), Last.NAME),
    Row("sv, da, no", "Apple, Gmail in Norway", (), (" skrev ",), Last.NAME),
    Row("sv, da, no", "mutt, Yahoo", (), ("skrev", "skriver", "skrev följande", "skrev følgende"), Last.VERB),
    Row("da", "Gmail, Apple, Thunderbird", ("den ", "på "), (" skrev ",), Last.NAME),
    Row("no", "Gmail, Thunderbird", ("den ", "på ", "on "), (" skrev ",), Last.NAME),
    Row("sv, da, no", "Notes", (), (" skrev den ", " skrev d. ", " skrev ("), Last.DATE),
    Row("fi", "Gmail", (), ("kirjoitti", "kirjoittaa"), Last.VERB),
    Row("fi", "Apple, Thunderbird, Notes", (), (" kirjoitti ",), Last.DATE),
    Row("cs", "Gmail, Thunderbird, Yahoo", ("dne ", "v "), ("napsal(a)", "napsal", "napsala", "píše"), Last.VERB),
    Row("cs", "Gmail, mutt", (), ("napsal(a)", "napsal", "napsala", "píše"), Last.VERB),
    Row("cs", "Notes, Evolution", (), (" napsal dne ", " napsal(a) dne ", " píše v "), Last.DATE),
    Row("sk", "Gmail, Thunderbird", (), ("napísal(a)", "napísal", "napísala"), Last.VERB),
    Row("ru", "Apple, Thunderbird", (), ("написал(а)", "написал", "написала", "пишет", "писал", "писал(а)"), Last.VERB),
    Row("ru", "The Bat!", ("вы писали ",), ("вы писали ",), Last.DATE),
    Row("uk", "Apple, Thunderbird", (), ("написав(ла)", "написав", "написала", "пише"), Last.VERB),
    Row("ja", "Thunderbird, Outlook", (), ("は書きました", "が書きました", "さんは書きました", "wrote"), Last.VERB),
    Row("ja", "Apple", (), ("のメール", "のメッセージ"), Last.VERB),
    Row("zh", "Gmail, Apple, Thunderbird", (), ("写道", "寫道", "写到", "撰寫", "写了", "寫了"), Last.VERB),
    Row("ko", "Gmail, Apple, Thunderbird", (), ("작성", "님이 작성", "쓴 글", "님이 쓴 글", "쓰셨습니다"), Last.VERB),
    Row("tr", "Gmail, Thunderbird", (), ("şunu yazdı", "şunları yazdı", "tarihinde yazdı", "yazdı"), Last.VERB),
    Row("tr", "Apple", (), (" şunları yazdı (", " şunu yazdı ("), Last.DATE),
    Row("tr", "Thunderbird", (), (" tarihinde ",), Last.VERB),
    Row("hu", "Gmail, Thunderbird", (), ("ezt írta", "írta", "a következőt írta"), Last.VERB),
    Row("hu", "Apple", (), (" írta (",), Last.DATE),
    Row("ro", "Gmail, Thunderbird", ("în ", "in ", "pe ", "la "), ("a scris",), Last.VERB),
    Row("el", "Gmail, Thunderbird", ("στισ ", "την "), ("έγραψε",), Last.VERB),  # "στις", as casefold writes it
    Row("bg", "Gmail, Thunderbird", ("на ",), ("написа", "написал"), Last.VERB),
    Row("hr, sr, sl", "Gmail, Thunderbird", (), ("napisao je", "je napisao/la", "napisao", "je oseba"), Last.VERB),
    Row("sl", "Gmail", ("v ", "dne "), ("napisala", "napisal"), Last.VERB),
    Row("sr", "Gmail", (), ("је написао/ла", "је написао", "је написала"), Last.VERB),
    Row("ca", "Gmail, Thunderbird", (), ("va escriure",), Last.VERB),
    Row("ca", "Gmail", ("missatge de ",), (" del dia ",), Last.DATE),
    Row("eu", "Gmail", ("hau idatzi du ",), (" erabiltzaileak (",), Last.DATE),
    Row("lt", "Gmail, Thunderbird", (), ("rašė",), Last.VERB),
    Row("lv", "Gmail, Thunderbird", (), ("rakstīja",), Last.VERB),
    Row("et", "Gmail, Thunderbird", (), ("kirjutas",), Last.VERB),
    Row("vi", "Gmail, Thunderbird", ("vào ",), ("đã viết",), Last.VERB),
    Row("id", "Gmail, Thunderbird", ("pada ",), ("menulis",), Last.VERB),
    Row("th", "Gmail, Apple", ("ในวันที่ ", "เมื่อ "), ("เขียนว่า",), Last.VERB),
    Row("hi", "Gmail", (), ("ने लिखा",), Last.VERB),
    Row("fa", "Gmail", ("در تاریخ ",), ("نوشت",), Last.VERB),
    Row("ar", "Gmail", (), ("كتب", "كتب/كتبت"), Last.VERB),
    Row("he", "Gmail", ("בתאריך ",), (" מאת ",), Last.NAME),
    Row("he", "Gmail", (), ("\u200fכתב", "מאת"), Last.VERB),
)
"""Tried in this order; the first that fits says which language it was."""


_VERBS: Final = tuple({tells for row in ROWS if row.last is Last.VERB for tells in row.tells})
_TELLS_INSIDE: Final = tuple({tells for row in ROWS if row.last is not Last.VERB for tells in row.tells})
_VERB_LAST: Final = tuple(row for row in ROWS if row.last is Last.VERB)
_OTHERS: Final = tuple(row for row in ROWS if row.last is not Last.VERB)
_BEGINS: Final = re.compile(
    r"(?<=[\s-])(?P<start>"
    + "|".join(sorted({re.escape(begins.capitalize()) for row in ROWS for begins in row.begins}, key=len, reverse=True))
    + ")"
)
"""Words that begin an attribution, written as a program writes them, behind others in the same line."""
_ORDER: Final = (Strength.WEAK, Strength.FAIR, Strength.STRONG)


def attribution(lines: Lines, at: int, *, above_quote: bool) -> Attribution | None:
    """The attribution whose last line is `at`, the surest of those in one to four lines.

    `above_quote`: a quote stands below. There a date and an address are enough in any
    language; elsewhere that is asked of the line's very end.
    """
    paragraph = _paragraph(lines, at)
    if not _may_be_one(_plain(" ".join(reversed(paragraph))), above_quote=above_quote):
        return None
    best: Attribution | None = None
    words = ""
    for above, line in enumerate(paragraph):
        words = f"{line} {words}".rstrip()
        found = _read(words, above_quote=above_quote)
        start = at - above
        if found is None or (above and not found.begins and not _may_begin(lines, start, best)):
            continue
        surer = best is None or _ORDER.index(found.strength) > _ORDER.index(best.strength)
        if surer or (found.language and best is not None and not (best.language and best.named)):
            named = not words[:-1].rstrip().casefold().startswith(_VERBS)
            column = 0 if found.begins else _column(lines.raw[start], words, above_quote=above_quote)
            best = Attribution(start, at + 1, found.language, found.strength, named, column)
    return best


def end_of_pointed(lines: Lines, at: int) -> int:
    """Where an attribution of GroupWise that begins with a line ends; 0 when there is none.

    ">>> NAME <ADDRESS> DATE TIME >>>" or ">>> On DATE, in message <ID>, NAME wrote:". A quote within quotes begins so
    too, and has its marks below.
    """
    words = ""
    for end, bare in enumerate(lines.bare[at : at + _MOST_LINES], at + 1):
        if not bare or (words and bare.startswith(QUOTES)):
            return 0
        words = f"{words} {bare}".strip()
        if words.endswith(_POINTED) and len(words) > len(POINTS):
            return end if _strength(_plain(words)) is not Strength.WEAK else 0
        if bare.endswith(COLONS) and len(words) <= _LONGEST:
            told = _read(words.removeprefix(POINTS), above_quote=False)
            is_one = told is not None and told.strength is not Strength.WEAK
            following = lines.after_blanks(end)
            is_quoted_too = following < len(lines) and lines.bare[following].startswith(POINTS[:2])
            return end if is_one and not is_quoted_too else 0
    return 0


def _may_begin(lines: Lines, start: int, shorter: Attribution | None) -> bool:
    """Whether a line may begin an attribution that begins with a name or a date, and is no sentence of the writer's."""
    folded_in_brackets = lines.bare[start].count("<") > lines.bare[start].count(">")
    if start and lines.bare[start - 1] and not folded_in_brackets:
        return False
    return shorter is None or not shorter.named or "@" in lines.bare[start] or _begins_with_a_date(lines.bare[start])


def _column(raw: str, words: str, *, above_quote: bool) -> int:
    """Where in its line an attribution begins that stands behind the writer's words; 0: with the line."""
    ends = [end.end() for end in itertools.islice(_SENTENCE.finditer(words, 0, len(raw)), _SENTENCES)]
    starts = [start.start("start") for start in itertools.islice(_BEGINS.finditer(words, 1, len(raw)), _SENTENCES)]
    for at in (*ends, *starts):
        rest = _read(words[at:], above_quote=above_quote)
        if rest is not None and rest.begins and rest.strength is not Strength.WEAK:
            return raw.find(words[:1]) + len(words[:at].rstrip(_DASHES))
    return 0


def _plain(words: str) -> str:
    """Lower case, ordinary spaces, no bold and no marks of direction."""
    folded = words.casefold()
    return folded.replace("*", "") if folded.isascii() else folded.translate(_PLAIN)


def _may_be_one(words: str, *, above_quote: bool) -> bool:
    """What tells most lines that end in a colon from an attribution at little cost."""
    if words[:-1].rstrip().endswith(_VERBS) or (above_quote and "@" in words):
        return True
    return _ends_in_address(words[:-1]) or any(map(words.__contains__, _TELLS_INSIDE))


def is_attribution(words: str) -> bool:
    """Whether a text that stands by itself is an attribution with a date."""
    found = _read(words, above_quote=True) if len(words) <= _LONGEST else None
    return found is not None and found.strength is not Strength.WEAK


def _paragraph(lines: Lines, at: int) -> list[str]:
    """The lines an attribution that ends at `at` may consist of, the last one first."""
    taken = [lines.bare[at]]
    for above in range(at - 1, max(at - _MOST_LINES, -1), -1):
        line = lines.bare[above]
        goes_on = any(map(str.isdigit, line[-12:])) or line.count("(") > line.count(")")
        ends_a_sentence = line.endswith(_SENTENCE_ENDS) and not goes_on
        if not line or ends_a_sentence or lines.is_quoted(above):
            break
        taken.append(line)
    return taken if sum(map(len, taken)) <= _LONGEST else taken[: 1 if len(taken[0]) <= _LONGEST else 0]


@dataclass(frozen=True, slots=True)
class _Words:
    """What the words of an attribution tell: `begins` is whether their beginning is one's too."""

    language: str
    strength: Strength
    begins: bool


def _read(words: str, *, above_quote: bool) -> _Words | None:
    """What an attribution's words tell; None of any other words."""
    said = " ".join(_plain(words).split())[:-1].rstrip().replace("< ", "<")  # folded within the brackets
    strength = _strength(said)
    is_own = said.partition(" ")[0] in _WRITERS_WORDS
    for row in (*_VERB_LAST, *_OTHERS) if said.endswith(_VERBS) else _OTHERS:
        begins = said.startswith(row.begins) if row.begins else not is_own
        if begins and _fits(row, said):
            return _Words(row.language, strength, bool(row.begins))
    if strength is Strength.STRONG and not is_own and _has_the_form(said, above_quote=above_quote):
        return _Words("", strength, begins=False)
    return None


def _strength(said: str) -> Strength:
    if _DATE.search(said) is None:
        return Strength.WEAK
    if _ADDRESS.search(said) is not None:
        return Strength.STRONG
    return Strength.FAIR if _TIME.search(said) is not None else Strength.WEAK


def _begins_with_a_date(said: str) -> bool:
    """A number within the first words: "23 Nov", "Mon, 23", "in data 23"."""
    digit = _DIGIT.search(said, 0, _DATE_BEGINS)
    return digit is not None and len(said[: digit.start()].split()) <= _WORDS_BEFORE_DATE


def _has_the_form(said: str, *, above_quote: bool) -> bool:
    """What many languages have in common: date, time, name, an address in brackets; nothing more but above a quote."""
    if not _begins_with_a_date(said):
        return False
    if _BY_ADDRESS.search(said) is not None:
        return True
    if _BRACKETED.search(said) is None:
        return False
    ends_in_address = said.endswith((">", ")")) and _ends_in_address(said)
    if _TIME.search(said) is None:
        return above_quote and ends_in_address
    return above_quote or ends_in_address


def _fits(row: Row, said: str) -> bool:
    """Whether the words of writing are there, and what stands last is what the row expects."""
    if row.last is Last.VERB:
        return any(_ends_with(said, tells) for tells in row.tells)
    for tells in row.tells:
        _, found, rest = said.rpartition(tells)
        if found and row.last is Last.NAME and (_ends_in_address(rest) or _is_name(rest)):
            return True
        if found and row.last is Last.DATE and len(rest) < _LONGEST // 3 and _DATE.search(rest):
            return True
    return False


def _ends_with(said: str, verb: str) -> bool:
    """The verb as the last word; scripts that are written without spaces have no other sign of a word."""
    if not said.endswith(verb):
        return False
    before = said[: -len(verb)]
    return not before or not verb[0].isascii() or not before[-1].isalnum()


def _ends_in_address(said: str) -> bool:
    last = said.rpartition(" ")[2].strip("<>()[]\"'")
    return _ADDRESS.search(last) is not None


def _is_name(rest: str) -> bool:
    """A few words without the marks of a sentence that goes on."""
    return 0 < len(rest.split()) <= _NAME_WORDS and not any(mark in rest for mark in (". ", "; ", ", dass ", ", at "))
