"""Reports on failed mail that are no RFC 3464: what each program writes, as data.

A form counts only in a mail that a mail system sends: from a daemon or a postmaster, with a
null Return-Path, or with a field that mail systems alone write. Then its opening is looked for in
the beginning of the text, and recipients in what follows it, up to the copy of the mail. A new
form is a new row here and a message in the corpus.
"""

import re
from dataclasses import dataclass
from typing import Final

from models.message import DeliveryAction

_FLAGS: Final = re.IGNORECASE | re.MULTILINE
_ADDRESS: Final = r"(?P<address>[^\s<>\"'(),;:]{1,64}@[^\s<>\"'(),;:]{1,255})"
_BEGINS: Final = r"^[ \t]*(?:(?:[-*+]|>{1,3})\s)?[<\"'\[]?"
_ENDS: Final = r"[>\"']?(?=[\s:,(<]|$)"

ON_A_LINE: Final = re.compile(rf"{_BEGINS}{_ADDRESS}{_ENDS}", _FLAGS)
"""An address that begins a line, as nearly all programs list them."""

SENT_TO: Final = re.compile(rf"\((?:generated|expanded) from:?\s+[<'\"]?{_ADDRESS}", _FLAGS)
"""The address the mail was sent to, in what Exim, Postfix and sendmail say of another that it was handed on to."""


@dataclass(frozen=True, slots=True)
class Form:
    """One way to say it: the words it opens with, how it names a recipient, and what it says became of the mail.

    An `address` without a domain is one of the reporter's own (AOL). `is_a_sentence`: a person might open so too.
    """

    program: str
    opening: re.Pattern[str]
    recipient: re.Pattern[str] = ON_A_LINE
    action: DeliveryAction = DeliveryAction.FAILED
    is_a_sentence: bool = False


def _form(
    program: str,
    opening: str,
    recipient: str = "",
    action: DeliveryAction = DeliveryAction.FAILED,
    *,
    is_a_sentence: bool = False,
) -> Form:
    """White space in an opening stands for any; `{}` in a recipient for the address."""
    words = r"\s+".join(opening.split())
    pattern = re.compile(recipient.replace("{}", _ADDRESS), _FLAGS) if recipient else ON_A_LINE
    return Form(program, re.compile(words, _FLAGS), pattern, action, is_a_sentence)


_EXIM: Final = (
    r"(?:^[ \t]*(?:an undisclosed address\s+\(generated from )?[<\"']?|addressed to '|Address: <)"
    r"{}[>\"']?(?=[\s:,()<]|$)"
)

