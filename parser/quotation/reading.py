"""Which of a text was written now: the theory, and the order in which its rules are asked.

The lines of a text are walked once, from the first to the last. Most are the writer's. What
is not, begins in one of four ways:

- a *quoted line* (">"): it and its neighbours are a run. A run is somebody else's when an
  attribution stands above it, when the text begins with it, or when the message is an
  answer; otherwise it may be the writer's own ("The log says:"), and is kept;
- an *opening*: a separator, a header block, an attribution, our own marker. When a run
  follows, the opening goes with the run and the walk goes on, for answers may stand below
  and between. When none does, the history is unmarked: it reaches to the end of the text;
- a *forward*: what the writer hands on is content, from its first line to the end;
- a *signature* or a program's *footer*, at the end of a stretch of the writer's lines.

On doubt everything is kept: when nothing would be left, when the writer points to what
stands below, when only a guess speaks for a quote. Nothing is deleted at any time, and
every message says why (`Quotation.because`). Costs are linear: each line is looked at a
bounded number of times, in bounded pieces, and no rule searches the text with a pattern
(threats E-18, M15).
"""

import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

from models.limits import QUOTATION_ATTRIBUTIONS, QUOTATION_SPANS
from models.message import Confidence, Quotation
from parser.quotation.attributions import Attribution, Strength, attribution, is_attribution
from parser.quotation.footers import is_delimiter, signature_end, without_footers
from parser.quotation.header_blocks import Field, HeaderBlock, field_of, header_block
from parser.quotation.lines import Lines, depth, lines_of, unquoted
from parser.quotation.pointing import points_below
from parser.quotation.separators import RULES, Separator, is_rule, separator
from parser.quotation.subjects import Kind, kind_of

