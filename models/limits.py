"""Every limit of casegate, each once, with its unit and where it comes from.

A limit is checked before a library sees a byte wherever that is possible. Over a
limit a message is still accepted, read in safe mode and decided as usual; refused at
the door are only size, syntax and want of resources (docs/limits.md).
"""

from typing import Final

# --- the message --------------------------------------------------------------------
MESSAGE_BYTES: Final = 26_214_400
"""Largest message, octets (RFC 1870 SIZE); `[smtp] max_message_bytes` may lower it."""
HEADER_BLOCK_BYTES: Final = 262_144
"""Largest header block that is read as one."""
HEADER_FIELD_BYTES: Final = 65_536
"""Largest single header field; what is beyond is cut for display, the raw is kept."""
HEADER_FIELDS: Final = 1_000
"""Most header fields of one message."""
PARTS: Final = 500
"""Most MIME parts of one message."""
DEPTH: Final = 30
"""Deepest nesting of MIME parts."""
PARAMETERS: Final = 100
"""Most parameters of one structured header field."""
ENCODED_WORDS: Final = 200
"""Most encoded words decoded in one header field (RFC 2047)."""
REFERENCES: Final = 23
"""Identification fields kept of one message: the first 3 and the last 20."""
MESSAGE_ID_CHARACTERS: Final = 998
"""Longest msg-id that is compared (RFC 5322 2.1.1)."""
RECEIVED_FIELDS: Final = 50
"""Most Received fields before a message counts as looping (RFC 5321 6.3); as many are read."""
RECIPIENTS_READ: Final = 100
"""Mailboxes read of the To and of the Cc of one message."""
TRACE_FIELD_BYTES: Final = 8_192
"""Longest Received or Authentication-Results field that is read."""
AUTHENTICATION_RESULTS: Final = 20
"""Authentication-Results fields read of one message, from the top."""
AUTHENTICATION_METHODS: Final = 50
"""Most methods of one Authentication-Results field."""
DELIVERED_TO: Final = 20
"""Fields read of one message that say where it was delivered before."""
TEXT_CHARACTERS: Final = 1_048_576
"""Most text kept of one message; the raw is kept whole."""
SUBJECT_CHARACTERS: Final = 998
"""Longest subject stored; notices show at most 120 characters of it."""
QUOTATION_LINES: Final = 20_000
"""Lines of a text in which quotes are looked for; what is beyond is taken for new text."""
QUOTATION_SPANS: Final = 200
"""Most pieces of new text told apart between quotes; from the last of them on everything is new."""
QUOTATION_ATTRIBUTIONS: Final = 500
"""Lines of one message that are tried as "NAME wrote:" and the beginning of a header block, each."""
ATTACHED_TEXT_CHARACTERS: Final = 2_000
"""Text kept of a message that is attached to another."""
ATTACHED_MESSAGES: Final = 10
"""Attachments among which an attached message is looked into."""
REPORTED_RECIPIENTS: Final = 100
"""Recipients kept of one report on a delivery (RFC 3464)."""
REPORT_BYTES: Final = 262_144
"""What is read of a report on a delivery, and of the message it returns."""
UUENCODED_FILES: Final = 50
"""Beginnings of files written into one text by uuencode; a text with more is left as it is."""
TNEF_ATTRIBUTES: Final = 5_000
"""Attributes read of one winmail.dat."""
TNEF_PROPERTIES: Final = 5_000
"""Properties read of one attribute of a winmail.dat."""
TNEF_FILES: Final = 100
"""Files taken out of one winmail.dat."""
RTF_BYTES: Final = 262_144
"""Rich text that is read where a message says its text in no other form."""
SIGNED_DATA_PIECES: Final = 100_000
"""Pieces that the content of an opaque S/MIME signature may lie in; in more it is not read."""
HTML_BYTES: Final = 1_048_576
"""Largest HTML part that is turned into text; beyond it tags are cut linearly."""
HTML_TAGS: Final = 20_000
"""Most tags of an HTML part that is given to the HTML parser."""
HTML_DEPTH: Final = 2_000
"""Deepest nesting of elements of an HTML part that is given to the HTML parser."""
HTML_ATTRIBUTES: Final = 500
"""Most words in one tag of an HTML part that is given to the HTML parser."""
SAFE_MODE_TEXT_BYTES: Final = 65_536
"""What safe mode shows of a message that could not be read as usual."""
NOTICE_SUBJECT_CHARACTERS: Final = 120
"""Longest customer subject shown in a notice of ours."""
NOTICE_TEXT_CHARACTERS: Final = 20_000
"""Most text of the customer shown to agents; the rest is one command away."""

