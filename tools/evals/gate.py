"""A gate for CI: a goal that a comparison meets or misses, said in one line."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tools.evals.compare import CompareRequest, Comparison, compare


class GateRequest(BaseModel):
    """Two evals and the goal; without one, the goal is the verdict `improved`."""

    model_config = ConfigDict(frozen=True)

    baseline: str
    candidate: str
    min_difference: float | None = Field(default=None, ge=-1)
    """The whole interval must lie at or above this."""
    not_worse_than: float | None = Field(default=None, ge=0)
    """The whole interval must lie at or above minus this."""

    @model_validator(mode="after")
    def _one_goal(self) -> Self:
        if self.min_difference is not None and self.not_worse_than is not None:
            raise ValueError("give one goal: min_difference or not_worse_than")
        return self


class GateResult(BaseModel):
    """Whether the goal was met."""

    passed: bool
    line: str
    comparison: Comparison


def gate(request: GateRequest) -> GateResult:
    """Hold a comparison against its goal. A goal is met only when shown: too little evidence does not pass.

    Raises:
        NotFoundError: an eval does not exist.
        RefusedError: the evals were scored by different graders.
    """
    c = compare(CompareRequest(baseline=request.baseline, candidate=request.candidate, most_flips=0))
    if request.min_difference is not None:
        goal, bound = f"at least {request.min_difference:+.3f}", request.min_difference
    elif request.not_worse_than is not None:
        goal, bound = f"not worse by more than {request.not_worse_than:.3f}", -request.not_worse_than
    else:
        goal, bound = "improved", None
    if bound is None:
        passed = c.verdict == "improved"
    else:
        passed = c.verdict != "insufficient_evidence" and c.ci_low is not None and c.ci_low >= bound
    return GateResult(passed=passed, line=f"{'pass' if passed else 'FAIL'}: {describe(c)}; goal: {goal}", comparison=c)


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
