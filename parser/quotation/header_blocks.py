"""The header fields some programs put above what they quote: "From: ... Sent: ... To: ... Subject: ...".

Outlook (desktop, web, mobile), Exchange, Notes, GMX and others write a few of the quoted
message's header fields in the writer's language instead of quote marks. A block is told by
its labels: which fields stand together, and what their values look like. A request form
that a customer fills in ("From: room 12, To: room 14, Date: Monday") is none.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto
from itertools import pairwise
from typing import Final

from parser.quotation.lines import Lines, folded
from parser.quotation.separators import is_rule, separator

_MOST_LINES: Final = 24
LABEL_CHARACTERS: Final = 28
_CONTINUATIONS: Final = 3
_MOST_ABOVE: Final = 3
_MOST_BLANKS: Final = 3
_FLAT_CHARACTERS: Final = 1_000
_FLAT_FIELDS: Final = 4
_NOTES_DATE: Final = 40
_UNKNOWN_FIELDS: Final = 4
_LABELLED: Final = re.compile(r"\*{0,2}[^\W\d][^:：\n]{0,24}[:：]\*{0,2}\s*\S")
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
_CALL: Final = re.compile(r"\b(?:sips?|tel):", re.IGNORECASE)
_CLOCK: Final = re.compile(r"\d{1,2}[:.h]\d\d")
_TIME: Final = re.compile(r"\d{1,2}[:.h]\d\d|(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[./\-]\d{1,2}[./\-]\d\d")


class Field(Enum):
    """What a label says its value is."""

    FROM = auto()
    DATE = auto()
    TO = auto()
    SUBJECT = auto()
    OTHER = auto()
    RAW = auto()


# By language: From; Sent and Date; To; Subject; then Cc, importance, attachments and the like.
_LABELS: Final = {
    "en": ("from", "sent, date, sent on, sent at", "to", "subject",
        "cc, bcc, importance, attachments, reply-to, reply to, priority, sent by, sensitivity, when, where, organizer"),
    "de": ("von, absender", "gesendet, datum, gesendet am, gesendet um, datum/uhrzeit", "an, empfänger",
        "betreff, thema",
        "cc, kopie, bcc, wichtigkeit, anlagen, antwort an, anhänge, priorität, kopie an, blindkopie"),
    "fr": ("de, expéditeur", "envoyé, date, envoyé le, date d'envoi, envoyé à, date d’envoi",
        "à, a, pour, destinataire", "objet, sujet",
        "cc, cci, copie, copie à, importance, pièces jointes, répondre à"),
    "es": ("de, remitente", "enviado, enviado el, fecha, enviado en, enviada el", "para, a", "asunto",
        "cc, cco, importancia, datos adjuntos, responder a"),
    "it": ("da, mittente", "inviato, data, inviato il, data invio", "a, per, destinatario", "oggetto",
        "cc, ccn, priorità, allegati, rispondi a"),
    "nl": ("van, afzender", "verzonden, datum, verzonden op, verstuurd", "aan", "onderwerp, betreft",
        "cc, bcc, kopie, urgentie, bijlagen, prioriteit, antwoord aan"),
    "pl": ("od, nadawca", "wysłano, data, data wysłania, wysłane, wysłany", "do, adresat", "temat",
        "dw, udw, kopia, ważność, załączniki, odpowiedz do"),
    "pt": ("de, remetente", "enviado, enviada, enviado em, enviada em, data, data de envio", "para", "assunto",
        "cc, cco, bcc, importância, prioridade, anexos"),
    "sv": ("från, avsändare", "skickat, datum, skickades, sänt", "till", "ämne, rubrik",
        "kopia, kopia till, hemlig kopia, prioritet, bifogade filer, bilagor, svar till"),
    "da": ("fra, afsender", "sendt, dato, sendt den", "til", "emne, vedr, vedrørende",
        "cc, kopi, kopi til, prioritet, vedhæftede filer"),
    "no": ("fra, avsender", "sendt, dato", "til", "emne", "kopi, blindkopi, prioritet, vedlegg, viktighet"),
    "fi": ("lähettäjä, keneltä", "lähetetty, päivämäärä, päiväys, pvm", "vastaanottaja, kenelle, vast.ott.",
        "aihe, otsikko", "kopio, piilokopio, tärkeys, liitteet, vastausosoite"),
    "cs": ("od, odesílatel", "odesláno, datum, odeslané, odesláno dne", "komu, pro, příjemce", "předmět, věc",
        "kopie, skrytá kopie, důležitost, přílohy"),
    "sk": ("od, odosielateľ", "odoslané, dátum, odoslaná", "komu", "predmet", "kópia, dôležitosť, prílohy"),
    "ru": ("от, от кого, отправитель", "отправлено, дата, отправлен, дата отправки, послано", "кому, получатель",
        "тема", "копия, скрытая копия, важность, вложения, ск, к"),
    "uk": ("від, відправник", "надіслано, дата, відправлено", "кому", "тема", "копія, важливість"),
    "ja": ("差出人, 送信者, from", "送信日時, 日時, 日付, 送信日, 送信済み, date, sent", "宛先, to",
        "件名, 表題, subject",
        "cc, bcc, 重要度, 添付ファイル, 返信先"),
    "zh": ("发件人, 寄件者, 發件人, 寄件人, 发信人, 發信人",
        "发送时间, 日期, 寄件日期, 傳送時間, 发件时间, 發送時間, 已发送, 时间, 傳送日期, 发送日期, 寄件时间",
        "收件人, 收件者, 收信人, 發給", "主题, 主旨, 主題, 标题", "抄送, 副本, 密送, 重要性, 附件, 抄送人, 副本抄送"),
    "ko": ("보낸 사람, 보낸사람, 발신, 보낸이, 발신인", "보낸 날짜, 날짜, 보낸날짜, 보낸 시간, 보낸시간, 일시, 보냄",
        "받는 사람, 받는사람, 수신, 받는이, 수신인", "제목",
        "참조, 숨은 참조, 중요도, 첨부 파일, 첨부"),
    "tr": ("kimden, gönderen", "gönderildi, gönderme tarihi, tarih, gönderilme tarihi, gönderim tarihi, gönderilen",
        "kime, alıcı", "konu", "bilgi, cc, gizli, önem, ekler, önem derecesi"),
    "hu": ("feladó, küldő", "elküldve, dátum, küldve, küldés ideje", "címzett", "tárgy",
        "másolatot kap, másolat, fontosság"),
    "ro": ("de la, expeditor", "trimis, data, trimis la", "către, catre, la", "subiect", "cc, importanță"),
    "el": ("από, αποστολέας", "στάλθηκε, ημερομηνία, απεστάλη, αποστολή", "προς", "θέμα",
        "κοιν., κοινοποίηση, σημασία"),
    "hr": ("od, šalje, pošiljatelj", "poslano, datum", "prima, za", "predmet", "kopija, važnost"),
    "bg": ("от", "изпратено, дата", "до", "относно, тема", "копие"),
    "ca": ("de", "enviat, data, enviat el", "per a, a", "assumpte, tema", "a/c"),
    "lt": ("nuo, siuntėjas", "išsiųsta, data", "kam, gavėjas", "tema", "kopija, svarba"),
    "et": ("saatja", "saatmisaeg, saadetud, kuupäev", "adressaat, saaja", "teema", "koopia, tähtsus"),
    "is": ("frá", "sent, dagsetning", "til", "efni", "afrit"),
    "vi": ("từ", "đã gửi, ngày, ngày gửi", "đến, tới", "chủ đề", "cc, tầm quan trọng"),
    "id": ("dari", "terkirim, dikirim, tanggal", "kepada, ke", "subjek, perihal", "cc"),
    "th": ("จาก", "ส่ง, ส่งแล้ว, วันที่", "ถึง", "ชื่อเรื่อง, เรื่อง, หัวเรื่อง", "สำเนา"),
    "hi": ("प्रेषक", "भेजा गया, दिनांक", "प्रति", "विषय", "प्रतिलिपि"),
    "fa": ("از, فرستنده", "ارسال شده, تاریخ", "به, گیرنده", "موضوع", "رونوشت"),
    "he": ("מאת", "נשלח, תאריך", "אל, לכבוד", "נושא", "עותק"),
    "ar": ("من", "تم الإرسال, التاريخ, تاريخ الإرسال, أرسلت", "إلى", "الموضوع", "نسخة"),
}  # fmt: skip

_RAW_FIELDS: Final = (
    "received, return-path, message-id, mime-version, content-type, delivered-to, dkim-signature, in-reply-to,"
    " references, authentication-results, x-mailer, x-originating-ip, user-agent, via, call-id, cseq, max-forwards,"
    " contact, allow, supported, expires, content-length"
)
"""Fields that no program puts above a quote: whoever shows these copied the header of a mail or of a call."""


def _by_label() -> dict[str, Field]:
    kinds = (Field.FROM, Field.DATE, Field.TO, Field.SUBJECT, Field.OTHER)
    found = dict.fromkeys(_RAW_FIELDS.split(", "), Field.RAW)
    for row in _LABELS.values():
        for kind, labels in zip(kinds, row, strict=True):
            for label in labels.split(", "):
                found.setdefault(label.casefold(), kind)
    return found


_FIELDS: Final[Mapping[str, Field]] = _by_label()
UNLABELLED: Final = tuple(label for label, kind in _FIELDS.items() if kind is Field.TO)
"""Words with which a block can begin that has no colons."""


@dataclass(frozen=True, slots=True)
class HeaderBlock:
    """One found: the lines [start, end), and the labels that showed it."""

    start: int
    end: int
    labels: tuple[str, ...]


def has_label(bare: str) -> bool:
    """Whether a line may begin with a label: a colon stands near its beginning, and the label is known."""
    beginning = bare[:LABEL_CHARACTERS]
    return (":" in beginning or "：" in beginning) and field_of(bare) is not None


def field_of(bare: str) -> tuple[Field, str, str] | None:
    """Kind, label and value of a line "Label: value" with a label that mail programs write."""
    colon = bare.find(":", 0, LABEL_CHARACTERS)
    wide = bare.find("：", 0, LABEL_CHARACTERS)
    end = wide if colon < 0 or 0 <= wide < colon else colon
    if end < 1:
        return None
    label = bare[:end].strip(" *_\t\xa0|#")
    kind = _FIELDS.get(folded(label))
    return None if kind is None else (kind, label, bare[end + 1 :].strip(" *_\t\xa0|"))


def header_block(lines: Lines, at: int, *, answers: bool) -> HeaderBlock | None:
    """The block that begins at line `at`, with the rules and separators above it; None when there is none.

    `answers`: the message is an answer; in any other a block without an address may be a form.
    """
    start, above = _above(lines, at)
    if start and (copied := field_of(lines.bare[start - 1])) and copied[0] is Field.RAW:
        return None
    values: dict[Field, str] = {}
    labels: list[str] = []
    end = at
    since_label = 0
    for line in range(at, min(at + _MOST_LINES, len(lines))):
        bare = lines.bare[line]
        field = field_of(bare) if bare and not lines.is_quoted(line) else None
        if field is None:
            # Long values go on in the next line; HTML paragraphs leave blank lines between the fields.
            since_label += 1
            if since_label > _CONTINUATIONS or lines.is_quoted(line) or (not bare and _is_over(lines, line, values)):
                break
            continue
        kind, label, value = field
        if kind in values and kind is not Field.OTHER:
            break
        values[kind] = value
        labels.append(label)
        end, since_label = line + 1, 0
    if not _is_a_block(values, above, answers=answers):
        return _flat_block(lines, at)
    return HeaderBlock(start, _with_continuation(lines, end), tuple(labels))


def _flat_block(lines: Lines, at: int) -> HeaderBlock | None:
    """A block whose line ends were lost: "From: ... Sent: ... To: ... Subject: ..." in one line."""
    bare = lines.bare[at]
    values: dict[Field, str] = {}
    labels: list[str] = []
    if len(bare) > _FLAT_CHARACTERS:
        return None
    *pieces, last = re.split(r"[:：](?=\s)", bare)
    for piece, following in pairwise([*pieces, last]):
        words = piece.split()
        for label in (" ".join(words[-2:]), " ".join(words[-1:])):
            kind = _FIELDS.get(folded(label.strip("*_")))
            if kind is not None and kind not in values:
                values[kind] = following
                labels.append(label)
                break
    enough = len({Field.FROM, Field.DATE, Field.TO, Field.SUBJECT} & values.keys()) >= _FLAT_FIELDS
    return (
        HeaderBlock(at, at + 1, tuple(labels))
        if enough and _is_a_block(values, _Above.NOTHING, answers=False)
        else None
    )


def unlabelled_block(lines: Lines, at: int) -> HeaderBlock | None:
    """What older Notes writes: name and date, then To, cc and Subject without colons, above or before their values."""
    if _FIELDS.get(lines.bare[at].partition("\t")[0].rstrip().casefold()) is not Field.TO:
        return None
    dated = lines.before_blanks(at)
    named = lines.before_blanks(dated) if dated >= 0 else -1
    if named < 0 or not _CLOCK.search(lines.bare[dated]) or len(lines.bare[dated]) > _NOTES_DATE:
        return None
    for line in range(at + 1, min(at + _MOST_ABOVE * _MOST_BLANKS, len(lines))):
        if _FIELDS.get(lines.bare[line].partition("\t")[0].rstrip().casefold()) is Field.SUBJECT:
            end = line + 1 if "\t" in lines.bare[line] else min(lines.after_blanks(line + 1) + 1, len(lines))
            return HeaderBlock(named, end, (lines.bare[at].partition("\t")[0], lines.bare[line].partition("\t")[0]))
    return None


def unknown_block(lines: Lines, at: int) -> HeaderBlock | None:
    """Below the drawn line `at`: fields with labels in a language of no table, an address first, date and time."""
    first = lines.after_blanks(at + 1)
    if first == len(lines) or has_label(lines.bare[first]):
        return None
    end = first
    while end < len(lines) and end - first < _MOST_LINES and _LABELLED.match(lines.bare[end]):
        end += 1
    fields = lines.bare[first:end]
    dated = any(_CLOCK.search(field) and _YEAR.search(field) for field in fields)
    if len(fields) < _UNKNOWN_FIELDS or "@" not in fields[0] or not dated or any(map(_CALL.search, fields)):
        return None
    return HeaderBlock(at, end, ("in a language of no table",))


def begins_with_fields(bares: list[str]) -> bool:
    """Whether lines begin with a block's fields, as Hotmail quoted them."""
    found = [field[0] for field in map(field_of, bares) if field is not None]
    return Field.FROM in found and len({Field.DATE, Field.TO, Field.SUBJECT}.intersection(found)) > 1


