"""Which of a text was written now: the theory, and the order in which its rules are asked.

The lines of a text are walked once, from the first to the last. Most are the writer's. What
is not, begins in one of four ways:

- a *quoted line* (">"): it and its neighbours are a run. A run is somebody else's when an
  attribution stands above it or in it, or, as a guess, when the message is an answer;
  otherwise it may be the writer's own ("The log says:"), and is kept;
- an *opening*: a separator, a header block, an attribution, our own marker. When a run
  follows, the opening goes with the run and the walk goes on, for answers may stand below
  and between. When none does, the history is not marked: it reaches to the end of the text;
- a *forward*: what the writer hands on is content, from its first line to the end;
- a *signature* or a program's *footer*, at the end of a stretch of the writer's lines.

On doubt everything is kept (parser.quotation.findings). Nothing is deleted at any time, and
every message says why (`Quotation.because`). Costs are linear: each line is looked at a
bounded number of times, in bounded pieces, and no rule searches the text with a pattern
that can go back (threats E-18, M15).
"""

import string
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from models.limits import QUOTATION_ATTRIBUTIONS
from models.message import Confidence, Quotation
from parser.quotation.attributions import (
    COLONS,
    POINTS,
    Attribution,
    Strength,
    attribution,
    end_of_pointed,
    is_attribution,
)
from parser.quotation.findings import Cut, Findings, says
from parser.quotation.footers import is_delimiter, signature_end, without_footers
from parser.quotation.header_blocks import (
    LABEL_CHARACTERS,
    UNLABELLED,
    Field,
    HeaderBlock,
    field_of,
    has_label,
    header_block,
    unknown_block,
    unlabelled_block,
)
from parser.quotation.lines import Lines, lines_of, marked, unquoted
from parser.quotation.runs import end_of_run, forwards, has_own_marker, looks_own, said_inside
from parser.quotation.separators import LONGEST_WORDS, UNDRAWN, Separator, is_rule, separator
from parser.quotation.subjects import Kind, kind_of

_LETTERS: Final = frozenset(string.ascii_letters + string.digits)
_DELIMITERS: Final = 5
"""Lines "-- " of one stretch that are tried as the beginning of its signature."""
_OTHER_MARKS: Final = 3
"""Attributions below which another quote mark than ">" is looked for."""
_NEAR: Final = 12
"""Lines below an opening in which our own marker makes it certain."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the header says of the text: `answers` by its subject or its identification fields."""

    kind: Kind
    answers: bool


def quotation(text: str, *, subject: str = "", answers: bool = False, has_files: bool = False) -> Quotation:
    """What of a text is new. `answers`: the message names one it answers (RFC 5322 3.6.4)."""
    kind = kind_of(subject)
    circumstances = Circumstances(kind, answers or kind is Kind.ANSWER)
    found = _Walk(lines_of(text), circumstances).findings()
    return found.quotation(answers=circumstances.answers, has_files=has_files)


