"""From a paired result to one of four words, by the numbers in knowledge/thresholds/evals.yaml."""

from typing import Literal, NamedTuple

from knowledge.thresholds import threshold
from tools.evals.statistics import PairedResult

Verdict = Literal["improved", "no_significant_difference", "regressed", "insufficient_evidence"]


class Judged(NamedTuple):
    """A verdict and the sentence that gives its reason."""

    verdict: Verdict
    reason: str


def judge(result: PairedResult, n: int, *, smaller_eval: int | None = None, p_value: float | None = None) -> Judged:
    """The verdict on candidate minus baseline.

    Improved or regressed needs both: a p-value within alpha and an interval without 0. Too little to tell is its own
    verdict, and never dressed up as "no difference".

    Args:
        result: difference, interval and test.
        n: pairs it rests on.
        smaller_eval: scored samples of the smaller eval, to see how many found a partner; None: not looked at.
        p_value: use this instead of the result's own (one corrected for several comparisons).
    """
    p = result.p_value if p_value is None else p_value
    if n < 2 or result.difference is None or p is None:
        return Judged("insufficient_evidence", f"n={n}: nothing can be said from so few pairs.")
    if smaller_eval and n < threshold("evals.min_paired_share") * smaller_eval:
        return Judged(
            "insufficient_evidence",
            f"only {n} of {smaller_eval} samples have a partner in the other eval: the pairs may be a chosen few.",
        )
    alpha, least = threshold("evals.alpha"), int(threshold("evals.min_changed"))
    if n < least and "clusters" not in result.test:
        return Judged("insufficient_evidence", f"n={n}: with fewer than {least} pairs no outcome could be significant.")
    low, high = result.interval.low, result.interval.high
    if p <= alpha and not (low is not None and high is not None and low <= 0 <= high):
        better = result.difference > 0
        return Judged(
            "improved" if better else "regressed",
            f"were there no difference, one this large would come up in {_chance(p)} of cases ({result.test}, n={n}).",
        )
    wide = low is None or high is None or max(-low, high) > threshold("evals.conclusive_half_width")
    if result.changed < least and wide:
        return Judged(
            "insufficient_evidence",
            f"only {result.changed} of {n} pairs differ: too few to tell, and the interval still reaches further than "
            f"{threshold('evals.conclusive_half_width'):.2f}.",
        )
    return Judged(
        "no_significant_difference",
        f"were there no difference, one this large would come up in {_chance(p)} of cases ({result.test}, n={n}).",
    )


def _chance(p: float) -> str:
    return "fewer than 0.1 %" if p < 0.001 else f"{100 * p:.1f} %"
