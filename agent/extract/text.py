"""A message cut into sentences and clauses, each knowing whether it is asked, supposed, reported or an order."""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property

from agent.extract.mend import mend
from agent.extract.numbers import Number, find_numbers, mask
from agent.extract.words import ROOT, Words, read_yaml

LIMIT = 8_000
"""Characters of one message that are read for facts; what is longer is pasted data, not talk."""

_SAME_LENGTH = str.maketrans("’‘“”´`，。：；？！（）％０１２３４５６７８９＄～", "''\"\"'',.:;?!()%0123456789$~")
_ENDLESS = re.compile(r"\w{100,}|[\u4e00-\u9fff]{60,}")
"""No word is that long; patterns would walk it again and again, from each of its characters."""
_ENDLESS_HAN = re.compile(r"[^\W\u4e00-\u9fff]{100,}")
"""The same where words stand without spaces."""
_FENCE = re.compile(r"```.*?(?:```|\Z)|^\s*[{\[].*$", re.S | re.M)
_SENTENCE = re.compile(r"(?<=[.!?;])(?=\s|$)|(?<=[。！？；.!?;])(?=[^\x00-\x7f])|\n+")
_QUOTED = re.compile(
    r"\"[^\"]{2,200}\"|(?<!\w)'[^'\n]{2,120}'(?!\w)|«[^»]{2,200}»|„[^\"“]{2,200}[\"“]|「[^」]{1,120}」"
)


@cache
def _abbreviation() -> re.Pattern[str]:
    return re.compile(rf"\b(?:{'|'.join(read_yaml(ROOT / 'abbreviations.yaml'))})\.$", re.I)


@dataclass(frozen=True)
class Sentence:
    """One sentence: its place in the message and what kind of saying it is."""

    start: int
    end: int
    order: bool
    """Speaks to the adviser as a machine ("ignore previous instructions"): nothing in it is a fact."""
    definition: bool = False
    """Asks what a word means ("what is catastrophic forgetting?"): nothing in it is about the person's task."""


@dataclass(frozen=True)
class Clause:
    """A part of a sentence between commas or joining words."""

    start: int
    end: int
    asked: bool
    supposed: bool
    reported: bool
    imagined: bool
    """Follows "suppose" or "what if": nothing in it is a fact."""