HELD_NOTICES_AN_HOUR: Final = 50
"""Most notices an hour to one department of messages that one rule holds."""
APPROVAL_REQUESTS_A_DAY: Final = 20
"""Held messages of one end user about which MPOCs are asked within a day; the rest agents see alone."""
MAILS_ON_A_CASE_AN_HOUR: Final = 20
"""Mails of one writer on one case within an hour of which agents are told, or an agent's that go out."""
TRUST_AGAIN_DAYS: Final = 7
"""Held messages of an address younger than this are decided anew when the address is trusted."""

# --- a parse worker ------------------------------------------------------------------
PARSE_CPU_SECONDS: Final = 2
"""CPU time that one batch, or one message alone, may cost its reader."""
PARSE_WALL_FACTOR: Final = 10
"""Wall clock limit of a parse, in CPU limits."""
PARSE_MEMORY_BYTES: Final = 536_870_912
"""Address space of a parse worker beyond what it starts with."""

# --- what we send --------------------------------------------------------------------
CARRIED_BYTES: Final = 7_000_000
"""Octets of files that one answer carries; in base64 they fit what a relay takes (Postfix message_size_limit)."""
CARRIED_FILES: Final = 20
"""Files that one answer carries."""

# --- the door --------------------------------------------------------------------------
RECIPIENTS: Final = 100
"""Recipients of one mail transaction (RFC 5321 4.5.3.1.8)."""
CONNECTIONS: Final = 200
"""Connections at once, all peers."""
CONNECTIONS_PER_PEER: Final = 20
"""Connections at once from one address that is no listed relay."""
COMMAND_BYTES: Final = 2_048
"""Longest SMTP command line."""
COMMAND_SECONDS: Final = 60
"""Longest wait for one command."""
SESSION_SECONDS: Final = 600
"""How long a session may go on without one accepted message (threats A-11)."""
DISCARD_SECONDS: Final = 60
"""How long the end of a message that is too big is waited for (threats A-10)."""
DRAIN_SECONDS: Final = 60
"""How long sessions in DATA may go on when the door closes."""
SUBMIT_DRAIN_SECONDS: Final = 60
"""How long a relay may leave offers unanswered when the service ends; they are made anew after the start."""
SERVICE_DRAIN_SECONDS: Final = 90
"""How long the roles may take to end; more than DRAIN_SECONDS, less than TimeoutStopSec of the unit (120)."""
FAREWELL_SECONDS: Final = 5
"""How long a client may take to read our last reply."""
SESSION_IDLE_COMMANDS: Final = 100
"""NOOP, RSET and VRFY commands of one session."""
SESSION_ERRORS: Final = 20
"""Errors of one session before it is closed."""
DATA_GRACE_SECONDS: Final = 60
"""Time before the minimum rate of DATA counts."""
DATA_MINIMUM_RATE: Final = 500
"""Octets a second that DATA must reach on average after the grace."""
DATA_SECONDS: Final = 1_200
"""Longest DATA."""
SPOOL_MEMORY_BYTES: Final = 262_144
"""What one message may hold in memory at the door; beyond it lies in a file."""
CHUNK_BYTES: Final = 262_144
"""Size of the rows a big body is stored in."""
DISK_FREE_FACTOR: Final = 1.5
"""Free disk wanted at MAIL, in largest messages (after Postfix queue_minfree)."""

