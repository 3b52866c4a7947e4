"""One connection to an IMAP server: a few typed verbs over imapclient, bounded in time and octets.

The server may be hostile or broken (threats J-2, J-5, J-9). So whatever it sends is counted:
one command may bring so many octets and take so long, and what lasts longer is cut by
whoever watches (`cut_if_late`). Any failure that is not a plain NO makes the connection
unusable: it is dropped and never used again. Nothing that came from a mail is ever part of
a command: only numbers, and names of the configuration (J-1).
"""

import contextlib
import imaplib
import socket
import ssl
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from imapclient import IMAPClient
from imapclient.exceptions import CapabilityError, LoginError, ProtocolError

from intake.doors.imap.account import Account, SecretError
from models.limits import (
    IMAP_CHUNK_BYTES,
    IMAP_COMMAND_SECONDS,
    IMAP_CONNECT_SECONDS,
    IMAP_READ_SECONDS,
    IMAP_REPLY_BYTES,
)

_WORDS: Final = 200
_FOR_A_WHILE: Final = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "[SERVERBUG]")
"""Response codes of RFC 5530 that say the password was not even looked at."""


class ImapError(Exception):
    """The server could not be used; the message is one line for an admin."""


class Lost(ImapError):
    """The connection is of no use any more."""


class Denied(ImapError):
    """The server answered NO or BAD; the connection can still be used."""


class LoginDenied(ImapError):
    """The server takes neither our word nor our password; to ask again soon would lock the account."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A folder as it was opened: how many messages it has, and what its UIDs belong to."""

    exists: int
    uid_validity: int


