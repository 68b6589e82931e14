"""lm-evaluation-harness: samples_TASK_TIME.jsonl, as `--log_samples` writes it. An eval for each filter and metric."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.evals.importers import values
from tools.evals.importers.format import Part, Say
from tools.evals.importers.lines import objects, whole
from tools.evals.importers.others import first, inner, label, not_this, number
from tools.evals.records import Sample
from tools.progress import Progress

_OWN = {"doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"}
_OWN |= {"doc_hash", "prompt_hash", "target_hash"}
"""What a line has beside its metrics, for the versions that do not list them."""
Row = dict[str, Any]


class LmEval:
    """`doc_id` is the sample's id: pair only evals of the same task."""

    name = "lm-eval"

    def recognises(self, file: Path, head: bytes) -> bool:
        """By the keys of its first sample."""
        return b'"doc_id"' in head[:4096] and b'"filtered_resps"' in head

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer. The model's name comes from the results file beside it, where that is there."""
        rows = [row for _, row in objects(file, progress)]
        filters = list(dict.fromkeys(str(r.get("filter") or "none") for r in rows))
        metrics = list(dict.fromkeys(m for r in rows for m in _metrics(r)))
        if not metrics:
            raise not_this(file, "samples of lm-evaluation-harness with their metrics")
        whole_only = [m for m in metrics if all(_score(r, m) is None for r in rows)]
        if len(whole_only) == len(metrics):
            raise not_this(file, f"a score for each sample ({', '.join(metrics)}: for the whole file only)")
        if whole_only:
            # Such as BLEU and perplexity: a line holds what goes into the sum, which is no score of one sample.
            say(f"lm-eval has {', '.join(whole_only)} for the whole file only, not for a sample: left out")
            metrics = [m for m in metrics if m not in whole_only]
        about = _results(file)
        parts = {
            (f, m): Part(
                suffix=label((m, len(metrics)), (f, len(filters))),
                model=_model(about),
                dataset=_task(file),
                grader=f"{m} ({f})" if len(filters) > 1 else m,
                seed=inner(about, "config", "random_seed"),
            )
            for f in filters
            for m in metrics
        }
        for i, row in enumerate(rows, 1):
            for metric in _metrics(row):
                part = parts.get((str(row.get("filter") or "none"), metric))
                if part is not None:
                    yield part, _sample(row, metric, f"{file.name}:{i}")


def _metrics(row: Row) -> list[str]:
    listed = row.get("metrics")
    return [str(m) for m in listed] if isinstance(listed, list) else [k for k in row if k not in _OWN]


def _score(row: Row, metric: str) -> Any:
    value = row.get(metric)
    return None if isinstance(value, (list, dict, str)) else value


def _task(file: Path) -> str:
    """samples_TASK_2026-11-21T07-07-40.086660.jsonl -> TASK."""
    return file.stem.removeprefix("samples_").rpartition("_20")[0] or file.stem


def _results(file: Path) -> Row:
    """The results of the same run: of the same time in their name, whatever comes before it."""
    stamp = "20" + file.stem.rpartition("_20")[2]
    beside = sorted(p for p in file.parent.glob("*_20*.json") if p.stem.endswith(f"_{stamp}"))
    found = whole(beside[0]) if beside else {}
    return found if isinstance(found, dict) else {}


def _model(about: Row) -> str | None:
    """The model's name; where the run gave none, the kind of model that answered."""
    return values.text(first(about, ("model_name", "model_source")) or inner(about, "config", "model"))


def _sample(row: Row, metric: str, where: str) -> Sample:
    answers, raw, target = row.get("filtered_resps"), row.get("resps"), row.get("target")
    asked = _asked(row)
    if len(asked) > 1 and isinstance(answers, list) and len(answers) == len(asked):
        options = [str(option).strip() for _, option in asked]
        completion = values.text(_chosen(answers, options))
        if str(target).isdigit() and int(str(target)) < len(options):
            target = options[int(str(target))]
    else:
        # The answer as it came: a filter turns what it does not find into "[invalid]", which nobody said.
        completion = values.text(_alone(_alone(raw) if isinstance(raw, list) else _alone(answers)))
    return Sample(
        sample_id=str(row.get("doc_id")),
        category=values.text(inner(row, "doc", "category")),
        input=values.text(_alone(asked[0][0])) if asked else None,
        target=values.text(target),
        completion=completion,
        score=number(_score(row, metric), where, metric),
        details=None if answers is None else values.text({"filtered": _alone(answers)}),
    )


def _asked(row: Row) -> list[tuple[Any, Any]]:
    """(prompt, what follows it) of each request of a sample; older versions have lists where newer have objects."""
    found = row.get("arguments")
    if isinstance(found, dict):
        return [(inner(a, "arg_0"), inner(a, "arg_1")) for a in found.values()]
    pairs = found if isinstance(found, list) else []
    return [(*a, None, None)[:2] for a in pairs if isinstance(a, list)]


def _chosen(answers: list[Any], options: list[str]) -> str | None:
    """The option that the model found most likely."""
    try:
        likely = [float(a[0]) for a in answers]
    except (TypeError, ValueError, IndexError):
        return None
    return options[likely.index(max(likely))]


def _alone(value: Any) -> Any:
    """The one item of a list of one; several that are all the same are one too."""
    if isinstance(value, list) and value and all(v == value[0] for v in value):
        return value[0]
    return value
