"""Counting many texts beside the work that produces them: a second thread, and the fastest exact tokenizer.

Small inputs are counted at once with quicktok, which is ready soonest. Large ones go to gigatoken, which is the fastest
of those measured and gives up the interpreter lock while it counts, so reading and counting use two cores. Its cache of
words never shrinks, so it is made anew when the process has grown too much; text of ever new words (where that would
happen again and again) goes back to quicktok, whose memory is flat. All of them count the same, to the token.
"""

from array import array
from collections.abc import Sequence
from queue import Queue
from threading import Thread
from typing import Any, NamedTuple

from tools.tokens.encodings import TextCounter
from tools.tokens.ranks import PUBLISHED, rank_file

BULK_BYTES = 48 << 20
"""From this size on, loading gigatoken (about half a second) pays."""
BATCH_CHARS = 1 << 20
GROWTH_BYTES = 160 << 20
"""How much the process may grow before gigatoken's cache is dropped."""
LEAST_BETWEEN = 96 << 20
"""Characters between two drops below which quicktok takes over."""
_PRETOKENIZER = {"o200k_base": "o200k", "cl100k_base": "cl100k"}


class _Batch(NamedTuple):
    texts: list[str]
    ends: "array[int]"
    """Texts up to which each example reaches."""
    rows: "array[int]"
    """Row of `totals` of each example."""


class BatchCounter:
    """Adds the tokens of texts to rows of a column.

    Args:
        counter: what counts small inputs, and gives the encoding's name.
        totals: the column; `add` names a row whose value the texts' tokens are added to.
        size: bytes of the whole input, to choose between the two ways.
    """

    def __init__(self, counter: TextCounter, totals: "array[int]", size: int) -> None:
        self._counter, self._totals = counter, totals
        self._texts: list[str] = []
        self._ends, self._rows = array("L"), array("L")
        self._chars = 0
        self._queue: Queue[_Batch | None] = Queue(maxsize=2)
        self._thread: Thread | None = None
        self._failed: BaseException | None = None
        if size >= BULK_BYTES and counter.name in PUBLISHED:
            self._thread = Thread(target=self._work, daemon=True, name="tokens")
            self._thread.start()

    def add(self, row: int, texts: Sequence[str], chars: int) -> None:
        """Count `texts` (of `chars` characters together) into a row, now or soon."""
        self._texts.extend(texts)
        self._ends.append(len(self._texts))
        self._rows.append(row)
        self._chars += chars
        if self._chars >= BATCH_CHARS:
            self.flush()

    def flush(self) -> None:
        """Hand on what was added."""
        if not self._rows:
            return
        batch = _Batch(self._texts, self._ends, self._rows)
        self._texts, self._ends, self._rows, self._chars = [], array("L"), array("L"), 0
        if self._thread is None:
            self._count(batch, self._counter.count_many(batch.texts))
            return
        if self._failed is not None:
            raise self._failed
        self._queue.put(batch)

    def close(self) -> None:
        """Wait until every row is complete."""
        self.flush()
        if self._thread is not None:
            self._queue.put(None)
            self._thread.join()
            if self._failed is not None:
                raise self._failed

    def abandon(self) -> None:
        """End the thread without waiting for what is not counted yet."""
        if self._thread is not None:
            while not self._queue.empty():
                self._queue.get_nowait()
            self._queue.put(None)
            self._thread.join()

    def _count(self, batch: _Batch, counts: Sequence[int]) -> None:
        start = 0
        for row, end in zip(batch.rows, batch.ends, strict=True):
            self._totals[row] += sum(counts[start:end])
            start = end

    def _work(self) -> None:
        try:
            bulk = _Bulk(self._counter)
            while (batch := self._queue.get()) is not None:
                sums = bulk.sums(batch.texts, batch.ends)
                for row, tokens in zip(batch.rows, sums, strict=True):
                    self._totals[row] += tokens
        except BaseException as e:
            self._failed = e
            while self._queue.get() is not None:
                pass


class _Bulk:
    """gigatoken in bounded memory."""

    def __init__(self, counter: TextCounter) -> None:
        import psutil

        self._counter = counter
        self._process = psutil.Process()
        self._path = str(rank_file(counter.name))
        self._since = 0
        self._engine: Any = None
        self._make()

    def _make(self) -> None:
        from gigatoken.gigatoken_rs import BPETokenizer

        self._engine = None
        self._engine = BPETokenizer.from_tiktoken(self._path, _PRETOKENIZER[self._counter.name], {})
        self._engine.encode_batch(["a"], parallel=False)
        self._base = self._process.memory_info().rss
        self._since = 0

    def sums(self, texts: list[str], ends: "array[int]") -> list[int]:
        """Tokens per example."""
        import numpy

        if self._engine is None:
            counts = numpy.fromiter(map(self._counter.count, texts), dtype=numpy.int64, count=len(texts))
            offsets = numpy.concatenate(([0], numpy.cumsum(counts)))
        else:
            offsets = numpy.asarray(self._encode(texts).layout.offsets.data)
            self._since += BATCH_CHARS
            if self._process.memory_info().rss - self._base > GROWTH_BYTES:
                self._recycle()
        at = offsets[numpy.frombuffer(ends, dtype=numpy.dtype("L"))]
        result: list[int] = numpy.diff(at, prepend=0).tolist()
        return result

    def _encode(self, texts: list[str]) -> Any:
        try:
            return self._engine.encode_batch(texts, parallel=False)
        except (UnicodeEncodeError, TypeError):  # half a surrogate pair: U+FFFD, as the other counters have it
            whole = [t.encode("utf-16", "surrogatepass").decode("utf-16", "replace") for t in texts]
            return self._engine.encode_batch(whole, parallel=False)

    def _recycle(self) -> None:
        if self._since < LEAST_BETWEEN:
            self._engine = None
        else:
            self._make()
