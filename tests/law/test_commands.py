"""Commands in an agent's mail: lines at the beginning, read strictly (plans 5, threats H-1, H-2)."""

from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.acts import Act, Close, Note, PutOnHold, Refusal, Reply, Resolve, SetEtr, SetPriority, SetStatus
from models.case import CaseStatus, Priority
from models.rules.commands import COMMAND_LINES, NOBODY_TOLD, moment, on_behalf_of, orders

DENVER: Final = ZoneInfo("America/Denver")
THREE: Final = datetime(2026, 11, 30, 22, 0, tzinfo=UTC)
"""15:00 in Denver."""


def acts(text: str) -> tuple[Act, ...]:
    """What a text asks for; nothing in it may be refused."""
    read = orders(text, DENVER)
    assert () == read.refused
    return read.acts


def refused(text: str) -> list[str]:
    """Why commands were refused."""
    return [why for _, why in orders(text, DENVER).refused]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("Hello", (Reply(text="Hello"),)),
        ("\n\nHello\n\nBye\n", (Reply(text="Hello\n\nBye"),)),
        ("#note seen\nthe switch", (Note(text="seen\nthe switch"),)),
        ("#note\nthe switch", (Note(text="the switch"),)),
        ("#call told her", (Note(text="told her", call=True),)),
        ("#ask\nWhich phones?", (Reply(text="Which phones?", asks=True),)),
        ("#status In Progress\nOn it.", (SetStatus(status=CaseStatus.IN_PROGRESS, text="On it."),)),
        ("#status researching", (SetStatus(status=CaseStatus.RESEARCHING),)),
        ("#status closed no response", (SetStatus(status=CaseStatus.CLOSED_NO_RESPONSE),)),
        ("#hold\nParts ordered.", (PutOnHold(text="Parts ordered."),)),
        ("#resolve cable\nreplaced", (Resolve(summary="cable\nreplaced"),)),
        ("#close", (Close(),)),
        ("#CLOSE done", (Close(summary="done"),)),
        ("  #close  ", (Close(),)),
        ("#priority p2", (SetPriority(priority=Priority.P2),)),
        ("#priority P2\nWe look.", (SetPriority(priority=Priority.P2), Reply(text="We look."))),
        ("#etr 2026-11-30 15:00", (SetEtr(etr=THREE),)),
        ("#etr 2026-11-30T15:00", (SetEtr(etr=THREE),)),
        ("#etr none", (SetEtr(etr=None),)),
        ("#etr", (SetEtr(etr=None),)),
    ],
)
def test_a_command_is_read(text: str, wanted: tuple[Act, ...]) -> None:
    """Case and white space around do not matter; the words below belong to it."""
    assert wanted == acts(text)


def test_several_commands_are_done_in_their_order() -> None:
    """The words below belong to the last that can have some."""
    text = "#priority P3\n\n#note internal\n#etr 2026-11-30 15:00\n#ask\nWhich phones?"

    wanted = SetPriority(priority=Priority.P3), SetEtr(etr=THREE), Note(text="internal")
    assert {*wanted, Reply(text="Which phones?", asks=True)} == set(acts(text))
    assert Reply(text="Which phones?", asks=True) == acts(text)[-1]


@pytest.mark.parametrize(
    "text",
    [
        "Hello\n#close",
        "> #close\nHello",
        "\u200b#close\nx",
        "I wrote #close above",
        "Regards\n-- \n#priority P1",
        "- #close",
    ],
)
def test_h2_what_stands_elsewhere_is_no_command(text: str) -> None:
    """Below the first words, in a quote, in a signature, behind anything: words."""
    assert {Reply} == {type(act) for act in acts(text)}


