"""What stands below the writer's words and is none of them: the signature, the program's own line.

A signature begins at "-- " (RFC 3676 4.3); programs drop the space. A mail program's line
("Sent from my phone") is told by its opening words and by the name of a device or a
program, as the last line before a quote or the end.
"""

import re
from dataclasses import dataclass
from typing import Final

from parser.quotation.lines import Lines
from parser.quotation.separators import is_rule

_FARTHEST: Final = 120
_SIGNATURE_LINES: Final = 30
_BARE_SIGNATURE_LINES: Final = 12
_BARE_SIGNATURE_CHARACTERS: Final = 100
_FOOTER_CHARACTERS: Final = 160
_FOOTERS: Final = 4
_NAME_WORDS: Final = 5
_PARTICLE: Final = 3
"""Characters of "von", "de", "der" in a name."""
_REACHES: Final = re.compile(r"@|www\.|https?://|(?:\d[ ./()\-]{0,3}){7}")
_POSTSCRIPT: Final = re.compile(r"p\.? ?s\.?[ :.]|nb[ :.]|edit[ :]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Footer:
    """How programs in one language word their line: how it begins and, where that is a common beginning, ends."""

    language: str
    begins: tuple[str, ...]
    ends: tuple[str, ...] = ("",)


_PHONES: Final = ("ios", "android", "iphone", "ipad", "windows", "mobile")
FOOTERS: Final = (
    Footer("en", ("sent from", "sent via", "sent with", "sent by my", "sent using", "composed on my", "written on my",
        "typed on my")),
    Footer("en", ("get outlook for", "download outlook for", "get bluemail for", "get the outlook app"), _PHONES),
    Footer("de", ("gesendet von", "gesendet mit", "gesendet über", "versendet mit", "verschickt mit",
        "diese nachricht wurde von meinem", "diese e-mail wurde von meinem")),
    Footer("de", ("von meinem", "von unterwegs", "mit meinem", "vom handy", "von mobilgerät"), ("gesendet",
        "versendet", "geschickt", "verschickt")),
    Footer("de", ("outlook für", "holen sie sich outlook", "laden sie outlook"), (*_PHONES, "herunterladen",
        "beziehen", "abrufen")),
    Footer("fr", ("envoyé de", "envoyé depuis", "envoyé à partir", "envoyé avec", "envoyé via", "provenance :",
        "envoyée depuis")),
    Footer("fr", ("télécharger outlook", "obtenir outlook", "téléchargez outlook"), _PHONES),
    Footer("es", ("enviado desde", "enviado con", "enviado a través", "enviado mediante", "enviado por mi")),
    Footer("es", ("obtener outlook", "descargar outlook", "consigue outlook"), _PHONES),
    Footer("it", ("inviato da", "inviato dal", "inviato con", "inviato tramite", "inviata da", "inviato dallo")),
    Footer("it", ("scarica outlook", "ottieni outlook", "scaricare outlook"), _PHONES),
    Footer("nl", ("verstuurd vanaf", "verzonden vanaf", "verzonden met", "verzonden vanuit", "verstuurd met",
        "verzonden via", "verstuurd vanuit")),
    Footer("nl", ("outlook voor", "download outlook", "haal outlook"), (*_PHONES, "downloaden", "ophalen")),
    Footer("pl", ("wysłane z", "wysłano z", "wysłane przez", "wysłana z", "wiadomość wysłana z")),
    Footer("pl", ("pobierz outlook", "pobierz aplikację outlook", "uzyskaj outlook", "pobierz program outlook"),
        _PHONES),
    Footer("pt", ("enviado do", "enviado de", "enviado pelo", "enviado a partir", "enviado via", "enviada do")),
    Footer("pt", ("obter o outlook", "obter outlook", "baixar o outlook", "obtenha o outlook",
        "transferir o outlook"), _PHONES),
    Footer("sv", ("skickat från", "skickades från", "skickat med", "skickat via")),
    Footer("sv", ("hämta outlook", "skaffa outlook"), _PHONES),
    Footer("da, no", ("sendt fra", "sendt med", "sendt via")),
    Footer("da, no", ("hent outlook", "få outlook", "skaff deg outlook", "last ned outlook"), _PHONES),
    Footer("fi", ("lähetetty", "lähetin tämän")),
    Footer("fi", ("hanki outlook", "lataa outlook"), (*_PHONES, "laitteille", "laitteelle", "androidille",
        "iphonelle")),
    Footer("cs, sk", ("odesláno z", "odesláno ze", "odesláno pomocí", "odesláno přes", "zasláno z", "odoslané z")),
    Footer("cs, sk", ("získejte outlook", "stáhnout outlook", "získat outlook", "stáhněte si outlook"), _PHONES),
    Footer("ru", ("отправлено с", "отправлено из", "отправлено через", "отправлено от", "отправлено при помощи")),
    Footer("ru", ("получить outlook", "скачать outlook", "загрузить outlook"), _PHONES),
    Footer("uk", ("надіслано з", "відправлено з")),
    Footer("ja", ("iphone", "ipad", "私の", "スマートフォン", "android", "yahoo!メール", "携帯", "outlook for",
        "windows 版"), ("送信",
        "送信されました", *_PHONES, "入手", "アプリ")),
    Footer("zh", ("发自", "寄自", "發自", "来自我的", "通过", "从我的", "從我的", "傳送自", "传送自", "使用", "获取",
        "取得", "下载")),
    Footer("ko", ("나의", "내", "iphone", "ipad", "갤럭시", "삼성", "android", "ios", "outlook", "스마트폰", "네이버",
        "모바일"), ("보냄",
        "보냈습니다", "발송", "다운로드", "전송", "보낸 메일", "전송됨", "가져오기")),
    Footer("tr", ("iphone", "ipad", "samsung", "android", "ios", "telefonumdan", "cep telefonumdan", "mobil",
        "windows", "yahoo"), ("gönderildi", "gönderilmiştir", "edinin", "indirin", "edin")),
    Footer("hu", ("az iphone", "az ipad", "androidról", "küldve"), ("küldve", "készülékről", "küldtem")),
    Footer("ro", ("trimis de pe", "trimis din")), Footer("el", ("στάλθηκε από", "εστάλη από")), Footer("hr, sr, sl",
        ("poslano s", "poslano iz", "poslato sa")),
    Footer("ca", ("enviat des",)), Footer("he", ("נשלח מ",)), Footer("ar", ("أُرسلت من", "تم الإرسال من", "مرسل من")),
)  # fmt: skip
_DEVICES: Final = (
    "iphon", "ipad", "ipod", "apple watch", "android", "galaxy", "samsung", "huawei", "xiaomi", "nokia", "blackberry",
    "smartphone", "my phone", "smarttelefon", "windows phone", "mobile", "mobil", "handy", "handheld", "tablet",
        "outlook", "yahoo",
    "gmail", "proton", "k-9", "k9", "thunderbird", "bluemail", "airmail", "spark", "gmx", "web.de", "mail for windows",
    "mail für windows", "courrier pour windows", "correo para windows", "posta per windows", "mail voor windows",
    "windows-mail", "windows mail", "mail app", "mail-app", "e-mail für windows", "windows 10", "windows 11",
        "fairemail",
    "nine", "oneplus", "pixel", "sony", "xperia", "motorola", "lenovo", "oppo", "honor", "htc", "t-mobile", "vodafone",
    "телефон", "смартфон", "мобильн", "почт", "スマートフォン", "スマホ", "携帯", "手机", "手機", "邮箱", "郵件",
        "휴대폰",
    "스마트폰", "갤럭시", "삼성", "telefon", "puhelim", "téléphone", "móvil", "teléfono", "cellulare", "telefono",
        "telemóvel",
    "celular", "komórk", "matkapuhelim", "laitteesta", "aol", "zoho", "tutanota", "tuta", "edison", "mailbird",
        "superhuman",
    "icloud", "fastmail", "aquamail", "typeapp", "libero", "orange", "laposte", "zimbra", "roundcube", "em client",
)  # fmt: skip


def signature_end(lines: Lines, at: int, end: int, *, alone: bool) -> bool:
    """Whether a signature goes from line `at` to `end`, where the writer's lines end; `alone`: no other is like it."""
    if end - at > _FARTHEST:
        return False
    below = [bare for bare in lines.bare[at + 1 : end] if bare]
    if any(map(_POSTSCRIPT.match, below)):
        return False
    if lines.raw[at] == "-- ":
        return len(below) <= _SIGNATURE_LINES
    # Without its space it may be a drawn line: only few, short lines that are no sentences are a signature.
    few = alone and len(below) <= _BARE_SIGNATURE_LINES and not any(map(_is_sentence, below))
    return few and (not below or _is_a_name(below[0]) or any(map(_REACHES.search, below)))


def _is_a_name(bare: str) -> bool:
    """A few words, each with a capital; scripts without capitals have no other sign than that they are few."""
    words = bare.split()
    return len(words) <= _NAME_WORDS and not any(word[0].islower() and len(word) > _PARTICLE for word in words)


def _is_sentence(bare: str) -> bool:
    return len(bare) > _BARE_SIGNATURE_CHARACTERS or (bare.endswith((".", "?", "!", ":")) and bare.count(" ") > 2)


def is_delimiter(lines: Lines, at: int) -> bool:
    """Whether a line is "-- ", with or without its space."""
    return lines.bare[at] == "--" and lines.raw[at].startswith("--")


def without_footers(lines: Lines, start: int, end: int) -> int:
    """Where the writer's lines [start, end) end when the mail program's own lines at their end are left out."""
    for _ in range(_FOOTERS):
        last = lines.before_blanks(end)
        if last < start:
            return end
        if is_footer(lines.bare[last]):
            end = last
        elif last > start and lines.bare[last - 1] and is_footer(f"{lines.bare[last - 1]} {lines.bare[last]}"):
            end = last - 1
        else:
            return end
        end = _above_rules(lines, start, end)
    return end


def _above_rules(lines: Lines, start: int, end: int) -> int:
    above = lines.before_blanks(end)
    return above if above >= start and (is_rule(lines.bare[above]) or is_delimiter(lines, above)) else end


def is_footer(bare: str) -> bool:
    """Whether a line is what a mail program adds of its own accord."""
    if not bare or len(bare) > _FOOTER_CHARACTERS:
        return False
    said = bare.strip(_AROUND).casefold()
    linked = "://" in said
    if not linked and not said.startswith(_BEGINS):
        return False
    said = _LINK.sub("", said).strip(_AROUND)
    if linked and "outlook" in said and said.endswith(("ios", "android")) and said.count(" ") < _NAME_WORDS:
        return True
    if said.count(" ") > _FOOTER_WORDS or not any(map(said.__contains__, _DEVICES)):
        return False
    return any(said.startswith(footer.begins) and said.endswith(footer.ends) for footer in FOOTERS)


_AROUND: Final = " *_.[]()<>|-–—~!。"
_BEGINS: Final = tuple({begins for footer in FOOTERS for begins in footer.begins})
_LINK: Final = re.compile(r"[<(\[]?https?://\S{1,2000}")
_FOOTER_WORDS: Final = 14
