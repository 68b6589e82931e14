"""Counting many texts beside the work that produces them: in a second process, with the fastest exact tokenizer.

Small inputs are counted at once with quicktok, which needs no other process. Large ones go to `engine.py`, so reading
and counting use two cores. Its cache of words never shrinks; a process that has grown is replaced by a copy of what it
was, so memory stays bounded whatever the text. All of them count the same, to the token.
"""

import mmap
import os
import subprocess
import sys
from array import array
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from operator import add
from pathlib import Path
from typing import IO, Any, NamedTuple, cast

from tools.tokens import engine
from tools.tokens.encodings import TextCounter, mended
from tools.tokens.ranks import PUBLISHED, rank_file

BULK_BYTES = 8 << 20
"""From this size on, starting gigatoken (about half a second) pays."""
BATCH_CHARS = 1 << 17
JOINED_BYTES = 1 << 20
"""Fewer, larger batches take a tenth less time than one of each block."""
AHEAD = 4
"""Batches that may wait for their answer."""
PIPE_BYTES = 1 << 20
"""Asked for: with the usual 64 kB each batch would be handed over in pieces, the two processes waking each other."""
SLOT_BYTES = JOINED_BYTES + (1 << 19)
"""A place in the memory that both processes share: joined texts are written there once, and go through no pipe. There
is one more than batches may wait, so the one being filled is never one that is still read."""
PAGE = 1 << 12
PRETOKENIZER = {"o200k_base": "o200k", "cl100k_base": "cl100k"}


class Batch(NamedTuple):
    """Texts to be counted."""

    texts: "list[str] | bytearray | memoryview[int]"
    """Of all rows; joined by `engine.MARK` where they are bytes, and then the rows rise."""
    ends: "array[int]"
    """How many of them stand before the end of each row's."""
    rows: "array[int]"
    at: int = engine.FOLLOW
    """Where the texts stand in the memory that both processes share."""


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
        self._joined = Batch(bytearray(), array("I"), array("I"))
        self._slot, self._filled = 0, 0
        self._waiting: deque[Batch] = deque()
        self._beside: Beside | None = None
        if size >= BULK_BYTES and counter.name in PUBLISHED:
            self._beside = Beside(counter.name)

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

    def add_joined(self, rows: "array[int]", texts: "memoryview[int]", ends: "array[int]") -> None:
        """Count texts into rows.

        Args:
            rows: the rows, rising from call to call.
            texts: the texts of all of them in UTF-8, joined by `engine.MARK`, which is in none of them.
            ends: how many of the texts stand before the end of each row.
        """
        if self._joined.rows and self._size() + len(engine.MARK) + len(texts) > SLOT_BYTES:
            self._flush_joined()
        joined, all_ends, all_rows = cast("bytearray", self._joined.texts), self._joined.ends, self._joined.rows
        before = all_ends[-1] if all_ends else 0
        shared = self._beside.shared if self._beside is not None else None
        if shared is not None and not joined and len(texts) <= SLOT_BYTES:
            if before:
                self._share(shared, engine.MARK)  # between two
            self._share(shared, texts)
        else:
            joined += engine.MARK[: len(engine.MARK) * bool(before)]
            joined += texts
        all_ends.extend(array("I", [before + end for end in ends]) if before else ends)
        all_rows.extend(rows)
        if self._size() >= JOINED_BYTES:
            self._flush_joined()

    def _size(self) -> int:
        return self._filled or len(self._joined.texts)

    def _share(self, shared: mmap.mmap, data: "bytes | memoryview[int]") -> None:
        at = self._slot * SLOT_BYTES + self._filled
        shared[at : at + len(data)] = data
        self._filled += len(data)

    def flush(self) -> None:
        """Hand on what was added."""
        if self._joined.rows:
            self._flush_joined()
        if not self._rows:
            return
        batch = Batch(self._texts, self._ends, self._rows)
        self._texts, self._ends, self._rows, self._chars = [], array("I"), array("I"), 0
        self._hand_on(batch)

    def _flush_joined(self) -> None:
        batch, self._joined = self._joined, Batch(bytearray(), array("I"), array("I"))
        if self._filled and self._beside is not None and self._beside.shared is not None:
            at = self._slot * SLOT_BYTES
            batch = batch._replace(texts=memoryview(self._beside.shared)[at : at + self._filled], at=at)
            self._slot, self._filled = (self._slot + 1) % (AHEAD + 1), 0
        self._hand_on(batch)

    def _hand_on(self, batch: Batch) -> None:
        if self._beside is None:
            self._add(batch, None)
            return
        while self._waiting and not self._beside.has_room(self._waiting):
            self._take(self._beside)
        self._beside.ask(batch)
        self._waiting.append(batch)

    def _take(self, beside: "Beside") -> None:
        """Wait for the first answer."""
        sums = beside.answer(self._waiting[0])
        self._add(self._waiting.popleft(), sums)

    def close(self) -> None:
        """Wait until every row is complete."""
        self.flush()
        if self._beside is not None:
            while self._waiting:
                self._take(self._beside)
            self._beside.end()

    def abandon(self) -> None:
        """End without waiting for what is not counted yet."""
        if self._beside is not None:
            self._beside.end()

    def _add(self, batch: Batch, sums: "Sequence[int] | None") -> None:
        """Add the tokens of a batch; where they are not known, count with what counts small inputs."""
        if sums is None:
            texts = batch.texts
            if not isinstance(texts, list):
                texts = [str(text, "utf-8") for text in bytes(texts).split(engine.MARK)]
            counts, sums, start = self._counter.count_many(texts), [], 0
            for end in batch.ends:
                sums.append(sum(counts[start:end]))
                start = end
        totals, rows = self._totals, batch.rows
        if not isinstance(batch.texts, list) and len(rows) == rows[-1] - rows[0] + 1:
            here = slice(rows[0], rows[-1] + 1)
            totals[here] = array("I", map(add, totals[here], sums))
            return
        for row, tokens in zip(rows, sums, strict=True):
            totals[row] += tokens


