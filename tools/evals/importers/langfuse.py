"""Langfuse: traces exported as JSON or JSONL with their scores. An eval for each score's name.

Made from Langfuse's documented fields (docs/evals.md names the pages); not tried on a file of its own making.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.evals.importers import values
from tools.evals.importers.format import Part
from tools.evals.importers.lines import objects
from tools.evals.importers.others import TARGETS, distinct, first, label, milliseconds, not_this, number
from tools.evals.records import Sample
from tools.progress import Progress

_IDS = ("datasetItemId", "dataset_item_id", "datasetRunItemId", "id", "traceId")
_MARKS = ("traceId", "trace_id", "sessionId", "session_id", "projectId", "htmlPath", "datasetItemId")
_WORDS = {"True": 1.0, "False": 0.0, "true": 1.0, "false": 0.0}


class Langfuse:
    """The dataset item's id is the sample's where there is one, so that two runs pair; else the trace's."""

    name = "langfuse"

    def recognises(self, file: Path, head: bytes) -> bool:
        """Objects with an output and scores, and a name that only Langfuse has."""
        return b'"scores"' in head and b'"output"' in head and any(f'"{m}"'.encode() in head for m in _MARKS)

    def read(self, file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        return distinct(_read(file, progress))


def _read(file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
    rows = [row for _, row in objects(file, progress)]
    names = list(dict.fromkeys(n for row in rows for n in _scores(row)))
    if not names:
        raise not_this(file, "traces with scores")
    for i, row in enumerate(rows, 1):
        found = _scores(row)
        for name in names:
            yield (
                Part(suffix=label((name, len(names))), grader=name),
                _sample(row, found.get(name), f"{file.name}: row {i}"),
            )


def _scores(row: dict[str, Any]) -> dict[str, Any]:
    """Name -> value, from a list of scores or from a mapping of names to one or several values."""
    scores = row.get("scores")
    if isinstance(scores, dict):
        return {str(k): v[-1] if isinstance(v, list) and v else v for k, v in scores.items()}
    listed = [s for s in scores if isinstance(s, dict) and "name" in s] if isinstance(scores, list) else []
    # A score that was given twice counts as last given.
    return {str(s["name"]): first(s, ("value", "numericValue", "stringValue")) for s in listed}


def _sample(row: dict[str, Any], value: Any, where: str) -> Sample:
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
    )
