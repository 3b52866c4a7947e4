"""The log is an interface: one typed function for each event, ids on each line, no content.

Lines go to standard error: JSON where that is no terminal (journald keeps them whole), else
readable columns. Addresses and subjects are not logged; message, case and notice ids are.
A log that cannot be written never stops mail (`intake.log_writer`).

Severities: error is for what an admin must look at, warning for what is odd, info for what
happens, debug for what helps a developer.
"""

import contextlib
import functools
import json
import logging
import sys
import traceback
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog

from intake.log_writer import LineWriter
from models.case import case_number
from models.mail import Envelope
from models.obligation import Obligation
from models.store.outbox import Ended, Ready
from models.store.record import Settling

_log = structlog.get_logger("casegate")
_FIELD_CHARACTERS = 2_000
_JSON = json.JSONEncoder(ensure_ascii=True, default=repr)
"""Made once: structlog's own renderer makes one for each line."""
_writer: LineWriter | None = None


def configure(*, role: str, level: str = "info") -> None:
    """Send events of this process to standard error. Call once, at the start of a process."""
    global _log, _writer  # noqa: PLW0603 - bound here once, not anew for each line
    logging.getLogger("mail.log").setLevel(logging.ERROR)  # aiosmtpd logs what clients say
    logging.getLogger("mailparser").setLevel(logging.ERROR)
    renderer: Any = structlog.dev.ConsoleRenderer() if _is_terminal() else _as_json
    writer = _writer = LineWriter(dropped)
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            functools.partial(_finish, role),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=lambda *_: writer,
        cache_logger_on_first_use=False,
    )
    _log = structlog.get_logger("casegate").bind()
    logging.getLogger().handlers = [_Libraries(logging.WARNING)]  # their own way to standard error would wait


class _Libraries(logging.Handler):
    """What libraries have to say, by the same way as everything else."""

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        _log.warning("library", of=record.name, said=record.getMessage(), error=error and _named(error))


def _is_terminal() -> bool:
    try:
        return sys.stderr.isatty()
    except ValueError:
        return False


