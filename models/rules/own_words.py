"""Whether words for a customer quote a mail of ours to an agent: those are for nobody else (threats G-9, I-13).

An agent's answer goes to the customer, and below it stands what we wrote to the agent: how
far the sender is believed, who wrote, our commands. The parser leaves quotes out, but on
doubt it keeps everything (a bare "Hi," above an unmarked history, an answer without words),
for a customer's lost words are the worse then. Here it is the other way round: what still
has a sign of our mail in it is refused, never sent.
"""

import re
from typing import Final

from models.acts import Act, Close, PutOnHold, Reply, Resolve, SetStatus
from models.reply_marker import REPLY_MARKER_WORDS, REPLY_MARKER_WORDS_OF_OLD

QUOTES_OUR_MAIL: Final = (
    "it quotes our own mail to you, which is not for the customer: nobody was told anything; "
    "write above our line and leave out what stands below it"
)

_SIGNS: Final = tuple(
    words.casefold()
    for words in (
        *REPLY_MARKER_WORDS.values(),
        *REPLY_MARKER_WORDS_OF_OLD,
        "casegate case show",
        "An answer to this mail goes to the customer",
        "Eine Antwort auf diese Mail geht an den Kunden",
        "First lines that begin with # are commands",
        "Erste Zeilen, die mit # beginnen, sind Befehle",
        "end of the customer's text",
        "---------- what is new ----------",
        "---------- was neu ist ----------",
        "---------- was der Kunde schreibt ----------",
        "THE SENDER IS NOT PROVED",
        "DER ABSENDER IST NICHT BELEGT",
        "unproved: nothing shows that the mail comes from",
    )
)
"""What every mail to an agent about a case says, in each language; quoted in part, one of them is left as a rule."""
_MARKS: Final = re.compile(r"^[ \t]*(?:\w{0,4}[>|＞│┃][ \t]?)+", re.MULTILINE)


def quotes_our_mail(act: Act) -> bool:
    """Whether what an act tells the customer holds words of ours to an agent."""
    text = _for_the_customer(act)
    said = " ".join(_MARKS.sub("", text).split()).casefold()
    return any(sign in said for sign in _SIGNS)


def _for_the_customer(act: Act) -> str:
    match act:
        case Reply() | SetStatus() | PutOnHold():
            return act.text
        case Resolve() | Close():
            return act.summary
        case _:
            return ""
