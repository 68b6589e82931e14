"""The items of one JSON array, or of pretty-printed objects one after another, without loading the file.

A scanner that knows only strings and brackets: it finds where an item begins and ends, so that each can be read on
its own like a line. Broken JSON inside an item is left for the line reader to name.
"""

import re
from collections.abc import Iterator
from typing import Protocol

_MARK = re.compile(rb'["\[\]{}]')
_IN_STRING = re.compile(rb'["\\]')
MAX_ITEM_BYTES = 128 << 20


class _Stops(Protocol):
    stopped: str


class Items:
    """Iterates (line number of the item's first character, the item on one line)."""

    def __init__(self, raw: Iterator[bytes], source: _Stops) -> None:
        self._raw, self._source = raw, source
        self.line = 1
        """The line reached; the file's line count once the iteration is complete."""
        self._buffer = b""
        self._at = 0
        self._counted = 0
        """Up to where in the buffer line breaks are counted."""
        self._start: int | None = None
        """Where the item being read begins."""
        self._start_line = 1
        self._depth = 0
        self._base: int | None = None
        """Depth at which items stand: 1 inside an array, 0 outside; None before the first bracket."""
        self._in_string = False
        self._gap = 0
        """Up to where what stands between items was looked at."""
        self._loose = False
        """Whether something else than items stood there."""

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        for block in self._raw:
            self._shift(block)
            if len(self._buffer) > MAX_ITEM_BYTES:
                self._source.stopped = f"one item is over {MAX_ITEM_BYTES >> 20} MB long, or a bracket is never closed"
                return
            yield from self._scan()
        self._count_to(len(self._buffer))
        if self._start is None:
            self._look_between(len(self._buffer))
        if self._start is not None:
            yield self._start_line, _one_line(self._buffer[self._start :])
            self._source.stopped = "the last item is not closed"
        elif self._base and self._depth > 0:
            self._source.stopped = "the array is not closed"
        elif self._loose:
            self._source.stopped = "values that are no objects stand between the others and were passed over"

    def _shift(self, block: bytes) -> None:
        """Drop what is done with, add a block."""
        done = self._at if self._start is None else self._start
        if self._start is None:
            self._look_between(done)
        self._count_to(done)
        self._buffer = self._buffer[done:] + block
        self._at -= done
        self._counted = max(0, self._counted - done)
        self._gap = max(0, self._gap - done)
        if self._start is not None:
            self._start = 0

    def _count_to(self, end: int) -> None:
        if end > self._counted:
            self.line += self._buffer.count(b"\n", self._counted, end)
            self._counted = end

    def _look_between(self, end: int) -> None:
        between = self._buffer[self._gap : end].translate(None, b" \t\r\n,")
        if self._base == 1:
            between = between.removesuffix(b"]")
        self._loose |= bool(between) and self._base is not None
        self._gap = max(self._gap, end)

    def _scan(self) -> Iterator[tuple[int, bytes]]:
        while (mark := self._next()) is not None:
            if mark in b"[{":
                self._open(mark)
            else:
                self._depth -= 1
                if self._depth == self._base and self._start is not None:
                    yield self._start_line, _one_line(self._buffer[self._start : self._at])
                    self._start = None
                    self._gap = self._at

    def _open(self, mark: bytes) -> None:
        if self._base is None:
            self._base = 1 if mark == b"[" else 0
            if self._base:
                self._depth, self._gap = 1, self._at
                return
        if self._depth == self._base:
            self._start = self._at - 1
            self._look_between(self._start)
            self._count_to(self._start)
            self._start_line = self.line
        self._depth += 1

    def _next(self) -> bytes | None:
        """The next bracket outside strings; None at the end of the buffer."""
        while True:
            found = (_IN_STRING if self._in_string else _MARK).search(self._buffer, self._at)
            if found is None:
                self._at = len(self._buffer)
                return None
            mark = found[0]
            if mark == b"\\":
                if found.end() >= len(self._buffer):  # what it escapes is in the next block
                    self._at = found.start()
                    return None
                self._at = found.end() + 1
                continue
            self._at = found.end()
            if mark != b'"':
                return mark
            self._in_string = not self._in_string


def _one_line(item: bytes) -> bytes:
    # Line breaks stand only between tokens in valid JSON; inside a string they stay wrong as a tab is wrong there.
    return item.replace(b"\r\n", b" ").replace(b"\n", b" ")
