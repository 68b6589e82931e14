"""gigatoken, the fastest exact tokenizer of those measured, and a process that runs it beside the one that reads.

Run as a file of its own it is that process: it imports nothing of ours, so it starts fast and stays small. All texts
of a batch are encoded in one call, joined by a mark that is declared a special token: no token spans it, and the
places of its id in the result say how many tokens each text has. That needs only arrays of numbers, not the table
library that gigatoken's batch call brings in (a second of CPU time and 70 MB).
"""

import struct
import sys
from array import array
from typing import Any, BinaryIO

MARK = b"\x00\x1f\x00\x1f"
_MARK_ID = 200_100
"""Just above the ids of the published encodings: the tokenizer makes a table up to the highest."""
HEAD = struct.Struct("<QQ")
"""A request: bytes of `ends` and of the texts; an answer: bytes of the sums and a flag."""
COUNTED, MARKED, LAST = 0, 1, 2
"""Flags: counted; a text holds the mark, so nothing was counted; counted, and this process has grown and ends."""
GROWTH_BYTES = 48 << 20
"""How much the process may grow before its cache of words, which never shrinks, is dropped with it."""


class Engine:
    """One tokenizer.

    Args:
        path: the published rank file.
        pretokenizer: gigatoken's name of how text is cut before the merges.
    """

    def __init__(self, path: str, pretokenizer: str) -> None:
        from gigatoken.gigatoken_rs import BPETokenizer

        self._engine: Any = BPETokenizer.from_tiktoken(path, pretokenizer, {MARK.decode(): _MARK_ID})
        self._engine.encode(b"a")

    def count(self, text: bytes) -> int:
        """Tokens of one UTF-8 text."""
        return len(self._engine.encode(text))

    def sums(self, texts: bytes, ends: "array[int]") -> "array[int] | None":
        """Tokens of each example.

        Args:
            texts: UTF-8 texts of all examples, joined by MARK.
            ends: how many of the texts stand before the end of each example, rising.

        Returns:
            One sum for each of `ends`; None when a text holds MARK itself.
        """
        import numpy

        ids = self._engine.encode(texts)
        marks = numpy.flatnonzero(ids == _MARK_ID)
        if len(marks) != ends[-1] - 1:
            return None
        # Text j ends at its mark; before that place stand j marks, which are no tokens of any text.
        stops = numpy.append(marks, len(ids))
        at = numpy.concatenate(([0], stops - numpy.arange(len(stops))))
        counted = numpy.diff(at[numpy.frombuffer(ends, dtype=numpy.uint32)], prepend=0)
        return array("I", counted.astype(numpy.uint32).tobytes())


def resident() -> int:
    """Bytes of memory this process holds."""
    import psutil

    return int(psutil.Process().memory_info().rss)


def serve(path: str, pretokenizer: str, growth: int, requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more, or until the process has grown."""
    engine = Engine(path, pretokenizer)
    base = resident()
    while head := requests.read(HEAD.size):
        size, more = HEAD.unpack(head)
        ends = array("I", requests.read(size))
        sums = engine.sums(requests.read(more), ends)
        flag = MARKED if sums is None else LAST if resident() - base > growth else COUNTED
        data = b"" if sums is None else sums.tobytes()
        answers.write(HEAD.pack(len(data), flag) + data)
        answers.flush()
        if flag == LAST:
            return


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.stdin.buffer, sys.stdout.buffer)
