"""From tables and other formats to chat JSON Lines, and back; what cannot be carried over is counted and named."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field

from tools.dataset.formats import BY_NAME
from tools.dataset.formats.columns import Columns
from tools.dataset.jsonline import encode
from tools.dataset.reading import Reading, sample
from tools.dataset.table import Table, open_source
from tools.errors import InputError
from tools.progress import Progress, silent


class ConvertRequest(BaseModel):
    """What to convert."""

    path: Path
    out: Path
    """A new file; nothing is overwritten."""
    to: str = "openai_chat"
    user: str | None = None
    """Column (or key) of the question; None: what the names say."""
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
    left_out: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    reading = Reading(request.path, request.name, _columns(request))
    chosen = reading.recognised.format
    if chosen is None:
        raise InputError(
            f"the format is not recognised ({reading.recognised.reason})",
            where=reading.source.name,
            remedy="Name the columns or keys with --user and --assistant.",
        )
    values = _values(reading, request.system, left_out, progress)
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
    if isinstance(reading.source, Table):
        lost.update({f"the bytes of the column {b.column}": count for b in reading.source.binary})
    if reading.unread:
        left_out["not an example"] = reading.unread
    if not count:
        request.out.unlink(missing_ok=True)
        why = f": {next(iter(left_out))}" if left_out else ""
        raise InputError(f"no example could be converted{why}", where=reading.source.name)
    return ConvertReport(
        file=reading.source.name,
        out=str(request.out),
        from_format=chosen.name,
        to_format=target.name,
        examples=count,
        left_out=dict(left_out),
        lost=dict(lost),
    )


def columns(path: Path) -> list[str]:
    """The column names of a table (CSV with a header line, or Parquet).

    Raises:
        InputError: it cannot be read as one.
    """
    return list(dict.fromkeys(str(key) for value in sample(open_source(path)) for key in value))


def _columns(request: ConvertRequest) -> Columns:
    return Columns(request.user, request.assistant, request.system, request.system_column)


def _values(
    reading: Reading, system: str | None, left_out: Counter[str], progress: Progress
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(shape, canonical value) of each example; rows without a question or an answer are counted, not guessed."""
    columns = reading.recognised.columns
    for example in reading.read(progress):
        if columns is None:
            yield example.shape, _with_system(example.value, system)
            continue
        empty = next(
            (c for c in (columns.user, columns.assistant) if c is not None and not _filled(example.source.get(c))), None
        )
        if empty is None:
            yield example.shape, example.value
        else:
            left_out[f"empty {empty}"] += 1


def _filled(cell: Any) -> bool:
    return cell is not None and bool(str(cell).strip())


def _with_system(value: dict[str, Any], system: str | None) -> dict[str, Any]:
    messages = value.get("messages")
    if system is None or not isinstance(messages, list):
        return value
    return {**value, "messages": [{"role": "system", "content": system}, *messages]}
