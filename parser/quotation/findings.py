"""What a walk over a text found: the lines that are not the writer's, why, and what is left.

On doubt everything is left: when the writer says nothing else, only greets, or points to
what stands below an opening whose history is not marked.
"""

import unicodedata
from dataclasses import dataclass, field
from typing import Final

from models.limits import QUOTATION_SPANS
from models.message import Confidence, Quotation
from parser.quotation.lines import Lines
from parser.quotation.pointing import only_greets, points_below
from parser.quotation.separators import RULES, is_rule

_ORDER: Final = (Confidence.DOUBTFUL, Confidence.LIKELY, Confidence.CERTAIN)
_EVIDENCE: Final = 5
"""Pieces of evidence that are told; there may be hundreds of runs."""


@dataclass(frozen=True, slots=True, order=True)
class Cut:
    """Lines [start, end) that are not the writer's, but for the first `column` characters of them."""

    start: int
    end: int
    column: int = 0


@dataclass(slots=True)
class Findings:
    """Collected from the first line to the last; signatures and footers come after that."""

    lines: Lines
    cuts: list[Cut] = field(default_factory=list)
    because: list[str] = field(default_factory=list)
    confidence: Confidence = Confidence.CERTAIN
    history_is_unmarked: bool = False
    forward: int | None = None
    _guesses: list[tuple[Cut, str]] = field(default_factory=list)

    def cut(self, cut: Cut, why: str, sure: Confidence) -> None:
        """Leave out some lines."""
        self.cuts.append(cut)
        self.because.append(why)
        self._sink(sure)

    def guess(self, cut: Cut, why: str) -> None:
        """Leave out lines that only look quoted; what is found later may tell better."""
        self.cut(cut, why, Confidence.LIKELY)
        self._guesses.append((cut, why))

    def withdraw_guesses(self) -> None:
        """A real quote was found below: what was guessed above it may be the writer's own."""
        guessed = dict(self._guesses)
        if guessed:
            self._guesses.clear()
            self.cuts = [cut for cut in self.cuts if cut not in guessed]
            words = set(guessed.values())
            self.because = [why for why in self.because if why not in words]
            self.keep("quoted lines above the first attribution may be the writer's own")

    def keep(self, why: str) -> None:
        """Leave in what might be left out."""
        self.because.append(why)
        self._sink(Confidence.DOUBTFUL)

    def hand_on(self, start: int, why: str) -> None:
        """From a line on, everything is content."""
        self.forward = start
        self.because.append(f"{why} (line {start + 1})")
        self._sink(Confidence.LIKELY)

    def _sink(self, confidence: Confidence) -> None:
        self.confidence = min(self.confidence, confidence, key=_ORDER.index)

    def was_cut(self, line: int) -> bool:
        """Whether a line above the one the walk has come to was left out."""
        return bool(self.cuts) and line < self.cuts[-1].end

    def stretches(self) -> list[tuple[int, int]]:
        """The stretches of the writer's lines, as many as spans are kept; none in what is handed on."""
        found: list[tuple[int, int]] = []
        at = 0
        limit = len(self.lines) if self.forward is None else self.forward
        for cut in [*self.cuts, Cut(limit, limit)]:
            if self.lines.after_blanks(at) < cut.start:
                found.append((at, cut.start))
            at = cut.end
        return found[:QUOTATION_SPANS]

    def quotation(self, *, answers: bool, has_files: bool) -> Quotation:
        """What is left, and why: or everything, on doubt."""
        self.cuts.sort()
        spans = self._spans()
        new = "\n".join([self.lines.text[start:end] for start, end in spans])
        if not says(new):
            return self._nothing_left(has_files=has_files)
        if self.history_is_unmarked and points_below(new):
            return self._everything("the writer points to what stands below")
        if self.history_is_unmarked and only_greets(new):
            return self._everything("the writer only greets above a history that is not marked")
        if not self.because and answers:
            self.because, self.confidence = ["it is an answer, and nothing in it looks quoted"], Confidence.LIKELY
        elif not self.because:
            self.because = ["nothing in it looks quoted"]
        elif self.history_is_unmarked and not answers and self.confidence is not Confidence.CERTAIN:
            self.keep("the header names no message that this one answers")
        return Quotation(new=tuple(spans), confidence=self.confidence, because=_joined(self.because))

    def _nothing_left(self, *, has_files: bool) -> Quotation:
        """A trim to nothing is a lost message: only files that come with a quote speak for themselves."""
        if not says(self.lines.text):
            return Quotation(new=(), confidence=Confidence.CERTAIN, because="there is no text")
        if has_files and not self.history_is_unmarked and self.confidence is Confidence.CERTAIN:
            because = _joined(["only files came with it", *self.because])
            return Quotation(new=(), confidence=Confidence.CERTAIN, because=because)
        return self._everything("nothing else would be left")

    def _everything(self, why: str) -> Quotation:
        spans = _trimmed(self.lines, 0, len(self.lines), self.lines.offsets())
        return Quotation(new=spans, confidence=Confidence.DOUBTFUL, because=_joined([why, *self.because]))

    def _spans(self) -> list[tuple[int, int]]:
        """The stretches that are left, as offsets, without blank and drawn lines around them."""
        offsets = self.lines.offsets()
        spans: list[tuple[int, int]] = []
        at = 0
        for cut in [*self.cuts, Cut(len(self.lines), len(self.lines))]:
            if len(spans) == QUOTATION_SPANS - 1 and cut.start < len(self.lines):
                self.keep("there are too many quotes to tell them all apart")
                spans += _trimmed(self.lines, at, len(self.lines), offsets)
                break
            if cut.column:
                ((start, _),) = _trimmed(self.lines, at, cut.start + 1, offsets)
                spans.append((start, offsets[cut.start] + cut.column))
            else:
                spans += _trimmed(self.lines, at, cut.start, offsets)
            at = max(at, cut.end)
        return spans


def _trimmed(lines: Lines, start: int, end: int, offsets: list[int]) -> tuple[tuple[int, int], ...]:
    """A stretch of lines as a span, without the blank lines around it and the drawn ones at its end; none if empty."""
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


def says(text: str) -> bool:
    """Whether a reader would learn anything: a letter, a digit, a picture, a mark of exclamation or question."""
    if any(map(str.isalnum, text[:200])):
        return True
    return any(
        character in "?!" or (character not in RULES and unicodedata.category(character)[0] in "LNS")
        for character in text.strip()
    )
