"""lm-evaluation-harness: samples_TASK_TIME.jsonl, as `--log_samples` writes it. An eval for each filter and metric."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.evals.importers import values
from tools.evals.importers.format import Part
from tools.evals.importers.lines import objects, whole
from tools.evals.importers.others import first, inner, label, not_this, number
from tools.evals.records import Sample
from tools.progress import Progress


class LmEval:
    """`doc_id` is the sample's id: pair only evals of the same task."""

    name = "lm-eval"

    def recognises(self, file: Path, head: bytes) -> bool:
        """By the keys of its first line."""
        start = head.split(b"\n", 1)[0]
        return b'"doc_id"' in start and b'"filtered_resps"' in head

    def read(self, file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer. The model's name comes from the results file beside it, where that is there."""
        rows = [row for _, row in objects(file, progress)]
        filters = list(dict.fromkeys(str(r.get("filter") or "none") for r in rows))
        metrics = list(dict.fromkeys(m for r in rows for m in r.get("metrics") or []))
        if not metrics:
            raise not_this(file, "samples of lm-evaluation-harness with their metrics")
        about = _results(file)
        task = _task(file)
        parts = {
            (f, m): Part(
                suffix=label((m, len(metrics)), (f, len(filters))),
                model=values.text(first(about, ("model_name", "model_source"))),
                dataset=task,
                grader=f"{m} ({f})" if len(filters) > 1 else m,
                seed=inner(about, "config", "random_seed"),
            )
            for f in filters
            for m in metrics
        }
        for i, row in enumerate(rows, 1):
            for metric in row.get("metrics") or []:
                part = parts[str(row.get("filter") or "none"), metric]
                yield part, _sample(row, metric, f"{file.name}:{i}")


def _task(file: Path) -> str:
    """samples_TASK_2026-11-21T07-07-40.086660.jsonl -> TASK."""
    return file.stem.removeprefix("samples_").rpartition("_20")[0] or file.stem


def _results(file: Path) -> dict[str, Any]:
    beside = file.with_name("results_20" + file.stem.rpartition("_20")[2] + ".json")
    found = whole(beside) if beside.is_file() else {}
    return found if isinstance(found, dict) else {}


def _sample(row: dict[str, Any], metric: str, where: str) -> Sample:
    answers, asked = row.get("filtered_resps"), inner(row, "arguments", "gen_args_0", "arg_0")
    value = row.get(metric)
    # Some metrics keep what they aggregate (a pair of counts); that is no score of one sample.
    score = None if isinstance(value, (list, dict, str)) else number(value, where, metric)
    return Sample(
        sample_id=str(row.get("doc_id")),
        category=values.text(inner(row, "doc", "category")),
        input=values.text(asked[0] if isinstance(asked, list) and len(asked) == 1 else asked),
        target=values.text(row.get("target")),
        completion=values.text(answers[0] if isinstance(answers, list) and len(answers) == 1 else answers),
        score=score,
    )
