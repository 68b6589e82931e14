"""Tables as JSON lines: a CSV file with a header line, or Parquet, row by row in bounded memory.

A row becomes one JSON object of its columns, numbered as a spreadsheet numbers it: the header of a CSV file is row 1.
"""

import codecs
import csv
import io
import json
import math
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import Any

from tools.dataset.binary import Binary, binary_columns
from tools.dataset.jsonline import encode
from tools.dataset.source import BLOCK_BYTES, MAX_LINE_BYTES, Block, RawLine, Source, TooLong
from tools.errors import InputError
from tools.progress import Progress, silent

KINDS = ("csv", "parquet")
MAX_CELL = 8 << 20
DELIMITERS = ",;\t|"
# Columns of known formats that hold lists or objects: in a table they stand as JSON text.
_NESTED = {
    "messages",
    "tools",
    "contents",
    "completions",
    "conversations",
    "conversation",
    "input",
    "prompt",
    "completion",
}
_NESTED |= {"preferred_output", "non_preferred_output", "chosen", "rejected", "systemInstruction", "functions"}
_ABSENT = ("tools", "functions")
"""Columns that a row without a value does not have."""
Row = dict[str, Any]


def open_source(path: Path, name: str | None = None) -> Source:
    """A dataset file, table or not.

    Raises:
        NotFoundError, InputError: as `Source`.
    """
    source = Source(path, name)
    return Table(path, name) if source.sniffed.kind in KINDS else source


def refuse_bytes(source: Source, asked: Iterable[str | None]) -> None:
    """InputError when a column that somebody named holds bytes."""
    for column in set(asked) & {b.column for b in source.binary} if isinstance(source, Table) else ():
        raise InputError(
            f"the column {column!r} holds bytes, not text", where=source.name, remedy="Name a column of text."
        )


def kind_of(source: Source) -> str:
    """The kind that columns are recognised for: csv, parquet, or columns for JSON objects."""
    return source.kind if isinstance(source, Table) else "columns"


CHARSET_BYTES = 1 << 16
CHARSETS = ("cp1252", "cp1250", "cp1251", "cp1253", "gb18030", "shift_jis", "euc_kr", "big5")


class Table(Source):
    """A table that is read like JSON lines."""

    def __init__(self, path: Path, name: str | None = None) -> None:
        super().__init__(path, name)
        self.kind = self.sniffed.kind
        self.misfits: list[tuple[int, str]] = []
        """(row, what is wrong) of the rows that are not read, for nobody can know which cell holds what."""
        self.damage = ""
        """Why a Parquet file cannot be opened; empty otherwise."""
        self.charset = _charset(path) if self.kind == "csv" and not self.gzipped else "utf-8"
        """How a CSV file's text is read: spreadsheets still write older encodings than UTF-8."""
        self.binary: list[Binary] = []
        """Columns of a Parquet file that hold bytes and are not read."""
        if self.kind == "parquet":
            self.damage = self._damage() if not self.gzipped else "it is packed with gzip"

    @property
    def readable(self) -> bool:
        """Whether rows can be read at all."""
        return not self.damage

    @property
    def without_rows(self) -> bool:
        """Whether a pass found no row at all, read or not."""
        rows = self.lines_read - (self.kind == "csv")
        return self.readable and rows <= 0 and not self.misfits and not self.stopped

    def blocks(self, progress: Progress = silent) -> Iterator[Block]:
        """The rows as JSON lines; see `Source.blocks`."""
        numbers: list[int] = []
        lines: list[RawLine] = []
        size = 0
        for number, row in self._csv(progress) if self.kind == "csv" else self._parquet(progress):
            raw = encode(row).encode("utf-8", "surrogateescape")  # bytes that were not UTF-8 stay so, to be found
            numbers.append(number)
            lines.append(raw if len(raw) <= MAX_LINE_BYTES else TooLong(len(raw), raw[:200]))
            size += len(raw)
            self.lines_read = number
            if size > BLOCK_BYTES:
                yield Block(numbers, lines)
                numbers, lines, size = [], [], 0
        if lines:
            yield Block(numbers, lines)

    def _csv(self, progress: Progress) -> Iterator[tuple[int, Row]]:
        csv.field_size_limit(MAX_CELL)
        text = _Lines(self._decoded(self._raw(progress)), self.charset)
        first = next(iter(text), "")
        delimiter = max(DELIMITERS, key=first.count)
        reader = csv.reader(text.again(first), delimiter=delimiter)
        number = 0
        header: list[str] = []
        self.lines_read = 1
        try:
            for cells in reader:
                number += 1
                row = text.taken()
                if not header:
                    header = _header(cells)
                elif '"' in row and _misquoted(row, delimiter):
                    self.misfits.append((number, "a quote in the row is not closed, or text follows a closed one"))
                elif any(cells[len(header) :]):
                    words = f"the row has {len(cells)} cells and the header names {len(header)}"
                    self.misfits.append((number, f"{words}: a text that holds the separator has no quotes"))
                elif cells:
                    yield number, _row(zip(header, cells, strict=False))
        except csv.Error as e:
            self.stopped = f"row {number + 1:,} cannot be read ({e})"

    def _parquet(self, progress: Progress) -> Iterator[tuple[int, Row]]:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        for _ in self._raw(silent):  # the digest; the rows are read by their groups
            pass
        number = 0
        try:
            with ParquetFile(self.path) as file:
                total = file.metadata.num_rows
                for batch in file.iter_batches(batch_size=1024, columns=binary_columns(file)[1]):
                    for row in batch.to_pylist():
                        number += 1
                        yield number, _row(_plain(row).items())
                    progress(self.size * number / max(1, total), self.size, f"reading {self.name}")
        except (ArrowException, OSError, ValueError) as e:
            self.stopped = f"the Parquet data are damaged ({str(e)[:80]})"

    def _damage(self) -> str:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile

        try:
            with ParquetFile(self.path) as file:
                self.binary, _ = binary_columns(file)
                return ""
        except (ArrowException, OSError, ValueError) as e:
            return str(e).splitlines()[0][:120] if str(e) else "it is damaged"


