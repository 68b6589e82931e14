"""Rungs without a language model: what the words of the training file alone can do. If they do as well, say so."""

import hashlib
import json
import time
from collections import Counter
from decimal import Decimal

from tools.evals.graders.label import Label
from tools.evals.heldout import HeldOutSample
from tools.evals.records import EvalRun, NewEval, Sample
from tools.ladder.arms import Bench
from tools.ladder.records import ArmName
from tools.ladder.shape import fields_of, put_together

WHAT = {
    "majority": "the commonest label (or value of each field), always",
    "nearest_neighbour": "the target of the training example whose words are most like it (TF-IDF)",
    "linear": "TF-IDF with a linear model (one-against-rest ridge), one for each field where targets are JSON",
}


def measure_control(bench: Bench, arm: ArmName) -> EvalRun:
    """Measure one control and store it as an eval like any other."""
    from tools.evals.store import adding

    began = time.perf_counter()
    completions = _completions(bench, arm)
    seconds = time.perf_counter() - began
    per_sample_ms = 1000 * seconds / len(bench.samples)
    record = json.dumps({"type": arm, "what": WHAT[arm], "train": bench.train.file, "train_digest": bench.train.digest})
    new = NewEval(
        name=f"{bench.name}/{arm}",
        origin="run",
        source="no language model",
        model=arm,
        prompt=record,
        prompt_digest=hashlib.sha256(record.encode()).hexdigest(),
        dataset=bench.held_out.file,
        dataset_digest=bench.held_out.digest,
        grader=bench.grader.type,
        grader_version=bench.grader.version,
        grader_spec=bench.grader.spec(),
        cost_usd=Decimal(0),
        wall_seconds=seconds,
    )
    content = [record, bench.grader.type, bench.grader.version, bench.grader.spec()]
    content += [[s.sample_id, c] for s, c in zip(bench.samples, completions, strict=True)]
    with adding() as (batch, kept):
        number = batch.begin(new, hashlib.sha256(json.dumps(content).encode()).hexdigest(), numbered=bench.numbered)
        batch.add(
            number, (_scored(bench, s, c, per_sample_ms) for s, c in zip(bench.samples, completions, strict=True))
        )
    return kept[0]


def _completions(bench: Bench, arm: ArmName) -> list[str]:
    targets = [s.target for s in bench.usable]
    fields = fields_of(targets) if bench.proposal.kind == "json" else {}
    if arm == "majority":
        common = {path: _commonest(values) for path, values in fields.items()}
        return [put_together(common) if fields else _commonest(targets)] * len(bench.samples)
    from tools.evals.lexical import Texts

    texts, asked = Texts([s.asked for s in bench.usable]), [s.asked for s in bench.samples]
    if arm == "linear" and fields:
        found = {path: texts.ridge(values).labels(asked) for path, values in fields.items()}
        return [put_together({path: values[i] for path, values in found.items()}) for i in range(len(asked))]
    if arm == "linear":
        return texts.ridge(targets).labels(asked)
    return [targets[near[0]] for near in texts.nearest(asked, 1)]


def _commonest(values: list[str]) -> str:
    # Ties go to the first in the alphabet, so that the same file gives the same answer.
    return min(Counter(values).items(), key=lambda item: (-item[1], item[0]))[0]


def _scored(bench: Bench, sample: HeldOutSample, completion: str, latency_ms: float) -> Sample:
    grade = bench.grader.grade(completion, sample.target, sample.item)
    category = sample.target.strip() if sample.category is None and isinstance(bench.grader, Label) else sample.category
    return Sample(
        sample_id=sample.sample_id,
        category=category,
        cluster=sample.cluster,
        input=sample.asked,
        target=sample.target,
        completion=completion,
        score=grade.score,
        correct=grade.correct,
        latency_ms=latency_ms,
    )
