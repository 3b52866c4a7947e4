"""Taking in what waits in one folder: list, fetch, store, move; each step can be cut off and is found again.

    list    the oldest first, a page at a time, by place; every message that is there counts,
            seen or not: flags are other people's (peers' time windows and UNSEEN lose mail)
    fetch   one message after the other, in pieces, into a spool; nothing is marked
    store   a batch with its ledger entries in ONE transaction: accepted means stored
    move    to the done folder; only what the server no longer has here counts as moved

A message that cannot be fetched does not stop the folder (threats J-8): it goes behind the
others, and after STRIKES answers without it, or INTERRUPTIONS connections that ended over
it, it is left where it is and the admin is told. So is one that is too big.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from intake import log
from intake.clock import Clock
from intake.doors.imap.account import Account
from intake.doors.imap.origin import HEAD_BYTES, envelope_of
from intake.doors.imap.wire import Connection, Denied, ImapError, Lost
from intake.doors.spool import Spool
from intake.room import has_room
from intake.wake import Bell
from models.limits import BATCH_BYTES, BATCH_MESSAGES, IMAP_PAGE_MESSAGES, INTERRUPTIONS, STRIKES
from models.mail import LineEnds
from models.notice import AdminMailLeft
from models.policy import Policy
from models.rules.mailing import to_admin
from models.store import imap_ledger, inbox, outbox
from models.store.database import Database, is_trouble
from models.store.imap_ledger import Arrived, Entry, Folder
from models.store.inbox import Arrival
from models.store.outbox import Intent

_DECIDED: Final = ("settled", "held", "parked")
_TELL_EVERY: Final = timedelta(hours=1)
_TOLD_AT_ONCE: Final = 20


class MoveRefused(ImapError):
    """All was taken in, but the server does not move what is ours; the connection is as good as before."""


class NoRoom(ImapError):
    """The disk is nearly full; nothing is fetched until it is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """What every folder's door needs of the house: where mail goes, whose clock counts, what is ours."""

    database: Database
    policy: Policy
    clock: Clock
    bell: Bell
    state_directory: Path
    max_message_bytes: int
    is_closed: Callable[[], bool]
    """Whether to end before the next step: the service stops, or intake is paused."""


@dataclass(slots=True)
class Look:
    """What one look at a folder found."""

    present: set[int]
    """UIDs that were there, some of which may have been moved since."""
    not_ours: int = 0
    undecided: int = 0
    refused_move: str = ""


@dataclass(frozen=True, slots=True)
class _Fetched:
    """A whole message, not yet ours."""

    uid: int
    stated_size: int
    arrival: Arrival


class _TooBig(Exception):
    """A message brought more octets than we take."""


