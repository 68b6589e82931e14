"""From a measurement to findings: only what a comparison shows counts; too little evidence is no finding."""

from tools.evals.compare import CompareRequest, Comparison, compare
from tools.ladder.records import LadderResult

_PROMPTS = ("plain", "better_prompt", "constrained", "few_shot", "chain")


def of_tuned(c: Comparison) -> tuple[str, ...]:
    """What a comparison of the best prompt (baseline) with the tuned model (candidate) found."""
    return _either(c, "tuned_better", "tuned_not_better")


def of_ladder(result: LadderResult, target: float | None) -> tuple[str, ...]:
    """What a ladder found.

    Raises:
        NotFoundError: its evals are gone from the store.
    """
    measured = {a.name: a for a in result.arms if a.eval and a.score is not None}
    found: list[str] = []
    prompts = [measured[name] for name in _PROMPTS if name in measured]
    best = max(prompts, key=lambda a: a.score or 0.0, default=None)
    reached = [a for a in prompts if target is not None and a.ci_low is not None and a.ci_low >= target]
    found += ["prompt_met_target"] if reached else []
    for name, better, not_better in (
        ("tuned", "tuned_better", "tuned_not_better"),
        ("retrieval", "retrieval_better", "retrieval_not_better"),
    ):
        arm = measured.get(name)  # type: ignore[call-overload]
        if arm and best and arm.eval and best.eval:
            c = compare(CompareRequest(baseline=best.eval, candidate=arm.eval, most_flips=0))
            found += _either(c, better, not_better)
    return tuple(found)


def _either(c: Comparison, better: str, not_better: str) -> tuple[str, ...]:
    if c.verdict == "improved":
        return (better,)
    return (not_better,) if c.verdict in ("regressed", "no_significant_difference") else ()