class _Bounded(imaplib.IMAP4):
    """imaplib, counting what it reads; its socket can be cut by another thread at any moment."""

    def __init__(self, connection: "Connection", host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._connection = connection
        self._context = context
        super().__init__(host, port, timeout=IMAP_CONNECT_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:
        plain = socket.create_connection((self.host, self.port), timeout)
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        self._connection.hold(plain)
        if self._context is None:
            return plain
        return self._context.wrap_socket(plain, server_hostname=self.host)

    def read(self, size: int) -> bytes:
        self._connection.spend(size)
        return super().read(size)

    def readline(self) -> bytes:
        line = super().readline()
        self._connection.spend(len(line))
        return line


class _Client(IMAPClient):  # type: ignore[misc]  # it ships no types
    """imapclient over a bounded connection; it would log every octet of every mail (debug=5) otherwise."""

    def __init__(self, connection: "Connection", host: str, port: int, context: ssl.SSLContext | None) -> None:
        self._make: Callable[[], imaplib.IMAP4] = lambda: _Bounded(connection, host, port, context)
        super().__init__(host, port, ssl=context is not None, timeout=IMAP_READ_SECONDS)
        self._imap.debug = 0
        self.normalise_times = False

    def _create_IMAP4(self) -> imaplib.IMAP4:  # noqa: N802 - imapclient's name
        return self._make()


class Connection:
    """A connection of one thread; `cut` and `cut_if_late` may be called by another."""

    def __init__(self) -> None:
        self._client: Any = None
        self._held: socket.socket | None = None
        self._deadline: float | None = None
        self._left = 0
        self._is_cut = False
        self._is_in = False
        """Whether we are logged in and the server has kept to the protocol: it is owed a good-bye then."""

    # --- for another thread, and for the plumbing -----------------------------------------

    def hold(self, plain: socket.socket) -> None:
        """Keep a second handle of the socket: what TLS and imaplib do to theirs does not matter then."""
        self._held = plain.dup()
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        """End the connection at once: whoever reads from it wakes."""
        self._is_cut = True
        if self._held is not None:
            with contextlib.suppress(OSError):
                self._held.shutdown(socket.SHUT_RDWR)

    def cut_if_late(self) -> bool:
        """Cut a connection whose command lasts too long; whether it was (threats J-2, J-10)."""
        deadline = self._deadline
        if deadline is None or time.monotonic() < deadline:
            return False
        self._deadline = None
        self.cut()
        return True

    def spend(self, octets: int) -> None:
        """Count what one command brings; raises when that is more than any honest answer."""
        self._left -= octets
        if self._left < 0:
            raise imaplib.IMAP4.abort(f"an answer of more than {IMAP_REPLY_BYTES} octets")

    @contextlib.contextmanager
    def _speaking(self) -> Iterator[None]:
        """One command: bounded, and every failure in our words."""
        self._left = IMAP_REPLY_BYTES
        self._deadline = time.monotonic() + IMAP_COMMAND_SECONDS
        try:
            yield
        except Lost:
            self._is_in = False
            raise
        except ImapError:
            raise
        except (LoginError, CapabilityError, imaplib.IMAP4.readonly) as error:
            raise Denied(words_of(error)) from error
        except (imaplib.IMAP4.abort, ProtocolError) as error:
            self._is_in = False
            raise Lost(words_of(error)) from error
        except imaplib.IMAP4.error as error:
            raise Denied(words_of(error)) from error
        except Exception as error:  # the answer of a hostile server may break any parser
            self._is_in = False
            raise Lost(words_of(error)) from error
        finally:
            self._deadline = None

    # --- coming and going --------------------------------------------------------------------

    def open(self, account: Account) -> None:
        """Connect and log in. Raises Lost, Denied, LoginDenied."""
        place = account.place
        try:
            with self._speaking():
                context = None if account.tls == "none" else _context(account)
                self._client = _Client(self, place.host, place.port, context if account.tls == "tls" else None)
        except Denied as error:
            raise Lost(f"the server does not greet as IMAP does: {error}") from error
        if self._client._imap.state != "NONAUTH":  # noqa: SLF001 - imapclient does not show it
            raise Lost("the server greeted with PREAUTH, which a man in the middle could too")
        if account.tls == "starttls":
            self._start_tls(context)
        self._login(account)

    def _start_tls(self, context: ssl.SSLContext | None) -> None:
        try:
            with self._speaking():
                self._client.starttls(context)
        except Denied as error:
            raise Lost(f"STARTTLS was not possible, and nothing is sent without it: {error}") from error

    def _login(self, account: Account) -> None:
        try:
            secret = account.secret()
        except SecretError as error:
            raise LoginDenied(str(error)) from error
        user, client = account.place.login, self._client
        try:
            with self._speaking():
                if account.token_file is not None:
                    client.oauth2_login(user, secret)
                elif client.has_capability("AUTH=PLAIN"):
                    client.plain_login(user, secret)
                elif client.has_capability("LOGINDISABLED"):
                    raise LoginDenied("the server takes no password on this connection; set tls")
                else:
                    client.login(client._imap._quote(user), secret)  # noqa: SLF001 - imaplib quotes the password only
        except Denied as error:
            cause = error.__cause__.__context__ if error.__cause__ is not None else None
            if isinstance(cause, imaplib.IMAP4.abort) or any(code in str(error).upper() for code in _FOR_A_WHILE):
                raise Lost(str(error)) from error
            raise LoginDenied(f"the server refused the login: {error}") from error
        self._is_in = True
        client._cached_capabilities = None  # noqa: SLF001 - what a server offers before and after differs

    def close(self) -> None:
        """Say good-bye where that is owed, and give everything back."""
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(ImapError), self._speaking():
                if self._is_in and not self._is_cut:
                    client.logout()
            with contextlib.suppress(OSError, ValueError):
                client.shutdown()
        if self._held is not None:
            self._held.close()
            self._held = None

    # --- folders ------------------------------------------------------------------------------

    def select(self, folder: str) -> Selected:
        """Open a folder to read and write."""
        with self._speaking():
            answer = self._client.select_folder(folder)
            return Selected(int(answer[b"EXISTS"]), int(answer.get(b"UIDVALIDITY", 0)))

    def has_folder(self, folder: str) -> bool:
        with self._speaking():
            return bool(self._client.folder_exists(folder))

    def make_folder(self, folder: str) -> None:
        """Make a folder, and subscribe to it so that mail programs show it."""
        with self._speaking():
            self._client.create_folder(folder)
        with contextlib.suppress(Denied), self._speaking():
            self._client.subscribe_folder(folder)

    # --- messages -------------------------------------------------------------------------------

    def uids(self, first: int, last: int) -> list[int]:
        """The UIDs of the messages at these places of the folder, the oldest is at 1; in order."""
        with self._speaking():
            return sorted({int(uid) for uid in self._client.search([f"{first}:{last}"])})

    def present(self, uids: Sequence[int]) -> set[int]:
        """Those of the messages that are in the folder."""
        if not uids:
            return set()
        with self._speaking():
            found = self._client.search(["UID", ",".join(map(str, uids))])
            return {int(uid) for uid in found} & set(uids)

    def sizes(self, uids: Sequence[int]) -> dict[int, int]:
        """The sizes of messages; one that has gone is missing."""
        with self._speaking():
            answer = self._client.fetch(list(uids), ["RFC822.SIZE"])
            return {uid: int(items[b"RFC822.SIZE"]) for uid, items in answer.items() if b"RFC822.SIZE" in items}

    def chunks(self, uid: int) -> Iterator[bytes]:
        """The octets of a message, in pieces; nothing when it is not there (any more). It stays unseen."""
        offset = 0
        while True:
            octets = self._chunk(uid, offset)
            if octets:
                yield octets
            if len(octets) < IMAP_CHUNK_BYTES:
                return
            offset += len(octets)

    def _chunk(self, uid: int, offset: int) -> bytes:
        with self._speaking():
            answer = self._client.fetch([uid], [f"BODY.PEEK[]<{offset}.{IMAP_CHUNK_BYTES}>"])
            octets = answer.get(uid, {}).get(b"BODY[]<%d>" % offset)
            if octets is not None and len(octets) > IMAP_CHUNK_BYTES:
                raise Lost("the server sent more of a message than was asked for")
            return octets or b""

    def header_field(self, uids: Sequence[int], name: str) -> dict[int, bytes]:
        """One header field of messages, as it stands there."""
        with self._speaking():
            answer = self._client.fetch(list(uids), [f"BODY.PEEK[HEADER.FIELDS ({name})]"])
            return {
                uid: next((value or b"" for key, value in items.items() if key.startswith(b"BODY[")), b"")
                for uid, items in answer.items()
            }

    def move(self, uids: Sequence[int], folder: str) -> set[int]:
        """Move messages; those that have left this folder. Never expunges what it did not move (threats J-7)."""
        with self._speaking():
            can_move, can_expunge = self._client.has_capability("MOVE"), self._client.has_capability("UIDPLUS")
        with self._speaking():
            if can_move:
                self._client.move(list(uids), folder)
            else:
                self._client.copy(list(uids), folder)
        if not can_move and can_expunge:
            with self._speaking():
                self._client.add_flags(list(uids), [rb"\Deleted"], silent=True)
            with self._speaking():
                self._client.uid_expunge(list(uids))
        elif not can_move:
            raise Denied("the server has neither MOVE nor UIDPLUS: a plain EXPUNGE would remove other mail too")
        return set(uids) - self.present(uids)

    # --- waiting ---------------------------------------------------------------------------------

    def can_idle(self) -> bool:
        with self._speaking():
            return bool(self._client.has_capability("IDLE"))

    def idle(self, seconds: float) -> None:
        """Wait until the server tells of a change, at most so long (RFC 2177). A hint: what it tells is not read."""
        with self._speaking():
            self._client.idle()
        began = time.monotonic()
        with self._speaking():
            self._deadline = began + seconds + IMAP_COMMAND_SECONDS
            told = self._client.idle_check(timeout=seconds)
        with self._speaking():
            if self._is_cut or (not told and time.monotonic() - began < seconds / 2):
                raise Lost("the connection ended while it was idle")  # it would say nothing for ever
            if any(item[0] == b"BYE" for item in told):
                raise Lost("the server said BYE")
            self._client.idle_done()


def _context(account: Account) -> ssl.SSLContext:
    """Certificates are always verified: against the system's authorities, or the one that is named."""
    context = ssl.create_default_context(cafile=None if account.ca_file is None else str(account.ca_file))
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


def words_of(error: BaseException) -> str:
    """What went wrong, in one printable line of bounded length (threats J-9)."""
    text = (isinstance(error, OSError) and error.strerror) or str(error) or type(error).__name__
    if isinstance(error, TimeoutError):
        text = "the server did not answer in time"
    line = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(line.split())[:_WORDS]
