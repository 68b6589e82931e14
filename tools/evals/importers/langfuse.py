"""Langfuse: exported tables (traces, observations, scores) and what its API gives. An eval for each score's name.

Made from Langfuse's export code and documented fields (docs/evals.md names them), not tried on a file of its making.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson

from tools.evals.importers import values
from tools.evals.importers.format import Part, Say
from tools.evals.importers.lines import objects
from tools.evals.importers.others import TARGETS, count, distinct, first, inner, label, milliseconds, not_this, number
from tools.evals.importers.plain import csv_rows
from tools.evals.records import Sample
from tools.progress import Progress

_IDS = ("datasetItemId", "dataset_item_id", "datasetRunItemId", "id", "traceId")
_MARKS = ("traceId", "trace_id", "sessionId", "session_id", "projectId", "htmlPath", "datasetItemId")
_SCORE_TABLE = ("traceId", "dataType", "value", "stringValue", "source")
_TRACE_TABLE = ("sessionId", "userId", "latency", "level", "errorCount", "observationCount")
_OBSERVATION_TABLE = ("traceId", "startTime", "endTime", "latency", "level", "completionStartTime")
"""What a row of each exported table has; in an export of traces each score's name is a column of its own."""
_WORDS = {"True": 1.0, "False": 0.0, "true": 1.0, "false": 0.0}
Row = dict[str, Any]


class Langfuse:
    """The dataset item's id is the sample's where there is one, so that two runs pair; else the trace's."""

    name = "langfuse"

    def recognises(self, file: Path, head: bytes) -> bool:
        """A table's own columns, or objects with an output and scores and a name that only Langfuse has."""
        if file.suffix.lower() == ".csv":
            header = {c.strip('"').encode() for c in head.partition(b"\n")[0].decode("utf-8", "replace").split(",")}
            return any(all(m.encode() in header for m in marks) for marks in _TABLES)
        start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        if start not in (b"{", b"["):
            return False
        table = any(all(f'"{m}"'.encode() in head for m in marks) for marks in _TABLES)
        traces = b'"scores"' in head and b'"output"' in head and any(f'"{m}"'.encode() in head for m in _MARKS)
        return table or traces

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        return distinct(_read(file, progress, say))


_TABLES = (_SCORE_TABLE, _TRACE_TABLE, _OBSERVATION_TABLE)


