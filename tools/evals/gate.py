"""A gate for CI: a goal that a comparison meets or misses, said in one line."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.evals.compare import CompareRequest, Comparison, compare, harmed_in


class GateRequest(BaseModel):
    """Two evals and the goal; without one, that of the metric both were held to, else the verdict `improved`."""

    model_config = ConfigDict(frozen=True)

    baseline: str
    candidate: str
    at_least: float | None = Field(default=None, ge=0, le=1)
    """The whole interval of the candidate's score must lie at or above this."""
    min_difference: float | None = Field(default=None, ge=-1)
    """The whole interval of the difference must lie at or above this."""
    not_worse_than: float | None = Field(default=None, ge=0)
    """The whole interval of the difference must lie at or above minus this."""
    guardrail: tuple[str, str] | None = None
    """Two evals of guardrail probes, before and after: a loss shown there fails the gate, whatever was gained. None:
    those of the metric (without one the general probes), where they were measured for both models."""

    @model_validator(mode="after")
    def _one_goal(self) -> Self:
        if sum(g is not None for g in (self.at_least, self.min_difference, self.not_worse_than)) > 1:
            raise ValueError("give one goal: at_least, min_difference or not_worse_than")
        return self


class GateResult(BaseModel):
    """Whether the goal was met."""

    passed: bool
    line: str
    comparison: Comparison
    guardrail: Comparison | None = None


def gate(request: GateRequest) -> GateResult:
    """Hold a comparison against its goal. A goal is met only when shown: too little evidence does not pass.

    Raises:
        NotFoundError: an eval, or the metric it names, does not exist.
        RefusedError: the evals were scored by different graders.
    """
    c = compare(CompareRequest(baseline=request.baseline, candidate=request.candidate, most_flips=0))
    request, of = _with_goal(request)
    shown = c.verdict != "insufficient_evidence"
    if request.at_least is not None:
        # A target asks about the candidate alone; only an untrusted judge or too few samples speak against that.
        goal, low = f"at least {request.at_least:.3f}", c.candidate_interval.low
        passed = low is not None and low >= request.at_least and (c.judge is None or c.judge.counts)
    elif request.min_difference is not None or request.not_worse_than is not None:
        bound = request.min_difference if request.min_difference is not None else -(request.not_worse_than or 0.0)
        goal = (
            f"at least {bound:+.3f}" if request.min_difference is not None else f"not worse by more than {-bound:.3f}"
        )
        passed = shown and c.ci_low is not None and c.ci_low >= bound
    else:
        goal, passed = "improved", c.verdict == "improved"
    general, lost, harmed = _guardrails(request, c)
    passed = passed and not harmed
    line = f"{'pass' if passed else 'FAIL'}: {describe(c)}; goal: {goal}{of}{lost}"
    return GateResult(passed=passed, line=line, comparison=c, guardrail=general)


def _guardrails(request: GateRequest, c: Comparison) -> tuple[Comparison | None, str, bool]:
    """The guardrail evals named, else those found by what they are; what the line says of them; whether one lost."""
    if request.guardrail:
        before, after = request.guardrail
        named = compare(CompareRequest(baseline=before, candidate=after, most_flips=0))
        found: list[tuple[str, Comparison | None, list[str]]] = [("guardrail", named, harmed_in(named))]
    else:
        from tools.evals.beside import guarded

        c.guardrails.extend(guarded(request.baseline, request.candidate))
        found = [(f"guardrail {g.probes}", g.comparison, g.forgot) for g in c.guardrails]
    said = ""
    for what, compared, harmed in found:
        shown = f"worse at {', '.join(harmed)}" if harmed else "no loss shown" if compared else "not measured"
        said += f"; {what}: {shown}"
    return next((one for _, one, _ in found if one), None), said, any(harmed for _, _, harmed in found)


def _with_goal(request: GateRequest) -> tuple[GateRequest, str]:
    """The request with the goal of the candidate's metric, where none was given."""
    if any(g is not None for g in (request.at_least, request.min_difference, request.not_worse_than)):
        return request, ""
    from tools.evals import store
    from tools.evals.metric.files import accepted

    e = store.eval_named(request.candidate)
    if e.metric is None:
        return request, ""
    metric = accepted(e.metric, e.metric_version)
    found = metric.goal.model_dump(exclude={"improved"}, exclude_none=True)
    return request.model_copy(update=found), f" (metric {metric.name} version {metric.version})"


def describe(c: Comparison) -> str:
    """A comparison in one line, with interval and n."""
    if c.difference is None:
        found = f"{c.metric} unknown"
    elif c.ci_low is None or c.ci_high is None:
        found = f"{c.metric} {c.baseline:.3f} -> {c.candidate:.3f}, difference {c.difference:+.3f} (interval unknown)"
    else:
        found = (
            f"{c.metric} {c.baseline:.3f} -> {c.candidate:.3f}, difference {c.difference:+.3f} "
            f"(95 % interval {c.ci_low:+.3f} to {c.ci_high:+.3f})"
        )
    return f"{c.candidate_name} against {c.baseline_name}: {found}, n={c.n}, {c.verdict.replace('_', ' ')}"