def _finish(role: str, _logger: object, _name: str, fields: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Say whose line it is, and cut what is long; in place, as a line is made for every message."""
    fields["role"] = role
    for key, value in fields.items():
        if isinstance(value, str) and len(value) > _FIELD_CHARACTERS:
            fields[key] = value[:_FIELD_CHARACTERS]
    return fields


def _as_json(_logger: object, _name: str, fields: structlog.typing.EventDict) -> str:
    return _JSON.encode(fields)


def together() -> AbstractContextManager[None]:
    """Lines of this thread go out together: those of a group of messages in one call, as it has one commit."""
    return contextlib.nullcontext() if _writer is None else _writer.together()


# --- the door ---------------------------------------------------------------------------


def accepted(*, inbox_id: int, envelope: Envelope, size: int) -> None:
    _log.info(
        "accepted",
        inbox=inbox_id,
        route=envelope.route.value,
        peer=envelope.peer,
        recipients=len(envelope.forward_paths),
        size=size,
    )


def cannot_listen(error: OSError) -> None:
    remedy = "end what listens there ('ss -ltnxp' names it), or name another place in smtp.listen or smtp.lmtp"
    _log.critical("smtp.cannot_listen", error=error.strerror, remedy=remedy)


def disk_low(*, directory: Path, free: int, wanted: int) -> None:
    remedy = f"make room on the disk of {directory}; mail is taken again by itself"
    _log.error("disk.low", free=free, wanted=wanted, remedy=remedy)


def disk_back(*, free: int) -> None:
    _log.warning("disk.back", free=free)


def accept_failed(*, envelope: Envelope, size: int, error: Exception) -> None:
    _log.error("accept.failed", route=envelope.route.value, peer=envelope.peer, size=size, error=_named(error))


# --- mailboxes -------------------------------------------------------------------------------


def imap_failed(*, mailbox: str, why: str, failures: int, again_in: float, is_alarm: bool) -> None:
    """A mailbox cannot be used; an error once in each outage, else a warning."""
    write = _log.error if is_alarm else _log.warning
    write("imap.failed", mailbox=mailbox, why=why, failures=failures, again_in_seconds=again_in)


def imap_back(*, mailbox: str, failures: int) -> None:
    _log.info("imap.back", mailbox=mailbox, failures=failures)


def imap_cut(*, mailbox: str) -> None:
    _log.warning("imap.cut", mailbox=mailbox)


def imap_folder_anew(*, mailbox: str, before: int, now: int) -> None:
    _log.warning("imap.folder_anew", mailbox=mailbox, before=before, now=now)


def imap_fetch_failed(*, mailbox: str, uid: int, strikes: int, interruptions: int, why: str) -> None:
    _log.warning("imap.fetch_failed", mailbox=mailbox, uid=uid, strikes=strikes, interruptions=interruptions, why=why)


def imap_left(*, mailbox: str, uid: int, why: str) -> None:
    _log.error("imap.left", mailbox=mailbox, uid=uid, why=why)


# --- the journey ---------------------------------------------------------------------------


def settled(settling: Settling) -> None:
    case, decision = settling.consequences.case, settling.decision
    _log.info(
        "settled",
        inbox=settling.file.inbox_id,
        fate=decision.fate.fate,
        rule=decision.rule,
        case=None if case is None else case_number(case.case_id),
    )


def struck(*, inbox_id: int, station: str, strikes: int, error: Exception) -> None:
    _log.warning("struck", inbox=inbox_id, station=station, strikes=strikes, error=_named(error))


def parked(*, inbox_id: int, station: str, because: str) -> None:
    _log.error("parked", inbox=inbox_id, station=station, because=because)


def expired(*, inbox_id: int) -> None:
    _log.warning("expired", inbox=inbox_id)


def notice_parked(*, outbox_id: int, error: Exception) -> None:
    _log.error("notice.parked", outbox=outbox_id, error=_named(error))


def interrupted(*, table: str, count: int) -> None:
    _log.warning("interrupted", table=table, count=count)


def lease_lost(*, role: str, error: Exception) -> None:
    _log.warning("lease.lost", at=role, error=str(error))


def parser_killed(*, messages: int, why: str) -> None:
    _log.warning("parser.killed", messages=messages, why=why)


# --- sending --------------------------------------------------------------------------------


def attempted(offer: Ready, ended: Ended) -> None:
    """An offer has ended; an error where it was the last one and in vain."""
    write = _log.info if ended.state in {"ready", "submitted"} else _log.error
    write(
        "attempted",
        outbox=offer.outbox_id,
        attempt=ended.number,
        outcome=ended.outcome,
        reply=ended.reply,
        state=ended.state,
    )


def offers_left(*, count: int) -> None:
    _log.warning("offers.left", count=count)


def relay_unavailable(*, reply: str, seconds: float) -> None:
    _log.error("relay.unavailable", reply=reply, paused_seconds=seconds)


# --- promises -------------------------------------------------------------------------------


def promise_kept(*, case_id: int, obligation: Obligation, late: bool, notices: int) -> None:
    write = _log.warning if late else _log.info
    write(
        "promise.kept",
        case=case_number(case_id),
        kind=obligation.kind.value,
        due_at=obligation.due_at.isoformat(),
        late=late,
        notices=notices,
    )


def promise_waived(*, case_id: int, kind: str) -> None:
    _log.info("promise.waived", case=case_number(case_id), kind=kind)


def promise_failed(*, case_id: int, kind: str, error: Exception) -> None:
    _log.error("promise.failed", case=case_number(case_id), kind=kind, error=_named(error))


def clock_behind(*, now: datetime, earliest: datetime) -> None:
    _log.error("clock.behind", now=now.isoformat(), earliest=earliest.isoformat())


def clock_was_ahead(*, now: datetime, cases: int = 0, retries: int = 0) -> None:
    _log.warning("clock.was_ahead", now=now.isoformat(), cases=cases, retries=retries)


def clock_believed(*, now: datetime) -> None:
    _log.info("clock.believed", now=now.isoformat())


# --- the service ---------------------------------------------------------------------------------


def started(*, version: str, **fields: object) -> None:
    _log.info("started", version=version, **fields)


def ready() -> None:
    _log.info("ready")


def reloaded() -> None:
    _log.info("reloaded")


def reload_refused(*, error: Exception) -> None:
    _log.error("reload.refused", error=str(error))


def stopping(*, why: str) -> None:
    _log.info("stopping", why=why)


def stopped() -> None:
    _log.info("stopped")


def role_ended(*, role: str, status: int | None) -> None:
    _log.error("role.ended", ended=role, status=status)


def database_trouble(*, error: sa.exc.DBAPIError, remedy: str) -> None:
    """The engine's words without the statement: what is asked again every second is no news."""
    _log.error("database.trouble", error=_named(error.orig or error), remedy=remedy)


def database_back(*, seconds: int, failures: int) -> None:
    _log.warning("database.back", seconds=seconds, failures=failures)


def dropped(lines: int) -> None:
    _log.warning("log.dropped", lines=lines)


def crashed(error: BaseException) -> None:
    """Our own bug: the place it happened, for a programmer; never shown to a user."""
    _log.critical("crashed", error=_named(error), trace="".join(traceback.format_exception(error))[-_FIELD_CHARACTERS:])


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"