class Text:
    """A message ready to be searched. `masked` has the raw text's length: lower case, numbers as #, % and $ runs."""

    def __init__(self, raw: str, words: Words, numbers: Sequence[Number] = (), *, mends: bool = True) -> None:
        """Args: numbers: as the message's own language reads them, where these are another language's words.

        mends: numbers that are taken back count as what was said in their place.
        """
        self.raw = raw[:LIMIT]
        self.words = words
        plain = self.raw.translate(_SAME_LENGTH)
        low = "".join(c.lower() if len(c.lower()) == 1 else c for c in plain)
        low = _FENCE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), low)
        low = (_ENDLESS_HAN if words.language == "zh" else _ENDLESS).sub(lambda m: " " * len(m.group()), low)
        self.low = re.sub(r"[\n\t\r\u00a0\u202f\u2009]", lambda m: "\n" if m.group() == "\n" else " ", low)
        own = find_numbers(self.low, words)
        free = [n for n in own if not any(n.start < known.end and known.start < n.end for known in numbers)]
        every = sorted([*numbers, *free], key=lambda n: n.start)
        self.numbers: list[Number] = mend(self.low, every) if mends else every
        self.masked = mask(self.low, self.numbers)
        self._held: dict[tuple[re.Pattern[str], int, int], bool] = {}

    @cached_property
    def sentences(self) -> list[Sentence]:
        """The sentences in order; a stop inside an abbreviation or a number does not end one."""
        cuts, begin = [], 0
        for m in _SENTENCE.finditer(self.masked):
            piece = self.low[begin : m.start()]
            if not piece.strip() or (piece.endswith(".") and _abbreviation().search(piece)):
                continue
            cuts.append((begin, m.end() if m.group() else m.start()))
            begin = cuts[-1][1]
        if self.low[begin:].strip():
            cuts.append((begin, len(self.low)))
        orders, defines = self.words.orders, self.words.definition
        return [
            Sentence(
                s,
                e,
                bool(orders and orders.search(self.low, s, e)),
                bool(defines and defines.match(self.low[s:e].strip())),
            )
            for s, e in cuts
        ]

    @cached_property
    def clauses(self) -> list[Clause]:
        """All clauses in order."""
        return [c for s in self.sentences for c in self._clauses(s)]

    def _clauses(self, sentence: Sentence) -> list[Clause]:
        w, result, asked, reported, imagined = self.words, [], False, False, False
        cuts = [m.start() for m in w.clause.finditer(self.masked, sentence.start, sentence.end)]
        ends = [*cuts, sentence.end]
        begins = [sentence.start, *cuts]
        mark = "?" in self.masked[max(sentence.start, sentence.end - 3) : sentence.end]
        for i, (start, end) in enumerate(zip(begins, ends, strict=True)):
            part = self.masked[start:end]
            asked = (
                bool(w.question.match(part.lstrip(" ,-:(") or " "))
                or (mark and i == len(begins) - 1 and not asked)
                or (asked and not w.statement.match(part.lstrip(" ,-:(") or " "))
            )
            if mark and len(begins) == 1:
                asked = True
            if w.asked_by_end is not None and w.asked_by_end.search(part):
                asked = True
            begun = part.lstrip(" ,-:(")
            if w.statement.match(begun or " ") and not begun.startswith("#"):
                reported = False
            reported = reported or bool(w.reported.search(part))
            supposes = w.imagined.search(self.masked[start : sentence.end])
            imagined = imagined or bool(supposes and supposes.start() < end - start)
            result.append(Clause(start, end, asked, bool(w.supposed.search(part)), reported, imagined))
        return result

    @cached_property
    def denied(self) -> list[tuple[int, int]]:
        """Places that say what is not so ("it is not the tone that bothers us"), or that only stand by the way."""
        return [m.span() for p in (self.words.denied, *self.words.in_passing) for m in p.finditer(self.masked)]

    @cached_property
    def _starts(self) -> list[int]:
        return [c.start for c in self.clauses]

    def clause_at(self, position: int) -> Clause:
        """The clause that holds a position."""
        return self.clauses[max(0, bisect_right(self._starts, position) - 1)]

    def sentence_at(self, position: int) -> Sentence | None:
        """The sentence that holds a position; None between sentences."""
        found = self.sentences[max(0, bisect_right(self._sentence_starts, position) - 1)] if self.sentences else None
        return found if found and found.start <= position < found.end else None

    @cached_property
    def _sentence_starts(self) -> list[int]:
        return [s.start for s in self.sentences]

    def holds(self, pattern: re.Pattern[str], start: int, end: int) -> bool:
        """Whether a pattern occurs in a part of the message; looked up once, however many matches ask."""
        key = pattern, start, end
        if key not in self._held:
            self._held[key] = pattern.search(self.masked, start, end) is not None
        return self._held[key]

    @cached_property
    def _quoted(self) -> list[tuple[int, int]]:
        return [m.span() for m in _QUOTED.finditer(self.low)]

    def in_quotes(self, position: int) -> bool:
        """Whether a position stands inside somebody's quoted words."""
        return any(s < position < e - 1 for s, e in self._quoted)

    def negated(self, start: int, end: int, inside: bool = False) -> bool:
        """Whether a negating word governs a match.

        Args:
            start: of the match.
            end: of the match.
            inside: whether one within the match counts too (not for patterns that themselves speak of a lack).
        """
        if inside and self.words.negation_inside.search(self.masked, start, end):
            return True
        clause = self.clause_at(start)
        before = self.masked[max(clause.start, start - 60) : start]
        if self.words.negation_before.search(before):
            return True
        after = self.words.negation_after
        return bool(after and after.match(self.masked, end, max(end, self.clause_at(end - 1).end)))

    def denies(self, start: int, number: int) -> bool:
        """Whether what stands before a number within a match denies it ("keine 5.000 Beispiele")."""
        return bool(self.words.negation_inside.search(self.masked[start:number]))

    def quote(self, start: int, end: int) -> str:
        """The person's own words at a place, widened to whole words."""
        while (
            start > 0 and self.raw[start - 1].isascii() and self.raw[start - 1].isalnum() and self.raw[start].isalnum()
        ):
            start -= 1
        while (
            end < len(self.raw) and self.raw[end].isascii() and self.raw[end].isalnum() and self.raw[end - 1].isalnum()
        ):
            end += 1
        return self.raw[start:end].strip(" ,;:\n\t")