class Beside:
    """gigatoken in a process of its own; where that fails, in this one. It answers in the order it was asked."""

    def __init__(self, name: str) -> None:
        self._arguments = (str(rank_file(name)), PRETOKENIZER[name])
        self._process: subprocess.Popen[bytes] | None = None
        self._here: engine.Engine | None = None
        self._room = PAGE
        self.shared: mmap.mmap | None = None
        """Memory that the process reads too: a slot for each batch that may wait, and one to fill. None: pipes only."""
        with suppress(OSError):
            self._start()

    def has_room(self, waiting: Iterable[Batch]) -> bool:
        """Whether one more may be asked for: the answers must fit into the pipe, or each would wait for the other."""
        owed = [engine.HEAD.size + 4 * len(batch.ends) + PAGE for batch in waiting]
        return len(owed) < AHEAD and sum(owed) <= self._room

    def ask(self, batch: Batch) -> None:
        """Have texts counted."""
        if self._process is None:
            return
        data = _joined(batch.texts) if isinstance(batch.texts, list) else batch.texts
        requests = cast("IO[bytes]", self._process.stdin)
        head = engine.HEAD.pack(len(batch.ends) * batch.ends.itemsize, len(data), batch.at)
        try:
            requests.write(head + batch.ends.tobytes())
            if batch.at == engine.FOLLOW:
                requests.write(data)
            requests.flush()
        except OSError:
            self.end()

    def answer(self, batch: Batch) -> "array[int] | None":
        """Tokens per row of the first batch that was asked for and not answered; None when a text holds the mark."""
        if self._process is not None:
            answers = cast("IO[bytes]", self._process.stdout)
            with suppress(OSError):
                head = answers.read(engine.HEAD.size)
                if len(head) == engine.HEAD.size:
                    size, flag, _ = engine.HEAD.unpack(head)
                    data = answers.read(size)
                    if len(data) == size:
                        return None if flag == engine.MARKED else array("I", data)
            self.end()
        self._here = self._here or engine.Engine(*self._arguments)
        texts = batch.texts
        return self._here.sums(_joined(texts) if isinstance(texts, list) else bytes(texts), batch.ends)

    def _start(self) -> None:
        # -I: nothing of the folder or the environment it happens to run in is imported.
        command = [sys.executable, "-I", str(Path(engine.__file__)), *self._arguments, str(engine.GROWTH_BYTES)]
        # One thread only: the process forks.
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
        fd = _memory((AHEAD + 1) * SLOT_BYTES)
        try:
            numbers = () if fd is None else (fd,)
            shared = None if fd is None else mmap.mmap(fd, 0)
            self._process = subprocess.Popen([*command, *map(str, numbers)], env=environment, pass_fds=numbers, **pipes)
            self.shared = shared
        finally:
            if fd is not None:
                os.close(fd)
        with suppress(ImportError, AttributeError, OSError):  # not on Linux, or not allowed
            import fcntl

            self._room = fcntl.fcntl(cast("IO[bytes]", self._process.stdout), fcntl.F_GETPIPE_SZ)
            fcntl.fcntl(cast("IO[bytes]", self._process.stdin), fcntl.F_SETPIPE_SZ, PIPE_BYTES)

    def end(self) -> None:
        """End the process; what was asked for and not answered is counted here."""
        process, self._process = self._process, None
        if process is None:
            return
        for pipe in (process.stdin, process.stdout):
            with suppress(OSError):
                cast("IO[bytes]", pipe).close()
        process.wait()


def _memory(size: int) -> int | None:
    """A file in memory without a name, its number; None where the system has none."""
    try:
        fd = os.memfd_create("texts")
    except (AttributeError, OSError):
        return None
    try:
        os.ftruncate(fd, size)
    except OSError:
        os.close(fd)
        return None
    return fd


def _joined(texts: Sequence[str]) -> bytes:
    joined = engine.MARK.decode().join(texts)
    try:
        return joined.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return mended(joined).encode()
