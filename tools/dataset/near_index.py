"""Near-duplicates among the texts of one file, or of one against another's; some bytes are kept of each.

Time grows with the number of texts, whatever they are: texts with the same runs of words are one; which others are
compared is chosen by `near_pairs`; and what was left out is said.
"""

from array import array
from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from tools.dataset.near import Joined, Near, Texts, grams, similarity
from tools.dataset.near_pairs import LOOKING, Prefixes, Search, distinct, one_after_another, prefixes, ranks
from tools.progress import Progress, silent

if TYPE_CHECKING:
    from tools.dataset.near_pairs import Column

MOST_KEPT = 8_000_000
"""Runs of words that are kept, of all texts together; of more texts, only the rarest runs are."""
AT_ONCE = 1_000_000
SLICE = 100_000
ENOUGH = 16
"""A near-duplicate that was compared with so many is not compared with another that it is joined with already."""
REMEMBERED = 128


class NearIndex:
    """The texts of one file.

    Args:
        least: similarity from which two texts are near-duplicates.
        first: for a second file, the index of the first, whose pairs were asked for: its texts are compared with those,
            not with each other.
    """

    def __init__(self, least: float, first: "NearIndex | None" = None) -> None:
        self._least, self._first = least, first
        self._ranks: Column | None = None if first is None else first._ranks
        self._lines, self._sizes = array("I"), array("I")
        self._whole = array("q")
        """Hash of all runs of a text."""
        self._runs = array("q")
        """Of all texts, one after another; once there were too many, what is to be sifted, then what was read again."""
        self._starts = array("q")
        """Where in them each text begins; negative where it is missing."""
        self._done = 0
        """Texts that were sifted."""
        self._few = True
        """Whether all runs are kept."""
        self._sifted: list[Prefixes] = []
        self._prefixes: Prefixes | None = None
        self._joined = Joined(0)
        self.likely = 0
        """Texts that may be near-duplicates of another."""
        self.compared = 0
        """Those that were compared."""
        self.crowded = 0
        """Those that were not compared with all that they may be near-duplicates of."""

    def add(self, line: int, text: str) -> None:
        """Remember a text; one without words is like no other."""
        found = grams(text)
        if not found:
            return
        self._lines.append(line)
        self._sizes.append(len(found))
        self._whole.append(hash(frozenset(found)))
        if self._few:
            self._starts.append(len(self._runs))
        self._runs.extend(found)
        if len(self._runs) > (MOST_KEPT if self._few else AT_ONCE):
            self._few = False
            self._sift()

    def _sift(self) -> None:
        if self._ranks is None:
            self._ranks = ranks(self._runs)
        if self._done < len(self._lines):
            self._sifted.append(prefixes(self._runs, self._sizes[self._done :], self._ranks, self._least))
            self._done = len(self._lines)
        if not self._few:
            self._runs, self._starts = array("q"), array("q")

    def pairs(self, texts: Texts, first_texts: Texts | None = None, progress: Progress = silent) -> list[Near]:
        """Every text that nearly repeats an earlier one, with the one of those compared that it is most like. Once.

        Args:
            texts: reads lines of this file again.
            first_texts: the same for the first file, where there is one.
            progress: told now and then; it may raise CancelledError.
        """
        self._sift()
        other, n = self._first or self, len(self._lines)
        self._joined = Joined(n)
        if not n or not len(other._lines):
            return []
        original = _originals(self._whole)
        self._prefixes = one_after_another(self._sifted, leave_out=original != np.arange(n))
        self._sifted = []
        search = Search(self._prefixes, None if other is self else other._prefixes, self._least)
        codes = search.pairs(progress)
        mine, theirs = distinct(codes // len(other._lines)), distinct(codes % len(other._lines))
        self._read_again(distinct(np.concatenate((mine, theirs))) if other is self else mine, texts)
        if first_texts is not None:
            other._read_again(theirs, first_texts)
        self.likely = len(mine)
        best, alike = self._compare(codes, other, progress)
        if other is self:
            for k in np.flatnonzero(original != np.arange(n)).tolist():
                best[k], alike[k] = original[k], 1.0
                self._joined.join(k, int(original[k]))
        else:
            best, alike = best[original], alike[original]
        self.crowded = search.left(np.array(self._joined.roots()), alike > 0)
        return [Near(self._lines[k], other._lines[best[k]], float(alike[k])) for k in np.flatnonzero(alike).tolist()]

    def _read_again(self, wanted: "Column", texts: Texts) -> None:
        if self._few:
            return
        places = {self._lines[k]: k for k in wanted.tolist()}
        self._runs, self._starts = array("q"), array("q", [-1]) * len(self._lines)
        for line, text in texts(set(places)):
            self._starts[places[line]] = len(self._runs)
            self._runs.extend(grams(text))

    def _runs_of(self, k: int) -> set[int]:
        """The runs of a text; none where it could not be read again."""
        start = self._starts[k]
        return set(self._runs[start : start + self._sizes[k]]) if start >= 0 else set()

    def _compare(self, codes: "Column", other: "NearIndex", progress: Progress) -> tuple["Column", "Column"]:
        """Of every text the other that it is most like, and how much; 0 where it is near to none."""
        n, alone = len(self._lines), other is self
        best, alike = array("q", bytes(8 * n)), array("d", bytes(8 * n))
        their_runs, joined = lru_cache(REMEMBERED)(other._runs_of), self._joined
        now, tried, runs = -1, 0, set[int]()
        for i, j in _told(codes, len(other._lines), progress):
            if i != now:
                self.compared += tried > 0
                now, tried, runs = i, 0, self._runs_of(i)
            if tried >= ENOUGH and alike[i] and (not alone or joined.root(i) == joined.root(j)):
                continue
            theirs = their_runs(j)
            tried += bool(runs and theirs)
            same = similarity(runs, theirs)
            if same >= self._least and alone:
                joined.join(i, j)
            if same >= self._least and same > alike[i]:
                best[i], alike[i] = j, same
        self.compared += tried > 0
        return np.frombuffer(best, np.int64), np.frombuffer(alike)

    def joined(self) -> Iterator[tuple[int, int]]:
        """(line, a line that it is joined with) of all texts that are joined, also by way of others."""
        for k, root in enumerate(self._joined.roots()):
            if root != k:
                yield self._lines[k], self._lines[root]

    @property
    def note(self) -> str:
        """What was not compared; empty when all was."""
        notes = []
        if self.compared < self.likely:
            notes.append(f"{self.likely:,} examples may nearly repeat another; {self.compared:,} of them were compared")
        if self.crowded:
            notes.append(
                f"{self.crowded:,} examples share rare words with so many others that they were compared with some only"
            )
        return "; ".join(notes)


def _originals(whole: "array[int]") -> "Column":
    """Of every text the first with the same runs."""
    _, first, which = np.unique(np.frombuffer(whole, np.int64), return_index=True, return_inverse=True)
    return first[which]


def _told(codes: "Column", n: int, progress: Progress) -> Iterator[tuple[int, int]]:
    for start in range(0, len(codes), SLICE):
        progress(1, None, LOOKING)
        a, b = np.divmod(codes[start : start + SLICE], n)
        yield from zip(a.tolist(), b.tolist(), strict=True)
