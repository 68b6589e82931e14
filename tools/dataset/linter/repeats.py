"""Which numbers of a column occur before: repeats in one file, and what two files share."""

from array import array
from collections.abc import Iterator

from tools.dataset.linter.survey import Survey, conversation_hash

BITS_PER_VALUE = 32
NOTHING = conversation_hash([])
"""The input of plain text, or of an answer to nobody: it says nothing that two of them share it."""


def repeats(column: "array[int]") -> Iterator[tuple[int, int]]:
    """(index, index of the first occurrence) of every value that stood before, in order.

    Almost all values occur once, so a bitmap of a few bytes a value finds the few that may not; only those are kept.
    """
    mask = (1 << max(10, (len(column) * BITS_PER_VALUE).bit_length())) - 1
    seen = bytearray((mask >> 3) + 1)
    twice: set[int] = set()
    for value in column:
        slot = value & mask
        if seen[slot >> 3] >> (slot & 7) & 1:
            twice.add(slot)
        else:
            seen[slot >> 3] |= 1 << (slot & 7)
    if not twice:
        return
    first: dict[int, int] = {}
    for index, value in enumerate(column):
        if value & mask in twice:
            if value in first:
                yield index, first[value]
            else:
                first[value] = index


def shared(ours: Survey, theirs: Survey) -> Iterator[tuple[int, int, bool]]:
    """(our line, their line, whether the whole example is equal) of every example whose input both files hold."""
    by_key = {k: n for k, n in zip(theirs.keys, theirs.lines, strict=True) if k}
    by_prompt = {k: n for k, n in zip(theirs.prompts, theirs.lines, strict=True) if k and k != NOTHING}
    for line, key, prompt in zip(ours.lines, ours.keys, ours.prompts, strict=True):
        if key in by_key:
            yield line, by_key[key], True
        elif prompt in by_prompt:
            yield line, by_prompt[prompt], False
