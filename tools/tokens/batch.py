"""Counting many texts beside the work that produces them: in a second process, with the fastest exact tokenizer.

Small inputs are counted at once with quicktok, which needs no other process. Large ones go to `engine.py`, so reading
and counting use two cores. Its cache of words never shrinks; a process that has grown is replaced by a copy of what it
was, so memory stays bounded whatever the text. All of them count the same, to the token.
"""

import os
import subprocess
import sys
from array import array
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, cast

from tools.tokens import engine
from tools.tokens.encodings import TextCounter, mended
from tools.tokens.ranks import PUBLISHED, rank_file

BULK_BYTES = 8 << 20
"""From this size on, starting gigatoken (about half a second) pays."""
BATCH_CHARS = 1 << 17
PRETOKENIZER = {"o200k_base": "o200k", "cl100k_base": "cl100k"}


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
        self._ends, self._rows = array("I"), array("I")
        self._chars = 0
        self._queue: Queue[tuple[list[str], array[int], array[int]] | None] = Queue(maxsize=2)
        self._thread: Thread | None = None
        self._failed: BaseException | None = None
        if size >= BULK_BYTES and counter.name in PUBLISHED:
            self._thread = Thread(target=self._work, daemon=True, name="tokens")
            self._thread.start()

    def add(self, row: int, texts: Sequence[str], chars: int) -> None:
        """Count `texts` (of `chars` characters together) into a row, now or soon."""
        if texts:
            self.add_rows(row, texts, (len(texts),), chars)

    def add_rows(self, first: int, texts: Iterable[str], ends: Sequence[int], chars: int) -> None:
        """Count texts into consecutive rows.

        Args:
            first: the first of the rows.
            texts: the texts of all of them, at least one each.
            ends: how many of the texts stand before the end of each row.
            chars: about how many characters they are together.
        """
        before = len(self._texts)
        self._texts.extend(texts)
        self._ends.extend([before + end for end in ends] if before else ends)
        self._rows.extend(range(first, first + len(ends)))
        self._chars += chars
        if self._chars >= BATCH_CHARS:
            self.flush()

    def flush(self) -> None:
        """Hand on what was added."""
        if not self._rows:
            return
        batch = self._texts, self._ends, self._rows
        self._texts, self._ends, self._rows, self._chars = [], array("I"), array("I"), 0
        if self._thread is None:
            self._count(*batch)
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

    def _count(self, texts: list[str], ends: "array[int]", rows: "array[int]") -> None:
        """Count with what counts small inputs."""
        counts = self._counter.count_many(texts)
        start = 0
        for row, end in zip(rows, ends, strict=True):
            self._totals[row] += sum(counts[start:end])
            start = end

    def _work(self) -> None:
        totals = self._totals
        try:
            with Beside(self._counter.name) as beside:
                while (batch := self._queue.get()) is not None:
                    texts, ends, rows = batch
                    sums = beside.sums(texts, ends)
                    if sums is None:
                        self._count(texts, ends, rows)
                        continue
                    for row, tokens in zip(rows, sums, strict=True):
                        totals[row] += tokens
        except BaseException as e:
            self._failed = e
            while self._queue.get() is not None:
                pass


class Beside:
    """gigatoken in a process of its own, started when it is needed; where that fails, in this one."""

    def __init__(self, name: str) -> None:
        self._arguments = (str(rank_file(name)), PRETOKENIZER[name])
        self._process: subprocess.Popen[bytes] | None = None
        self._here: engine.Engine | None = None
        self._start()

    def __enter__(self) -> "Beside":
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def sums(self, texts: Sequence[str], ends: "array[int]") -> "array[int] | None":
        """Tokens per example; None when a text holds the mark that joins them."""
        mark = engine.MARK.decode()
        joined = mark.join(texts)
        try:
            data = joined.encode()
        except UnicodeEncodeError:  # half a surrogate pair
            data = mended(joined).encode()
        if self._here is None:
            if self._process is None:
                self._start()
            try:
                return self._ask(data, ends)
            except (OSError, EOFError):
                self._end()
                self._here = engine.Engine(*self._arguments)
        return self._here.sums(data, ends)

    def _start(self) -> None:
        # -I: nothing of the folder or the environment it happens to run in is imported.
        command = [sys.executable, "-I", str(Path(engine.__file__)), *self._arguments, str(engine.GROWTH_BYTES)]
        # One thread only: the process forks.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        with suppress(OSError):
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
            )

    def _ask(self, data: bytes, ends: "array[int]") -> "array[int] | None":
        if self._process is None:
            raise EOFError
        requests, answers = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)
        requests.write(engine.HEAD.pack(len(ends) * ends.itemsize, len(data)))
        requests.write(ends)
        requests.write(data)
        requests.flush()
        head = answers.read(engine.HEAD.size)
        if len(head) != engine.HEAD.size:
            raise EOFError
        size, flag = engine.HEAD.unpack(head)
        sums = array("I", answers.read(size))
        return None if flag == engine.MARKED else sums

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                cast("IO[bytes]", pipe).close()
        process.wait()
