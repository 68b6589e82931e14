"""Near-duplicates of a file too large to keep: a few numbers of every text now, the texts of likely pairs afterwards.

MinHash (rensa) in bands: two texts that share a band may be alike. With 16 bands of 8 values, texts that are 0.85
alike share one in 99 % of cases, texts that are 0.8 alike in 95 %. Some eighty bytes an example are kept.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Iterator

from tools.dataset.near import Near, grams, similarity

BANDS, ROWS = 16, 8
SEED = 42
TOGETHER = 256
"""Texts that are hashed in one call."""
MOST_COMPARED = 20_000
"""Examples whose texts are read again to be compared; that there are more is said."""

Texts = Callable[[set[int]], dict[int, str]]
"""Reads the texts of some lines again; texts beyond a bound may be missing."""


class Later:
    """Columns over all texts of one file.

    Args:
        least: similarity from which two texts are near-duplicates.
        first: for a second file, the columns of the first: its texts are compared with those, not with each other.
    """

    def __init__(self, least: float, first: "Later | None" = None) -> None:
        self._least, self._first = least, first
        self._lines = array("I")
        self._whole = array("q")
        self._bands = [array("I") for _ in range(BANDS)]
        self._waiting: list[list[str]] = []
        self.likely = 0
        """Examples that share a band with an earlier one."""
        self.compared = 0
        """Those whose texts were compared."""

    def add(self, line: int, text: str) -> None:
        """Remember a text; one without words is like no other."""
        found = grams(text)
        if not found:
            return
        self._lines.append(line)
        self._whole.append(hash(text))
        self._waiting.append(list(found))
        if len(self._waiting) >= TOGETHER:
            self._hash()

    def _hash(self) -> None:
        from rensa import RMinHash

        for row in RMinHash.digests_from_token_sets(self._waiting, BANDS * ROWS, SEED):
            for band, column in enumerate(self._bands):
                column.append(hash(tuple(row[band * ROWS : (band + 1) * ROWS])) & 0xFFFFFFFF)
        self._waiting.clear()

    def pairs(self, texts: Texts, first_texts: Texts | None = None) -> list[Near]:
        """Every text that nearly repeats an earlier one, with the one it is most like; exact repeats are left out.

        Args:
            texts: reads lines of this file again.
            first_texts: the same for the first file, where there is one.
        """
        self._hash()
        theirs = self._lines if self._first is None else self._first._lines
        likely = {self._lines[i]: {theirs[k] for k in others} for i, others in self._likely().items()}
        wanted = {line for others in likely.values() for line in others}
        if first_texts is None:
            mine = other = texts(wanted | set(likely))
        else:
            mine, other = texts(set(likely)), first_texts(wanted)
        found = []
        for line, others in sorted(likely.items()):
            there = [k for k in others if k in other] if line in mine else []
            self.compared += bool(there)
            words = grams(mine[line]) if there else set()
            alike, best = max(((similarity(words, grams(other[k])), -k) for k in there), default=(0.0, 0))
            if alike >= self._least:
                found.append(Near(line, -best, alike))
        return found

    def _likely(self) -> dict[int, set[int]]:
        """Index -> indices of earlier texts that share a band: of the first MOST_COMPARED that have any."""
        found: dict[int, set[int]] = defaultdict(set)
        seen = bytearray(len(self._lines))
        for index, other in self._sharing():
            seen[index] = 1
            if index in found or len(found) < MOST_COMPARED:
                found[index].add(other)
        self.likely = sum(seen)
        return found

    def _sharing(self) -> Iterator[tuple[int, int]]:
        from tools.dataset.linter.repeats import repeats

        first = self._first
        before = 0 if first is None else len(first._lines)
        whole = self._whole if first is None else first._whole
        for band, column in enumerate(self._bands):
            for index, other in repeats(column if first is None else first._bands[band] + column):
                mine = index - before
                if mine >= 0 and (first is None or other < before) and self._whole[mine] != whole[other]:
                    yield mine, other
