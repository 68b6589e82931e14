"""promptfoo: what `promptfoo eval -o FILE` writes as JSON, JSONL, YAML or CSV. An eval for each provider and prompt.

A test's score is the weighted mean of its assertions, and whether it passed is another thing; where the two differ,
`pass` is an eval of its own, and so is each named metric.
"""

import re
from collections.abc import Iterator
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

import orjson

from tools.errors import InputError
from tools.evals.importers import values
from tools.evals.importers.format import Part, Say
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
from tools.evals.importers.plain import csv_rows
from tools.evals.records import Sample
from tools.progress import Progress

_ERROR = 2
"""promptfoo's failureReason for a test that could not be run: no score, not a wrong answer."""
_TARGET_IN = ("equals", "contains", "icontains", "starts-with", "levenshtein", "rouge-n", "similar", "factuality")
"""Assertions whose value is what should have come."""
_COLUMN = re.compile(r"\[(.*?)\] (.*)", re.DOTALL)
_CSV_MARK = b"Status,Score,Named Scores"
Row = dict[str, Any]


class Promptfoo:
    """Tests are samples; the same variables are the same sample in every file."""

    name = "promptfoo"

    def recognises(self, file: Path, head: bytes) -> bool:
        """By names that only promptfoo writes."""
        start = head[:4096]
        return (
            (b'"evalId"' in head and b'"results"' in head)
            or (b'"promptIdx"' in head and b'"testIdx"' in head)
            or (start.startswith(b"evalId:") and b"\nresults:" in start)
            or (b'"results"' in start and b'"version": 2' in start and b'"table"' in head)
            or _CSV_MARK in start.partition(b"\n")[0]
        )

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        return distinct(_read(file, progress, say))


