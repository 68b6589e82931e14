"""Inspect (inspect_ai): logs as .eval or .json. An eval for each scorer; epochs of a sample share a cluster."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tools.errors import InputError
from tools.evals.importers import values
from tools.evals.importers.archive import entries, is_archive
from tools.evals.importers.format import Part
from tools.evals.importers.lines import whole
from tools.evals.importers.others import count, inner, label, milliseconds, not_this
from tools.evals.records import Sample
from tools.progress import Progress

_WORDS = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}
"""Inspect's letters: correct, incorrect, partial, no answer; numbers as inspect's own value_to_float has them."""

_HEADERS = ("header.json", "_journal/start.json")


class InspectLog:
    """Samples keep their ids; with several epochs each becomes `id#epoch`."""

    name = "inspect"

    def recognises(self, file: Path, head: bytes) -> bool:
        """An .eval archive, or JSON that names a task and a plan."""
        return (file.suffix == ".eval" and is_archive(head)) or (b'"eval_id"' in head and b'"task"' in head)

    def read(self, file: Path, progress: Progress) -> Iterator[tuple[Part, Sample]]:
        """See format.Importer."""
        header, samples = _log(file, progress)
        spec = header.get("eval")
        if not isinstance(spec, dict):
            raise not_this(file, "an inspect log")
        rows = list(samples)
        names = list(dict.fromkeys(n for row in rows for n in _scores(row)))
        epochs = max((int(row.get("epoch") or 1) for row in rows), default=1)
        for row in rows:
            found = _scores(row)
            # A sample that failed has no scores: it is kept without one in every eval of the file.
            for name in names or [""]:
                part = Part(
                    suffix=label((name, len(names))),
                    model=values.text(spec.get("model")),
                    dataset=values.text(inner(spec, "dataset", "name")),
                    grader=name or None,
                    seed=inner(spec, "model_generate_config", "seed"),
                )
                yield part, _sample(row, found.get(name), epochs)


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
    for name, data in entries(file, lambda n: n in _HEADERS or n.startswith("samples/"), progress):
        try:
            value = json.loads(data)
        except ValueError:
            raise InputError(f"{name} in it is not JSON", where=file.name, remedy="The log is damaged.") from None
        if name.startswith("samples/"):
            samples.append(value)
        elif name == "header.json" or not header:
            header = value
    # Written in the order samples ended; by id, so that the same samples give the same content.
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


def _sample(row: dict[str, Any], value: Any, epochs: int) -> Sample:
    own = str(row.get("id"))
    usage = inner(row, "output", "usage")
    return Sample(
        sample_id=f"{own}#{row.get('epoch') or 1}" if epochs > 1 else own,
        category=values.text(inner(row, "metadata", "category")),
        cluster=own if epochs > 1 else None,
        input=values.text(row.get("input")),
        target=values.text(row.get("target")),
        completion=values.text(inner(row, "output", "completion")),
        score=_score(value),
        latency_ms=milliseconds(row.get("total_time"), per_unit=1000),
        prompt_tokens=count(inner(usage, "input_tokens")),
        completion_tokens=count(inner(usage, "output_tokens")),
    )
