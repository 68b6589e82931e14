"""Base against tuned, or any two evals: paired by sample, with an interval, n, flips, slices and what could be seen."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from knowledge.thresholds import threshold
from tools.errors import RefusedError
from tools.evals.judges import JudgeAgreement, standing
from tools.evals.records import EvalRun
from tools.evals.slices import Slice, slices
from tools.evals.statistics import Interval, PairedResult
from tools.evals.verdict import Judged, Verdict, judge


class CompareRequest(BaseModel):
    """Which two evals to compare."""

    model_config = ConfigDict(frozen=True)

    baseline: str
    candidate: str
    most_flips: int | None = Field(default=None, ge=0)
    """Flips to list each way; None: as many as evals.listed_flips."""
    brief: bool = False
    """Only the whole, without slices, macro-F1 and sensitivity: for those who need the verdict of many pairs."""


class Flip(BaseModel):
    """One sample whose score differs, with both answers."""

    id: str
    category: str | None
    input: str | None
    target: str | None
    baseline_completion: str | None
    candidate_completion: str | None
    baseline_score: float
    candidate_score: float


class Sensitivity(BaseModel):
    """What this comparison could have shown (for pass/fail scores)."""

    changed_share: float
    """Share of pairs whose result differs, smoothed so that none seen does not mean none possible."""
    detectable_difference: float | None
    """Smallest real difference that would be found with the power of evals.power; None: none, n is too small."""
    rows_for_half: int | None
    """Pairs that would show half of that; where nothing was detectable, a difference of 0.1."""
    power: float


class LabelComparison(BaseModel):
    """Macro-F1 of two evals of labels: the mean over labels, so that rare ones weigh as much as common ones."""

    baseline: float
    candidate: float
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    interval_method: str


class Comparison(BaseModel):
    """Candidate minus baseline. None is unknown, never 0."""

    n: int
    """Pairs: samples scored in both."""
    baseline: float | None
    """Mean score of the baseline over the pairs."""
    candidate: float | None
    difference: float | None
    ci_low: float | None
    ci_high: float | None
    """95 % interval of the difference."""
    interval_method: str
    p_value: float | None
    test: str
    verdict: Verdict
    reason: str
    metric: str
    baseline_name: str
    candidate_name: str
    baseline_interval: Interval
    candidate_interval: Interval
    regressions: list[Flip]
    """Samples that got worse, the largest loss first."""
    regressions_total: int | None
    improvements: list[Flip]
    improvements_total: int | None
    slices: list[Slice]
    """By category, harm first; p-values corrected for their number."""
    only_in_baseline: int
    only_in_candidate: int
    different_target: int
    unscored: int
    sensitivity: Sensitivity | None
    macro_f1: LabelComparison | None = None
    """Where both were scored as labels."""
    judge: JudgeAgreement | None = None
    """Where a model judged: how far it agrees with people."""
    p_adjusted: float | None = None
    """Where several candidates were compared with one baseline: corrected for their number (Holm)."""
    warnings: list[str]
    guardrails: "list[GuardedBeside]" = Field(default_factory=list)
    """What must not get worse, as far as it was measured for both models (tools/evals/beside.py)."""


class GuardedBeside(BaseModel):
    """A guardrail set beside a comparison."""

    probes: str
    """What the set is called."""
    base: str = ""
    """Name of the eval before; empty: not measured for both models."""
    tuned: str = ""
    comparison: Comparison | None = None
    forgot: list[str] = Field(default_factory=list)
    """Abilities that got worse, as far as shown; a loss over all is named "overall"."""


Comparison.model_rebuild()


def harmed_in(c: Comparison) -> list[str]:
    """Slices that got worse, as far as shown; a loss over all is named "overall"."""
    return [
        *(["overall"] if c.verdict == "regressed" else []),
        *(s.category for s in c.slices if s.verdict == "regressed"),
    ]


def compare(request: CompareRequest, *, p_value: float | None = None) -> Comparison:
    """Compare two evals of the store, paired by sample id.

    Args:
        request: which two.
        p_value: judge by this instead of the pair's own (one corrected for several comparisons).

    Raises:
        NotFoundError: one of them does not exist.
        RefusedError: they were scored by different graders, so a difference would be the graders'.
    """
    from tools.evals.store.pairs import read_pairs

    most = int(threshold("evals.listed_flips")) if request.most_flips is None else request.most_flips
    pairs = read_pairs(request.baseline, request.candidate, most=most, brief=request.brief)
    a, b, n = pairs.baseline, pairs.candidate, pairs.counts["paired"]
    _refuse_unlike(a, b)
    result, sides, worse, better = _whole(pairs)
    sensitive = pairs.pass_fail and pairs.scores is None and n and not request.brief
    known_judge = standing(a) or standing(b)
    judged = judge(result, n, smaller_eval=min(a.scored, b.scored), p_value=p_value)
    if known_judge and not known_judge.counts:
        judged = Judged("insufficient_evidence", f"the judge {known_judge.judge} does not count: {known_judge.reason}.")
    return Comparison(
        n=n,
        baseline=sides[0],
        candidate=sides[1],
        difference=result.difference,
        ci_low=result.interval.low,
        ci_high=result.interval.high,
        interval_method=result.interval.method,
        p_value=result.p_value,
        test=result.test,
        verdict=judged.verdict,
        reason=judged.reason,
        metric="accuracy" if pairs.pass_fail else "mean score",
        baseline_name=a.name,
        candidate_name=b.name,
        baseline_interval=sides[2],
        candidate_interval=sides[3],
        regressions=[Flip(**f) for f in pairs.down],
        regressions_total=worse,
        improvements=[Flip(**f) for f in pairs.up],
        improvements_total=better,
        slices=[] if request.brief else slices(pairs),
        only_in_baseline=pairs.counts["only_in_baseline"],
        only_in_candidate=pairs.counts["only_in_candidate"],
        different_target=pairs.counts["different_target"],
        unscored=pairs.counts["unscored"],
        macro_f1=_macro_f1(pairs.labels),
        judge=known_judge,
        p_adjusted=p_value,
        sensitivity=_sensitivity(n, result.changed) if sensitive else None,
        warnings=_warnings(a, b, pairs.counts),
    )


def compare_several(baseline: str, candidates: tuple[str, ...], most_flips: int | None = None) -> list[Comparison]:
    """Several candidates against one baseline: the verdicts go by p-values corrected for their number (Holm 1979).

    Raises:
        NotFoundError, RefusedError: as `compare`.
    """
    from tools.evals.statistics.multiplicity import holm

    requests = [CompareRequest(baseline=baseline, candidate=c, most_flips=most_flips) for c in candidates]
    alone = [compare(r) for r in requests]
    adjusted = holm([c.p_value for c in alone])
    return [compare(r, p_value=p) for r, p in zip(requests, adjusted, strict=True)]


def _macro_f1(labels: Any) -> LabelComparison | None:
    if labels is None:
        return None
    from tools.evals.statistics.classes import macro_f1, macro_f1_difference

    found = macro_f1_difference(labels.target, labels.baseline, labels.candidate, labels.cluster)
    return LabelComparison(
        baseline=macro_f1(labels.target, labels.baseline),
        candidate=macro_f1(labels.target, labels.candidate),
        difference=found.value,
        ci_low=found.interval.low,
        ci_high=found.interval.high,
        interval_method=found.interval.method,
    )


def _refuse_unlike(a: EvalRun, b: EvalRun) -> None:
    graders = [(e.grader, e.grader_version, e.grader_spec) for e in (a, b)]
    if all(g[0] for g in graders) and graders[0] != graders[1]:
        first, second = (" ".join(str(part) for part in g if part not in (None, "", "{}")) for g in graders)
        versions = ""
        if a.metric and b.metric and a.metric_digest != b.metric_digest:
            versions = f" (metrics {a.metric} version {a.metric_version} and {b.metric} version {b.metric_version})"
        raise RefusedError(
            f"{a.name!r} was scored by {first} and {b.name!r} by {second}{versions}: "
            "a difference would be the graders'",
            remedy="Run one of them again with the other's grader; what was asked before is not asked again.",
        )


def _whole(pairs: Any) -> tuple[PairedResult, tuple[float | None, float | None, Interval, Interval], int, int]:
    """The result over all pairs, both sides with their own intervals, and how many went down and up."""
    from tools.evals.statistics.proportions import paired_proportions, wilson

    if pairs.scores is None:
        cells = pairs.cells[""]
        passed_a, passed_b = cells.both_pass + cells.only_baseline, cells.both_pass + cells.only_candidate
        sides = (passed_a / cells.n, passed_b / cells.n, wilson(passed_a, cells.n), wilson(passed_b, cells.n))
        result = paired_proportions(cells.only_candidate, cells.only_baseline, cells.n)
        return result, sides, cells.only_baseline, cells.only_candidate
    from tools.evals.statistics.means import mean_interval, sums_of
    from tools.evals.statistics.scores import paired_scores

    x, y, cluster = pairs.scores.baseline, pairs.scores.candidate, pairs.scores.cluster
    result = paired_scores(y - x, cluster)
    if not len(x):
        unknown = result.interval
        return result, (None, None, unknown, unknown), 0, 0
    a, b = sums_of(x, cluster), sums_of(y, cluster)
    return result, (a.mean, b.mean, mean_interval(a), mean_interval(b)), int((y < x).sum()), int((y > x).sum())


def _sensitivity(n: int, changed: int) -> Sensitivity:
    from tools.evals.statistics.power import detectable, rows_needed

    share = (changed + 1) / (n + 2)
    smallest = detectable(n, share)
    return Sensitivity(
        changed_share=share,
        detectable_difference=smallest,
        rows_for_half=rows_needed(0.1 if smallest is None else smallest / 2, share),
        power=threshold("evals.power"),
    )


def _warnings(a: EvalRun, b: EvalRun, counts: dict[str, int]) -> list[str]:
    said = []
    if a.name == b.name:
        said.append("Both sides are the same eval.")
    if a.dataset_digest and b.dataset_digest and a.dataset_digest != b.dataset_digest:
        said.append("The two evals were measured on different files; only samples with the same id are compared.")
    only_a, only_b = counts["only_in_baseline"], counts["only_in_candidate"]
    if only_a or only_b:
        said.append(f"{only_a} samples are only in {a.name}, {only_b} only in {b.name}: left out.")
    if counts["different_target"]:
        said.append(f"{counts['different_target']} ids stand for samples with different targets: left out.")
    if counts["unscored"]:
        said.append(f"{counts['unscored']} samples have no score on at least one side: left out.")
    if a.metric_digest and b.metric_digest and a.metric_digest != b.metric_digest:
        said.append(
            f"They were held to different metrics: {a.metric} version {a.metric_version}, {b.metric} version "
            f"{b.metric_version}. The grader is the same; what else differs is in `evals metric show`."
        )
    if bool(a.metric_digest) != bool(b.metric_digest):
        said.append("Only one of the two was held to a metric that a person accepted.")
    if bool(a.grader) != bool(b.grader):
        said.append("Only one side says how it was graded: whether both were graded alike is unknown.")
    return said
