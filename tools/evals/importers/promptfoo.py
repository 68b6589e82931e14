"""promptfoo: what `promptfoo eval -o FILE.json` (or .jsonl) writes. An eval for each provider and prompt."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

from tools.evals.importers import values
from tools.evals.importers.format import Part
from tools.evals.importers.lines import objects, whole
from tools.evals.importers.others import (
    TARGETS,
    content_id,
    count,
    distinct,
    first,
    inner,
    label,
    milliseconds,
    not_this,
    number,
)
from tools.evals.records import Sample
from tools.progress import Progress

_ERROR = 2
"""promptfoo's failureReason for a test that could not be run: no score, not a wrong answer."""
_TARGET_IN = ("equals", "contains", "icontains", "starts-with", "levenshtein", "rouge-n", "similar", "factuality")
"""Assertions whose value is what should have come."""


class Promptfoo:
    """Tests are samples; the same variables are the same sample in every file."""

    name = "promptfoo"

    def recognises(self, file: Path, head: bytes) -> bool:
        """By names that only promptfoo writes."""
        return (b'"evalId"' in head and b'"results"' in head) or (b'"promptIdx"' in head and b'"testIdx"' in head)

    def read(self, file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        return distinct(_read(file, progress))


def _read(file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
    rows = _rows(file, progress)
    if not rows:
        raise not_this(file, "promptfoo results")
    providers = {_provider(r) for r in rows}
    prompts = list(dict.fromkeys(_prompt(r) for r in rows))
    parts: dict[tuple[str, str], Part] = {}
    for key in dict.fromkeys((_provider(r), _prompt(r)) for r in rows):
        mine = [r for r in rows if (_provider(r), _prompt(r)) == key]
        costs = [r.get("cost") for r in mine]
        known = all(isinstance(c, (int, float)) for c in costs) and any(costs)
        parts[key] = Part(
            suffix=label((key[0], len(providers)), (f"prompt{prompts.index(key[1]) + 1}", len(prompts))),
            model=key[0],
            prompt=key[1] or None,
            # promptfoo writes 0 for prices it does not know, so all zeros are unknown.
            cost_usd=sum((Decimal(str(c)) for c in costs), Decimal(0)) if known else None,
        )
    for i, row in enumerate(rows, 1):
        yield parts[_provider(row), _prompt(row)], _sample(row, f"{file.name}: result {i}")


def _rows(file: Path, progress: Progress) -> list[dict[str, Any]]:
    with file.open("rb") as f:
        lines = b'"evalId"' not in f.read(4096)
    if lines:
        return [row for _, row in objects(file, progress)]
    found = whole(file)
    results = inner(found, "results", "results")
    return [r for r in results if isinstance(r, dict)] if isinstance(results, list) else []


def _prompt(row: dict[str, Any]) -> str:
    """The prompt's own template; its index in the file counts providers too."""
    return values.text(inner(row, "prompt", "label")) or ""


def _provider(row: dict[str, Any]) -> str:
    provider = row.get("provider")
    if isinstance(provider, dict):
        return str(provider.get("label") or provider.get("id") or "unknown")
    return str(provider or "unknown")


def _sample(row: dict[str, Any], where: str) -> Sample:
    test: dict[str, Any] = row.get("testCase") or {}
    variables = row.get("vars") or test.get("vars") or {}
    meta = test.get("metadata") or {}
    failed = row.get("failureReason") == _ERROR
    asserts = [a for a in test.get("assert") or [] if isinstance(a, dict) and a.get("type") in _TARGET_IN]
    return Sample(
        sample_id=str(first(meta, ("id",)) or first(variables, ("id",)) or content_id(variables)),
        category=values.text(first(meta, ("category", "slice")) or first(variables, ("category",))),
        input=values.text(inner(row, "prompt", "raw")),
        target=values.text(asserts[0].get("value") if len(asserts) == 1 else first(variables, TARGETS[:3])),
        completion=values.text(inner(row, "response", "output")),
        score=None if failed else number(row.get("score"), where, "score"),
        correct=None if failed or not isinstance(row.get("success"), bool) else row["success"],
        latency_ms=milliseconds(row.get("latencyMs")),
        prompt_tokens=count(inner(row, "response", "tokenUsage", "prompt")),
        completion_tokens=count(inner(row, "response", "tokenUsage", "completion")),
    )