@pytest.mark.parametrize("text", ["#1 is dead", "# 1", "#", "##", "#!"])
def test_a_number_sign_alone_is_no_command(text: str) -> None:
    """People write "#1"."""
    assert (Reply(text=text),) == acts(text)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#close.", "this is no command"),
        ("#priority: P1", "this is no command"),
        ("# close", "this is no command"),
        ("#priority", "'' is no priority"),
        ("#priority urgent", "'urgent' is no priority"),
        ("#priority P1 now", "'P1 now' is no priority"),
        ("#status", "there is no status ''; known are New, "),
        ("#status In Progres", "did you mean In Progress?"),
        ("#etr tomorrow", "'tomorrow' is no time: write it like 2026-11-30 15:00, in the zone America/Denver"),
        ("#etr 2026-02-30 15:00", "is no time"),
        ("#etr 2026-11-30 24:01", "is no time"),
        ("#etr 9999-12-31 23:59", "is no time"),
        ("#etr 0001-01-01 00:00", "is no time"),
        ("#etr \u0662\u0660\u0662\u0666-11-30 15:00", "is no time"),
        ("#for alice", "is no address"),
        ("#for a@b@c.example", "is no address"),
        ("#for Alice <alice@acme.example>", "is no address"),
    ],
)
def test_what_looks_like_a_command_and_is_none_is_refused(line: str, why: str) -> None:
    """With the reason and the remedy; and never told to the customer as words."""
    read = orders(f"{line}\nHello", DENVER)

    assert [line] == [refused for refused, _ in read.refused]
    assert why in read.refused[0][1]
    assert (True, (Reply(text="Hello"),)) == (read.commanded, read.acts)


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("#clsoe", "there is no command #clsoe; did you mean #close?"),
        ("#xyzzy", "there is no command #xyzzy; known are #ask, #call, #close, #etr, #for, #hold, #note, #priority, "),
        ("#incomprehensibilities", "this is no command"),
        ("#note:", "this is no command"),
        ("# note", "this is no command"),
        ("#Notiz", "there is no command #notiz"),
        ("#notte", "did you mean #note?"),
        ("#note:\n#priority P2", "this is no command"),
        ("#ask\n#notte", "did you mean #note?"),
    ],
)
def test_h1_i13_words_that_may_be_a_note_reach_no_customer(line: str, why: str) -> None:
    """A slip in `#note` must not tell the customer what was meant for agents."""
    read = orders(f"{line}\nShe never pays.", DENVER)

    assert why in read.refused[0][1]
    assert NOBODY_TOLD == read.refused[-1]
    assert "pays" not in repr(read.acts)


def test_h1_what_is_understood_after_a_slip_has_its_words() -> None:
    """The words belong to the last command that can have some."""
    read = orders("#notte\n#note\nShe never pays.", DENVER)

    assert ((Note(text="She never pays."),), 1) == (read.acts, len(read.refused))


def test_a_refused_command_stops_none_of_the_others() -> None:
    """Each line for itself."""
    read = orders("#priority P9\n#close", DENVER)

    assert ((Close(),), 1) == (read.acts, len(read.refused))


def test_commands_have_an_end() -> None:
    """Beyond the tenth they are refused, and no customer gets to see them."""
    read = orders("#priority P2\n" * COMMAND_LINES + "#close\nHello", DENVER)

    assert (COMMAND_LINES + 1, Reply(text="Hello")) == (len(read.acts), read.acts[-1])
    assert (("#close", f"only {COMMAND_LINES} commands are read of one mail"),) == read.refused


def test_plain_words_are_no_command() -> None:
    """Nobody is told "done" for an answer."""
    assert (False, True) == (orders("Hello", DENVER).commanded, orders("#note x", DENVER).commanded)


@pytest.mark.parametrize("text", ["", "\n\n", "   "])
def test_nothing_said_is_nothing_asked(text: str) -> None:
    """Not even an empty answer to the customer."""
    assert () == acts(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("#for alice@acme.example\nDead.", "alice@acme.example"),
        ("#for <Alice@ACME.example>\nDead.", "alice@acme.example"),
        ("#FOR alice@acme.example", "alice@acme.example"),
        ("Dead.\n#for alice@acme.example", None),
        ("> #for alice@acme.example", None),
        ("#for", None),
        ("", None),
    ],
)
def test_for_whom_an_agent_writes(text: str, wanted: str | None) -> None:
    """A first line `#for ADDRESS` (plans 5)."""
    assert wanted == on_behalf_of(text)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-11-30 15:00", THREE),
        (" 2026-11-30 15:00 ", THREE),
        ("2026-07-01 9:05", datetime(2026, 7, 1, 15, 5, tzinfo=UTC)),
    ],
)
def test_a_time_is_of_the_zone_and_kept_in_utc(text: str, wanted: datetime) -> None:
    """As design 6 has it: what is computed in a zone is stored in UTC."""
    assert (wanted, UTC) == (moment(text, DENVER), moment(text, DENVER).tzinfo)


LINES: Final = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["#", "#close", "#note x", "#etr 2026-11-30 15:00", "#priority P1", "#status On Hold", "", "> x"]),
    st.text(max_size=20).map("#{}".format),
)


@given(st.lists(LINES, max_size=14).map("\n".join))
def test_reading_is_total_and_hides_no_command_in_words(text: str) -> None:
    """Whatever is written; and the first line of what the customer reads is never like a command."""
    try:
        read = orders(text, DENVER)
    except Refusal:
        pytest.fail("a refusal is a value")

    for act in read.acts:
        if isinstance(act, Reply):
            assert not act.text.strip().lower().startswith(("#close", "#note", "#etr", "#priority", "#status"))
    assert all(why and "\n" not in why for _, why in read.refused)