_COLONS: Final = (":", "：")
_ORDER: Final = (Confidence.DOUBTFUL, Confidence.LIKELY, Confidence.CERTAIN)
_EVIDENCE: Final = 5
"""Pieces of evidence that are told; there may be hundreds of runs."""
_DELIMITERS: Final = 5
"""Lines "--" of one stretch that are tried as the beginning of its signature."""
_FIRST_LINES: Final = 6
_CODE_DEPTH: Final = 3
"""Quotes that begin this deep without shallower ones are a prompt or a merge conflict."""


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What the rest of the message says of its text."""

    kind: Kind
    answers: bool
    has_files: bool


def quotation(text: str, *, subject: str = "", answers: bool = False, has_files: bool = False) -> Quotation:
    """What of a text is new. `answers`: the message names one it answers (RFC 5322 3.6.4)."""
    lines = lines_of(text)
    kind = kind_of(subject)
    walk = _Walk(lines, Circumstances(kind, answers or kind is Kind.ANSWER, has_files))
    walk.go()
    return walk.result()


class _Walk:
    """Where the walk is, and what it found: the lines that are not the writer's, and why."""

    def __init__(self, lines: Lines, circumstances: Circumstances) -> None:
        self._lines = lines
        self._circumstances = circumstances
        self._cuts: list[tuple[int, int]] = []
        self._delimiters: list[int] = []
        self._because: list[str] = []
        self._confidence = Confidence.CERTAIN
        self._attributed = False
        self._unmarked_history = False
        self._forward: int | None = None
        self._left = {"attribution": QUOTATION_ATTRIBUTIONS, "block": QUOTATION_ATTRIBUTIONS}

    def go(self) -> None:
        at = 0
        while at < len(self._lines):
            at = self._step(at)
        self._leave_out_signatures()

    def _step(self, at: int) -> int:
        """Look at one line; answer with the next one to look at."""
        bare = self._lines.bare[at]
        if not bare:
            return at + 1
        if self._lines.is_quoted(at):
            return self._run(at)
        if is_delimiter(self._lines, at):
            self._delimiters.append(at)
            return at + 1
        found = separator(bare)
        if found is Separator.FORWARD:
            return self._hand_on(at, "a forwarded message is content")
        if found is not None:
            return self._separated(at, found)
        if self._left["block"] and field_of(bare) is not None:
            block = self._header_block(at)
            if block is not None:
                return self._block(block)
        if bare.endswith(_COLONS) and self._left["attribution"]:
            return self._attributed_at(at)
        return at + 1

    def _header_block(self, at: int) -> HeaderBlock | None:
        self._left["block"] -= 1
        field = field_of(self._lines.bare[at])
        if field is None or field[0] in {Field.OTHER, Field.RAW}:
            return None
        return header_block(self._lines, at)

    def _attribution(self, at: int) -> Attribution | None:
        self._left["attribution"] -= 1
        return attribution(self._lines, at, above_quote=self._lines.is_quoted(self._lines.after_blanks(at + 1)))

    # --- openings ---------------------------------------------------------------------------

    def _separated(self, at: int, found: Separator) -> int:
        """A line of set words; the header block or the attribution that comes after it belongs to it."""
        end = at + 1
        following = self._lines.after_blanks(end)
        if following < len(self._lines) and not self._lines.is_quoted(following):
            block = self._header_block(following)
            if block is not None:
                end = block.end
            elif self._lines.bare[following].endswith(_COLONS) and (told := self._attribution(following)):
                end = told.end
        sure = Confidence.CERTAIN if found is Separator.OWN_MARKER else Confidence.LIKELY
        return self._open(at, end, f"{found.value} in line {at + 1}", sure)

    def _block(self, block: HeaderBlock) -> int:
        above = self._lines.before_blanks(block.start)
        if above >= 0 and self._lines.bare[above].endswith(_COLONS) and not self._was_cut(above):
            self._keep(f"the header fields in line {block.start + 1} are announced by the writer")
            return block.end
        labels = ", ".join(block.labels[:6])
        return self._open(
            block.start, block.end, f"the header fields {labels} in line {block.start + 1}", Confidence.LIKELY
        )

    def _attributed_at(self, at: int) -> int:
        told = self._attribution(at)
        if told is None:
            return at + 1
        language = f" ({told.language})" if told.language else ""
        why = f"an attribution{language} in line {told.start + 1}, which {told.strength.value}"
        if self._lines.is_quoted(self._lines.after_blanks(told.end)):
            if told.strength is Strength.WEAK and not self._circumstances.answers:
                self._keep(f"the quote after line {at + 1} may be what the writer wants to show")
                return self._skip_run(self._lines.after_blanks(told.end))
            return self._open(told.start, told.end, why, Confidence.CERTAIN)
        plain = Strength.STRONG if not self._circumstances.answers else Strength.FAIR
        if told.strength not in {plain, Strength.STRONG}:
            return at + 1
        return self._open(told.start, told.end, why, Confidence.LIKELY)

    def _open(self, start: int, end: int, why: str, sure: Confidence) -> int:
        """Leave out an opening, and the unmarked history below it; a marked one is a run, and comes next."""
        if self._circumstances.kind is Kind.FORWARD:
            return self._hand_on(start, "the subject says that it is forwarded")
        following = self._lines.after_blanks(end)
        self._attributed = True
        if self._lines.is_quoted(following):
            self._cut(start, end, why, Confidence.CERTAIN)
            return following
        if self._has_own_marker(following):
            why, sure = f"{why}; {Separator.OWN_MARKER.value} below it", Confidence.CERTAIN
        self._unmarked_history = following < len(self._lines)
        self._cut(start, len(self._lines), why, sure)
        return len(self._lines)

    def _hand_on(self, start: int, why: str) -> int:
        self._forward = start
        self._because.append(f"{why} (line {start + 1})")
        self._sink(Confidence.LIKELY)
        return len(self._lines)

    def _has_own_marker(self, at: int) -> bool:
        near = self._lines.bare[at : at + 12]
        return any(separator(bare) is Separator.OWN_MARKER for bare in near)

    # --- runs of quoted lines -----------------------------------------------------------------

    def _run(self, at: int) -> int:
        """A run of quoted lines, blank ones among them."""
        end = self._skip_run(at)
        content = unquoted(self._lines.bare[at])
        if not self._attributed and separator(content) is Separator.FORWARD:
            # Apple Mail quotes what it forwards.
            return self._hand_on(at, "a forwarded message is content, quoted or not")
        why, sure = self._whose(at, end)
        if sure is None:
            self._keep(f"the quoted lines from line {at + 1} on {why}")
            return end
        self._attributed = True
        self._cut(at, end, f"quoted lines from line {at + 1} on: {why}", sure)
        return end

    def _skip_run(self, at: int) -> int:
        """The end of the run that begins at a line."""
        end = at
        while self._lines.is_quoted(at):
            end = at + 1
            at = self._lines.after_blanks(end)
        return end

    def _whose(self, at: int, end: int) -> tuple[str, Confidence | None]:
        """Why a run is a quote, and how sure it is; None when it may as well be the writer's."""
        if self._attributed:
            return "they go on with what is quoted above", Confidence.CERTAIN
        own = self._looks_own(at, end)
        if own is not None:
            return own, None
        inside = self._said_inside(at, end)
        if inside is not None:
            return inside, Confidence.CERTAIN
        above = self._lines.before_blanks(at)
        if above >= 0 and self._lines.bare[above].endswith(_COLONS):
            return "are announced by the writer", None
        if self._circumstances.answers:
            return "the message is an answer", Confidence.LIKELY
        several = self._another_run(end)
        is_last = self._lines.after_blanks(end) == len(self._lines)
        if above < at - 1 and (several or (end - at > 1 and (is_last or above < 0))):
            return "they are set apart from the writer's lines", Confidence.LIKELY
        return "may be the writer's own", None

    def _looks_own(self, at: int, end: int) -> str | None:
        """What a run is when it is not even a quote."""
        if end - at == 1 and self._lines.raw[at].startswith(">From "):
            return "are an escaped line of text"
        if all(depth(self._lines.bare[line]) >= _CODE_DEPTH for line in range(at, end) if self._lines.bare[line]):
            return "look like a prompt"
        return None

    def _said_inside(self, at: int, end: int) -> str | None:
        """What the first lines of a run say of it: our own line, or the attribution that iOS quotes too."""
        words = ""
        for line in range(at, min(end, at + _FIRST_LINES)):
            content = unquoted(self._lines.bare[line])
            if separator(content) is Separator.OWN_MARKER:
                return f"{Separator.OWN_MARKER.value} stands in them"
            words = f"{words} {content}".strip()
            if content.endswith(_COLONS) and is_attribution(words):
                return "they begin with an attribution"
        return None

    def _another_run(self, start: int) -> bool:
        return any(self._lines.is_quoted(line) for line in range(start, len(self._lines)))

    # --- signatures and footers ----------------------------------------------------------------

    def _leave_out_signatures(self) -> None:
        for start, end in self._stretches():
            end_of_words = self._signature(start, end)
            kept = without_footers(self._lines, start, end_of_words)
            if kept < end_of_words:
                self._cut(kept, end_of_words, f"a mail program's own line after line {kept}", Confidence.CERTAIN)
        self._cuts.sort()

    def _signature(self, start: int, end: int) -> int:
        """Leave out the signature of a stretch; answer with where the words before it end."""
        first = bisect_left(self._delimiters, start)
        for at in self._delimiters[first : first + _DELIMITERS]:
            ended = signature_end(self._lines, at, end) if start < at < end else None
            if ended is not None:
                sure = Confidence.CERTAIN if self._lines.raw[at] == "-- " else Confidence.LIKELY
                self._cut(at, ended, f"a signature from line {at + 1} on", sure)
                return at
        return end

    def _stretches(self) -> list[tuple[int, int]]:
        """The stretches of lines that nothing was left out of, at most as many as spans are kept."""
        found = []
        at = 0
        limit = len(self._lines) if self._forward is None else self._forward
        for start, end in [*self._cuts, (limit, limit)]:
            if self._lines.after_blanks(at) < start:
                found.append((at, start))
            at = end
        return found[:QUOTATION_SPANS]

    # --- the result ------------------------------------------------------------------------------

    def result(self) -> Quotation:
        spans = self._spans()
        new = "\n".join(self._lines.text[start:end] for start, end in spans)
        if not _says(new):
            return self._nothing_left()
        if self._unmarked_history and points_below(new):
            return self._everything(
                Confidence.DOUBTFUL, "the writer points to what stands below", *self._because[:_EVIDENCE]
            )
        if not self._because:
            return self._everything(*self._nothing_quoted())
        return Quotation(new=tuple(spans), confidence=self._confidence, because=_joined(self._because))

    def _nothing_quoted(self) -> tuple[Confidence, str]:
        if self._circumstances.answers:
            return Confidence.LIKELY, "it is an answer, and nothing in it looks quoted"
        return Confidence.CERTAIN, "nothing in it looks quoted"

    def _nothing_left(self) -> Quotation:
        """A trim to nothing is a lost message: only files that came with a quote speak for themselves."""
        if not _says(self._lines.text):
            return Quotation(new=(), confidence=Confidence.CERTAIN, because="there is no text")
        only_marked = not self._unmarked_history and self._confidence is Confidence.CERTAIN
        if self._circumstances.has_files and only_marked:
            return Quotation(
                new=(), confidence=Confidence.CERTAIN, because=_joined(["only files came with it", *self._because])
            )
        return self._everything(Confidence.DOUBTFUL, "nothing else would be left", *self._because)

    def _everything(self, confidence: Confidence, *because: str) -> Quotation:
        spans = _trimmed(self._lines, 0, len(self._lines), self._lines.offsets())
        return Quotation(new=spans, confidence=confidence, because=_joined(list(because)))

    def _spans(self) -> list[tuple[int, int]]:
        """The stretches that are left, as offsets, without blank and drawn lines around them."""
        offsets = self._lines.offsets()
        spans: list[tuple[int, int]] = []
        at = 0
        for start, end in [*self._cuts, (len(self._lines), len(self._lines))]:
            if len(spans) == QUOTATION_SPANS - 1 and start < len(self._lines):
                start = len(self._lines)  # noqa: PLW2901 - from here on everything is new
                spans += _trimmed(self._lines, at, start, offsets)
                self._because.insert(0, "there are too many quotes to tell them all apart")
                self._sink(Confidence.DOUBTFUL)
                break
            spans += _trimmed(self._lines, at, start, offsets)
            at = max(at, end)
        return spans

    def _cut(self, start: int, end: int, why: str, sure: Confidence) -> None:
        self._cuts.append((start, end))
        self._because.append(why)
        self._sink(sure)

    def _keep(self, why: str) -> None:
        self._because.append(why)
        self._sink(Confidence.DOUBTFUL)

    def _sink(self, confidence: Confidence) -> None:
        self._confidence = min(self._confidence, confidence, key=_ORDER.index)

    def _was_cut(self, at: int) -> bool:
        return bool(self._cuts) and at < self._cuts[-1][1]


def _trimmed(lines: Lines, start: int, end: int, offsets: list[int]) -> tuple[tuple[int, int], ...]:
    """A stretch of lines as a span of the text, without the blank lines and the drawn ones at its end; none if empty."""
    start = lines.after_blanks(start)
    while start < end and (not lines.bare[end - 1] or is_rule(lines.bare[end - 1])):
        end -= 1
    if start >= end:
        return ()
    return ((offsets[start], min(offsets[end] - 1, len(lines.text))),)


def _joined(because: list[str]) -> str:
    more = len(because) - _EVIDENCE
    told = "; ".join(because[:_EVIDENCE])
    return f"{told}; and {more} more" if more > 0 else told


def _says(text: str) -> bool:
    """Whether a reader would learn anything: a letter, a digit, a picture, a mark of exclamation or question."""
    if any(map(str.isalnum, text[:200])):
        return True
    return any(
        character in "?!" or (character not in RULES and unicodedata.category(character)[0] in "LNS")
        for character in text
    )
