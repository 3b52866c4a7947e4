"""Comparing a server's folders with the ledger and the inbox: what is there, what is ours, what is neither.

Nothing is removed, neither here nor there. By itself it only corrects the ledger where the
server shows that it is behind. Putting mail back into the folder it is taken from is safe
too, since a content is decided once, but it makes cases out of what somebody may have laid
into the done folder by hand: so it is done only when asked.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from intake.clock import Clock
from intake.doors.imap.account import Account
from intake.doors.imap.wire import Connection, ImapError
from models.limits import IMAP_PAGE_MESSAGES, MESSAGE_BYTES
from models.store import imap_comparison, imap_ledger, inbox
from models.store.database import Database
from models.store.imap_ledger import Folder
from parser.content_key import content_key
from parser.header_fields import HeaderTooLarge, split
from parser.identification import message_id


@dataclass(frozen=True, slots=True)
class Difference:
    """So many messages of a folder are in this state, and what was done about it."""

    folder: str
    messages: int
    what: str
    done: str = ""


class Reconciliation:
    """One mailbox, compared over one connection that is open."""

    def __init__(self, account: Account, connection: Connection, database: Database, clock: Clock) -> None:
        self._account = account
        self._connection = connection
        self._database = database
        self._clock = clock

    def run(self, *, retry: bool, put_back: bool) -> list[Difference]:
        """Everything that differs. Raises ImapError."""
        folder = self._open()
        found = [*self._intake_folder(folder, retry=retry)]
        for name in (self._account.done_folder, self._account.held_folder):
            if name is not None and self._connection.has_folder(name):
                found.extend(self._taken_folder(folder, name, put_back=put_back))
        return [difference for difference in found if difference.messages]

    def _open(self) -> Folder:
        place = self._account.place
        selected = self._connection.select(place.folder)
        if selected.uid_validity == 0:
            raise ImapError(f"folder {place.folder} has no UIDVALIDITY")
        with self._database.write() as database:
            folder, _ = imap_ledger.open_folder(database, place, selected.uid_validity, self._clock())
        return folder

    def _intake_folder(self, folder: Folder, *, retry: bool) -> Iterator[Difference]:
        """The folder mail is taken from, against the ledger."""
        name = self._account.place.folder
        present = {uid for page in self._pages(name) for uid in page}
        with self._database.read() as database:
            here = imap_ledger.here(database, folder)
        states = {state: [uid for uid in here.keys() & present if here[uid].state == state] for state in _STATES}
        gone, again = here.keys() - present, states["failing"] + states["left"]
        with self._database.write() as database:
            imap_ledger.lose(database, folder, gone, "it left the folder", self._clock())
            if retry:
                imap_ledger.forget(database, folder, again)
        tried = "tried again at the next look" if retry else "casegate imap reconcile --retry tries them again"
        yield Difference(name, len(present - here.keys()), "wait to be taken in", "the service does it")
        yield Difference(name, len(states["stored"]), "are ours and wait to be moved", "the service does it")
        yield Difference(name, len(states["failing"]), "could not be fetched yet", tried)
        yield Difference(name, len(states["left"]), "were left: too big, or not to be fetched", tried)
        yield Difference(name, len(gone), "left the folder by another hand", "noted in the ledger")

    def _taken_folder(self, folder: Folder, name: str, *, put_back: bool) -> Iterator[Difference]:
        """A folder that mail is moved to, against the inbox."""
        seen: set[tuple[str | None, int]] = set()
        strange: list[int] = []
        for page in self._pages(name):
            sizes = self._connection.sizes(page)
            ids = {uid: _message_id(head) for uid, head in self._connection.header_field(page, "MESSAGE-ID").items()}
            seen.update((ids.get(uid), size) for uid, size in sizes.items())
            strange.extend(uid for uid, size in sizes.items() if not self._is_ours(uid, ids.get(uid), size))
        with self._database.read() as database:
            missing = imap_comparison.moved(database, folder, name) - seen
        done = "casegate imap reconcile --put-back lays them into the folder mail is taken from"
        if put_back and strange:
            moved = sum(
                len(self._connection.move(strange[start : start + IMAP_PAGE_MESSAGES], self._account.place.folder))
                for start in range(0, len(strange), IMAP_PAGE_MESSAGES)
            )
            done = f"{moved} put back into {self._account.place.folder}: taken in at the next look"
        yield Difference(name, len(strange), "are not in our inbox", done)
        yield Difference(name, len(missing), "were moved here and are no longer there", "nothing: we have them")

    def _pages(self, name: str) -> Iterator[Sequence[int]]:
        """The UIDs of a folder, which stays open, in pages."""
        exists = self._connection.select(name).exists
        for first in range(1, exists + 1, IMAP_PAGE_MESSAGES):
            yield self._connection.uids(first, min(first + IMAP_PAGE_MESSAGES - 1, exists))

    def _is_ours(self, uid: int, named: str | None, size: int) -> bool:
        """Whether a message is in the inbox: by name and size, else by its content."""
        with self._database.read() as database:
            if named is not None and imap_comparison.is_known(database, named, size):
                return True
        raw = b""
        for octets in self._connection.chunks(uid):
            raw += octets
            if len(raw) > MESSAGE_BYTES:
                return False  # larger than anything we take
        key = content_key(raw)
        with self._database.read() as database:
            if imap_comparison.has_content(database, key):
                return True
            unread = imap_comparison.unread(database, len(raw))
            return any(content_key(inbox.raw(database, inbox_id)) == key for inbox_id in unread)


_STATES = ("failing", "left", "stored")


def _message_id(head: bytes) -> str | None:
    try:
        return message_id(split(head)[0])
    except HeaderTooLarge:
        return None
