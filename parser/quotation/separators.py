"""Lines of set words that stand between the new text and the old: "-----Original Message-----".

The tables hold the words of mail programs by language, in lower case, without the dashes
around them; a line counts when these words are all it says and dashes stand before them.
Apple Mail's begin of a forward has a colon in place of dashes.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

from models.reply_marker import REPLY_MARKER_WORDS, REPLY_MARKER_WORDS_OF_OLD
from parser.quotation.attributions import ROWS, Last
from parser.quotation.lines import folded

RULES: Final = "-_=*#~—–‐─•·"
"""Characters of which lines are drawn."""
_AROUND: Final = RULES + " \t\xa0>＞|:：.<[]()"
_LONGEST: Final = 150
_LONGEST_FLAT: Final = 1_000


class Separator(Enum):
    """What a line of set words says about what comes below it."""

    OWN_MARKER = "our own line"
    MARKER = "another desk's line that asks to write above it"
    ORIGINAL = "the words for an original message"
    FORWARD = "the words for a forwarded message"


_ORIGINAL: Final = {
    "en": ("original message", "original", "original email", "original mail", "original appointment", "reply message",
        "replied message",
        "reply to"),
    "de": ("ursprüngliche nachricht", "urspr. nachricht", "original-nachricht", "originalnachricht",
        "ursprünglicher termin",
           "original-mail", "ursprüngliche mail", "originalmail", "ursprüngliche e-mail"),
    "fr": ("message d'origine", "message d’origine", "message original", "message initial", "courriel d'origine"),
    "es": ("mensaje original", "mensaje anterior", "correo original"),
    "it": ("messaggio originale", "messaggio original", "messaggio di origine"),
    "nl": ("oorspronkelijk bericht", "origineel bericht", "oorspronkelijke bericht"),
    "pl": ("oryginalna wiadomość", "wiadomość oryginalna", "wiadomość pierwotna", "treść oryginalnej wiadomości"),
    "pt": ("mensagem original", "mensagem de origem"),
    "sv": ("ursprungligt meddelande", "originalmeddelande", "originalmeddelande från"),
    "da": ("oprindelig meddelelse", "original meddelelse", "oprindelig besked", "den oprindelige meddelelse"),
    "no": ("opprinnelig melding", "original melding", "opprinnelig e-post"),
    "fi": ("alkuperäinen viesti", "alkuperäinen sanoma", "alkup. viesti"),
    "cs": ("původní zpráva", "původní e-mail", "původní email"),
    "sk": ("pôvodná správa", "pôvodný e-mail"),
    "ru": ("исходное сообщение", "оригинальное сообщение", "первоначальное сообщение", "исходное письмо"),
    "uk": ("оригінальне повідомлення", "вихідне повідомлення", "початкове повідомлення"),
    "ja": ("元のメッセージ", "元のメール", "オリジナル メッセージ", "オリジナルメッセージ", "original message"),
    "zh": ("原始邮件", "原始郵件", "邮件原件", "原邮件", "原始信件", "郵件原件", "回复的原邮件", "回复的邮件"),
    "ko": ("원본 메시지", "원본 메일", "원본메시지", "원본 메세지", "원본 이메일"),
    "tr": ("özgün ileti", "orijinal mesaj", "orjinal mesaj", "özgün mesaj", "orijinal ileti", "özgün e-posta"),
    "hu": ("eredeti üzenet",), "ro": ("mesaj original", "mesajul original"), "el": ("αρχικό μήνυμα",
        "πρωτότυπο μήνυμα"),
    "hr": ("izvorna poruka", "originalna poruka"), "ca": ("missatge original",),
    "bg": ("оригинално съобщение", "оригинално писмо"),
}  # fmt: skip

_FORWARD: Final = {
    "en": ("forwarded message", "begin forwarded message", "start of forwarded message", "forwarded mail",
        "fwd message"),
    "de": ("weitergeleitete nachricht", "anfang der weitergeleiteten nachricht", "weitergeleitete e-mail",
           "beginn der weitergeleiteten nachricht", "weitergeleitete mail"),
    "fr": ("message transféré", "début du message transféré", "début du message réexpédié", "message transmis",
        "message réexpédié",
           "courriel transféré"),
    "es": ("mensaje reenviado", "inicio del mensaje reenviado", "inicio del mensaje remitido", "mensaje remitido"),
    "it": ("messaggio inoltrato", "inizio messaggio inoltrato", "messaggio inoltrato da"),
    "nl": ("doorgestuurd bericht", "begin doorgestuurd bericht", "doorgestuurde bericht",
        "begin doorgestuurde bericht"),
    "pl": ("przekazana wiadomość", "wiadomość przekazana", "początek przekazywanej wiadomości",
        "treść przekazanej wiadomości",
           "początek przekazanej wiadomości", "wiadomość przekazana dalej", "przesłana wiadomość"),
    "pt": ("mensagem encaminhada", "início da mensagem encaminhada", "início da mensagem reencaminhada",
           "mensagem reencaminhada"),
    "sv": ("vidarebefordrat meddelande", "vidarebefordrat brev", "början på vidarebefordrat meddelande",
           "vidarebefordrat mejl", "vidarebefordrat mail"),
    "da": ("videresendt meddelelse", "videresendt besked", "start på videresendt besked", "videresendt e-mail",
           "videresendt mail"),
    "no": ("videresendt melding", "begynnelse på videresendt melding", "start på videresendt melding",
        "videresendt e-post"),
    "fi": ("välitetty viesti", "edelleenlähetetty viesti", "välitetty viesti alkaa", "edelleen lähetetty viesti",
           "lähetetty edelleen", "välitetty sanoma"),
    "cs": ("přeposlaná zpráva", "začátek přeposílané zprávy", "přeposlaný e-mail", "začátek přeposlané zprávy"),
    "sk": ("preposlaná správa", "začiatok preposlanej správy"),
    "ru": ("пересылаемое сообщение", "перенаправленное сообщение", "начало переадресованного сообщения",
           "пересланное сообщение", "начало переадресованного письма", "переадресованное сообщение",
               "пересылаемое письмо",
           "начало пересылаемого сообщения"),
    "uk": ("переслане повідомлення", "початок переадресованого повідомлення"),
    "ja": ("転送メッセージ", "転送されたメッセージ", "転送されたメール", "転送メール", "転送元メッセージ"),
    "zh": ("转发的消息", "转发的邮件", "下面是被转发的邮件", "轉寄郵件", "转发邮件信息", "轉寄的郵件", "已转发的邮件",
        "轉寄的信件",
           "開始轉寄郵件", "開始轉寄信件", "转发消息", "转发邮件"),
    "ko": ("전달된 메시지", "전달된 메일", "전달된 이메일", "전달된 메세지"),
    "tr": ("iletilen ileti", "iletilen mesaj", "yönlendirilmiş ileti", "iletilmiş mesaj", "iletilen ileti başlangıcı",
           "yönlendirilen mesaj", "iletilen e-posta"),
    "hu": ("továbbított üzenet", "továbbított levél kezdete"), "ro": ("mesaj redirecționat", "mesaj redirectionat"),
    "el": ("προωθημένο μήνυμα",), "hr": ("proslijeđena poruka",), "ca": ("missatge reenviat",),
}  # fmt: skip

_WITH_A_NAME: Final = (
    "forwarded by ", "weitergeleitet von ", "réexpédié par ", "transféré par ", "reenviado por ", "inoltrato da ",
    "doorgestuurd door ", "przesłane przez ", "encaminhado por ", "vidarebefordrat av ", "videresendt af ",
    "videresendt av ", "edelleenlähettänyt ", "předal(a) ", "переслал ", "переслано ",
)  # fmt: skip
"""Notes: "----- Forwarded by NAME on DATE -----"."""

_OTHER_DESKS: Final = (
    "please type your reply above this line", "reply above this line", "please reply above this line",
    "type your reply above this line", "write above this line", "please do not write below this line",
    "please enter your reply above this line", "add your reply above this line", "reply above this line to respond",
    "bitte antworten sie oberhalb dieser linie", "bitte antworten sie oberhalb dieser zeile",
    "antworten sie oberhalb dieser zeile", "antwort bitte oberhalb dieser zeile",
    "veuillez répondre au-dessus de cette ligne", "répondez au-dessus de cette ligne",
    "responda por encima de esta línea", "por favor responda por encima de esta línea",
)  # fmt: skip
"""What other ticket systems ask for; their notices come to us in copies."""

_WORDS: Final[Mapping[str, Separator]] = {
    **{words: Separator.ORIGINAL for row in _ORIGINAL.values() for words in row},
    **{words: Separator.FORWARD for row in _FORWARD.values() for words in row},
    **dict.fromkeys(_OTHER_DESKS, Separator.MARKER),
    **{words.casefold(): Separator.OWN_MARKER for words in (*REPLY_MARKER_WORDS.values(), *REPLY_MARKER_WORDS_OF_OLD)},
}
LONGEST_WORDS: Final = max(map(len, _WORDS)) + 12
"""A longer line that begins with a letter is none of these."""
UNDRAWN: Final = tuple(words for words, kind in _WORDS.items() if kind in {Separator.OWN_MARKER, Separator.MARKER})
"""Words that count with nothing drawn before them."""
_SAYS_WHO_WROTE: Final = tuple(f" {tells.strip()}" for row in ROWS if row.last is Last.VERB for tells in row.tells)


def separator(bare: str) -> Separator | None:
    """What a line of set words is, if it is one; quote marks before it do not count."""
    if len(bare) > _LONGEST:
        return _at_the_beginning(bare)
    said = folded(bare.strip(_AROUND))
    found = _WORDS.get(said)
    if found is Separator.OWN_MARKER or found is Separator.MARKER or (found is None and bare[:1].isalnum()):
        return found
    start = bare.lstrip(">＞ \t")[:2]
    drawn = len(start) == 2 and start[0] in RULES and start[1] in RULES
    if found is not None:
        announces = found is Separator.FORWARD and bare.endswith((":", "："))
        return found if drawn or announces else None
    if drawn and said.startswith(_WITH_A_NAME):
        return Separator.FORWARD
    if drawn and said.endswith(_SAYS_WHO_WROTE) and bare[-1] in RULES:
        return Separator.ORIGINAL
    return _at_the_beginning(bare) if drawn else None


def _at_the_beginning(bare: str) -> Separator | None:
    """Some phones lose the line ends below the separator: what it is called stands between drawn characters."""
    if len(bare) > _LONGEST_FLAT or bare[0] not in RULES:
        return None
    said, drawn, rest = bare.lstrip(_AROUND).partition("---")
    return _WORDS.get(folded(said.rstrip(_AROUND))) if drawn and rest.strip(_AROUND) else None


def is_rule(bare: str) -> bool:
    """A drawn line: three or more of the characters lines are drawn of, and nothing else."""
    return len(bare) > 2 and not bare.strip(RULES)
