"""What a comparison of the best prompt with a tuned model says as facts."""

from typing import Any

from tools.evals.compare import Comparison

AGAINST_PROMPT = {"improved": "better", "no_significant_difference": "same", "regressed": "worse"}


def facts_of(c: Comparison, target: float | None) -> dict[str, Any]:
    """Facts, by name; whether the target is met only where the whole interval says it.

    Args:
        c: the best prompt as baseline, the tuned model as candidate.
        target: the score that is good enough; None: none was said.
    """
    facts: dict[str, Any] = {"already_tuned": True, "evals_defined": True}
    if how := AGAINST_PROMPT.get(c.verdict):
        facts["tuned_vs_prompt"] = how
    low, high = c.candidate_interval.low, c.candidate_interval.high
    if target is not None and low is not None and high is not None and (low >= target or high < target):
        facts["meets_target"] = low >= target
    return facts
