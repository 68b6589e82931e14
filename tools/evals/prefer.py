"""Which of two answers is better: a named judge asked twice, the order swapped; what hangs on the order is a tie."""

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from knowledge.thresholds import threshold
from tools.endpoint import RejectedError, in_parallel
from tools.errors import InputError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.graders.base import Ask, GraderBase
from tools.evals.graders.judge import Judge, last_object, refuse_own_judge, words
from tools.evals.judging import Asker
from tools.evals.records import EvalRun, NewEval, Sample, checked_name
from tools.progress import Progress, silent

_MOST = 100_000


class Pairwise(GraderBase):
    """The settings of a pairwise comparison; kept with its evals."""

    judge: Judge
    rubric: str = Field(min_length=10)

    @property
    def judges(self) -> tuple[Judge, ...]:
        """See GraderBase."""
        return (self.judge,)

    def spec(self) -> str:
        """See GraderBase."""
        return self.model_dump_json(exclude_defaults=True)

    def better(self, ask: Ask, asked: str, first: str, second: str) -> str | None:
        """`first`, `second` or `tie`; None where the reply says none of them."""
        shown = {"question": asked, "rubric": self.rubric, "answer_A": first, "answer_B": second}
        reply = ask(
            self.judge,
            [
                {"role": "system", "content": words().pairwise.strip()},
                {"role": "user", "content": json.dumps(shown, ensure_ascii=False, indent=1)},
            ],
        )
        said = str(last_object(reply).get("better", "")).strip().casefold()
        return {"a": "first", "b": "second", "tie": "tie"}.get(said)


class PreferRequest(BaseModel):
    """Two stored evals whose answers are compared."""

    model_config = ConfigDict(frozen=True)

    baseline: str
    candidate: str
    grader: Pairwise
    name: str
    """Stored as NAME/baseline and NAME/candidate: 1 where the answer is preferred or neither is, else 0."""
    parallel: int | None = Field(default=None, ge=1, le=64)


class Preference(BaseModel):
    """What the judge preferred, and the comparison that rests on it."""

    candidate_preferred: int
    baseline_preferred: int
    ties: int
    position_dependent: int
    """Of the ties: answers that changed with the order of the two."""
    unreadable: int
    """Samples left out: the judge refused, or its reply could not be read."""
    same: int
    """Of the ties: both answers are the same text, and nobody was asked."""
    comparison: Comparison


def prefer(request: PreferRequest, progress: Progress = silent) -> Preference:
    """Ask a judge, twice for each sample, which answer is better; store and compare.

    The exact test then is the sign test on the samples where one side is preferred.

    Raises:
        NotFoundError: an eval does not exist.
        InputError: they share no sample with two answers; or the name is taken.
        RefusedError: a judge would compare its own answers.
        UnavailableError, CancelledError: what was asked is kept; the same request goes on.
    """
    from tools.evals import store
    from tools.evals.store import adding

    name = checked_name(request.name)
    a, b = store.eval_named(request.baseline), store.eval_named(request.candidate)
    for e in (a, b):
        refuse_own_judge(request.grader, e.model)
    pairs = _pairs(a, b)
    found = _asked(request, pairs, progress)
    with adding() as (batch, kept):
        for side, e in (("baseline", a), ("candidate", b)):
            number = batch.begin(_new(name, side, e, request), _digest(request, a, b, side))
            batch.add(number, [_sample(pairs[i], side, found[i]) for i in pairs])
    kinds = [d["preferred"] for d in found.values()]
    return Preference(
        candidate_preferred=kinds.count("candidate"),
        baseline_preferred=kinds.count("baseline"),
        ties=kinds.count("tie"),
        position_dependent=sum(bool(d.get("position_dependent")) for d in found.values()),
        unreadable=kinds.count(None),
        same=sum(bool(d.get("same")) for d in found.values()),
        comparison=compare(CompareRequest(baseline=kept[0].name, candidate=kept[1].name)),
    )


def _pairs(a: EvalRun, b: EvalRun) -> dict[str, tuple[Sample, Sample]]:
    from tools.evals import store

    ours = {s.sample_id: s for s in store.samples(a.name, limit=_MOST) if s.completion is not None}
    theirs = {s.sample_id: s for s in store.samples(b.name, limit=_MOST) if s.completion is not None}
    pairs = {i: (ours[i], theirs[i]) for i in ours if i in theirs}
    if not pairs:
        raise InputError(
            f"{a.name!r} and {b.name!r} share no sample that has both answers",
            remedy="Run or import both with their answers on the same file.",
        )
    return pairs


def _asked(request: PreferRequest, pairs: dict[str, tuple[Sample, Sample]], progress: Progress) -> dict[str, Any]:
    found: dict[str, Any] = {}
    at_once = request.parallel or int(threshold("evals.parallel_requests"))
    with Asker(request.grader.judges) as ask:

        def one(sample_id: str) -> dict[str, Any]:
            left, right = pairs[sample_id]
            asked, x, y = left.input or "", left.completion or "", right.completion or ""
            if x == y:
                return {"preferred": "tie", "same": True}
            there = request.grader.better(ask, asked, x, y)
            back = request.grader.better(ask, asked, y, x)
            return _settled(there, {"first": "second", "second": "first"}.get(back or "", back))

        def tick() -> None:
            progress(len(found), len(pairs), f"compared {len(found)} of {len(pairs)}")

        for sample_id, said in in_parallel(pairs, one, at_once=at_once, tick=tick):
            found[sample_id] = (
                {"preferred": None, "judge_rejected": said.what} if isinstance(said, RejectedError) else said
            )
    return found


def _settled(there: str | None, back: str | None) -> dict[str, Any]:
    """One answer from two, both in the order baseline, candidate."""
    if there is None or back is None:
        return {"preferred": None, "unreadable": True}
    if there != back:
        return {"preferred": "tie", "position_dependent": True}
    return {"preferred": {"first": "baseline", "second": "candidate", "tie": "tie"}[there]}


def _new(name: str, side: str, e: EvalRun, request: PreferRequest) -> NewEval:
    known = ("model", "prompt", "prompt_digest", "dataset", "dataset_digest")
    return NewEval(
        name=f"{name}/{side}",
        origin="prefer",
        source=f"{request.baseline} | {request.candidate}",
        grader="pairwise",
        grader_version=Pairwise.version,
        grader_spec=request.grader.spec(),
        **{k: getattr(e, k) for k in known},
    )


def _digest(request: PreferRequest, a: EvalRun, b: EvalRun, side: str) -> str:
    content = [a.content_digest, b.content_digest, request.grader.spec(), Pairwise.version, side]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _sample(pair: tuple[Sample, Sample], side: str, said: dict[str, Any]) -> Sample:
    own = pair[0] if side == "baseline" else pair[1]
    preferred = said["preferred"]
    ok = None if preferred is None else preferred in (side, "tie")
    return own._replace(
        score=None if ok is None else float(ok), correct=ok, details=json.dumps(said), category=pair[0].category
    )