class _Lines:
    """Text lines of byte blocks; those of the row being read are kept."""

    def __init__(self, blocks: Iterator[bytes], charset: str) -> None:
        raw = io.BufferedReader(_Raw(blocks), 1 << 16)
        errors = "surrogateescape" if charset == "utf-8" else "replace"
        self._text = io.TextIOWrapper(raw, encoding=charset, errors=errors, newline="")
        self._taken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        # A line is bounded as a cell is, so that no missing line break fills the memory.
        while line := self._text.readline(MAX_CELL + 2):
            yield line

    def again(self, first: str) -> Iterable[str]:
        """The lines with `first` put back."""
        for line in chain([first], self):
            self._taken.append(line)
            yield line

    def taken(self) -> str:
        """What was taken since the last call."""
        text = "".join(self._taken)
        self._taken.clear()
        return text


class _Raw(io.RawIOBase):
    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = block
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n


def _charset(path: Path) -> str:
    """UTF-8 where the beginning is; else the most likely of the encodings that spreadsheets write."""
    with path.open("rb") as f:
        head = f.read(CHARSET_BYTES)
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
    except UnicodeDecodeError:
        if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE) or b"\0" in head:
            return "utf-8"  # decoded before it comes here
        read = head.decode("utf-8", "surrogateescape")
        bad = sum("\udc80" <= c <= "\udcff" for c in read)
        if sum(c > "\x7f" for c in read) - bad > bad:
            return "utf-8"  # with some rows out of another place: those are named
        from charset_normalizer import from_bytes

        best = from_bytes(head, cp_isolation=list(CHARSETS)).best()
        if best is None:
            return "utf-8"
        western = head.decode("cp1252", "replace")
        return "cp1252" if str(best) == western else best.encoding  # several may read it alike: the commonest is named
    return "utf-8"


def _misquoted(row: str, delimiter: str) -> bool:
    try:
        list(csv.reader(row.splitlines(True), delimiter=delimiter, strict=True))
    except csv.Error:
        return True
    return False


def _header(cells: list[str]) -> list[str]:
    """Names of the columns: none empty, none twice."""
    names: list[str] = []
    for i, cell in enumerate(cells, 1):
        name = cell.strip() or f"column {i}"
        names.append(name if name not in names else f"{name} ({i})")
    return names


def _row(cells: Iterable[tuple[str, Any]]) -> Row:
    return {k: _cell(k, v) for k, v in cells if not (k in _ABSENT and v in ("", "null", "None"))}


def _cell(column: str, value: Any) -> Any:
    """JSON text of the columns that hold lists and objects is read; all else stays."""
    if column in _NESTED and isinstance(value, str) and value.lstrip()[:1] in ("[", "{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def _plain(value: Any) -> Any:
    """A Parquet value as JSON has it: what a record of another row has and this one has not is left out."""
    if isinstance(value, dict):
        return {str(k): _plain(v) for k, v in value.items() if v is not None}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, float):
        return None if math.isnan(value) or math.isinf(value) else value
    if isinstance(value, bytes):  # text that the file does not call so; bytes that are not UTF-8 stay, to be found
        return value.decode("utf-8", "surrogateescape")
    return value if value is None or isinstance(value, str | int | bool) else str(value)