def _is_over(lines: Lines, blank: int, values: Mapping[Field, str]) -> bool:
    """Whether a blank line ends the block: it does unless another field of it follows."""
    following = lines.after_blanks(blank)
    field = field_of(lines.bare[following]) if following < len(lines) else None
    return field is None or (field[0] in values and field[0] is not Field.OTHER)


def _with_continuation(lines: Lines, end: int) -> int:
    """A last value that goes on is part of the block: its further lines are indented."""
    for line in range(end, min(end + _CONTINUATIONS, len(lines))):
        if not lines.bare[line]:
            return end
        if lines.raw[line][:1] not in {" ", "\t"}:
            return end
        end = line + 1
    return end


def _is_a_block(values: Mapping[Field, str], above: "_Above", *, answers: bool) -> bool:
    """Whether these fields together are what a program writes, and not a form or a copied header."""
    if Field.FROM not in values or Field.RAW in values or _CALL.search(values[Field.FROM]):
        return False
    others = len({Field.DATE, Field.TO, Field.SUBJECT} & values.keys())
    dated = _TIME.search(values.get(Field.DATE, "")) is not None
    addressed = "@" in values[Field.FROM]
    if above is _Above.SEPARATOR and others >= 1:
        return True
    if above is _Above.RULE and others >= 1 and addressed:
        return True
    if Field.SUBJECT in values:
        return others >= 2 and (addressed or (dated and (answers or above is _Above.RULE)))
    return dated and addressed and Field.TO in values


class _Above(Enum):
    """What stands above a block."""

    NOTHING = auto()
    RULE = auto()
    SEPARATOR = auto()


def _above(lines: Lines, at: int) -> tuple[int, _Above]:
    """Where a block begins that has its first field at `at`: drawn lines and separators above belong to it."""
    found = _Above.NOTHING
    for _ in range(_MOST_ABOVE):
        above = lines.before_blanks(at)
        if above < 0 or at - above > _MOST_BLANKS or lines.is_quoted(above):
            break
        bare = lines.bare[above]
        if separator(bare) is not None or separator(f"---{bare}") is not None:
            found = _Above.SEPARATOR
        elif not is_rule(bare):
            break
        elif found is _Above.NOTHING:
            found = _Above.RULE
        at = above
    return at, found
