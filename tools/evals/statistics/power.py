"""What difference a number of pairs can show, and how many pairs a difference needs (exact McNemar test)."""

from knowledge.thresholds import threshold

_MOST_ROWS = 100_000_000


def power(n: int, difference: float, changed_share: float) -> float:
    """How often a real difference would be found with n pairs: the chance that the exact test is significant its way.

    Computed, not approximated: the number of changed pairs is binomial, and so is, given it, how many favour the
    candidate. Above evals.exact_power_max_n pairs both are normal (Miettinen's approximation).

    Args:
        n: pairs.
        difference: real difference of the two accuracies, from -1 to 1.
        changed_share: share of pairs whose result differs between the two; at least abs(difference).
    """
    import numpy as np
    from scipy.stats import binom

    size, share = abs(difference), max(abs(difference), min(1.0, changed_share))
    if n < 1 or share == 0:
        return 0.0
    if n > threshold("evals.exact_power_max_n"):
        return _nearly(n, size, share)
    low, high = binom.ppf([1e-12, 1 - 1e-12], n, share)
    changed = np.arange(int(low), int(high) + 1)
    # Largest count of losses at which the two-sided p-value, twice the lower tail, is within alpha.
    half = threshold("evals.alpha") / 2
    most = binom.ppf(half, changed, 0.5)
    most = np.where(binom.cdf(most, changed, 0.5) <= half, most, most - 1)
    losing = (share - size) / (2 * share)
    found = np.where(most >= 0, binom.cdf(most, changed, losing), 0.0)
    return float(np.sum(binom.pmf(changed, n, share) * found))


def _nearly(n: int, size: float, share: float) -> float:
    """The same for large n, from normal approximations of both counts."""
    from math import sqrt

    from scipy.stats import norm

    spread = sqrt(max(share - size * size, 1e-300))
    edge = float(norm.isf(threshold("evals.alpha") / 2)) * sqrt(share)
    return float(norm.cdf((size * sqrt(n) - edge) / spread))


def detectable(n: int, changed_share: float) -> float | None:
    """The smallest difference that n pairs would show with the power of evals.power; None when there is none."""
    wanted = threshold("evals.power")
    if power(n, 1.0, 1.0) < wanted:
        return None
    low, high = 0.0, 1.0
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (low, middle) if power(n, middle, changed_share) >= wanted else (middle, high)
    return high


def rows_needed(difference: float, changed_share: float) -> int | None:
    """The number of pairs that would show `difference` with the power of evals.power; None beyond 100 million."""
    wanted = threshold("evals.power")
    if difference == 0:
        return None
    high = 6
    while power(high, difference, changed_share) < wanted:
        high *= 2
        if high > _MOST_ROWS:
            return None
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if power(middle, difference, changed_share) >= wanted else (middle, high)
    return high
