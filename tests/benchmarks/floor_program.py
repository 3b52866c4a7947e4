"""The floor: the smallest program that keeps the promise, in three processes; no authentication, no policy, no words.

`door` takes mail by SMTP and answers 250 after a commit that many share; `worker` reads each message,
opens a case and writes an acknowledgement; `submitter` offers that to the relay and notes the answer.
What is accepted is never lost, and has one case and one acknowledgement, whichever of them is killed
when (the last may be offered twice). Nobody would want to run it: there is less work only where a
promise is broken.

Arguments: the role, the database's URL, the port of the door or of the relay.
"""

import asyncio
import contextlib
import fcntl
import queue
import sqlite3
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from email.parser import BytesHeaderParser, BytesParser
from email.policy import compat32
from pathlib import Path
from typing import Any, Final

import uvloop

AT_ONCE: Final = 50
CONNECTIONS: Final = 4
PAUSE_SECONDS: Final = 0.01
READ_IN_FULL: Final = 65_536
TABLES: Final = (
    "CREATE TABLE inbox (id {id}, sender text NOT NULL, raw {octets} NOT NULL, done integer NOT NULL)",
    "CREATE INDEX inbox_waiting ON inbox (id) WHERE done = 0",
    "CREATE TABLE cases (id {id}, inbox_id bigint NOT NULL UNIQUE, subject text NOT NULL, text text NOT NULL)",
    "CREATE TABLE outbox (id {id}, case_id bigint NOT NULL UNIQUE, recipient text, raw {octets}, done integer)",
    "CREATE INDEX outbox_waiting ON outbox (id) WHERE done = 0",
)
ACKNOWLEDGEMENT: Final = (
    "From: Support <support@example.net>\r\nTo: <%s>\r\nSubject: [#%06d] %s\r\nMessage-ID: <ack.%d@example.net>\r\n"
    "Auto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
    "We have your message and opened case %06d for it. An engineer will look at it.\r\n"
)
Row = tuple[Any, ...]


class Store:
    """Rows in, rows out, one durable commit for many of them."""

    def __init__(self, url: str) -> None:
        self.is_sqlite = url.startswith("sqlite:///")
        if self.is_sqlite:
            self._connection: Any = sqlite3.connect(url.removeprefix("sqlite:///"), timeout=60, isolation_level=None)
            self._connection.execute("PRAGMA journal_mode=WAL")
            self._connection.execute("PRAGMA synchronous=FULL")
            self._gate = Path(url.removeprefix("sqlite:///") + ".gate").open("w")  # noqa: SIM115 - as long as we are
        else:
            import psycopg  # noqa: PLC0415 - an extra
            from psycopg.types.array import ListBinaryDumper  # noqa: PLC0415

            self._connection = psycopg.connect(url.replace("+psycopg", ""), autocommit=True)
            self._connection.adapters.register_dumper(list, ListBinaryDumper)

    def make(self) -> None:
        words = {"id": "integer PRIMARY KEY", "octets": "blob"}
        if not self.is_sqlite:
            words = {"id": "bigserial PRIMARY KEY", "octets": "bytea"}
        for statement in TABLES:
            self._connection.execute(statement.format(**words))
        if not self.is_sqlite:  # files in base64 are not worth a try to compress them
            self._connection.execute("ALTER TABLE inbox ALTER raw SET STORAGE EXTERNAL")

    @contextlib.contextmanager
    def write(self) -> Iterator[None]:
        if self.is_sqlite:
            fcntl.flock(self._gate, fcntl.LOCK_EX)
        try:
            self._connection.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
            yield
            self._connection.execute("COMMIT")
        finally:
            if self.is_sqlite:
                fcntl.flock(self._gate, fcntl.LOCK_UN)

    def insert(self, table: str, columns: Sequence[str], types: Sequence[str], rows: Sequence[Row]) -> None:
        named = f"INSERT INTO {table} ({', '.join(columns)})"
        if self.is_sqlite:
            self._connection.executemany(f"{named} VALUES ({', '.join('?' * len(columns))})", rows)
        else:
            arrays = ", ".join(f"%b::{kind}[]" for kind in types)
            values = [list(column) for column in zip(*rows, strict=True)]
            self._connection.execute(f"{named} SELECT * FROM unnest({arrays})", values)

    def done(self, table: str, ids: Sequence[int]) -> None:
        if self.is_sqlite:
            self._connection.executemany(f"UPDATE {table} SET done = 1 WHERE id = ?", [(one,) for one in ids])
        else:
            self._connection.execute(f"UPDATE {table} SET done = 1 WHERE id = ANY(%b)", [list(ids)])

    def rows(self, query: str) -> list[Row]:
        return list(self._connection.execute(query).fetchall())

    def next_id(self, table: str, count: int) -> range:
        """Ids for rows that name one another: there is one worker."""
        last: int = self.rows(f"SELECT coalesce(max(id), 0) FROM {table}")[0][0]
        return range(last + 1, last + count + 1)


