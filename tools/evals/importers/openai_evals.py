"""OpenAI Evals: output items of a run (as the API lists them) and the event log of the open-source `oaieval`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from tools.evals.importers import values
from tools.evals.importers.format import Part, Say
from tools.evals.importers.lines import objects, whole
from tools.evals.importers.others import TARGETS, count, first, inner, label, not_this, number
from tools.evals.records import Sample
from tools.progress import Progress

_ITEM = b'"eval.run.output_item"'


class OpenAIEvals:
    """An eval for each run and grader; `datasource_item_id` is the sample's id."""

    name = "openai-evals"

    def recognises(self, file: Path, head: bytes) -> bool:
        """By the object's own name, or the event log's first line."""
        return _ITEM in head or (head.startswith(b'{"spec"') and b'"completion_fns"' in head)

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        with file.open("rb") as f:
            head = f.read(65536)
        return _items(file, progress) if _ITEM in head else _events(file, progress)


def _items(file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
    rows = _listed(file, progress)
    runs = list(dict.fromkeys(str(r.get("run_id")) for r in rows))
    graders = list(dict.fromkeys(str(g.get("name")) for r in rows for g in r.get("results") or []))
    if not graders:
        raise not_this(file, "graded output items")
    for i, row in enumerate(rows, 1):
        model = values.text(inner(row, "sample", "model"))
        for result in row.get("results") or []:
            part = Part(
                suffix=label((str(row.get("run_id")), len(runs)), (str(result.get("name")), len(graders))),
                model=model,
                grader=values.text(result.get("type") or result.get("name")),
                seed=inner(row, "sample", "seed"),
            )
            yield part, _item(row, result, f"{file.name}: item {i}")


def _listed(file: Path, progress: Progress) -> list[dict[str, Any]]:
    """Output items: one a line, a JSON array, or pages as the API (and its clients) give them."""
    with file.open("rb") as f:
        line = f.readline(1 << 26).lstrip(b"\xef\xbb\xbf \t")
    try:
        by_line = line[:1] == b"[" or isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        by_line = False  # one document over several lines
    pages: Any = (row for _, row in objects(file, progress)) if by_line else [whole(file)]
    found: list[dict[str, Any]] = []
    for page in pages:
        data = page.get("data") if isinstance(page, dict) else None
        found += [r for r in data if isinstance(r, dict)] if isinstance(data, list) else [page]
    return found


def _item(row: dict[str, Any], result: dict[str, Any], where: str) -> Sample:
    item = row.get("datasource_item")
    item = item.get("item", item) if isinstance(item, dict) else {}
    output = inner(row, "sample", "output")
    failed = bool(inner(row, "sample", "error", "code"))
    return Sample(
        sample_id=str(row.get("datasource_item_id") if row.get("datasource_item_id") is not None else row.get("id")),
        category=values.text(first(item, ("category",))),
        input=values.text(inner(row, "sample", "input")) or values.text(item),
        target=values.text(first(item, TARGETS)),
        completion=values.text(output[-1].get("content")) if isinstance(output, list) and output else None,
        score=None if failed else number(result.get("score"), where, "score"),
        correct=None if failed or not isinstance(result.get("passed"), bool) else result["passed"],
        prompt_tokens=count(inner(row, "sample", "usage", "prompt_tokens")),
        completion_tokens=count(inner(row, "sample", "usage", "completion_tokens")),
    )


def _events(file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
    spec: dict[str, Any] = {}
    asked: dict[str, tuple[Any, Any]] = {}
    matched: dict[str, tuple[Any, dict[str, Any]]] = {}
    for line, row in objects(file, progress):
        given = row.get("data")
        data: dict[str, Any] = given if isinstance(given, dict) else {}
        if isinstance(row.get("spec"), dict):
            spec = row["spec"]
        elif row.get("type") == "sampling":
            sampled = data.get("sampled")
            if isinstance(sampled, list) and sampled:
                sampled = sampled[0]
            asked[str(row.get("sample_id"))] = (data.get("prompt"), sampled)
        elif row.get("type") in ("match", "metrics"):
            matched[str(row.get("sample_id"))] = (line, data)
    if not matched:
        raise not_this(file, "match or metrics events")
    models = spec.get("completion_fns")
    part = Part(
        model=values.text(models[0] if isinstance(models, list) and models else None),
        dataset=values.text(spec.get("base_eval") or spec.get("eval_name")),
        grader="match",
        seed=inner(spec, "run_config", "seed"),
    )
    for sample_id, (line, data) in matched.items():
        prompt, sampled = asked.get(sample_id, (None, None))
        expected = data.get("expected")
        yield (
            part,
            Sample(
                sample_id=sample_id,
                input=values.text(prompt),
                target=values.text(expected[0] if isinstance(expected, list) and len(expected) == 1 else expected),
                completion=values.text(first(data, ("sampled", "picked")) if sampled is None else sampled),
                score=number(first(data, ("correct", "score", "accuracy")), f"{file.name}:{line}", "correct"),
            ),
        )
