"""Columns of numbers in little memory, for what is kept of every example of a file of any length."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import accumulate, chain, repeat
from typing import overload


class _Column(Sequence[int]):
    """A sequence without slices."""

    @overload
    def __getitem__(self, index: int) -> int: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[int]: ...
    def __getitem__(self, index: int | slice) -> int | Sequence[int]:
        if isinstance(index, slice):
            return [self._value(i) for i in range(*index.indices(len(self)))]
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return self._value(index % len(self))

    def _value(self, index: int) -> int:
        raise NotImplementedError


class Lines(_Column):
    """Line numbers, of which almost all follow one another: kept is where each run begins."""

    def __init__(self) -> None:
        self._starts, self._firsts = array("I"), array("I")
        self._size = self._next = 0

    def append(self, line: int) -> None:
        """Add one."""
        if line != self._next:
            self._starts.append(self._size)
            self._firsts.append(line)
        self._size += 1
        self._next = line + 1

    def extend(self, lines: Sequence[int]) -> None:
        """Add some, at least one."""
        self.append(lines[0])
        following = range(lines[0], lines[0] + len(lines))
        if lines == (following if isinstance(lines, range) else [*following]):
            self._size += len(lines) - 1
            self._next += len(lines) - 1
            return
        for line in lines[1:]:
            self.append(line)

    def __len__(self) -> int:
        return self._size

    def _value(self, index: int) -> int:
        run = bisect_right(self._starts, index) - 1
        return self._firsts[run] + index - self._starts[run]

    def __iter__(self) -> Iterator[int]:
        ends = [*self._starts[1:], self._size]
        runs = zip(self._firsts, self._starts, ends, strict=False)  # no runs: one end
        return chain.from_iterable(range(first, first + end - start) for first, start, end in runs)


class Ascending(_Column):
    """The values of a column in order. Few of them are distinct: kept is where each distinct one ends."""

    def __init__(self, column: "array[int]") -> None:
        counted = sorted(Counter(column).items())
        self._values = [value for value, _ in counted]
        self._ends = [*accumulate(times for _, times in counted)]

    def counted(self) -> Iterator[tuple[int, int]]:
        """(each distinct value, how often it occurs), in order."""
        starts = [0, *self._ends]
        return ((v, e - s) for v, s, e in zip(self._values, starts, self._ends, strict=False))

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def _value(self, index: int) -> int:
        return self._values[bisect_right(self._ends, index)]

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(repeat(value, times) for value, times in self.counted())
