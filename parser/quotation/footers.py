"""What stands below the writer's words and is none of them: the signature, the program's own line.

A signature begins at "-- " (RFC 3676 4.3); programs drop the space. A mail program's line
("Sent from my phone") is told by its opening words and by the name of a device or a
program, as the last line before a quote or the end.
"""

import re
from typing import Final

from parser.quotation.lines import Lines
from parser.quotation.separators import is_rule

_SIGNATURE_LINES: Final = 30
_BARE_SIGNATURE_LINES: Final = 12
_BARE_SIGNATURE_CHARACTERS: Final = 100
_FOOTER_CHARACTERS: Final = 160
_FOOTERS: Final = 4
_POSTSCRIPT: Final = re.compile(r"p\.? ?s\.?[ :.]|nb[ :.]|edit[ :]", re.IGNORECASE)

_SENT: Final = (
    # opening words, by language: en, de, fr, es, it, nl, pl, pt, sv, da, no, fi, cs, ru, ja, zh, ko, tr, hu
    "sent from", "sent via", "sent with", "sent by", "sent using", "get outlook for", "get bluemail", "composed on", "written on my",
    "gesendet von", "gesendet mit", "von meinem", "von unterwegs", "versendet mit", "diese nachricht wurde von meinem",
    "diese nachricht wurde mit", "outlook für", "holen sie sich outlook", "gesendet über", "verschickt mit",
    "envoyé de", "envoyé depuis", "envoyé à partir", "envoyé avec", "télécharger outlook", "obtenir outlook", "envoyé via", "provenance :",
    "enviado desde", "enviado con", "enviado a través", "obtener outlook", "descargar outlook", "enviado mediante",
    "inviato da", "inviato dal", "inviato con", "inviato tramite", "scarica outlook", "ottieni outlook",
    "verstuurd vanaf", "verzonden vanaf", "verzonden met", "verzonden vanuit", "outlook voor", "verstuurd met", "download outlook", "verzonden via",
    "wysłane z", "wysłano z", "pobierz outlook", "pobierz aplikację outlook", "uzyskaj outlook", "wysłane przez",
    "enviado do", "enviado de", "enviado pelo", "enviado a partir", "obter o outlook", "obter outlook", "baixar o outlook", "enviado via",
    "skickat från", "skickades från", "hämta outlook", "skickat med", "skaffa outlook", "skickat via",
    "sendt fra", "sendt med", "hent outlook", "sendt via", "få outlook", "skaff deg outlook", "last ned outlook",
    "lähetetty", "lähetetyt", "hanki outlook", "lataa outlook",
    "odesláno z", "odesláno ze", "odesláno pomocí", "odesláno přes", "získejte outlook", "stáhnout outlook", "získat outlook", "zasláno z",
    "отправлено с", "отправлено из", "отправлено через", "отправлено от", "получить outlook", "скачать outlook", "отправлено со",
    "надіслано з", "відправлено з",
    "iphoneから", "ipadから", "私のiphone", "スマートフォンから", "outlook for", "yahoo!メール", "from my",
    "发自", "從我的", "从我的", "寄自", "传送自我的", "傳送自我的", "通过", "获取 outlook", "获取outlook", "取得 outlook",
    "나의", "내 iphone", "iphone에서", "ipad에서", "갤럭시", "삼성", "android용", "ios용", "outlook 다운로드",
    "iphone'umdan", "iphone’umdan", "ipad'imden", "ipad’imden", "ios için", "android için", "samsung", "telefonumdan",
    "küldve", "az én iphone", "trimis de pe", "στάλθηκε από", "poslano s", "enviat des",
)  # fmt: skip
_DEVICES: Final = (
    "iphon", "ipad", "ipod", "apple watch", "android", "galaxy", "samsung", "huawei", "xiaomi", "nokia", "blackberry",
    "smartphone", "smarttelefon", "windows phone", "mobile", "mobil", "handy", "handheld", "tablet", "outlook", "yahoo",
    "gmail", "proton", "k-9", "k9", "thunderbird", "bluemail", "airmail", "spark", "gmx", "web.de", "mail for windows",
    "mail für windows", "courrier pour windows", "correo para windows", "posta per windows", "mail voor windows",
    "windows-mail", "windows mail", "mail app", "mail-app", "e-mail für windows", "windows 10", "windows 11", "fairemail",
    "nine", "oneplus", "pixel", "sony", "xperia", "motorola", "lenovo", "oppo", "honor", "htc", "t-mobile", "vodafone",
    "телефон", "смартфон", "мобильн", "почт", "スマートフォン", "スマホ", "携帯", "手机", "手機", "邮箱", "郵件", "휴대폰",
    "스마트폰", "갤럭시", "삼성", "telefon", "puhelim", "téléphone", "móvil", "teléfono", "cellulare", "telefono", "telemóvel",
    "celular", "komórk", "matkapuhelim", "laitteesta", "aol", "zoho", "tutanota", "tuta", "edison", "mailbird", "superhuman",
    "icloud", "fastmail", "aquamail", "typeapp", "libero", "orange", "laposte", "zimbra", "roundcube", "em client",
)  # fmt: skip


def signature_end(lines: Lines, at: int, end: int) -> int | None:
    """Where a signature that begins at line `at` ends; None where the line only draws. `end` ends the writer's lines."""
    if not is_delimiter(lines, at):
        return None
    below = [lines.bare[line] for line in range(at + 1, min(end, at + 4 * _SIGNATURE_LINES)) if lines.bare[line]]
    if any(_POSTSCRIPT.match(line) for line in below):
        return None
    if lines.raw[at] == "-- " and end - at <= 4 * _SIGNATURE_LINES and len(below) <= _SIGNATURE_LINES:
        return end
    # Without its space it may be a drawn line: only few and short lines below it are a signature.
    few = end - at <= 3 * _BARE_SIGNATURE_LINES and len(below) <= _BARE_SIGNATURE_LINES
    return end if few and all(len(line) <= _BARE_SIGNATURE_CHARACTERS for line in below) else None


def is_delimiter(lines: Lines, at: int) -> bool:
    """Whether a line is "-- ", with or without its space (Word makes a dash of it)."""
    return lines.bare[at] in {"--", "—", "– –"} and not lines.raw[at].startswith((" ", "\t"))


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
    return above if above >= start and is_rule(lines.bare[above]) else end


def is_footer(bare: str) -> bool:
    """Whether a line is what a mail program adds of its own accord."""
    if not bare or len(bare) > _FOOTER_CHARACTERS:
        return False
    said = bare.strip(" *_.[]()<>|-–—~").casefold()
    return said.startswith(_SENT) and any(device in said for device in _DEVICES) and said.count(" ") <= _FOOTER_WORDS


_FOOTER_WORDS: Final = 14
