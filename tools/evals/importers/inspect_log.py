"""Inspect (inspect_ai): logs as .eval or .json. An eval for each scorer; epochs of a sample share a cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.evals.importers import values
from tools.evals.importers.archive import entries, is_archive
from tools.evals.importers.format import Part, Say
from tools.evals.importers.lines import whole
from tools.evals.importers.others import count, inner, label, milliseconds, not_this
from tools.evals.records import Sample
from tools.progress import Progress

_WORDS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Inspect's letters: correct, incorrect, partial, no answer; numbers as inspect's own value_to_float has them."""

_KEPT = ("id", "epoch", "input", "target", "metadata", "scores", "output", "model_usage")
_TIMES = ("turn_count", "working_time", "total_time")
"""What is kept of a sample; its events and messages are most of a log, and would fill the memory."""
_HEADERS = ("header.json", "_journal/start.json", "reductions.json")


class InspectLog:
    """Samples keep their ids; those of a second epoch and later are `id#epoch`."""

    name = "inspect"

    def recognises(self, file: Path, head: bytes) -> bool:
        """An .eval archive, or JSON that names a task and a plan."""
        return (file.suffix == ".eval" and is_archive(head)) or (b'"eval_id"' in head and b'"task"' in head)

    def read(self, file: Path, progress: Progress, say: Say) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        header, samples = _log(file, progress)
        spec = header.get("eval")
        if not isinstance(spec, dict):
            raise not_this(file, "an inspect log")
        rows = list(samples)
        status = header.get("status", "started")
        if status != "success":
            say(f"the run in {file.name} was not finished (inspect says {status!r}): {len(rows)} samples are in it")
        names = list(dict.fromkeys(n for row in rows for n in _scores(row)))
        by_id: dict[str, dict[str, Any]] = {}
        for row in rows:
            by_id.setdefault(str(row.get("id")), row)
            found = _scores(row)
            # A sample that failed has no scores: it is kept without one in every eval of the file.
            for name in names or [""]:
                yield _part(spec, label((name, len(names))), name), _sample(row, found.get(name), spec)
        for name, values_by_id in _reduced(header):
            for own, value in values_by_id:
                row = {"id": own} | {k: by_id[own].get(k) for k in ("input", "target", "metadata") if own in by_id}
                yield _part(spec, name, name), _sample(row, value, spec)


def _part(spec: dict[str, Any], suffix: str, grader: str) -> Part:
    return Part(
        suffix=suffix,
        model=values.text(spec.get("model")),
        dataset=values.text(inner(spec, "dataset", "name")),
        grader=grader or None,
        seed=inner(spec, "model_generate_config", "seed"),
    )


def _reduced(header: dict[str, Any]) -> Iterator[tuple[str, list[tuple[str, Any]]]]:
    """Epochs that inspect made one score of by other means than their mean, which the epochs themselves give."""
    for listed in header.get("reductions") or []:
        scorer, reducer, samples = (inner(listed, k) for k in ("scorer", "reducer", "samples"))
        if reducer in (None, "mean") or not isinstance(samples, list):
            continue
        pairs = [(str(inner(s, "sample_id")), _scores({"scores": {scorer: s}})) for s in samples]
        for name in dict.fromkeys(n for _, found in pairs for n in found):
            yield f"{name}/{reducer}", [(own, found.get(name)) for own, found in pairs]


def _log(file: Path, progress: Progress) -> tuple[dict[str, Any], Iterator[dict[str, Any]]]:
    with file.open("rb") as f:
        archive = is_archive(f.read(8))
    if not archive:
        found = whole(file)
        if not isinstance(found, dict) or not isinstance(found.get("samples"), list):
            raise not_this(file, "the samples of an inspect log")
        return found, iter(found["samples"])
    header: dict[str, Any] = {}
    samples: list[dict[str, Any]] = []
    reductions: Any = None
    for name, data in entries(file, lambda n: n in _HEADERS or n.startswith("samples/"), progress):
        try:
            value = json.loads(data)
        except ValueError:
            raise InputError(f"{name} in it is not JSON", where=file.name, remedy="The log is damaged.") from None
        if name.startswith("samples/"):
            samples.append({k: value.get(k) for k in (*_KEPT, *_TIMES)} if isinstance(value, dict) else {})
        elif name == "reductions.json":
            reductions = value
        elif name == "header.json" or not header:
            header = value
    # Written in the order samples ended; by id, so that the same samples give the same content.
    header = {**header, "reductions": reductions}
    return header, iter(sorted(samples, key=lambda s: (int(s.get("epoch") or 1), str(s.get("id")))))


def _scores(row: dict[str, Any]) -> dict[str, Any]:
    """Scorer -> value; a scorer that gives several values becomes several."""
    found: dict[str, Any] = {}
    scores = row.get("scores")
    for name, score in scores.items() if isinstance(scores, dict) else ():
        value = score.get("value") if isinstance(score, dict) else score
        if isinstance(value, dict):
            found |= {f"{name}/{k}": v for k, v in value.items()}
        else:
            found[name] = value
    return found


def _score(value: Any) -> float | None:
    if isinstance(value, str):
        if value in _WORDS:
            return _WORDS[value]
        value = values.from_csv(value)
    try:
        return values.number(value)
    except ValueError:
        return None


def _sample(row: dict[str, Any], value: Any, spec: dict[str, Any]) -> Sample:
    own, epoch = str(row.get("id")), int(row.get("epoch") or 1)
    output, turns = row.get("output"), row.get("turn_count")
    # An agent asks many times: then the sample's own totals count, and not what the last answer took.
    usage = inner(row, "model_usage", str(spec.get("model"))) if turns != 1 else None
    took = row.get("working_time") or row.get("total_time")
    return Sample(
        sample_id=own if epoch == 1 else f"{own}#{epoch}",
        category=values.text(inner(row, "metadata", "category")),
        cluster=own if int(inner(spec, "config", "epochs") or 1) > 1 else None,
        input=values.text(row.get("input")),
        target=values.text(row.get("target")),
        completion=values.text(inner(output, "completion")),
        score=_score(value),
        latency_ms=milliseconds((turns == 1 and inner(output, "time")) or took, per_unit=1000),
        prompt_tokens=count(inner(usage or inner(output, "usage"), "input_tokens")),
        completion_tokens=count(inner(usage or inner(output, "usage"), "output_tokens")),
    )
