"""Plain JSONL and CSV: one eval a file, or a paired file with a `..._correct` column for each candidate."""

import csv
import io
from collections.abc import Iterator
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.evals.importers import values
from tools.evals.importers.format import Part, Say
from tools.evals.importers.lines import objects
from tools.evals.records import Sample
from tools.progress import Progress

ALIASES = {"sample_id": "id", "output": "completion", "expected": "target", "slice": "category"}


class JsonLines:
    """One JSON object a line (or one JSON array of objects)."""

    name = "jsonl"

    def recognises(self, file: Path, head: bytes) -> bool:
        """Anything that begins like JSON."""
        return head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[") or file.suffix.lower() in (".jsonl", ".ndjson")

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        return _samples(file, objects(file, progress))


class CsvFile:
    """A header line, then one row a sample."""

    name = "csv"

    def recognises(self, file: Path, head: bytes) -> bool:
        """By the name's ending."""
        return file.suffix.lower() in (".csv", ".tsv")

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        return _samples(file, named_rows(file, progress))


def named_rows(file: Path, progress: Progress) -> Iterator[tuple[int, dict[str, Any]]]:
    """The rows of a CSV or TSV file by column, each with the number of its last line; numbers and flags are read.

    Raises:
        InputError: with file and line.
    """
    header: list[str] | None = None
    for line, cells in csv_rows(file, progress):
        if header is None:
            header = cells
            continue
        if len(cells) > len(header):
            raise InputError(
                "the row has more cells than the header", where=f"{file.name}:{line}", remedy="Mend the row."
            )
        row = dict(zip_longest(header, cells))
        yield line, {k: _cell(k, v) for k, v in row.items()}


def csv_rows(file: Path, progress: Progress) -> Iterator[tuple[int, list[str]]]:
    """The rows of a CSV or TSV file, the header too, each with the number of its last line; empty rows are passed over.

    Raises:
        InputError: with file and line.
    """
    total = file.stat().st_size
    csv.field_size_limit(64_000_000)
    with file.open("rb") as raw, io.TextIOWrapper(raw, encoding="utf-8-sig", newline="") as f:
        reader = csv.reader(f, delimiter="\t" if file.suffix.lower() == ".tsv" else ",", strict=True)
        try:
            for count, cells in enumerate(reader, 1):
                if count % 5000 == 0:
                    progress(raw.tell(), total, f"line {reader.line_num:,}")
                if cells:
                    yield reader.line_num, cells
        except csv.Error as e:
            raise InputError(
                f"the row is not CSV ({e})", where=f"{file.name}:{reader.line_num}", remedy="Mend it."
            ) from None
        except UnicodeDecodeError:
            raise InputError("the file is not UTF-8 text", where=file.name, remedy="Save the file as UTF-8.") from None


_SCORE_LIKE = ("score", "correct", "latency_ms", "prompt_tokens", "completion_tokens")


def _cell(column: str, value: str | None) -> Any:
    if column in _SCORE_LIKE or column.endswith(("_correct", "_score")):
        return values.from_csv(value)
    return value or None


def _samples(file: Path, rows: Iterator[tuple[int, dict[str, Any]]]) -> Iterator[tuple[Part, Sample]]:
    seen: dict[str, int] = {}
    columns: tuple[str, ...] | None = None
    scored = False
    parts: dict[str, Part] = {}
    for line, raw in rows:
        where = f"{file.name}:{line}"
        row = {ALIASES.get(k, k): v for k, v in raw.items()} if ALIASES.keys() & raw.keys() else raw
        sample_id = _take(row, "id", values.identifier, where)
        if sample_id in seen:
            raise InputError(
                f"id {sample_id!r} stands on line {seen[sample_id]} already",
                where=where,
                remedy="Give each sample an id of its own.",
            )
        seen[sample_id] = line
        if columns is None:
            columns = candidates(row)
            parts = {c: Part(suffix=c.rpartition("_")[0]) for c in columns}
        if not columns:
            sample = _single(sample_id, row, where)
            scored = scored or sample.score is not None
            yield Part(), sample
            continue
        scored = True
        for column in columns:
            if column not in row:
                raise InputError(f"{column} is missing", where=where, remedy="Every line needs it; null where unknown.")
            yield parts[column], _paired(sample_id, row, column, where)
    if columns is not None and not scored:
        raise InputError(
            "no line has a score",
            where=file.name,
            remedy="Add `score` (a number or true/false), or a `..._correct` column for each candidate.",
        )


def candidates(row: dict[str, Any]) -> tuple[str, ...]:
    """The columns that each are an eval; none where the line is one scored completion."""
    found = tuple(k for k in row if k.endswith("_correct") and len(k) > len("_correct"))
    if found or "score" in row or "correct" in row or "completion" in row:
        return found
    return tuple(k for k in row if k.endswith("_score") and len(k) > len("_score"))


def _paired(sample_id: str, row: dict[str, Any], column: str, where: str) -> Sample:
    prefix, _, kind = column.rpartition("_")
    correct = _take(row, column, values.flag, where) if kind == "correct" else None
    score = _take(row, column, values.number, where) if correct is None and kind == "score" else correct
    return Sample(
        sample_id,
        *_common(row),
        completion=values.text(row.get(f"{prefix}_completion")),
        score=None if score is None else float(score),
        correct=correct,
        latency_ms=_take(row, f"{prefix}_latency_ms", values.number, where),
    )


def _single(sample_id: str, row: dict[str, Any], where: str) -> Sample:
    correct = _take(row, "correct", values.flag, where)
    score = _take(row, "score", values.number, where)
    if isinstance(row.get("score"), bool):
        correct = row["score"] if correct is None else correct
    return Sample(
        sample_id,
        *_common(row),
        completion=values.text(row.get("completion")),
        score=float(correct) if score is None and correct is not None else score,
        correct=correct,
        latency_ms=_take(row, "latency_ms", values.number, where),
        prompt_tokens=_take(row, "prompt_tokens", values.count, where),
        completion_tokens=_take(row, "completion_tokens", values.count, where),
    )


def _common(row: dict[str, Any]) -> tuple[str | None, str | None, str | None, str | None]:
    """Category, cluster, input and target: the fields of Sample that follow its id, in their order."""
    return (
        values.text(row.get("category")),
        values.text(row.get("cluster")),
        values.text(row.get("input")),
        values.text(row.get("target")),
    )


def _take(row: dict[str, Any], key: str, read: Any, where: str) -> Any:
    try:
        return read(row.get(key))
    except ValueError as e:
        raise InputError(f"{key} {e}", where=where, remedy="Mend the line; nothing of the file was kept.") from None
