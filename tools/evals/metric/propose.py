"""A metric proposed from the data, shown on five rows, for a person to accept or change."""

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from tools.evals.graders.json_match import JsonMatch
from tools.evals.graders.judge import Judge, Rubric
from tools.evals.graders.propose import GraderProposal, propose_grader, varied
from tools.evals.heldout import HeldOut, HeldOutSample, read_held_out
from tools.evals.metric.records import GOOD_ANSWER, Metric, ProposedFrom


class TriedAnswer(BaseModel):
    """An answer and what the grader says of it."""

    answer: str
    score: float | None
    passes: bool | None


class ShownRow(BaseModel):
    """One row of the data with answers as a model might give them, graded."""

    input: str
    target: str
    tried: list[TriedAnswer]
    """Empty where a judge model grades: it is asked when answers are measured, not before."""


class MetricProposal(BaseModel):
    """A metric with the reason for it, and what a person must still decide."""

    metric: Metric
    why: str
    needs: str
    rows: list[ShownRow]


def propose_metric(
    dataset: Path, name: str, *, judge: Judge | None = None, rubric: str | None = None
) -> MetricProposal:
    """Propose a metric from the targets of a file.

    Labels give accuracy and macro-F1, JSON its form and a match of each field, numbers a tolerance, prose a rubric and
    a judge that a person names; without a judge the proposal has no grader, and `accept` says so.

    Args:
        dataset: a held-out (or training) file.
        name: what the metric is called.
        judge: the model that grades prose.
        rubric: what a good answer is, for the judge.

    Raises:
        NotFoundError, InputError: the file cannot be read.
    """
    held_out = read_held_out(dataset)
    proposal = propose_grader(held_out.samples)
    grader: Any = proposal.grader
    if isinstance(grader, JsonMatch):
        grader = grader.model_copy(update={"json_schema": schema_of([s.target for s in held_out.samples])})
    good = GOOD_ANSWER[proposal.kind].format(n_labels=len(proposal.labels))
    if judge is not None and (proposal.kind == "prose" or rubric):
        good = rubric or good
        grader = Rubric(judge=judge, rubric=good)
    metric = Metric(
        name=name,
        good_answer=good,
        grader=grader,
        report=("accuracy", "macro_f1") if proposal.kind == "labels" else _report(proposal),
        slices=("category",) if any(s.category for s in held_out.samples) else (),
        proposed_from=_origin(held_out, proposal),
    )
    needs = "" if isinstance(grader, Rubric) and rubric else proposal.needs
    return MetricProposal(metric=metric, why=proposal.why, needs=needs, rows=shown(metric, held_out))


def _report(proposal: GraderProposal) -> Any:
    return ("accuracy", "mean_score") if proposal.kind == "json" else ("accuracy",)


def _origin(held_out: HeldOut, proposal: GraderProposal) -> ProposedFrom:
    return ProposedFrom(
        file=held_out.file,
        sha256=held_out.digest,
        rows=len(held_out.samples),
        targets=proposal.kind,
    )


def shown(metric: Metric, held_out: HeldOut) -> list[ShownRow]:
    """Five rows of different targets: the target itself, the same in other dress, and another row's target, graded."""
    rows = []
    chosen = varied(held_out.samples)
    for i, sample in enumerate(chosen):
        other = chosen[(i + 1) % len(chosen)]
        rows.append(
            ShownRow(input=sample.asked[:500], target=sample.target.strip()[:500], tried=_tried(metric, sample, other))
        )
    if metric.grader is not None:
        metric.grader.close()
    return rows


def _tried(metric: Metric, sample: HeldOutSample, other: HeldOutSample) -> list[TriedAnswer]:
    if metric.grader is None or metric.grader.judges:
        return []
    target = sample.target.strip()
    if target.startswith(("{", "[")):
        dressed = f"```json\n{target}\n```"
    else:
        dressed = target.replace("_", " ").upper() + "." if len(target) < 60 else f"Sure, here it is: {target}"
    tried = []
    for answer in dict.fromkeys((target, dressed, f"I would say: {target}", other.target.strip())):
        grade = metric.grader.grade(answer, sample.target, sample.item)
        tried.append(TriedAnswer(answer=answer[:500], score=grade.score, passes=grade.correct))
    return tried


def schema_of(targets: list[str]) -> dict[str, Any]:
    """A JSON schema that all targets follow: types, and the fields that every object has."""
    found: dict[str, Any] = _schema([json.loads(t) for t in targets])
    return found


_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number", type(None): "null", list: "array"}


def _schema(values: list[Any], depth: int = 0) -> dict[str, Any]:
    kinds = sorted({"object" if isinstance(v, dict) else _TYPES[type(v)] for v in values})
    if "number" in kinds and "integer" in kinds:
        kinds.remove("integer")
    made: dict[str, Any] = {"type": kinds[0] if len(kinds) == 1 else kinds}
    objects = [v for v in values if isinstance(v, dict)]
    if objects and depth < 8:
        names = dict.fromkeys(k for o in objects for k in o)
        made["properties"] = {k: _schema([o[k] for o in objects if k in o], depth + 1) for k in names}
        made["required"] = [k for k in names if all(k in o for o in objects)]
    items = [i for v in values if isinstance(v, list) for i in v]
    if items and depth < 8:
        made["items"] = _schema(items, depth + 1)
    return made