class FolderDoor:
    """Takes one folder's mail in over a connection that is open."""

    def __init__(self, account: Account, house: House) -> None:
        self._account = account
        self._house = house
        self._folder: Folder
        self._connection: Connection

    def look(self, connection: Connection) -> bool:
        """Take in what waits, move what is ours; whether something waits only for our decision.

        Raises ImapError when the look did not end well; whatever was fetched whole by then
        is stored. Raises MoveRefused when it did, but for the moving.
        """
        self._connection = connection
        found = Look(set())
        self._make_folders(found)
        self._take_pages(found)
        if self._house.is_closed():
            return False
        self._note_departures(found)
        self._tell_admin()
        with self._house.database.write_meanwhile() as database:
            imap_ledger.succeeded(database, self._folder, self._house.clock(), waiting=found.not_ours)
        if found.refused_move:
            raise MoveRefused(found.refused_move)
        return bool(found.undecided)

    def _make_folders(self, found: Look) -> None:
        """Where mail is moved to. That the server will not make one stops nothing but the move."""
        for name in (self._account.done_folder, self._account.held_folder):
            try:
                if name is not None and not self._connection.has_folder(name):
                    self._connection.make_folder(name)
            except Denied as error:
                found.refused_move = f"folder {name} cannot be made: {error}"

    def _open(self) -> int:
        """Open the folder; how many messages are there."""
        place = self._account.place
        selected = self._connection.select(place.folder)
        if selected.uid_validity == 0:
            raise Denied(f"folder {place.folder} has no UIDVALIDITY: its messages cannot be told apart")
        with self._house.database.write_meanwhile() as database:
            self._folder, before = imap_ledger.open_folder(database, place, selected.uid_validity, self._house.clock())
        if before is not None:
            log.imap_folder_anew(mailbox=str(place), before=before, now=selected.uid_validity)
        return selected.exists

    # --- list -------------------------------------------------------------------------------

    def _take_pages(self, found: Look) -> None:
        """Page after page; what stays in the folder is stepped over."""
        stepped_over, folder = 0, None
        while not self._house.is_closed():
            exists = self._open()
            if folder not in {None, self._folder}:
                raise Lost("the folder was made anew while it was looked at")
            folder = self._folder
            if stepped_over >= exists:
                return
            page = self._connection.uids(stepped_over + 1, min(stepped_over + IMAP_PAGE_MESSAGES, exists))
            if not page:
                return
            found.present.update(page)
            stepped_over += len(page) - self._take_page(page, found)

    def _take_page(self, page: Sequence[int], found: Look) -> int:
        """Take in one page, move what is ours of it; how many were moved."""
        sizes = self._connection.sizes(page)
        known = self._known(page)
        fresh = [uid for uid in page if uid in sizes and self._is_fresh(known.get(uid), sizes[uid])]
        again = [uid for uid in page if uid in sizes and uid in known and known[uid].state == "failing"]
        taken_anew = {uid for uid in fresh if uid in known and known[uid].inbox_id is not None}
        self._take(fresh, sizes, taken_anew)
        for uid in again:
            self._take([uid], sizes, set())
        now_known = self._known(page)
        ours = [entry for entry in now_known.values() if entry.state == "stored"]
        found.not_ours += sum(uid not in now_known or now_known[uid].state == "failing" for uid in sizes)
        return self._move(ours, found)

    def _known(self, uids: Sequence[int]) -> dict[int, Entry]:
        with self._house.database.read() as database:
            return imap_ledger.known(database, self._folder, uids)

    def _is_fresh(self, entry: Entry | None, size: int) -> bool:
        """Whether a message is to be fetched as new.

        One of ours that had left the folder, or has another size now, is another message:
        servers that were restored give numbers out again (threats J-4). Should it be the
        same after all, it settles as a duplicate.
        """
        match entry:
            case None:
                return True
            case Entry(state="stored"):
                return entry.size != size
            case Entry(state="left"):  # it was too big, and is no longer
                return entry.size is not None and entry.size <= self._house.max_message_bytes
        return entry.state in {"moved", "gone"}

    # --- fetch ------------------------------------------------------------------------------

    def _take(self, uids: Sequence[int], sizes: dict[int, int], replacing: set[int]) -> None:
        """Fetch and store messages in batches; what was fetched whole is stored whatever happens then."""
        batch: list[_Fetched] = []
        octets = 0
        try:
            for uid in uids:
                if self._house.is_closed():
                    break
                if sizes[uid] > self._house.max_message_bytes:
                    self._leave(uid, self._too_big(sizes[uid]), size=sizes[uid])
                    continue
                if batch and (len(batch) >= BATCH_MESSAGES or octets + sizes[uid] > BATCH_BYTES):
                    full, batch, octets = batch, [], 0
                    self._store(full, replacing)
                fetched = self._fetch(uid, sizes[uid])
                if fetched is not None:
                    batch.append(fetched)
                    octets += fetched.arrival.size
        finally:
            self._store(batch, replacing)

    def _fetch(self, uid: int, stated_size: int) -> _Fetched | None:
        """One message, whole; None when it is not to be had. Raises Lost."""
        if not has_room(self._house.state_directory, self._house.max_message_bytes):
            raise NoRoom("the disk is nearly full; nothing is fetched until there is room")
        spool = Spool(self._house.state_directory)
        try:
            return self._read(uid, stated_size, spool)
        except _TooBig:
            size = max(stated_size, self._house.max_message_bytes + 1)
            self._leave(uid, self._too_big(size), size=size)
        except Denied as error:
            self._count_failure(uid, str(error), interrupted=False)
        except Lost as error:
            if not self._house.is_closed():
                self._count_failure(uid, str(error), interrupted=True)
            spool.close()
            raise
        spool.close()
        return None

    def _read(self, uid: int, stated_size: int, spool: Spool) -> _Fetched | None:
        head, line_ends = bytearray(), LineEnds()
        for octets in self._connection.chunks(uid):
            if spool.size + len(octets) > self._house.max_message_bytes:
                raise _TooBig
            spool.write(octets)
            line_ends.see(octets)
            head += octets[: max(0, HEAD_BYTES - len(head))]
        if spool.size == 0:
            if uid in self._connection.present([uid]):
                raise Denied("the server gives no octet of it")
            spool.close()
            return None  # somebody else moved it meanwhile (threats J-5)
        envelope = envelope_of(
            bytes(head),
            address=self._account.address,
            recipient_field=self._account.recipient_field,
            addresses=self._house.policy.addresses,
            bare_line_ends=line_ends.are_bare,
        )
        return _Fetched(uid, stated_size, Arrival(envelope, self._house.clock(), spool.rewound(), spool.size))

    def _count_failure(self, uid: int, because: str, *, interrupted: bool) -> None:
        with self._house.database.write_meanwhile() as database:
            entry = imap_ledger.fail(database, self._folder, uid, because, self._house.clock(), interrupted=interrupted)
        log.imap_fetch_failed(
            mailbox=str(self._account.place),
            uid=uid,
            strikes=entry.strikes,
            interruptions=entry.interruptions,
            why=because,
        )
        if entry.strikes >= STRIKES or entry.interruptions >= INTERRUPTIONS:
            self._leave(uid, f"it could not be fetched: {because}", size=None)

    def _too_big(self, size: int) -> str:
        return f"it has {size} octets, more than {self._house.max_message_bytes} (smtp.max_message_bytes)"

    def _leave(self, uid: int, because: str, *, size: int | None) -> None:
        with self._house.database.write_meanwhile() as database:
            imap_ledger.leave(database, self._folder, uid, because, self._house.clock(), size=size)
        log.imap_left(mailbox=str(self._account.place), uid=uid, why=because)

    # --- store ------------------------------------------------------------------------------

    def _store(self, batch: Sequence[_Fetched], replacing: set[int]) -> None:
        """Take responsibility for a batch; where it fails as a whole, for each of it alone."""
        try:
            self._commit(batch, replacing)
        except sa.exc.DBAPIError as error:
            if is_trouble(error):
                raise
            for one in batch:
                self._store_alone(one, replacing)
        finally:
            for one in batch:
                one.arrival.spool.close()

    def _store_alone(self, one: _Fetched, replacing: set[int]) -> None:
        try:
            self._commit([one], replacing)
        except sa.exc.DBAPIError as error:
            if is_trouble(error):
                raise
            log.accept_failed(envelope=one.arrival.envelope, size=one.arrival.size, error=error)
            self._count_failure(one.uid, f"{type(error).__name__} when it was stored", interrupted=False)

    def _commit(self, batch: Sequence[_Fetched], replacing: set[int]) -> None:
        """Messages and their ledger entries, in one transaction; what another process took meanwhile is dropped."""
        if not batch:
            return
        folder, uids = self._folder, [one.uid for one in batch]
        with self._house.database.write_meanwhile() as database:
            taken = imap_ledger.taken(database, folder, uids) - replacing
            mine = [one for one in batch if one.uid not in taken]
            ids = inbox.accept(database, [one.arrival for one in mine]) if mine else []
            arrived = [Arrived(one.uid, inbox_id, one.stated_size) for one, inbox_id in zip(mine, ids, strict=True)]
            imap_ledger.store(database, folder, arrived, self._house.clock(), replacing=replacing & set(uids))
        for one, inbox_id in zip(mine, ids, strict=True):
            log.accepted(inbox_id=inbox_id, envelope=one.arrival.envelope, size=one.arrival.size)
        self._house.bell.ring("worker")

    # --- move -------------------------------------------------------------------------------

    def _move(self, ours: Sequence[Entry], found: Look) -> int:
        """Move what is ours, and decided where that matters; how many were moved."""
        decided = [entry for entry in ours if not self._account.held_folder or entry.inbox_state in _DECIDED]
        found.undecided += len(ours) - len(decided)
        moved = 0
        for folder, entries in self._by_folder(decided):
            for start in range(0, len(entries), BATCH_MESSAGES):
                if self._house.is_closed():
                    return moved
                moved += self._move_to(folder, [entry.uid for entry in entries[start : start + BATCH_MESSAGES]], found)
        return moved

    def _by_folder(self, entries: Sequence[Entry]) -> list[tuple[str, list[Entry]]]:
        held = self._account.held_folder
        to_held = [entry for entry in entries if held and entry.inbox_state == "held"]
        done = [entry for entry in entries if entry not in to_held]
        return [(self._account.done_folder, done), (held or "", to_held)]

    def _move_to(self, folder: str, uids: Sequence[int], found: Look) -> int:
        """Move some messages. That the server will not (its folder is full) stops nothing but the move."""
        try:
            moved = self._connection.move(uids, folder)
        except Denied as error:
            found.refused_move = found.refused_move or f"mail cannot be moved to {folder}: {error}"
            return 0
        with self._house.database.write_meanwhile() as database:
            imap_ledger.move(database, self._folder, moved, folder, self._house.clock())
        return len(moved)

    # --- what the ledger is told, and the admin ------------------------------------------------

    def _note_departures(self, found: Look) -> None:
        """Messages that left the folder without us, or by a move of ours whose answer was lost."""
        with self._house.database.read() as database:
            missing = sorted(imap_ledger.here(database, self._folder).keys() - found.present)
        for start in range(0, len(missing), IMAP_PAGE_MESSAGES):
            page = missing[start : start + IMAP_PAGE_MESSAGES]
            gone = set(page) - self._connection.present(page)
            with self._house.database.write_meanwhile() as database:
                imap_ledger.lose(database, self._folder, gone, "it left the folder", self._house.clock())

    def _tell_admin(self) -> None:
        """Owe the admin one mail for all that was left since the last one, at most once an hour."""
        now, policy = self._house.clock(), self._house.policy
        with self._house.database.read() as database:
            if not (left := imap_ledger.untold(database, self._folder)):
                return
            last = imap_ledger.last_told(database, self._folder)
        if last is not None and now - last < _TELL_EVERY:
            return
        context = AdminMailLeft(
            desk=policy.desk,
            mailbox=str(self._account.place),
            count=len(left),
            messages=tuple(f"UID {entry.uid}: {entry.because}" for entry in left[:_TOLD_AT_ONCE]),
            left_at=now,
        )
        cause = f"imap:{self._folder.mailbox_id}:{self._folder.uid_validity}:{left[0].uid}"
        with self._house.database.write() as database:
            outbox.intend(database, [Intent(to_admin(policy, context, cause=cause, now=now))])
            imap_ledger.tell(database, self._folder, [entry.uid for entry in left], now)
        self._house.bell.ring("worker")
