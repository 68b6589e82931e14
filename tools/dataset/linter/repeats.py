"""Which numbers of a column occur before: repeats in one file, and what two files share."""

from array import array
from collections.abc import Iterator
from itertools import pairwise

from tools.dataset.linter.survey import Survey


def repeats(column: "array[int]") -> Iterator[tuple[int, int]]:
    """(index, index of the first occurrence) of every value that stood before, in order.

    Sorted first: a set of all values would cost tens of bytes each, and almost all of them occur once.
    """
    ordered = array("Q", sorted(column))
    twice = {a for a, b in pairwise(ordered) if a == b}
    first: dict[int, int] = {}
    if not twice:
        return
    for index, value in enumerate(column):
        if value in twice:
            if value in first:
                yield index, first[value]
            else:
                first[value] = index


def shared(ours: Survey, theirs: Survey) -> Iterator[tuple[int, int, bool]]:
    """(our line, their line, whether the whole example is equal) of every example whose input both files hold."""
    by_key = {k: n for k, n in zip(theirs.keys, theirs.lines, strict=True)}
    by_prompt = {k: n for k, n in zip(theirs.prompts, theirs.lines, strict=True)}
    for line, key, prompt in zip(ours.lines, ours.keys, ours.prompts, strict=True):
        if key in by_key:
            yield line, by_key[key], True
        elif prompt in by_prompt:
            yield line, by_prompt[prompt], False
