"""From tables and other formats to chat JSON Lines, and back; what cannot be carried over is counted and named."""

import csv
import io
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from tools.dataset.formats import BY_NAME
from tools.dataset.formats.base import Format
from tools.dataset.jsonline import encode
from tools.dataset.reading import Reading
from tools.dataset.source import Source
from tools.errors import InputError, UnavailableError
from tools.progress import Progress, silent

MAX_CELL = 8 << 20


class ConvertRequest(BaseModel):
    """What to convert."""

    path: Path
    out: Path
    """A new file; nothing is overwritten."""
    to: str = "openai_chat"
    user: str | None = None
    """Column (or key) of the user's text; for tables and unknown formats."""
    assistant: str | None = None
    system: str | None = None
    """A system prompt put before every example."""
    system_column: str | None = None
    name: str | None = None


class ConvertReport(BaseModel):
    """What was written."""

    file: str
    out: str
    from_format: str
    to_format: str
    examples: int
    left_out: dict[str, int] = Field(default_factory=dict)
    """Why lines or rows were left out -> how many."""
    lost: dict[str, int] = Field(default_factory=dict)
    """What could not be carried over -> in how many examples."""


def convert(request: ConvertRequest, progress: Progress = silent) -> ConvertReport:
    """Write a dataset in another format.

    Raises:
        InputError: the file or a column cannot be read, the target cannot be written, or exists already.
    """
    target = BY_NAME.get(request.to)
    if target is None or target.write is None:
        able = ", ".join(f.name for f in BY_NAME.values() if f.write)
        raise InputError(f"cannot write the format {request.to!r}", remedy=f"Known: {able}.")
    if request.out.exists():
        raise InputError("the file is already there", where=str(request.out), remedy="Name a new file.")
    source = Source(request.path, request.name)
    left_out: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    from_format, values = _values(request, source, left_out, progress)
    count = 0
    try:
        import jsonlines

        with request.out.open("x", encoding="utf-8", newline="\n") as f, jsonlines.Writer(f, dumps=encode) as lines:
            for shape, value in values:
                if target.shape != shape:
                    left_out[f"a {shape} example cannot become {target.title}"] += 1
                    continue
                written, missing = target.write(value)
                lost.update(set(missing))
                lines.write(written)
                count += 1
    except BaseException:
        request.out.unlink(missing_ok=True)
        raise
    if not count:
        request.out.unlink(missing_ok=True)
        why = f": {next(iter(left_out))}" if left_out else ""
        raise InputError(f"no example could be converted{why}", where=source.name)
    return ConvertReport(
        file=source.name,
        out=str(request.out),
        from_format=from_format,
        to_format=target.name,
        examples=count,
        left_out=dict(left_out),
        lost=dict(lost),
    )


Values = Iterator[tuple[str, dict[str, Any]]]


def _values(request: ConvertRequest, source: Source, left_out: Counter[str], progress: Progress) -> tuple[str, Values]:
    kind = source.sniffed.kind
    if kind == "csv":
        rows = _csv_rows(source)
    elif kind == "parquet":
        rows = _parquet_rows(source)
    elif request.user or request.assistant:
        rows = (e for e in _objects(source, left_out, progress))
    else:
        reading = Reading(request.path, request.name)
        chosen: Format | None = reading.recognised.format
        if chosen is None:
            raise InputError(
                f"the format is not recognised ({reading.recognised.reason})",
                where=source.name,
                remedy="Name the keys with --user and --assistant.",
            )
        return chosen.name, ((e.shape, _with_system(e.value, request.system)) for e in reading.read(progress))
    return kind, _from_columns(rows, request, left_out)


def columns(path: Path) -> list[str]:
    """The column names of a table (CSV with a header line, or Parquet).

    Raises:
        InputError: it cannot be read as one.
    """
    source = Source(path)
    rows = _parquet_rows(source) if source.sniffed.kind == "parquet" else _csv_rows(source)
    return [str(name) for name in next(rows, {})]


def _with_system(value: dict[str, Any], system: str | None) -> dict[str, Any]:
    messages = value.get("messages")
    if system is None or not isinstance(messages, list):
        return value
    return {**value, "messages": [{"role": "system", "content": system}, *messages]}


def _from_columns(rows: Iterator[dict[str, Any]], request: ConvertRequest, left_out: Counter[str]) -> Values:
    """Rows with named columns -> chat; rows without a question or an answer are counted, not guessed."""
    checked = False
    for row in rows:
        if not checked:
            _columns_exist(row, request)
            checked = True
        user, assistant = row.get(str(request.user)), row.get(str(request.assistant))
        if user is None or not str(user).strip():
            left_out[f"empty {request.user}"] += 1
            continue
        if assistant is None or not str(assistant).strip():
            left_out[f"empty {request.assistant}"] += 1
            continue
        messages = [{"role": "user", "content": str(user)}, {"role": "assistant", "content": str(assistant)}]
        system = row.get(request.system_column) if request.system_column else request.system
        if system:
            messages.insert(0, {"role": "system", "content": str(system)})
        yield "chat", {"messages": messages}


def _columns_exist(row: dict[str, Any], request: ConvertRequest) -> None:
    there = ", ".join(map(str, row))
    if request.user is None or request.assistant is None:
        raise InputError(
            "which columns hold the question and the answer is not said",
            remedy=f"Name them with --user and --assistant. Columns: {there}.",
        )
    for column in filter(None, (request.user, request.assistant, request.system_column)):
        if column not in row:
            raise InputError(f"there is no column {column!r}", remedy=f"Columns: {there}.")


def _csv_rows(source: Source) -> Iterator[dict[str, Any]]:
    text = source.path.read_bytes().decode(source.sniffed.encoding, "replace").lstrip("\ufeff")
    first = text.partition("\n")[0]
    csv.field_size_limit(MAX_CELL)
    delimiter = max(",;\t", key=first.count)
    try:
        yield from csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restval="", strict=False)
    except csv.Error as e:
        raise InputError(f"the table cannot be read ({e})", where=source.name) from None


def _parquet_rows(source: Source) -> Iterator[dict[str, Any]]:
    try:
        from pyarrow import ArrowException
        from pyarrow.parquet import ParquetFile
    except ImportError:
        raise UnavailableError(
            "reading Parquet needs the package pyarrow", remedy="It comes with the local engine: make setup."
        ) from None
    try:
        for batch in ParquetFile(source.path).iter_batches(batch_size=1024):
            yield from batch.to_pylist()
    except (ArrowException, OSError) as e:
        raise InputError(f"the Parquet file cannot be read ({e})", where=source.name) from None


def _objects(source: Source, left_out: Counter[str], progress: Progress) -> Iterator[dict[str, Any]]:
    from tools.dataset.jsonline import decode
    from tools.dataset.source import TooLong

    for block in source.blocks(progress):
        for raw in block.lines:
            if isinstance(raw, TooLong) or not raw.strip():
                continue
            decoded = decode(raw)
            if decoded.ok and isinstance(decoded.value, dict):
                yield decoded.value
            else:
                left_out["not a JSON object"] += 1
