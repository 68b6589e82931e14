"""Near-duplicates: MinHash finds candidates, the true overlap of word 5-grams decides."""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

PERMUTATIONS, BANDS = 128, 32
GRAM, SHORT_GRAM = 5, 2
LEAST_FOR_TEMPLATE, LEAST_TEMPLATE_CHARS = 10, 40
LONG_WORDS = 60
"""From this many words on, one changed word in sixty leaves 5-grams 0.85 alike; shorter texts need shorter runs."""
_WORD = re.compile(r"\w+")


class Near(NamedTuple):
    """An example that nearly repeats another."""

    line: int
    other: int
    alike: float


def grams(text: str) -> set[str]:
    """Overlapping runs of five words; of short texts, of two."""
    words = _WORD.findall(text.encode("utf-8", "replace").decode().casefold())
    size = GRAM if len(words) >= LONG_WORDS else SHORT_GRAM
    if len(words) <= size:
        return {" ".join(words)} if words else set()
    return set(map(" ".join, zip(*(words[i:] for i in range(size)), strict=False)))


def shared_opening(texts: Sequence[str]) -> str:
    """What all of at least ten texts begin with, to the last whole word: a template, which says nothing of likeness."""
    if len(texts) < LEAST_FOR_TEMPLATE:
        return ""
    first, last = min(texts), max(texts)  # what these two share, all between them share
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    opening = first[:same]
    return opening[: opening.rfind(" ") + 1] if len(opening) >= LEAST_TEMPLATE_CHARS else ""


def similarity(a: set[str], b: set[str]) -> float:
    """Jaccard overlap; 0 when either is empty."""
    return len(a & b) / len(a | b) if a and b else 0.0


class NearIndex:
    """Texts seen so far; asks which of them a new one nearly repeats."""

    def __init__(self, least: float, seed: int = 42) -> None:
        from rensa import RMinHash, RMinHashLSH

        self._least, self._seed = least, seed
        self._hash: Any = RMinHash
        self._lsh: Any = RMinHashLSH(threshold=least, num_perm=PERMUTATIONS, num_bands=BANDS)
        self._texts: list[str] = []

    def __len__(self) -> int:
        return len(self._texts)

    def match_and_add(self, text: str) -> tuple[int, int, float] | None:
        """Add a text; (its index, the most similar earlier index, similarity), or None when none is near enough."""
        sketch, mine = self._sketch(text)
        best = self._best(sketch, mine)
        index = self._insert(text, sketch, mine)
        return (index, *best) if best else None

    def match(self, text: str) -> tuple[int, float] | None:
        """(most similar index, similarity) without adding."""
        return self._best(*self._sketch(text))

    def _sketch(self, text: str) -> tuple[Any, set[str]]:
        found = grams(text)
        sketch = self._hash(num_perm=PERMUTATIONS, seed=self._seed)
        sketch.update(list(found))
        return sketch, found

    def _insert(self, text: str, sketch: Any, mine: set[str]) -> int:
        index = len(self._texts)
        if mine:
            self._lsh.insert(index, sketch)
        self._texts.append(text)
        return index

    def _best(self, sketch: Any, mine: set[str]) -> tuple[int, float] | None:
        if not mine:
            return None
        best: tuple[int, float] | None = None
        for other in self._lsh.query(sketch):
            alike = similarity(mine, grams(self._texts[other]))
            if alike >= self._least and (best is None or alike > best[1]):
                best = (other, alike)
        return best


def groups(texts: Sequence[str], keys: Sequence[object], least: float) -> list[int]:
    """A group number per text: equal keys and near-duplicates share one, also by way of a third."""
    parent = list(range(len(texts)))

    def root(i: int) -> int:
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    by_key: dict[object, int] = defaultdict(lambda: -1)
    index = NearIndex(least)
    for i, (text, key) in enumerate(zip(texts, keys, strict=True)):
        first = by_key[key]
        if first >= 0:
            parent[root(i)] = root(first)
        else:
            by_key[key] = i
        found = index.match_and_add(text)
        if found is not None:
            parent[root(i)] = root(found[1])
    return [root(i) for i in range(len(texts))]


def members(group_of: Sequence[int]) -> Iterator[list[int]]:
    """The indices of each group, in order of first member."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(group_of):
        found[group].append(index)
    yield from found.values()