def _read(file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
    rows = list(_rows(file, progress))
    if rows and all(k in rows[0] for k in _SCORE_TABLE):
        yield from _score_table(rows, file, say)
        return
    columns = [] if any(isinstance(r.get("scores"), (list, dict)) for r in rows) else _score_columns(rows)
    scored = [_column_scores(r, columns) if columns else _scores(r) for r in rows]
    names = list(dict.fromkeys(n for found in scored for n in found))
    if not names:
        raise not_this(file, "traces with scores")
    missing = [n for n in names if any(found.get(n) is None for found in scored)]
    if columns and missing and not any(found.get(n) == 0 for found in scored for n in missing):
        say(
            f"{', '.join(missing)}: some rows have no value and none is 0; older Langfuse leaves zeros out of a table "
            "of traces, so export the table of scores to be sure"
        )
    for i, (row, found) in enumerate(zip(rows, scored, strict=True), 1):
        for name in names:
            part = Part(suffix=label((name, len(names))), model=values.text(row.get("model")), grader=name)
            yield part, _sample(row, found.get(name), f"{file.name}: row {i}")


def _rows(file: Path, progress: Progress) -> Iterator[Row]:
    if file.suffix.lower() == ".csv":
        header: list[str] | None = None
        for _, cells in csv_rows(file, progress):
            if header is None:
                header = cells
            else:
                yield {k: _cell(v) for k, v in zip(header, cells, strict=False)}
        return
    for _, row in objects(file, progress):
        listed = row.get("data")
        # The API wraps its answers: {"data": [...], "meta": {...}}.
        yield from listed if isinstance(listed, list) and all(isinstance(r, dict) for r in listed) else [row]


def _cell(text: str) -> Any:
    """A CSV cell: what is JSON in it as that (lists and objects are written so), other text as it is."""
    if not text or text == "null":
        return None
    if text[0] in "[{" or text[0].isdigit() or text[0] == "-":
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            return text
    return text


def _score_columns(rows: list[Row]) -> list[str]:
    """Columns of a table that are scores: lists of numbers, or of true and false, and nothing else."""
    found = dict.fromkeys(k for row in rows for k, v in row.items() if isinstance(v, list) and v and _numbers(v))
    return [k for k in found if all(v is None or (isinstance(v, list) and _numbers(v)) for v in _of(rows, k))]


def _of(rows: Iterable[Row], key: str) -> Iterator[Any]:
    return (row.get(key) for row in rows)


def _numbers(listed: list[Any]) -> bool:
    return all((isinstance(v, (int, float)) and not isinstance(v, bool)) or v in _WORDS for v in listed)


def _column_scores(row: Row, columns: list[str]) -> Row:
    # A score that was given several times counts as last given.
    return {c: row[c][-1] if row.get(c) else None for c in columns}


def _scores(row: Row) -> Row:
    """Name -> value, from a list of scores or from a mapping of names to one or several values."""
    scores = row.get("scores")
    if isinstance(scores, dict):
        return {str(k): v[-1] if isinstance(v, list) and v else v for k, v in scores.items()}
    listed = [s for s in scores if isinstance(s, dict) and "name" in s] if isinstance(scores, list) else []
    return {str(s["name"]): first(s, ("value", "numericValue", "stringValue")) for s in listed}


def _score_table(rows: list[Row], file: Path, say: Say) -> Iterator[tuple[Part, Sample]]:
    """One row a score; scores that are words of a person's own are no numbers, and are said and left out."""
    words = {str(r["name"]) for r in rows if r.get("dataType") == "CATEGORICAL"}
    kept = [r for r in rows if str(r["name"]) not in words]
    if not kept:
        raise not_this(file, "scores that are numbers")
    if words:
        say(f"{', '.join(sorted(words))}: categories and not numbers: left out")
    names = {str(r["name"]) for r in kept}
    runs = list(dict.fromkeys(str(r.get("datasetRunId") or "") for r in kept))
    for i, row in enumerate(kept, 1):
        run, name = str(row.get("datasetRunId") or ""), str(row["name"])
        part = Part(suffix=label((run, len(runs)), (name, len(names))), grader=name)
        own = row.get("observationId") or row.get("traceId") or row.get("sessionId") or row.get("id")
        value = first(row, ("value", "stringValue"))
        if isinstance(value, str):
            value = _WORDS.get(value)
        yield part, Sample(sample_id=str(own), score=number(value, f"{file.name}: row {i}", "value"))


def _sample(row: Row, value: Any, where: str) -> Sample:
    meta = row.get("metadata") if isinstance(row.get("metadata"), dict) else {}
    if isinstance(value, str):
        value = _WORDS.get(value)
    return Sample(
        sample_id=str(first(meta, _IDS[:2]) or first(row, _IDS)),
        category=values.text(first(meta, ("category",))),
        input=values.text(row.get("input")),
        target=values.text(first(row, TARGETS) or first(meta, TARGETS)),
        completion=values.text(row.get("output")),
        score=number(value, where, "score"),
        latency_ms=milliseconds(row.get("latency"), per_unit=1000),
        prompt_tokens=_tokens(row, "inputTokens", "promptTokens", "inputUsage"),
        completion_tokens=_tokens(row, "outputTokens", "completionTokens", "outputUsage"),
    )


def _tokens(row: Row, *keys: str) -> int | None:
    """A count of tokens; the tables write 0 where nothing was counted, so that is unknown."""
    given = first(row, keys) or inner(row, "usage", keys[1])
    return count(int(given) if isinstance(given, str) and given.isdigit() else given) or None
