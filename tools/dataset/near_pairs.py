"""Which of many texts may be near-duplicates: pairs to compare, few of each text, and none that is surely not one.

Prefix filter (Chaudhuri et al., ICDE 2006): order the runs of every text by how rare they are;
two texts that are near-duplicates share one of the rarest fifth of each. So a template that all rows share makes no
pairs, unless it makes near-duplicates. Where that run stands bounds the overlap (PPJoin, Xiao et al.,
WWW 2008), and so do bits that the runs flip: no more can differ than runs do (odd sketch, Mitzenmacher et al., 2014,
doi:10.1145/2566486.2568017).

A run that very many texts have among their rarest makes a crowd. Within it each text meets its neighbours in several
orders (those that share another rare run stand side by side) and the shortest of all.
"""

from array import array
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from tools.dataset.sieve import may_repeat
from tools.progress import Progress

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Column = NDArray[Any]

KEPT = 24
"""Of the rarest runs of a text, at most: all that matter up to 115 words; of longer texts they are as good as all."""
MOST_SLOTS = 22
"""Bits of a hash by which occurrences are counted."""
WORDS = 4
"""Of 64 bits, by which texts of up to some 500 words that are unlike are told apart."""
COMMON = 8
"""A run that occurs less often makes no crowd."""
SLICE = 1 << 20
"""Runs that are looked at together."""
WORK = 4_000_000
"""Pairs that cost a second or two: that many are looked at in one order, or `LEAST` a text where it is more."""
LEAST_NEIGHBOURS, MOST_NEIGHBOURS = 8, 4096
LEAST_PAIRS = 32
ORDERS = 4
LOOKING = "looking for near-duplicates"
_MIX = np.uint64(0x9E3779B97F4A7C15)
_LOW = np.uint64(0xFFFFFFFF)


class Prefixes(NamedTuple):
    """The rarest runs of some texts, text after text, and of each the rarest first; then columns, one entry a text."""

    run: "Column"
    """32 bits of its hash."""
    many: "Column"
    """How many there are of each text."""
    sizes: "Column"
    """How many runs each text has in all."""
    bits: "Column"
    """Bits of each text, of which each of its runs flips one."""


class Entries(NamedTuple):
    """Those of the rarest runs that are looked at."""

    of: "Column"
    """The text."""
    run: "Column"
    at: "Column"
    """How many runs of the text are rarer."""
    next: "Column"
    """The runs of the text that follow, as many as there are orders; 0 where none does."""


def ranks(runs: "array[int]") -> "Column":
    """How common runs are, by the first bits of their hash: any order serves, if it is the same for all texts."""
    bits = min(MOST_SLOTS, max(8, len(runs).bit_length()))
    counts = np.zeros(1 << bits, np.uint32)
    for start in range(0, len(runs), SLICE):
        slots = _mixed(runs[start : start + SLICE]) >> np.uint64(32 - bits)
        counts += np.bincount(slots.astype(np.int64), minlength=1 << bits).astype(np.uint32)
    rank = np.zeros(len(counts), np.uint8)
    common = np.flatnonzero(counts >= COMMON)
    rank[common] = 4 * np.log2(counts[common] / COMMON)
    return rank


def _mixed(runs: "array[int]") -> "Column":
    """32 bits of every hash."""
    return (np.frombuffer(runs, np.uint64) * _MIX) >> np.uint64(32)


def prefixes(runs: "array[int]", sizes: "array[int]", rank: "Column", least: float) -> Prefixes:
    """The rarest runs of texts whose runs stand one after another, `sizes` of each."""
    made: list[Prefixes] = []
    first = start = 0
    ends = np.cumsum(np.frombuffer(sizes, np.uint32), dtype=np.int64)
    while first < len(sizes):
        last = max(first + 1, int(np.searchsorted(ends, start + SLICE, "right")))
        made.append(_prefixes(runs[start : int(ends[last - 1])], sizes[first:last], rank, least))
        first, start = last, int(ends[last - 1])
    return one_after_another(made)


def _prefixes(runs: "array[int]", sizes: "array[int]", rank: "Column", least: float) -> Prefixes:
    run, size = _mixed(runs), np.frombuffer(sizes, np.uint32).astype(np.int64)
    starts = np.cumsum(size) - size
    of = np.repeat(np.arange(len(size), dtype=np.uint64), size)
    bits = np.zeros((len(size), WORDS), np.uint64)
    flipped = np.uint64(1) << (run & np.uint64(63))
    word = (run >> np.uint64(6)) & np.uint64(WORDS - 1)
    for one in range(WORDS):
        bits[:, one] = np.bitwise_xor.reduceat(np.where(word == one, flipped, np.uint64(0)), starts)
    ranked = rank[run >> np.uint64(33 - len(rank).bit_length())].astype(np.uint64)
    ordered = np.sort(of << np.uint64(40) | ranked << np.uint64(32) | run)
    of = (ordered >> np.uint64(40)).astype(np.int64)
    at = np.arange(len(ordered)) - starts[of]
    most = np.minimum(size - np.ceil(least * size - 1e-9) + 1, KEPT)
    kept = at < most[of]
    return Prefixes(
        (ordered[kept] & _LOW).astype(np.uint32),
        np.minimum(size, most).astype(np.uint8),
        size.astype(np.uint32),
        bits,
    )


