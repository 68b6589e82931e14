"""Counting many texts beside the work that produces them: in a second process, with the fastest exact tokenizer.

Small inputs are counted at once with quicktok, which needs no other process. Large ones go to `engine.py`, so reading
and counting use two cores. Its cache of words never shrinks; a process that has grown is replaced by a copy of what it
was, so memory stays bounded whatever the text. All of them count the same, to the token.
"""

import os
import subprocess
import sys
from array import array
from collections.abc import Sequence
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
        self._ends, self._rows = array("I"), array("i")
        self._chars = 0
        self._queue: Queue[tuple[list[str] | bytes, array[int], array[int]] | None] = Queue(maxsize=2)
        self._thread: Thread | None = None
        self._failed: BaseException | None = None
        if size >= BULK_BYTES and counter.name in PUBLISHED:
            self._thread = Thread(target=self._work, daemon=True, name="tokens")
            self._thread.start()

    def add(self, row: int, texts: Sequence[str]) -> None:
        """Count texts into a row, now or soon."""
        if texts:
            self.add_rows((row,), texts, (len(texts),))

    def add_rows(self, rows: Sequence[int], texts: Sequence[str], ends: Sequence[int]) -> None:
        """Count texts into rows.

        Args:
            rows: the rows.
            texts: the texts of all of them, at least one each.
            ends: how many of the texts stand before the end of each row.
        """
        before = len(self._texts)
        self._texts.extend(texts)
        self._ends.extend([before + end for end in ends] if before else ends)
        self._rows.extend(rows)
        self._chars += sum(map(len, texts))
        if self._chars >= BATCH_CHARS:
            self.flush()

    def add_joined(self, rows: Sequence[int], texts: bytes, ends: Sequence[int]) -> None:
        """Count texts into rows.

        Args:
            rows: the rows; those of -1 are not counted.
            texts: the texts of all of them in UTF-8, joined by `engine.MARK`, which is in none of them.
            ends: how many of the texts stand before the end of each row.
        """
        self._hand_on(texts, array("I", ends), array("i", rows))

    def flush(self) -> None:
        """Hand on what was added."""
        if not self._rows:
            return
        batch = self._texts, self._ends, self._rows
        self._texts, self._ends, self._rows, self._chars = [], array("I"), array("i"), 0
        self._hand_on(*batch)

    def _hand_on(self, texts: list[str] | bytes, ends: "array[int]", rows: "array[int]") -> None:
        if self._thread is None:
            self._count(texts, ends, rows)
            return
        if self._failed is not None:
            raise self._failed
        self._queue.put((texts, ends, rows))

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

    def _count(self, texts: list[str] | bytes, ends: "array[int]", rows: "array[int]") -> None:
        """Count with what counts small inputs."""
        if isinstance(texts, bytes):
            texts = [str(text, "utf-8") for text in texts.split(engine.MARK)]
        counts = self._counter.count_many(texts)
        start = 0
        for row, end in zip(rows, ends, strict=True):
            if row >= 0:
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
                        if row >= 0:
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

    def sums(self, texts: Sequence[str] | bytes, ends: "array[int]") -> "array[int] | None":
        """Tokens per example; None when a text holds the mark that joins them."""
        data = texts if isinstance(texts, bytes) else _joined(texts)
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


def _joined(texts: Sequence[str]) -> bytes:
    joined = engine.MARK.decode().join(texts)
    try:
        return joined.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return mended(joined).encode()
