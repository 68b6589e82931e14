"""A dataset file as examples: the format recognised, bad lines passed over and counted. The linter says what is bad."""

from collections.abc import Iterator, Set
from pathlib import Path
from typing import Any

from tools.dataset.example import Example
from tools.dataset.formats import Recognised, recognise
from tools.dataset.formats.base import Format
from tools.dataset.formats.columns import Columns
from tools.dataset.jsonline import decode
from tools.dataset.source import Source, TooLong
from tools.dataset.table import Table, kind_of, open_source, refuse_bytes
from tools.errors import InputError
from tools.progress import Progress, silent

SAMPLE_LINES = 200
SAMPLE_BYTES = 4 << 20


class Reading:
    """One streaming pass over the examples of a file.

    Args:
        path: the file; any format of `tools.dataset.formats`, or a table.
        name: what to call it in messages.
        columns: which columns hold what, for tables and keys of one's own; None: what their names say.

    Raises:
        NotFoundError: no such file.
        InputError: not a readable dataset.
    """

    def __init__(self, path: Path, name: str | None = None, columns: Columns | None = None) -> None:
        self.source = open_source(path, name)
        if not self.source.readable:
            raise InputError(
                f"this is {self.source.sniffed.words}, not a dataset",
                where=self.source.name,
                remedy="Check it with: finetune-advisor lint FILE",
            )
        refuse_bytes(self.source, columns or ())
        self.recognised: Recognised = recognise(sample(open_source(path, name)), columns, kind_of(self.source))
        self.unread = 0
        """Lines that held no example."""

    def __iter__(self) -> Iterator[Example]:
        """The examples, in order."""
        yield from self.read(silent)

    def read(self, progress: Progress) -> Iterator[Example]:
        """The examples, reporting progress in bytes."""
        chosen = self.recognised.format
        for block in self.source.blocks(progress):
            for number, raw in zip(block.numbers, block.lines, strict=True):
                if isinstance(raw, TooLong):
                    self.unread += 1
                    continue
                if not raw.strip():
                    continue
                decoded = decode(raw)
                if chosen is None or not decoded.ok or not isinstance(decoded.value, dict):
                    self.unread += 1
                    continue
                yield Example(number, chosen.shape, chosen.read(decoded.value), decoded.value)
        if isinstance(self.source, Table):
            self.unread += len(self.source.misfits)


def examples_at(source: Source, form: Format, lines: Set[int]) -> Iterator[Example]:
    """The examples on some lines, read again in order; lines that hold none are passed over."""
    last = max(lines, default=0)
    for block in open_source(source.path, source.name).blocks():
        for number, raw in zip(block.numbers, block.lines, strict=True):
            if number in lines and not isinstance(raw, TooLong) and (decoded := decode(raw)).ok:
                yield Example(number, form.shape, form.read(decoded.value), decoded.value)
        if block.numbers[-1] >= last:
            return


def sample(source: Source) -> list[Any]:
    """The parsed values of the first lines, to recognise a format by."""
    values: list[Any] = []
    size = 0
    for block in source.blocks():
        for raw in block.lines:
            if isinstance(raw, TooLong) or not raw.strip():
                continue
            size += len(raw)
            decoded = decode(raw)
            if decoded.ok:
                values.append(decoded.value)
            if len(values) >= SAMPLE_LINES or size > SAMPLE_BYTES:
                return values
    return values