def one_after_another(parts: Sequence[Prefixes], leave_out: "Column | None" = None) -> Prefixes:
    """The texts of several, one after another, without the runs of some texts."""
    run, many, sizes, bits = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    if leave_out is not None:
        run = run[~np.repeat(leave_out, many)]
        many[leave_out] = 0
    return Prefixes(run, many, sizes, bits)


class Search:
    """Finds the pairs.

    Args:
        mine: the texts that are compared.
        theirs: those they are compared with; None: the earlier of them.
        least: similarity from which two texts are near-duplicates.
    """

    def __init__(self, mine: Prefixes, theirs: Prefixes | None, least: float) -> None:
        self._alone = theirs is None
        self._sizes, self._their_sizes = mine.sizes, (theirs or mine).sizes
        self._bits, self._their_bits = mine.bits, (theirs or mine).bits
        self._share = least / (1 + least)
        if theirs is None:
            self._mine = _some(mine, np.asarray(may_repeat(array("I", mine.run.tobytes())), np.int64))
            self._mine = self._theirs = self._able(self._mine, self._sizes, self._mine, self._sizes)
        else:
            self._mine = _some(mine, np.flatnonzero(np.isin(mine.run, theirs.run)))
            self._theirs = _some(theirs, np.flatnonzero(np.isin(theirs.run, self._mine.run)))
            self._mine = self._able(self._mine, self._sizes, self._theirs, self._their_sizes)
            self._theirs = self._able(self._theirs, self._their_sizes, self._mine, self._sizes)
        self._tried = np.zeros(len(mine.sizes), np.int64)
        self._most = max(LEAST_PAIRS, WORK // max(1, len(mine.sizes)))
        self._neighbours = min(MOST_NEIGHBOURS, max(LEAST_NEIGHBOURS, WORK // max(1, len(self._mine.of))))
        by_run = np.argsort(self._theirs.run, kind="stable")
        self._by_run, runs = by_run, self._theirs.run[by_run]
        self._begins = np.flatnonzero(np.concatenate(([True], runs[1:] != runs[:-1]))) if len(runs) else by_run
        self._crowd_sizes = np.diff(np.append(self._begins, len(runs)))

    def _able(self, some: Entries, sizes: "Column", others: Entries, other_sizes: "Column") -> Entries:
        """Those for which the place of their run leaves an overlap large enough with the text of any other."""
        if not len(others.run):
            return _picked(some, np.zeros(0, np.int64))
        by_run = np.argsort(others.run, kind="stable")
        runs, begins = np.unique(others.run[by_run], return_index=True)
        size, most = self._reach(some, sizes)
        other_size, other_most = (column[by_run] for column in self._reach(others, other_sizes))
        crowd = np.minimum(np.searchsorted(runs, some.run), len(runs) - 1)
        shortest, farthest = np.minimum.reduceat(other_size, begins), np.maximum.reduceat(other_most, begins)
        return _picked(some, np.flatnonzero((most >= shortest[crowd]) & (size <= farthest[crowd])))

    def _reach(self, entries: Entries, sizes: "Column") -> tuple["Column", "Column"]:
        """Of every entry the size of its text, and the largest size of another that may be near by this run."""
        size = sizes[entries.of].astype(np.int64)
        return size, (size - entries.at) / self._share - size + 1e-6

    def pairs(self, progress: Progress) -> "Column":
        """Codes of (a text, another) in order: a x the number of theirs + the other, of one file the earlier."""
        found = np.zeros(0, np.int64)
        for order in range(ORDERS):
            pieces = [found]
            for mine, theirs in (*self._side_by_side(order), *(self._with_shortest() if order == 0 else ())):
                progress(1, None, LOOKING)
                pieces.append(self._likely(mine, theirs))
            found = distinct(np.concatenate(pieces))
            if self._crowd_sizes.max(initial=0) <= self._neighbours:
                break  # all have met
        return found

    def _side_by_side(self, order: int) -> Iterator[tuple["Column", "Column"]]:
        """Entries of the same run: each with its neighbours where they stand by another run of their texts too."""
        keys = _keys(self._theirs, order)
        sort = np.argsort(keys, kind="stable")
        runs = keys[sort] >> np.uint64(32)
        if self._alone:
            yield from _walk(sort, np.arange(len(sort)) - 1, sort, runs, self._mine.run, -1, self._neighbours)
            return
        mine = np.arange(len(self._mine.of))
        place = np.searchsorted(keys[sort], _keys(self._mine, order))
        for step, first in ((1, place), (-1, place - 1)):
            yield from _walk(mine, first, sort, runs, self._mine.run, step, -(-self._neighbours // 2))

    def _with_shortest(self) -> Iterator[tuple["Column", "Column"]]:
        """Entries of a crowd, each with the entry of its shortest text: if any is like all others, that one is."""
        if not len(self._begins):
            return
        sizes = self._their_sizes[self._theirs.of[self._by_run]].astype(np.int64)
        shortest = np.minimum.reduceat(sizes << 32 | self._by_run, self._begins) & int(_LOW)
        runs = self._theirs.run[self._by_run[self._begins]]
        crowd = np.minimum(np.searchsorted(runs, self._mine.run), len(runs) - 1)
        there = (runs[crowd] == self._mine.run) & (self._crowd_sizes[crowd] > self._neighbours)
        yield np.flatnonzero(there), shortest[crowd[there]]

    def _likely(self, mine: "Column", theirs: "Column") -> "Column":
        """Codes of those pairs of entries whose texts may be near-duplicates; of each text, so many and no more."""
        a, b = self._mine.of[mine].astype(np.int64), self._theirs.of[theirs].astype(np.int64)
        a_size, b_size = self._sizes[a].astype(np.int64), self._their_sizes[b].astype(np.int64)
        shared = np.ceil(self._share * (a_size + b_size) - 1e-9).astype(np.int64)
        left = np.minimum(a_size - self._mine.at[mine], b_size - self._theirs.at[theirs])
        fits = np.flatnonzero((left >= shared) & ((a != b) | (not self._alone)))
        a, b, differ = a[fits], b[fits], (a_size + b_size - 2 * shared)[fits]
        bits = np.bitwise_count(self._bits[a] ^ self._their_bits[b]).sum(axis=1, dtype=np.int64)
        near = bits <= differ
        a, b = a[near], b[near]
        if self._alone:
            a, b = np.maximum(a, b), np.minimum(a, b)
        room = self._tried[a] < self._most
        a, b = a[room], b[room]
        self._tried += np.bincount(a, minlength=len(self._tried))
        codes: Column = a * len(self._their_sizes) + b
        return codes

    def left(self, roots: "Column", found: "Column") -> int:
        """How many texts were not compared with all that they may be near-duplicates of, as those are so many.

        Args:
            roots: of every text of mine, a number that is the same for all that are joined: they need no comparison.
            found: whether each is a near-duplicate; against other texts that is all there is to know.
        """
        full = self._tried >= self._most
        large = self._crowd_sizes > self._neighbours
        if not len(self._begins) or not (full.any() or large.any()):
            return 0
        if self._alone:
            of = self._theirs.of[self._by_run]
            there = roots[of]
            apart = np.minimum.reduceat(there, self._begins) != np.maximum.reduceat(there, self._begins)
            left = np.repeat(apart, self._crowd_sizes) & (np.repeat(large, self._crowd_sizes) | full[of])
            return len(distinct(of[left]))
        crowds = self._theirs.run[self._by_run[self._begins[large]]]
        full[self._mine.of[np.isin(self._mine.run, crowds)]] = True
        return int(np.count_nonzero(full & ~found))


def distinct(values: "Column") -> "Column":
    """In order, each once; sorts its argument. As np.unique, which hashes whole numbers: ten to forty times slower."""
    values.sort()
    return values[np.concatenate(([True], values[1:] != values[:-1]))] if len(values) else values


def _some(texts: Prefixes, places: "Column") -> Entries:
    ends = np.cumsum(texts.many, dtype=np.int64)
    of = np.searchsorted(ends, places, "right")
    at = places - (ends - texts.many)[of]
    run = texts.run[places]
    following = np.zeros((len(run), ORDERS), np.uint32)
    for order in range(1, ORDERS + 1):
        same = np.flatnonzero(of[:-order] == of[order:])
        following[same, order - 1] = run[same + order]
    return Entries(of.astype(np.uint32), run, at.astype(np.uint8), following)


def _picked(entries: Entries, places: "Column") -> Entries:
    return Entries(*(column[places] for column in entries))


def _keys(texts: Entries, order: int) -> "Column":
    """By what the entries stand in order: the run, then another of the same text."""
    return texts.run.astype(np.uint64) << np.uint64(32) | texts.next[:, order]


def _walk(
    mine: "Column", place: "Column", sort: "Column", runs: "Column", run: "Column", step: int, most: int
) -> Iterator[tuple["Column", "Column"]]:
    """From a place each, `step` by `step`, as long as the run is the same: (entries of mine, the entries met)."""
    for _ in range(most):
        there = (place >= 0) & (place < len(sort))
        mine, place = mine[there], place[there]
        same = runs[place] == run[mine]
        mine, place = mine[same], place[same]
        if not len(mine):
            return
        yield mine, sort[place]
        place = place + step