def _read(file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
    rows = _rows(file, progress, say)
    if not rows:
        raise not_this(file, "promptfoo results")
    # Results stand in the order they ended; repeats of a test must pair in the order they were asked.
    rows.sort(key=lambda r: (r.get("testIdx") or 0, r.get("promptIdx") or 0))
    providers = {_provider(r) for r in rows}
    prompts = list(dict.fromkeys(_prompt(r) for r in rows))
    by_part = sorted(rows, key=lambda r: (_provider(r), prompts.index(_prompt(r))))
    for (provider, prompt), listed in groupby(by_part, key=lambda r: (_provider(r), _prompt(r))):
        mine = list(listed)
        several = label((provider, len(providers)), (f"prompt{prompts.index(prompt) + 1}", len(prompts)))
        part = Part(suffix=several, model=provider, prompt=prompt or None, cost_usd=_cost(mine))
        samples = [_sample(r, f"{file.name}: test {i}") for i, r in enumerate(mine, 1)]
        yield from ((part, s) for s in samples)
        for metric, scores in _further(mine, samples):
            named = part._replace(suffix="/".join(filter(None, (several, metric))), grader=metric)
            for sample, score in scores:
                yield named, sample._replace(score=score, correct=None)


def _cost(rows: list[Row]) -> Decimal | None:
    costs = [r.get("cost") for r in rows]
    known = all(isinstance(c, (int, float)) for c in costs) and any(costs)
    # promptfoo writes 0 for prices it does not know, so all zeros are unknown.
    return sum((Decimal(str(c)) for c in costs), Decimal(0)) if known else None


def _further(rows: list[Row], samples: list[Sample]) -> Iterator[tuple[str, list[tuple[Sample, float | None]]]]:
    """What promptfoo scored beside the score: passed or not, where that is something else, and each named metric."""
    if any(s.score is not None and s.correct is not None and s.score != float(s.correct) for s in samples):
        yield "pass", [(s, None if s.correct is None else float(s.correct)) for s in samples]
    named = [_named(r) for r in rows]
    for metric in dict.fromkeys(name for found in named for name in found):
        yield metric, [(s, found[metric]) for s, found in zip(samples, named, strict=True) if metric in found]


def _named(row: Row) -> dict[str, float | None]:
    """Metric -> score of one test; None where the test could not be run."""
    scores = row.get("namedScores")
    if not _failed(row):
        return {str(k): values.number(v) for k, v in scores.items()} if isinstance(scores, dict) else {}
    asserts = inner(row, "testCase", "assert") or []
    return {str(a["metric"]): None for a in asserts if isinstance(a, dict) and a.get("metric")}


def _rows(file: Path, progress: Progress, say: Say) -> list[Row]:
    with file.open("rb") as f:
        head = f.read(4096)
    if _CSV_MARK in head.partition(b"\n")[0]:
        say("promptfoo's CSV rounds scores to two decimals and has no tokens, times and costs; its JSON has them")
        return list(_table(file, progress))
    if head.startswith(b"evalId:"):
        found = _yaml(file)
    elif b'"evalId"' in head or b'"version": 2' in head:
        found = whole(file)
    else:
        return [row for _, row in objects(file, progress)]
    results = inner(found, "results", "results")
    return [r for r in results if isinstance(r, dict)] if isinstance(results, list) else []


def _yaml(file: Path) -> Any:
    import yaml

    # The same values as JSON would hold; the C reader where it is there, for it is ten times as fast.
    reader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return yaml.load(file.read_bytes(), Loader=reader)  # noqa: S506 -- both are safe loaders
    except (yaml.YAMLError, UnicodeError, ValueError):
        raise not_this(file, "promptfoo results that can be read") from None


def _table(file: Path, progress: Progress) -> Iterator[Row]:
    """The CSV's rows as results: variables first, then for each provider and prompt its answer, status and scores."""
    header: list[str] | None = None
    for line, cells in csv_rows(file, progress):
        if header is None:
            header = cells
            starts = [i for i, name in enumerate(header[:-1]) if header[i + 1] == "Status" and _COLUMN.fullmatch(name)]
            continue
        if len(cells) < len(header):
            raise InputError(
                f"the row has {len(cells)} of {len(header)} cells",
                where=f"{file.name}:{line}",
                remedy="Often the file was cut off: export it again. Nothing of it was kept.",
            )
        variables = {k: v for k, v in zip(header[: starts[0]], cells, strict=False) if v}
        for number_, (start, end) in enumerate(zip(starts, [*starts[1:], len(header)], strict=True)):
            provider, prompt = _COLUMN.fullmatch(header[start]).groups()  # type: ignore[union-attr]
            group = dict(zip(header[start + 1 : end], cells[start + 1 : end], strict=False))
            status = group.get("Status", "")
            yield {
                "testIdx": line,
                "promptIdx": number_,
                "vars": variables,
                "provider": provider,
                "prompt": {"label": prompt},
                "response": {"output": cells[start]} if status != "ERROR" else None,
                "score": values.from_csv(group.get("Score")),
                "success": status == "PASS",
                "failureReason": _ERROR if status == "ERROR" else 0,
                "namedScores": orjson.loads(group.get("Named Scores") or "{}"),
            }


def _prompt(row: Row) -> str:
    """The prompt's own template; its index in the file counts providers too."""
    return values.text(inner(row, "prompt", "label")) or ""


def _provider(row: Row) -> str:
    provider = row.get("provider")
    if isinstance(provider, dict):
        return str(provider.get("label") or provider.get("id") or "unknown")
    return str(provider or "unknown")


def _failed(row: Row) -> bool:
    """Whether the test could not be run; versions that give no reason then have an error and nothing graded."""
    if "failureReason" in row:
        return bool(row["failureReason"] == _ERROR)
    return bool(row.get("error")) and not row.get("gradingResult")


def _sample(row: Row, where: str) -> Sample:
    test: Row = row.get("testCase") or {}
    variables = row.get("vars") or test.get("vars") or {}
    meta = test.get("metadata") or {}
    failed = _failed(row)
    asserts = [a for a in test.get("assert") or [] if isinstance(a, dict) and a.get("type") in _TARGET_IN]
    expected = {values.text(a.get("value")) for a in asserts}
    cached = bool(inner(row, "response", "cached"))
    return Sample(
        sample_id=str(first(meta, ("id",)) or first(variables, ("id",)) or content_id(variables)),
        category=values.text(first(meta, ("category", "slice")) or first(variables, ("category",))),
        input=values.text(inner(row, "prompt", "raw")),
        target=expected.pop() if len(expected) == 1 else values.text(first(variables, TARGETS[:3])),
        completion=values.text(inner(row, "response", "output")),
        score=None if failed else number(row.get("score"), where, "score"),
        correct=None if failed or not isinstance(row.get("success"), bool) else row["success"],
        # What came from promptfoo's cache took no time that says anything of the model.
        latency_ms=None if cached else milliseconds(row.get("latencyMs")),
        prompt_tokens=count(inner(row, "response", "tokenUsage", "prompt")),
        completion_tokens=count(inner(row, "response", "tokenUsage", "completion")),
    )
