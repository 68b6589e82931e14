"""Which numbers of a column occur before: repeats in one file, and what two files share."""

from array import array
from collections.abc import Iterator

from tools.dataset.linter.survey import Survey, conversation_hash
from tools.dataset.sieve import may_repeat

NOTHING = conversation_hash([])
"""The input of plain text, or of an answer to nobody: it says nothing that two of them share it."""


def repeats(column: "array[int]") -> Iterator[tuple[int, int]]:
    """(index, index of the first occurrence) of every value that stood before, in order.

    Almost all values occur once; only those that may not are kept.
    """
    first: dict[int, int] = {}
    for index in may_repeat(column):
        value = column[index]
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
