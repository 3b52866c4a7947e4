"""What was sent and what was answered: the sender's own book, kept apart from anything casegate says."""

import json
import time
from collections import Counter, defaultdict
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from .mails import Mail


@dataclass(frozen=True, slots=True)
class Sending:
    """One mail offered once. `reply` is what came after the final dot; None: nothing came."""

    canary: str
    began_at: float
    ended_at: float
    reply: str | None
    refused_at: str | None = None
    """The command that was refused or got no answer before DATA was done; nothing can have been accepted then."""

    @property
    def is_accepted(self) -> bool:
        return self.reply is not None and self.reply.startswith("250 ")

    @property
    def is_unknown(self) -> bool:
        """Whether the message was sent to its end and no answer came: it may be theirs, and may not."""
        return self.reply is None and self.refused_at is None


class History:
    """Every mail and every sending, in memory and as lines of JSON in a file."""

    def __init__(self, path: Path | None = None) -> None:
        self.mails: dict[str, Mail] = {}
        self.sendings: list[Sending] = []
        self._file = path.open("w", buffering=1) if path is not None else None

    def begin(self, mail: Mail) -> float:
        """A sending begins; when."""
        now = time.monotonic()
        if mail.canary not in self.mails:
            self.mails[mail.canary] = mail
            self._write({"event": "mail", "canary": mail.canary, "writer": mail.writer, "author": mail.author})
        self._write({"event": "begin", "canary": mail.canary, "at": now})
        return now

    def end(self, mail: Mail, began_at: float, reply: str | None, refused_at: str | None = None) -> Sending:
        """It has ended."""
        sending = Sending(mail.canary, began_at, time.monotonic(), reply, refused_at)
        self.sendings.append(sending)
        self._write({"event": "end", **asdict(sending)})
        return sending

    def _write(self, fields: dict[str, object]) -> None:
        if self._file is not None:
            self._file.write(json.dumps(fields) + "\n")

    def by_canary(self) -> dict[str, list[Sending]]:
        """The sendings of each mail, in order."""
        found: defaultdict[str, list[Sending]] = defaultdict(list)
        for sending in self.sendings:
            found[sending.canary].append(sending)
        return found

    @property
    def accepted(self) -> Counter[str]:
        """How often each mail was answered 250."""
        return Counter(sending.canary for sending in self.sendings if sending.is_accepted)

    @property
    def deferred(self) -> Counter[str]:
        """How often each mail was answered 4yz after its final dot: it may be stored all the same (threats X-16)."""
        return Counter(one.canary for one in self.sendings if one.reply is not None and one.reply.startswith("4"))

    @property
    def unknown(self) -> Counter[str]:
        """How often nothing was heard after a mail's final dot."""
        return Counter(sending.canary for sending in self.sendings if sending.is_unknown)

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