class _Walk:
    """Where the walk is: the one piece of state is whether a quote was told beyond doubt."""

    def __init__(self, lines: Lines, circumstances: Circumstances) -> None:
        self._lines = lines
        self._circumstances = circumstances
        self._found = Findings(lines)
        self._delimiters: list[int] = []
        self._attributed = False
        self._marks_left = _OTHER_MARKS
        self._blocks_left = QUOTATION_ATTRIBUTIONS
        self._attributions_left = QUOTATION_ATTRIBUTIONS

    def findings(self) -> Findings:
        remarkable = _remarkable(self._lines)
        at = 0
        while (index := bisect_left(remarkable, at)) < len(remarkable):
            lines = self._lines
            at = self._step(remarkable[index])
            if self._lines is not lines:
                remarkable = _remarkable(self._lines)
        self._leave_out_signatures()
        return self._found

    def _step(self, at: int) -> int:
        """Look at one line; answer with the next one to look at."""
        bare = self._lines.bare[at]
        if bare.startswith(POINTS) and (end := end_of_pointed(self._lines, at)):
            return self._open(Cut(at, end), f"an attribution of GroupWise in line {at + 1}", Confidence.LIKELY)
        if self._lines.is_quoted(at):
            return self._run(at)
        if is_delimiter(self._lines, at):
            self._delimiters.append(at)
            return at + 1
        kind = separator(bare)
        if kind is Separator.FORWARD:
            return self._hand_on(at, "a forwarded message is content")
        if kind is not None:
            return self._separated(at, kind)
        block = self._block_at(at) if has_label(bare) else self._odd_block(at)
        if block is not None:
            return self._block(block)
        if bare.endswith(COLONS):
            return self._attributed_at(at)
        return at + 1

    # --- openings ---------------------------------------------------------------------------

    def _separated(self, at: int, kind: Separator) -> int:
        """A line of set words; the header block or the attribution that comes after it belongs to it."""
        end = at + 1
        following = self._lines.after_blanks(end)
        if following < len(self._lines) and not self._lines.is_quoted(following):
            if block := self._block_at(following):
                end = block.end
            elif told := self._attribution_at(following):
                end = told.end
        if kind is not Separator.OWN_MARKER and self._is_announced(at):
            return self._keep_announced(at, end)
        sure = Confidence.CERTAIN if kind is Separator.OWN_MARKER else Confidence.LIKELY
        return self._open(Cut(at, end), f"{kind.value} in line {at + 1}", sure)

    def _block(self, block: HeaderBlock) -> int:
        if self._is_announced(block.start):
            return self._keep_announced(block.start, block.end)
        why = f"the header fields {', '.join(block.labels[:6])} in line {block.start + 1}"
        return self._open(Cut(block.start, block.end), why, Confidence.LIKELY)

    def _attributed_at(self, at: int) -> int:
        told = self._attribution_at(at)
        if told is None:
            return at + 1
        language = f" ({told.language})" if told.language else ""
        why = f"an attribution{language} in line {told.start + 1}, which {told.strength.value}"
        cut = Cut(told.start, told.end, told.column)
        answers = self._circumstances.answers
        if told.strength is not Strength.WEAK and self._marks_left:
            self._marks_left -= 1
            self._lines = marked(self._lines, told.end)
        following = self._lines.after_blanks(told.end)
        if self._lines.is_quoted(following):
            if told.strength is Strength.WEAK and not answers:
                self._found.keep(f"the quote after line {at + 1} may be what the writer wants to show")
                return end_of_run(self._lines, following)
            sure = Confidence.LIKELY if told.strength is Strength.WEAK else Confidence.CERTAIN
            return self._open(cut, why, sure, marked_sure=sure)
        if told.strength is Strength.STRONG or (answers and told.strength is Strength.FAIR):
            return self._open(cut, why, Confidence.LIKELY)
        return at + 1

    def _open(self, cut: Cut, why: str, sure: Confidence, marked_sure: Confidence = Confidence.CERTAIN) -> int:
        """Leave out an opening, and the history below it that is not marked; a marked one is a run, and comes next."""
        if self._circumstances.kind is Kind.FORWARD:
            return self._hand_on(cut.start, "the subject says that it is forwarded")
        self._found.withdraw_guesses()
        self._attributed = True
        following = self._lines.after_blanks(cut.end)
        if self._lines.is_quoted(following):
            self._found.cut(cut, why, marked_sure)
            return following
        near = self._lines.bare[following : following + _NEAR]
        if any(len(bare) <= LONGEST_WORDS and separator(bare) is Separator.OWN_MARKER for bare in near):
            why, sure = f"{why}; {Separator.OWN_MARKER.value} below it", Confidence.CERTAIN
        self._found.history_is_unmarked = following < len(self._lines)
        self._found.cut(Cut(cut.start, len(self._lines), cut.column), why, sure)
        return len(self._lines)

    def _hand_on(self, start: int, why: str) -> int:
        self._found.hand_on(start, why)
        return len(self._lines)

    def _is_announced(self, start: int) -> bool:
        """Whether the writer's line above an opening says what comes: then it is shown, not quoted."""
        above = self._lines.before_blanks(start)
        return above >= 0 and self._lines.bare[above].endswith(COLONS) and not self._found.was_cut(above)

    def _keep_announced(self, start: int, end: int) -> int:
        self._found.keep(f"what stands from line {start + 1} on is announced by the writer")
        return end

    def _block_at(self, at: int) -> HeaderBlock | None:
        field = field_of(self._lines.bare[at])
        if field is None or field[0] in {Field.OTHER, Field.RAW} or not self._blocks_left:
            return None
        self._blocks_left -= 1
        return header_block(self._lines, at, answers=self._circumstances.answers)

    def _odd_block(self, at: int) -> HeaderBlock | None:
        """A block whose first line is no known field."""
        if is_rule(self._lines.bare[at]):
            return unknown_block(self._lines, at) if self._circumstances.answers else None
        return unlabelled_block(self._lines, at)

    def _attribution_at(self, at: int) -> Attribution | None:
        if not self._lines.bare[at].endswith(COLONS) or not self._attributions_left:
            return None
        self._attributions_left -= 1
        return attribution(self._lines, at, above_quote=self._lines.is_quoted(self._lines.after_blanks(at + 1)))

    # --- runs of quoted lines -----------------------------------------------------------------

    def _run(self, at: int) -> int:
        """A run of quoted lines, blank ones among them."""
        end = end_of_run(self._lines, at)
        if not self._attributed and forwards(self._lines, at):
            # Apple Mail quotes what it forwards.
            return self._hand_on(at, "a forwarded message is content, quoted or not")
        own = looks_own(self._lines, at, end) or self._is_shown(at, end)
        if own:
            self._found.keep(f"the quoted lines from line {at + 1} on {own}")
            return end
        why = f"quoted lines from line {at + 1} on"
        if self._attributed or not any(map(says, map(unquoted, self._lines.bare[at:end]))):
            self._found.cut(Cut(at, end), why, Confidence.CERTAIN)
        elif inside := said_inside(self._lines, at, end):
            self._found.withdraw_guesses()
            self._attributed = True
            self._found.cut(Cut(at, end), f"{why}: {inside}", Confidence.CERTAIN)
        else:
            above = self._lines.before_blanks(at)
            start = above if above >= 0 and is_attribution(f"{self._lines.bare[above]}:") else at
            self._found.guess(Cut(start, end), f"{why}: nobody says whose they are")
        return end

    def _is_shown(self, at: int, end: int) -> str:
        """Why a run that nothing attributes is the writer's own; "" when it is taken for a quote."""
        if self._attributed or has_own_marker(self._lines, at, end):
            return ""
        above = self._lines.before_blanks(at)
        if above >= 0 and self._lines.bare[above].endswith(COLONS):
            return "are announced by the writer"
        if self._circumstances.answers or said_inside(self._lines, at, end):
            return ""
        is_apart = above < 0 or above < at - 1
        is_last = self._lines.after_blanks(end) == len(self._lines)
        if is_apart and (self._runs_on(end) or (end - at > 1 and (is_last or above < 0))):
            return ""
        return "may be the writer's own"

    def _runs_on(self, start: int) -> bool:
        """Whether another run follows, as it does when answers stand between."""
        return any(map(self._lines.is_quoted, range(start, len(self._lines)))) or bool(self._found.cuts)

    # --- signatures and footers ----------------------------------------------------------------

    def _leave_out_signatures(self) -> None:
        for start, end in self._found.stretches():
            end_of_words = self._signature(start, end)
            kept = without_footers(self._lines, start, end_of_words)
            if kept < end_of_words:
                why = f"a mail program's own line after line {kept}"
                self._found.cut(Cut(kept, end_of_words), why, Confidence.CERTAIN)

    def _signature(self, start: int, end: int) -> int:
        """Leave out the signature of a stretch; answer with where the words before it end."""
        first = bisect_left(self._delimiters, start)
        tried = [at for at in self._delimiters[first : first + _DELIMITERS] if start < at < end]
        for at in tried:
            if signature_end(self._lines, at, end, alone=len(tried) == 1):
                sure = Confidence.CERTAIN if self._lines.raw[at] == "-- " else Confidence.LIKELY
                self._found.cut(Cut(at, end), f"a signature from line {at + 1} on", sure)
                return at
        return end


def _remarkable(lines: Lines) -> list[int]:
    """The lines some rule might be about; most of a text is long lines of words, and is not looked at twice."""
    return [
        at
        for at, bare in enumerate(lines.bare)
        if bare
        and (
            bare[0] not in _LETTERS
            or bare[-1] in COLONS
            or ":" in bare[:LABEL_CHARACTERS]
            or (len(bare) <= LONGEST_WORDS and _may_be_set_words(bare))
        )
    ]


def _may_be_set_words(bare: str) -> bool:
    """Whether a line that begins with a letter may be set words with nothing drawn before them."""
    return _beginning(bare) in _BEGINNINGS or "\t" in bare or "：" in bare[:LABEL_CHARACTERS]


def _beginning(words: str) -> str:
    return words[:3].rstrip().casefold()[:3]


_BEGINNINGS: Final = frozenset(map(_beginning, (*UNDRAWN, *UNLABELLED)))
