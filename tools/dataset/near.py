"""When two texts are near-duplicates: most of their runs of words are the same. And which texts that holds for."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple
from zlib import crc32

from tools.progress import Progress, silent

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


def grams(text: str) -> set[int]:
    """Overlapping runs of five words; of short texts, of two. Each is a 64-bit hash, the same in every process."""
    words = [*map(crc32, map(str.encode, _WORD.findall(text.encode("utf-8", "replace").decode().casefold())))]
    size = GRAM if len(words) >= LONG_WORDS else SHORT_GRAM
    if len(words) <= size:
        return {hash(tuple(words))} if words else set()
    runs = pairwise(words) if size == SHORT_GRAM else zip(*(words[i:] for i in range(size)), strict=False)
    return set(map(hash, runs))


def shared_opening(texts: Sequence[str]) -> str:
    """What all of at least ten texts begin with, to the last whole word: a template, which says nothing of likeness."""
    if len(texts) < LEAST_FOR_TEMPLATE:
        return ""
    first, last = min(texts), max(texts)  # what these two share, all between them share
    same = next((i for i, (a, b) in enumerate(zip(first, last, strict=False)) if a != b), min(len(first), len(last)))
    opening = first[:same]
    return opening[: opening.rfind(" ") + 1] if len(opening) >= LEAST_TEMPLATE_CHARS else ""


def similarity(a: set[int], b: set[int]) -> float:
    """Jaccard overlap; 0 when either is empty."""
    shared = len(a & b)
    return shared / (len(a) + len(b) - shared) if shared else 0.0


class Joined:
    """Numbers that are joined, also by way of others."""

    def __init__(self, n: int) -> None:
        self._parent = list(range(n))

    def root(self, i: int) -> int:
        """One of those that `i` is joined with, the same for all of them."""
        parent = self._parent
        while parent[i] != i:
            parent[i] = parent[parent[i]]
            i = parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        """Join two and all that they are joined with."""
        self._parent[self.root(i)] = self.root(j)

    def roots(self) -> list[int]:
        """The root of every number."""
        return [*map(self.root, range(len(self._parent)))]


def groups(
    texts: Sequence[str], keys: Sequence[object], least: float, progress: Progress = silent
) -> tuple[list[int], str]:
    """A group number per text: equal keys and near-duplicates share one, also by way of a third.

    Args:
        texts: what is compared.
        keys: one a text.
        least: similarity from which two texts are near-duplicates.
        progress: told now and then; it may raise CancelledError.

    Returns:
        The numbers, and what was not compared (empty when all was).
    """
    from tools.dataset.near_index import NearIndex

    joined = Joined(len(texts))
    by_key: dict[object, int] = {}
    index = NearIndex(least)
    for i, (text, key) in enumerate(zip(texts, keys, strict=True)):
        joined.join(i, by_key.setdefault(key, i))
        index.add(i, text)
    index.pairs(lambda some: ((i, texts[i]) for i in some), progress=progress)
    for i, other in index.joined():
        joined.join(i, other)
    return joined.roots(), index.note


def members(group_of: Sequence[int]) -> Iterator[list[int]]:
    """The indices of each group, in order of first member."""
    found: dict[int, list[int]] = defaultdict(list)
    for index, group in enumerate(group_of):
        found[group].append(index)
    yield from found.values()


Texts = Callable[[set[int]], Iterable[tuple[int, str]]]
"""Reads the texts of some lines again, each after its line; some may be missing."""