FORMS: Final = (
    # Exim: src/deliver.c, the texts without bounce_message_file; also GMX, web.de, 1&1, Zoho, MXLogic, mail.ru
    _form(
        "Exim",
        r"A message that you sent has not yet been delivered to one or more of its",
        action=DeliveryAction.DELAYED,
    ),
    _form("Exim", r"a message that you( have)? sent .{0,200}has not yet been delivered", action=DeliveryAction.DELAYED),
    _form("Exim", r"A message that you( have)? sent could not be delivered to (one or more|all|some)( of its)?", _EXIM),
    _form("Exim", r"could not be delivered to one or more of its recipients\. The following address", _EXIM),
    _form("mail.ru", r"Это письмо создано автоматически сервером Mail\.Ru",  # as returned by mail.ru, 2013 on
          r"(?:^[ \t]*|Local mailbox )<?{}>?(?=[\s:,(<]|$)"),
    # qmail-send.c, bounce, and what providers made of its first lines
    _form("qmail", r"Hi\. (This is the qmail-send|The MTA) program at"),
    _form("Haraka", r"This is the Haraka Mailer program at", r"(?:Intended Recipients: |^)<?{}(?=[>\s])"),
    _form("qmail", r"I'm afraid I wasn't able to deliver your message to the following addresses"),
    _form("Yahoo", r"I'm afraid I wasn't able to deliver the following message\.", r"\bTo:\s+<?{}(?=[\s>])"),
    _form("qmail", r"I was not able to deliver your message to the following addresses"),  # MessageLabs
    _form("qmail", r"There's a problem with the e-?mail address\(es\) you're trying to send to"),  # secureserver.net
    _form("qmail", r"Your mail message to the following address\(es\) could not be delivered"),
    _form("qmail", r"we were not able to deliver your message to the following address"),  # newmail.ru
    _form("qmail", r"your mail was not delivered to the following address"),  # Juno, NetZero
    _form("sina", r"邮件无法发送到您指定的地址中"),  # sina.com until about 2006
    # Postfix: src/bounce/bounce_template.c, under whatever name it was built
    _form("Postfix", r"could not be delivered for more than \S+ (hour|minute|day)s?\.", action=DeliveryAction.DELAYED),
    _form(
        "Postfix",
        r"I'm sorry to have to inform you that (your message|the message returned below) could not be delivered",
    ),
    _form("Yandex", r"Это письмо отправлено почтовым сервером"),  # a Postfix with templates of its own
    # sendmail, savemail.c, with its relatives; Biglobe
    _form("sendmail", r"-{3} ?The following addresses had permanent (fatal|delivery) errors ?-{3}"),
    _form(
        "sendmail",
        r"-{3} ?The following addresses had (transient .{0,20}(errors|problems) ?-{3}"
        r"|delivery problems ?-{3,9}(?=\s{1,9}\S{1,320}\s{1,9}\((transient|warning)))",
        action=DeliveryAction.DELAYED,
    ),
    _form("sendmail", r"-{3} ?The following addresses had delivery (errors|problems) ?-{3}"),
    _form("Courier", r"Your message to the following recipients cannot be delivered:"),  # courier, dsnfailed.txt
    _form("Courier", r"Your message to the following recipients has been delayed", action=DeliveryAction.DELAYED),
    # Exchange 5.5 to 2003, and the SMTP service of Windows 2000
    _form("Exchange", r"Your message did not reach some or all of the intended recipients\."),
    _form(
        "Exchange",
        r"did not reach the following recipient(\(s\))?:",
        r"(?:^[ \t]*|\bSMTP[=:]|recipient:[ \t]*){}(?=[;\s]|$)",
    ),
    _form("Exchange", r"Del[ei]very to the following recipients (failed|was aborted)"),
    # Exchange 2007 on, and Microsoft 365; English, German, French, Spanish
    _form("Exchange", r"Delivery has failed to these recipients or (groups|distribution lists):"),
    _form("Exchange", r"Fehler bei der Nachrichtenzustellung an folgende Empfänger oder (Gruppen|Verteilerlisten):"),
    _form(
        "Exchange",
        r"(Échec de la remise|La remise a échoué) .{0,10}à ces destinataires ou (groupes|listes de distribution) ?:",
    ),
    _form("Exchange", r"No se pudo entregar el mensaje a estos destinatarios o grupos:"),
    _form("Exchange", r"Uw bericht kan niet worden bezorgd bij de volgende geadresseerden of groepen:"),
    _form("Exchange", r"Falha na entrega (a estes|aos seguintes) destinatários ou grupos:"),
    # in any language: the address, a line or two of advice, and the reply with its code behind a "#"
    _form("Exchange", r"^[^\s<>@]{1,64}@[^\s<>@]{1,255}[^\S\n]*\n(?:[^\n]{0,400}\n){0,4}?#[45]\d\d\s[45]\.\d{1,3}\.\d"),
    _form("Exchange", r"Delivery is delayed to these recipients or groups:", action=DeliveryAction.DELAYED),
    _form(
        "Microsoft 365",
        r"Your message to \S+ couldn't be delivered\.",
        r"Your message to {} couldn't be delivered",
        is_a_sentence=True,
    ),
    # Gmail: until 2016, and since
    _form("Gmail", r"Del[ei]very to the following recipients? failed permanently:"),
    _form("Gmail", r"Delivery to the following recipients? has been delayed", action=DeliveryAction.DELAYED),
    _form("Gmail", r"Your message wasn't delivered to", r"Your message wasn't delivered to\s+{}(?=\s)"),
    _form(
        "Gmail",
        r"There was a (temporary )?problem delivering your message to",
        r"problem delivering your message to\s+{}\.?(?=\s)",
        DeliveryAction.DELAYED,
    ),
    _form("AOL", r"Your mail to the following recipients could not be delivered because they are not accepting mail",
          r"^[ \t]+(?P<address>[\w.+-]{1,64})[ \t]*$"),
    _form("Yahoo", r"Unable to deliver message to the following address(\(es\))?\."),  # Yahoo, until 2010
    _form("Yahoo", r"Sorry, we were unable to deliver your message to the following address"),  # and since
    _form("Domino", r"was not delivered to:"),  # Lotus Notes: Your message / Subject / was not delivered to / because
    _form("Notes", r"^-{7} Failure Reasons +-{7,8}"),
    _form("GroupWise", r"The message that you sent was undeliverable to the following:"),
    _form("Oracle", r"Your message cannot be delivered to the following recipients:", r"Recipient address:\s*{}\s*$"),
    _form("SmarterMail", r"Could not deliver message to the following recipient\(s\):", r"Failed Recipient:\s*{}\s*$"),
    _form("MailEnable", r"(MailEnable: )?Message could not be delivered to some recipients\.",
          r"(?:Recipient: \[SMTP:|^[ \t]*){}(?=[\]\s])"),
    _form("MailMarshal", r"The following recipients were affected:"),
    _form("Amazon SES", r"An error occurred while trying to deliver the mail to the following recipients?:"),
    _form("Smail", r"Failed addresses follow:"),
    _form("OpenSMTPD", r"An error has occurred while attempting to deliver a message for"),  # smtpd/bounce.c
    # MDaemon, and its older reports on unknown users
    _form("MDaemon", r"The following addresses did NOT receive a copy of your message:"),
    _form("MDaemon", r"^\S{1,64}@\S{1,255} - no such user here\.", r"^{} - no such user here"),
    # IMail (SMTP32): one line for each recipient
    _form(
        "IMail",
        r"^(Delivery failed \d{1,4} attempts:|undeliverable to|Unknown (user|host):|Invalid final delivery userid:"
        r"|User mailbox exceeds allowed size:) \S{1,64}@\S",
        r"^[\w ]{1,40}(?::| to)\s+{}(?=\s)",
    ),
    # gateways: InterScan, WebShield e500, Symantec, MIMEsweeper, Mimecast, LSMTP; Netscape Messaging; phquery
    _form("InterScan", r"Message from InterScan (E-Mail VirusWall|Messaging)", r"deliver message to\s+<{}>"),
    _form("WebShield", r"^-{6} Failed Recipients -{6}"),
    _form(
        "Symantec",
        r"^Your message with Subject:.{0,200}\s+could not be delivered to the following recipients:",
        action=DeliveryAction.DELAYED,  # attempts go on, it says
    ),
    _form("MIMEsweeper", r"^A message could not be delivered to:"),
    _form("Mimecast", r"This is a delivery failure notification message indicating that", r"^-- {}[ \t]*$"),
    _form("LSMTP", r"allows software like LISTSERV to automatically take action", r"^Error-for:\s+{}(?=\s)"),
    _form("Netscape", r"The following recipients did not receive (your|this) message:", r"(?:^[ \t]*|Recipient: )<{}>"),
    _form("phquery", r"-{8}Message not delivered to the following", r"^[ \t]+{}[ \t]*$"),
    _form("James", r"^(Error message below:|Message details:\s+Subject:)", r"^[ \t]*RCPT TO:[ \t]*<?{}(?=[>\s]|$)"),
    _form("SurfControl", r"Your message could not be sent\. A transcript of the", r"^Addressed To:\s+{}(?=\s)"),
    _form("MailFoundry", r"^Unable to deliver message to: <", r"^Unable to deliver message to:\s+<{}>"),
    _form("DragonFly", r"There was an error delivering your mail to <", r"delivering your mail to\s+<{}>"),
    _form("m-FILTER", r"以下のメールアドレスへの送信に失敗しました"),
    _form(
        "",
        r"We had trouble delivering your message\. Full details follow:",
        r"(?:rejected recipient\s+<|permanent errors:\s+<?){}(?=[>\s]|$)",
    ),
    # providers of their own ways
    _form(
        "KDDI",
        r"^Your mail (sent|attempted to be delivered) on: .{1,60}\s+Could not be delivered to:",
        r"Could not be delivered to:\s+<{}>",
    ),
    _form("Google Groups", r"We're writing to let you know that the group you tried to contact", r"(?!){}"),
    _form(
        "EarthLink",
        r"^Sorry, unable to deliver your message to",
        r"unable to deliver your message to\s+{}(?=\s)",
        is_a_sentence=True,
    ),
    _form("HotPOP", r"^Undeliverable Address:", r"^Undeliverable Address:\s+{}(?=\s)"),
    _form("USA.NET", r"^Intended recipient:", r"^Intended recipient:\s+{}(?=\s)"),
    _form("Prodigy", r"^User's mailbox is full:", r"^User's mailbox is full:\s+<?{}(?=[>\s])"),
    _form("EYOU", r"This is the deliver program at"),
    _form(
        "",
        r"Your message has encountered delivery problems",
        r"(?:addressed to|user) <?{}(?=[>)\s])",
        is_a_sentence=True,
    ),
    _form(
        "",
        r"^Your message to:\s+\S{1,320} has not yet been delivered",
        r"^Your message to:\s+{}(?=\s)",
        DeliveryAction.DELAYED,
    ),
    _form(
        "MMDF",
        r"Your message could not be delivered to\s+['\"]?\S+@",
        r"could not be delivered to\s+['\"]?{}['\"]?(?=[\s:,.]|$)",
        is_a_sentence=True,
    ),
    _form("qmail", r"^<[^\s<>@]{1,64}@[^\s<>@]{1,255}>:[ \t]*$"),  # relatives with words of their own above
)  # fmt: skip

COPY: Final = re.compile(
    r"^(?:[-=_*+|]{2,80} ?[^\n]{0,60}(?:copy|original|follows|returned|unsent|forwarded|message header|below)[^\n]*"
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
        "mail.delivery.system",
        "mail-delivery-system",
        "noreply-mailer-daemon",
        "symantec_antivirus_for_smtp_gateways",
        "e500_smtp_mail_service",  # WebShield
        "auto-notify",
        "mmdf",
    }
)
"""Local parts that mail systems alone write from."""

PEOPLE_TOO: Final = frozenset(
    {
        "postmaster",  # Exchange and Domino report from it; a person reads it (RFC 5321 4.5.1)
        "post_master",  # Verizon
        "system administrator",  # Exchange 5.5, SmarterMail
        "imss",  # InterScan
        "ndr",
        "",  # From: "Mail Delivery System" <>
    }
)
"""Local parts that mail systems write reports from, and people their own words."""

DAEMON_PREFIXES: Final = ("microsoftexchange",)  # MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@

DAEMON_FIELDS: Final = (
    "x-failed-recipients",  # Exim
    "x-dsncontext",  # Exchange and the SMTP service of Windows
    "x-ms-embedded-report",  # Exchange 5.5
)
"""Fields that a report alone bears."""
