"""What a subject says of the message: that it answers one, or hands one on.

The prefixes are what mail programs put before the subject in their users' languages; the
outermost one counts. "VS" is a Finnish answer and a Danish or Norwegian forward: it is
taken for neither.
"""

import re
from enum import StrEnum
from typing import Final

from parser.quotation.lines import folded

_TAGS: Final = re.compile(r"\s{0,3}(?:\[[^\[\]]{0,60}\]\s{0,3}){0,5}")
_PREFIX: Final = re.compile(r"([^\W\d_]{1,14})\.?\s?(?:[\[(^]\d{1,3}[\])]?)?\s?[:：]")

ANSWERS: Final = {
    # en, de, nl, sv/da/no, it, pl, pt, cs, tr, zh, ja, ko, ru, hu, ro, fr, el, he, lv, id, ar
    "re", "aw", "antw", "antwort", "sv", "r", "rif", "ref", "odp", "res", "od", "ynt", "yan", "回复", "答复", "回覆",
        "回信",
    "返信", "回答", "답장", "회신", "отв", "ответ", "vá", "rép", "rsp", "σχετ", "απ", "תגובה", "השב",
    "atb", "bls", "رد",
}  # fmt: skip
FORWARDS: Final = {
    # en, de, fr/it, es, it, nl, pl, pt, sv, fi, tr, zh, ja, ko, ru, hu, el, he, lv, id, is, ar
    "fw", "fwd", "wg", "tr", "rv", "i", "inoltra", "doorst", "pd", "enc", "encaminhada", "vb", "vl", "ilt",
    "iletilen", "转发", "轉寄", "轉發", "転送", "전달", "пер", "пересл", "továbbítás", "πρθ", "הועבר",
    "pārs", "trs", "fs", "تحويل",
}  # fmt: skip


class Kind(StrEnum):
    """What a message is among others, by its subject."""

    PLAIN = "plain"
    ANSWER = "answer"
    FORWARD = "forward"


def kind_of(subject: str) -> Kind:
    """What the outermost prefix of a subject says."""
    start = found.end() if (found := _TAGS.match(subject)) else 0
    prefix = _PREFIX.match(subject, start)
    word = folded(prefix[1]) if prefix else ""
    if word in ANSWERS:
        return Kind.ANSWER
    return Kind.FORWARD if word in FORWARDS else Kind.PLAIN