# --- mailboxes ---------------------------------------------------------------------------
IMAP_PAGE_MESSAGES: Final = 200
"""Messages of a folder that are looked at together, the oldest first."""
IMAP_CHUNK_BYTES: Final = 1_048_576
"""What is fetched of a message by one command."""
IMAP_REPLY_BYTES: Final = 4_194_304
"""Octets that one IMAP command may bring."""
IMAP_CONNECT_SECONDS: Final = 15
"""Longest wait for a connection and for each step of its beginning."""
IMAP_READ_SECONDS: Final = 60
"""Longest silence of an IMAP server within an answer."""
IMAP_COMMAND_SECONDS: Final = 300
"""Longest IMAP command; then the connection is cut."""
IMAP_IDLE_SECONDS: Final = 300
"""How long IDLE waits before the folder is looked at anyway."""
IMAP_PAUSE_SECONDS: Final = 600
"""Longest pause after failures of an IMAP server; it begins with a second and doubles."""
IMAP_LOGIN_PAUSE_SECONDS: Final = 300
"""Pause after a refused login; it doubles up to an hour, so that no account is locked."""

# --- batches ------------------------------------------------------------------------------
BATCH_MESSAGES: Final = 50
"""Messages of one transaction."""
BATCH_BYTES: Final = 8_388_608
"""Octets of raw mail of one transaction."""
SUBMIT_BYTES: Final = 33_554_432
"""Octets of notices that are under way to the relay at once."""
STRIKES: Final = 3
"""Failures of a message, alone and its own, before it is parked."""
STRIKE_PAUSE_SECONDS: Final = 30
"""Pause of a message after a strike."""
INTERRUPTIONS: Final = 5
"""Times a message's claim may be found unfinished at a start before it is parked."""
PROMISE_PAUSE_SECONDS: Final = 3_600
"""Pause of a promise that we failed to keep, before it is tried again."""
BATCH_OBLIGATIONS: Final = 50
"""Promises kept in one transaction."""
CLOCK_BACK_SECONDS: Final = 3_600
"""How far the clock may be behind what we know has been before nothing scheduled is sent (threats X-36)."""
LEASE_SECONDS: Final = 60
"""Life of a claim; long work renews it. A session that sits in a transaction so long is ended (PostgreSQL)."""
GATE_SECONDS: Final = 10
"""How long anybody waits for the turn, and for the write gate, of a SQLite database; both below half of WatchdogSec."""
START_WAITS_SECONDS: Final = 45
"""How long a start waits for a database that does not answer; less than TimeoutStartSec of the unit (60)."""
DATABASE_CONNECT_SECONDS: Final = 10
"""Longest wait for a connection to PostgreSQL."""
DATABASE_ANSWER_SECONDS: Final = 20
"""Longest wait of a role for an answer of PostgreSQL; then the connection is given up."""

# --- what a person is told of -----------------------------------------------------------------
DAILY_HOUR: Final = 8
"""Hour of the service's zone from which the admin's daily mail is sent, where there is anything to say."""
DAILY_LINES: Final = 20
"""Most lines of each list that the daily mail is given."""
EXPIRES_SOON_DAYS: Final = 3
"""Held messages that expire within this come first in the daily mail, and `check` names them (plans 5)."""
MESSAGE_WAITS_SECONDS: Final = 600
"""How long a message may wait to be decided before `check` says so; an answer of DNS is waited for longer."""
NOTICE_WAITS_SECONDS: Final = 3_600
"""How long a notice may be on offer before `check` says so."""
MAILBOX_SILENT_SECONDS: Final = 1_800
"""How long ago the last whole look into a mailbox may be before `check` says so."""
STATUS_SECONDS: Final = 30
"""How often the service manager is told what is under way (sd_notify STATUS)."""

# --- what we send ------------------------------------------------------------------------------
GIVE_UP_DAYS: Final = 5
"""How long a notice is offered to the relay (RFC 5321 4.5.4.1)."""
REPLY_CHARACTERS: Final = 500
"""What is stored of a relay's reply."""
LATE_SECONDS: Final = 600
"""How long after its time what was promised still counts as kept; later it is late, and says so."""
DUPLICATE_DAYS: Final = 90
"""How long a content key tells a duplicate."""
