"""What the doors rely on in aiosmtpd and asyncio without being promised it: said here, so that an upgrade says it."""

import ast
import asyncio
import inspect
import logging
import textwrap

from aiosmtpd.smtp import SMTP

from intake.doors.conversation import Conversation
from intake.doors.incoming import DoorReader
from intake.doors.smtp import LocalMailSession, MailSession
from tests.doors.conftest import OpenHouse

INHERITED = ("connection_made", "connection_lost", "_cb_client_connected", "_create_session")
"""The methods of aiosmtpd that still run."""
HOOKS = ("_handle_client", "_set_rset_state", "_reset_timeout", "push", "handle_exception", "eof_received")
"""The methods of ours that aiosmtpd calls, or would."""


def attributes_read(method: object) -> set[str]:
    tree = ast.parse(textwrap.dedent(inspect.getsource(method)))  # type: ignore[arg-type]
    return {
        node.attr
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
        and isinstance(node.ctx, ast.Load)
    }


def test_every_attribute_that_aiosmtpd_s_methods_read_exists_without_its_init(open_house: OpenHouse) -> None:
    house = open_house()
    sessions = []
    house.call(lambda: sessions.append(MailSession(house.doors.reception)))
    set_before_starttls_only = {"_tls_protocol", "_handle_hooks", "_reader", "_writer"}

    needed = set().union(*(attributes_read(getattr(SMTP, name)) for name in INHERITED)) - set_before_starttls_only

    assert [name for name in sorted(needed) if not hasattr(sessions[0], name)] == []


def test_aiosmtpd_still_has_the_hooks_we_fill() -> None:
    assert [name for name in HOOKS if name not in vars(SMTP)] == []
    assert [name for name in INHERITED if name not in vars(SMTP)] == []


def test_no_command_of_aiosmtpd_can_be_reached() -> None:
    """What is not in our table is not a command, whatever a new aiosmtpd brings."""
    for session in (MailSession, LocalMailSession):
        assert all(command.__module__ == "intake.doors.smtp" for command in session.commands.values())
    assert "_handle_client" in vars(Conversation)


def test_asyncio_s_stream_reader_keeps_what_it_has_in_a_buffer(open_house: OpenHouse) -> None:
    house = open_house()
    found = []

    def look() -> None:
        reader = DoorReader(loop=asyncio.get_running_loop())
        reader.feed_data(b"two\r\n")
        reader.unread(b"one\r\n")
        found.append((reader.pending, reader.has_line, reader.beginning))

    house.call(look)
    assert found == [(10, True, b"one\r\ntwo\r\n")]


def test_aiosmtpd_s_log_is_silent(open_house: OpenHouse) -> None:
    open_house()
    assert not logging.getLogger("mail.log").isEnabledFor(logging.INFO)