class Door(asyncio.Protocol):
    """SMTP with PIPELINING, as far as anybody speaks it here."""

    def __init__(self, accept: Callable[["Door", str, bytes], None]) -> None:
        self._accept = accept
        self._sender = ""
        self._pieces: list[bytes] | None = None
        self._heard = b""
        self.loop = asyncio.get_running_loop()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport: Any = transport
        self.say(b"220 floor.example ESMTP")

    def say(self, reply: bytes) -> None:
        self.transport.write(reply + b"\r\n")

    def data_received(self, octets: bytes) -> None:
        if self._pieces is not None:
            self._pieces.append(octets)
            if octets.endswith(b"\r\n.\r\n") or (len(octets) < 5 and b"".join(self._pieces).endswith(b"\r\n.\r\n")):
                raw = b"".join(self._pieces)[:-3].replace(b"\r\n..", b"\r\n.")
                self._pieces = None
                self._accept(self, self._sender, raw)
            return
        *lines, self._heard = (self._heard + octets).split(b"\r\n")
        for line in lines:
            self._perform(line)

    def _perform(self, line: bytes) -> None:
        match line[:4].upper():
            case b"EHLO":
                self.say(b"250-floor.example\r\n250 PIPELINING")
            case b"MAIL":
                self._sender = line.partition(b"<")[2].partition(b">")[0].decode()
                self.say(b"250 OK")
            case b"DATA":
                self._pieces = []
                self.say(b"354 go on")
            case b"QUIT":
                self.say(b"221 bye")
                self.transport.close()
            case _:
                self.say(b"250 OK")


async def door(store_url: str, port: int) -> None:
    """Commit what has gathered while the last commit was under way; then answer."""
    arrivals: queue.SimpleQueue[tuple[Door, str, bytes]] = queue.SimpleQueue()
    loop = asyncio.get_running_loop()

    def commit() -> None:
        store = Store(store_url)
        while True:
            group = [arrivals.get()]
            with contextlib.suppress(queue.Empty):
                while len(group) < AT_ONCE:
                    group.append(arrivals.get_nowait())
            with store.write():
                rows = [(sender, raw, 0) for _, sender, raw in group]
                store.insert("inbox", ("sender", "raw", "done"), ("text", "bytea", "int4"), rows)
            loop.call_soon_threadsafe(answer, group)

    def answer(group: list[tuple[Door, str, bytes]]) -> None:
        for session, _, _ in group:
            session.say(b"250 stored")

    threading.Thread(target=commit, daemon=True).start()
    server = await loop.create_server(lambda: Door(lambda *mail: arrivals.put(mail)), "127.0.0.1", port)
    await server.serve_forever()


def worker(store: Store) -> None:
    waiting = f"SELECT id, sender, raw FROM inbox WHERE done = 0 ORDER BY id LIMIT {AT_ONCE}"
    while True:
        batch = store.rows(waiting)
        if not batch:
            time.sleep(PAUSE_SECONDS)
            continue
        said = [_read(bytes(raw)) for _, _, raw in batch]
        ids = store.next_id("cases", len(batch))
        with store.write():
            opened = [(case_id, row[0], *of_one) for case_id, row, of_one in zip(ids, batch, said, strict=True)]
            store.insert("cases", ("id", "inbox_id", "subject", "text"), ("int8", "int8", "text", "text"), opened)
            owed = [
                (case_id, sender, _ack(sender, case_id, subject), 0)
                for case_id, (_, sender, _), (subject, _) in zip(ids, batch, said, strict=True)
            ]
            columns, types = ("case_id", "recipient", "raw", "done"), ("int8", "text", "bytea", "int4")
            store.insert("outbox", columns, types, owed)
            store.done("inbox", [row[0] for row in batch])


def _read(raw: bytes) -> tuple[str, str]:
    """Subject and text; of what is big the header alone."""
    if len(raw) > READ_IN_FULL:
        head = BytesHeaderParser(policy=compat32).parsebytes(raw[:READ_IN_FULL])
        return str(head["subject"]), raw[:READ_IN_FULL].decode("utf-8", "replace")
    message = BytesParser(policy=compat32).parsebytes(raw)
    part = next(part for part in message.walk() if not part.is_multipart())
    octets = part.get_payload(decode=True)
    return str(message["subject"]), octets.decode("utf-8", "replace") if isinstance(octets, bytes) else ""


def _ack(recipient: str, case_id: int, subject: str) -> bytes:
    return (ACKNOWLEDGEMENT % (recipient, case_id, subject, case_id, case_id)).encode()


async def submitter(store: Store, port: int) -> None:
    waiting = f"SELECT id, recipient, raw FROM outbox WHERE done = 0 ORDER BY id LIMIT {AT_ONCE}"
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(CONNECTIONS)]
    for reader, writer in lines:
        await _reply(reader)
        writer.write(b"EHLO floor.example\r\n")
        await _reply(reader)
    while True:
        batch = deque(store.rows(waiting))
        if not batch:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        ids = [row[0] for row in batch]
        await asyncio.gather(*(_offer(reader, writer, batch) for reader, writer in lines))
        with store.write():
            store.done("outbox", ids)


async def _offer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, batch: deque[Row]) -> None:
    while batch:
        _, recipient, raw = batch.popleft()
        writer.write(f"MAIL FROM:<support@example.net>\r\nRCPT TO:<{recipient}>\r\nDATA\r\n".encode())
        for _ in range(3):
            await _reply(reader)
        writer.write(bytes(raw).replace(b"\r\n.", b"\r\n..") + b".\r\n")
        await _reply(reader)


async def _reply(reader: asyncio.StreamReader) -> None:
    while (line := await reader.readline())[3:4] == b"-":
        pass
    if line[:1] not in b"23":
        raise RuntimeError(line.decode("ascii", "replace"))


def main() -> None:
    role, url, port = sys.argv[1:]
    if role == "door":
        uvloop.run(door(url, int(port)))
    elif role == "worker":
        worker(Store(url))
    else:
        uvloop.run(submitter(Store(url), int(port)))


if __name__ == "__main__":
    main()
