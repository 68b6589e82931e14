"""One proportion, and the difference of two paired proportions."""

from math import sqrt

from tools.evals.statistics import UNKNOWN, Interval, PairedResult

Z95 = 1.959963984540054


def wilson(successes: int, n: int, *, z: float = Z95) -> Interval:
    """Wilson's score interval for one proportion (no continuity correction).

    Newcombe (1998) recommends it among seven methods: it stays within 0 and 1 and is never of no width.

    Args:
        successes: how many of n.
        n: number of samples; with 0 or 1 the interval is unknown.
        z: normal quantile; the default gives 95 %.
    """
    if n < 2:
        return UNKNOWN
    low, high = wilson_of(successes / n, n, z=z)
    # At 0 and n the limit is exactly 0 and 1; rounding would leave 1e-17.
    return Interval(0.0 if successes == 0 else low, 1.0 if successes == n else high, "Wilson score")


def wilson_of(p: float, n: float, *, z: float = Z95) -> tuple[float, float]:
    """The limits for a share and a number of samples, which may be an effective one and so a broken number."""
    zz = z * z
    middle = (p + zz / (2 * n)) / (1 + zz / n)
    half = z * sqrt(p * (1 - p) / n + zz / (4 * n * n)) / (1 + zz / n)
    return max(0.0, middle - half), min(1.0, middle + half)


def tango(only_candidate: int, only_baseline: int, n: int, *, z: float = Z95) -> Interval:
    """Tango's (1998) score interval for the difference of two paired proportions.

    Args:
        only_candidate: pairs that only the candidate got right.
        only_baseline: pairs that only the baseline got right.
        n: all pairs; with 0 or 1 the interval is unknown.
        z: normal quantile; the default gives 95 %.
    """
    if n < 2:
        return UNKNOWN
    from scipy.optimize import brentq

    b, c = only_candidate, only_baseline

    def score(difference: float) -> float:
        """The score statistic for a supposed difference, with the nuisance probability at its restricted maximum."""
        linear = -b - c + (2 * n - b + c) * difference
        root = sqrt(max(0.0, linear**2 + 8 * n * c * difference * (1 - difference)))
        nuisance = (root - linear) / (4 * n)
        variance = n * (2 * nuisance + difference * (1 - difference))
        gap = b - c - n * difference
        return gap / sqrt(variance) if variance > 0 else gap * float("inf") if gap else 0.0

    edge, estimate = 1e-12, (b - c) / n
    low = -1.0 if c == n else brentq(lambda d: score(d) - z, -1 + edge, min(estimate, 1 - edge), xtol=1e-12)
    high = 1.0 if b == n else brentq(lambda d: score(d) + z, max(estimate, -1 + edge), 1 - edge, xtol=1e-12)
    return Interval(low, high, "Tango score, paired")


def mcnemar(only_candidate: int, only_baseline: int) -> float:
    """Two-sided p-value of the exact conditional McNemar test: a fair coin for each pair that changed.

    With no changed pairs the p-value is 1.
    """
    changed = only_candidate + only_baseline
    if changed == 0:
        return 1.0
    from scipy.stats import binomtest

    return float(binomtest(only_candidate, changed, 0.5).pvalue)


def paired_proportions(only_candidate: int, only_baseline: int, n: int) -> PairedResult:
    """Candidate minus baseline over n pairs of pass/fail scores."""
    test = "exact McNemar"
    if n == 0:
        return PairedResult(None, UNKNOWN, None, test, 0)
    difference = (only_candidate - only_baseline) / n
    return PairedResult(
        difference,
        tango(only_candidate, only_baseline, n),
        mcnemar(only_candidate, only_baseline) if n > 1 else None,
        test,
        only_candidate + only_baseline,
    )
