"""Columns in little memory hold what they were given."""

from array import array

from hypothesis import given
from hypothesis import strategies as st

from tools.dataset.linter.columns import Ascending, Lines

RUNS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4)), max_size=12)


@given(RUNS, st.booleans())
def test_line_numbers(runs: list[tuple[int, int]], together: bool) -> None:
    kept, expected = Lines(), []
    at = 1
    for skipped, size in runs:  # skipped 0 after the first: the same line again, as in a JSON array on one line
        at += skipped - (skipped == 0)
        lines = [max(1, at) + i for i in range(size)]
        expected += lines
        at = lines[-1] + 1
        if together:
            kept.extend(lines)
        else:
            for line in lines:
                kept.append(line)
    assert list(kept) == expected == [kept[i] for i in range(len(kept))]


@given(st.lists(st.integers(0, 9)))
def test_values_in_order(values: list[int]) -> None:
    kept = Ascending(array("I", values))
    assert list(kept) == sorted(values) == [kept[i] for i in range(len(kept))]
    assert kept[1:4] == sorted(values)[1:4]
