"""Reports on failed mail that are no RFC 3464: what each program writes, as data.

A form counts only in a mail that a mail system sends: from a daemon or a postmaster, with a
null Return-Path, or with X-Failed-Recipients. Then its opening is looked for in the beginning of the text, and
recipients in what follows it, up to the copy of the mail. A new form is a new row here and a
message in the corpus.
"""

import re
from dataclasses import dataclass
from typing import Final

from models.message import DeliveryAction

_FLAGS: Final = re.IGNORECASE | re.MULTILINE
_ADDRESS: Final = r"(?P<address>[^\s<>\"'(),;:]{1,64}@[^\s<>\"'(),;:]{1,255}+)"

ON_A_LINE: Final = re.compile(rf"^[ \t]*(?:[-*+>]\s)?[<\"']?{_ADDRESS}[>\"']?(?=[\s:,(<]|$)", _FLAGS)
"""An address that begins a line, as nearly all programs list them."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say it: the words it opens with, how it names a recipient, and what it says became of the mail."""

    program: str
    opening: re.Pattern[str]
    recipient: re.Pattern[str] = ON_A_LINE
    action: DeliveryAction = DeliveryAction.FAILED


def _form(program: str, opening: str, recipient: str = "", action: DeliveryAction = DeliveryAction.FAILED) -> Form:
    """White space in an opening stands for any; `{}` in a recipient for the address."""
    words = r"\s+".join(opening.split())
    pattern = re.compile(recipient.replace("{}", _ADDRESS), _FLAGS) if recipient else ON_A_LINE
    return Form(program, re.compile(words, _FLAGS), pattern, action)


FORMS: Final = (
    # Exim: src/deliver.c, the texts without bounce_message_file; also GMX, web.de, mail.ru in English
    _form(
        "Exim",
        r"A message that you sent has not yet been delivered to one or more of its",
        action=DeliveryAction.DELAYED,
    ),
    _form("Exim", r"a message that you( have)? sent .{0,200}has not yet been delivered", action=DeliveryAction.DELAYED),
    _form("Exim", r"A message that you sent could not be delivered to .{3,20} of its recipients\."),
    _form("mail.ru", r"Это письмо создано автоматически сервером Mail\.Ru"),  # as returned by mail.ru, 2013 on
    _form("qmail", r"Hi\. This is the qmail-send program at"),  # qmail-send.c, bounce
    _form("qmail", r"I'm afraid I wasn't able to deliver your message to the following addresses"),
    # Postfix: src/bounce/bounce_template.c, where a gateway took the report's structure away
    _form("Postfix", r"could not be delivered for more than \S+ hours?\.", action=DeliveryAction.DELAYED),
    _form("Postfix", r"I'm sorry to have to inform you that your message could not be delivered"),
    _form("Yandex", r"Это письмо отправлено почтовым сервером"),  # a Postfix with templates of its own
    # sendmail, savemail.c
    _form("sendmail", r"-{3,} The following addresses had permanent (fatal|delivery) errors -{3,}"),
    _form(
        "sendmail",
        r"-{3,} The following addresses had (transient|delivery) .{0,20}(errors|problems) -{3,}",
        action=DeliveryAction.DELAYED,
    ),
    _form("Courier", r"Your message to the following recipients cannot be delivered:"),  # courier, dsnfailed.txt
    _form("Courier", r"Your message to the following recipients has been delayed", action=DeliveryAction.DELAYED),
    # Exchange 5.5 to 2003
    _form("Exchange", r"Your message did not reach some or all of the intended recipients\."),
    # Exchange 2007 on, and Microsoft 365; English, German, French, Spanish
    _form("Exchange", r"Delivery has failed to these recipients or (groups|distribution lists):"),
    _form("Exchange", r"Fehler bei der Nachrichtenzustellung an folgende Empfänger oder (Gruppen|Verteilerlisten):"),
    _form(
        "Exchange",
        r"(Échec de la remise|La remise a échoué) .{0,10}à ces destinataires ou (groupes|listes de distribution) ?:",
    ),
    _form("Exchange", r"No se pudo entregar el mensaje a estos destinatarios o grupos:"),
    _form("Exchange", r"Delivery is delayed to these recipients or groups:", action=DeliveryAction.DELAYED),
    _form("Microsoft 365", r"Your message to \S+ couldn't be delivered\.", r"Your message to {} couldn't be delivered"),
    # Gmail: until 2016, and since
    _form("Gmail", r"Delivery to the following recipients? failed permanently:"),
    _form("Gmail", r"Delivery to the following recipients? has been delayed", action=DeliveryAction.DELAYED),
    _form("Gmail", r"Your message wasn't delivered to", r"Your message wasn't delivered to\s+{}(?=\s)"),
    _form(
        "Gmail",
        r"There was a (temporary )?problem delivering your message to",
        r"problem delivering your message to\s+{}\.?(?=\s)",
        DeliveryAction.DELAYED,
    ),
    _form("Yahoo", r"Unable to deliver message to the following address(\(es\))?\."),  # Yahoo, until 2010
    _form("Yahoo", r"Sorry, we were unable to deliver your message to the following address"),  # and since
    _form("Domino", r"was not delivered to:"),  # Lotus Notes: Your message / Subject / was not delivered to / because
    _form("GroupWise", r"The message that you sent was undeliverable to the following:"),
    _form("Oracle", r"Your message cannot be delivered to the following recipients:", r"Recipient address:\s*{}\s*$"),
    _form("SmarterMail", r"Could not deliver message to the following recipient\(s\):", r"Failed Recipient:\s*{}\s*$"),
    _form("Amazon SES", r"An error occurred while trying to deliver the mail to the following recipients?:"),
    _form("Smail", r"Failed addresses follow:"),
    _form("OpenSMTPD", r"An error has occurred while attempting to deliver a message for"),  # smtpd/bounce.c
    _form(
        "MMDF",
        r"Your message could not be delivered to\s+['\"]?\S+@",
        r"could not be delivered to\s+['\"]?{}['\"]?(?=[\s:,.]|$)",
    ),
)

COPY: Final = re.compile(
    r"^(?:[-=_*+|]{2,} ?[^\n]{0,60}(?:copy|original|follows|returned|unsent|forwarded|message header|below)[^\n]*"
    r"|[^\n]{0,20}This is a copy of (?:the|your) message[^\n]*|Reporting-MTA:[^\n]*"
    r"|Original message(?: headers)?:?[^\n]*"
    r"|(?:Received|Return-Path|DKIM-Signature): [^\n]*)$",
    _FLAGS,
)
"""Where the report ends and what it returns of the mail begins."""

DAEMONS: Final = frozenset(
    {
        "mailer-daemon",  # RFC 5321's programs all
        "mailerdaemon",
        "mail-daemon",
        "maildaemon",
        "mdaemon",
        "mail-delivery-subsystem",
        "noreply-mailer-daemon",
        "auto-notify",
        "mmdf",
    }
)
"""Local parts that mail systems alone write from."""

PEOPLE_TOO: Final = frozenset({"postmaster"})  # Exchange and Domino report from it; a person reads it (RFC 5321 4.5.1)
"""Local parts that mail systems write reports from, and people their own words."""

DAEMON_PREFIXES: Final = ("microsoftexchange",)  # MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@
