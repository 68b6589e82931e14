"""gigatoken, the fastest exact tokenizer of those measured, and a process that runs it beside the one that reads.

Run as a file of its own it is that process: it imports nothing of ours, so it starts fast and stays small. All texts
of a batch are encoded in one call, joined by a mark that is declared a special token: no token spans it, and the
places of its id in the result say how many tokens each text has. That needs only arrays of numbers, not the table
library that gigatoken's batch call brings in (a second of CPU time and 70 MB).
"""

import gc
import mmap
import os
import struct
import sys
from array import array
from contextlib import suppress
from typing import Any, BinaryIO

MARK = b"\x00\x1f\x00\x1f"
_MARK_ID = 200_100
"""Just above the ids of the published encodings: the tokenizer makes a table up to the highest."""
HEAD = struct.Struct("<QQq")
"""A request: bytes of `ends` and of the texts, and where these stand in the memory that both share; below 0, the texts
follow. An answer: bytes of the sums, a flag, and nothing."""
FOLLOW = -1
COUNTED, MARKED = 0, 1
"""Flags: counted; a text holds the mark, so nothing was counted."""
GROWTH_BYTES = 48 << 20
"""How much a process may grow before it is replaced, and its cache of words, which never shrinks, dropped with it.
Ordinary text needs less, whatever its length; a fifth of this would cost half as much CPU time again on new words."""
_GROWN = 3
"""Exit status of a process that is to be replaced."""


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
        marks = (ids == _MARK_ID).nonzero()[0]
        if len(marks) != ends[-1] - 1:
            return None
        # Text j ends at its mark, before which stand j marks, which are no tokens of any text; the last at the end.
        upto = numpy.frombuffer(ends, dtype=numpy.uint32).astype(numpy.int64)
        stops = numpy.empty(len(marks) + 2, dtype=numpy.int64)
        stops[0], stops[1:-1], stops[-1] = -1, marks, len(ids)
        at = stops[upto] - upto + 1
        at[1:] -= at[:-1].copy()
        return array("I", at.astype(numpy.uint32).tobytes())


def resident() -> int:
    """Bytes of memory this process holds; where the system does not say so cheaply, the most it has held."""
    try:
        with open("/proc/self/statm", "rb") as f:
            return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def serve(
    path: str, pretokenizer: str, growth: int, requests: BinaryIO, answers: BinaryIO, shared: mmap.mmap | None = None
) -> None:
    """Answer requests until there are no more.

    Once this process has grown, forked copies of it go on, each until it has grown as much again: they begin with the
    tables loaded and the common words known, and take no memory for either.
    """
    gc.disable()  # nothing here forms a cycle, nor does what is imported for it
    engine = Engine(path, pretokenizer)
    more = _answer(engine, growth, requests, answers, shared)
    while more:
        pid = os.fork()
        if pid == 0:
            status = 1
            with suppress(OSError):
                status = _GROWN if _answer(engine, growth, requests, answers, shared) else 0
            os._exit(status)
        more = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == _GROWN


def _answer(engine: Engine, growth: int, requests: BinaryIO, answers: BinaryIO, shared: mmap.mmap | None) -> bool:
    """Answer requests; True when the process has grown, False when there are no more."""
    base = resident()
    while head := _exactly(requests, HEAD.size):
        size, more, at = HEAD.unpack(head)
        ends = array("I", _exactly(requests, size))
        texts = shared[at : at + more] if shared is not None and at >= 0 else _exactly(requests, more)
        sums = engine.sums(texts, ends)
        data = b"" if sums is None else sums.tobytes()
        answers.write(HEAD.pack(len(data), MARKED if sums is None else COUNTED, FOLLOW) + data)
        answers.flush()
        if resident() - base > growth:
            return True
    return False


def _exactly(requests: BinaryIO, size: int) -> bytes:
    """So many bytes, and none ahead: the next ones may be for another process. Nothing at the end."""
    parts = []
    while size:
        part = requests.read(size)
        if not part:
            return b""
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


if __name__ == "__main__":
    both = mmap.mmap(int(sys.argv[4]), 0, prot=mmap.PROT_READ) if len(sys.argv) > 4 else None
    with open(0, "rb", 0) as asked, open(1, "wb") as told:
        serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), asked, told, both)
