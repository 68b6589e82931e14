"""Paired differences of scores that are more than pass and fail, and of samples that are not independent."""

from math import sqrt
from typing import TYPE_CHECKING, Any

from knowledge.thresholds import threshold
from tools.evals.statistics import UNKNOWN, Interval, PairedResult

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

SEED = 20261121
"""Resampling is part of a result: the same scores give the same figures."""


def paired_scores(differences: "Floats", clusters: "NDArray[Any] | None" = None) -> PairedResult:
    """Candidate minus baseline over pairs of scores.

    Sign-flip permutation for the p-value (every arrangement where there are few, else random ones with the observed
    one counted in), BCa bootstrap for the interval; Student's t for both above evals.resampling_max_n units. Samples
    that share a cluster are one unit: they are flipped and drawn together.

    Args:
        differences: candidate score minus baseline score, shape (n,), finite.
        clusters: what each sample shares with others, shape (n,); None when all are independent.
    """
    import numpy as np

    n = len(differences)
    if n == 0:
        return PairedResult(None, UNKNOWN, None, "paired permutation", 0)
    sums, sizes = differences, np.ones(n)
    if clusters is not None:
        _, index = np.unique(clusters, return_inverse=True)
        sums = np.bincount(index, weights=differences).astype(np.float64)
        sizes = np.bincount(index).astype(np.float64)
    units, of = len(sums), "" if clusters is None else f" of {len(sums)} clusters"
    # Zero up to rounding: sums of scores such as 0.1 and 0.2 are not exact.
    changed = int(np.count_nonzero(np.abs(sums) > 1e-12))
    mean = float(differences.mean())
    if units < 2:
        return PairedResult(mean, UNKNOWN, None, f"paired permutation{of}", changed)
    if changed == 0:
        # All units agree: resampling can show no spread, yet n of them do not prove a difference of exactly 0.
        return PairedResult(mean, _rule_of_three(differences, units), 1.0, f"paired permutation{of}", 0)
    if units > threshold("evals.resampling_max_n"):
        return _student(sums, sizes, mean, changed, of)
    return PairedResult(mean, _bca(sums, sizes, of), _permutation(sums), f"paired permutation{of}", changed)


def _rule_of_three(differences: "Floats", units: int) -> Interval:
    """No change in any of n units leaves a share of up to about 3/n that would change, by at most one point each."""
    share = 1 - 0.05 ** (1 / units)
    return Interval(
        -share, share, "no unit changed: exact binomial bound on the share that would, for scores within 0 and 1"
    )


def _permutation(sums: "Floats") -> float:
    import numpy as np
    from scipy.stats import permutation_test

    done = permutation_test(
        (sums,),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=int(threshold("evals.resamples")),
        vectorized=True,
        batch=1000,
        rng=np.random.default_rng(SEED),
    )
    return float(done.pvalue)


def _bca(sums: "Floats", sizes: "Floats", of: str) -> Interval:
    import numpy as np
    from scipy.stats import bootstrap

    if np.ptp(sums / sizes) < 1e-12:
        return _no_spread(sums, sizes, of)
    done = bootstrap(
        (sums, sizes),
        lambda s, k, axis: s.sum(axis=axis) / k.sum(axis=axis),
        paired=True,
        vectorized=True,
        n_resamples=int(threshold("evals.resamples")),
        confidence_level=1 - threshold("evals.alpha"),
        method="BCa",
        batch=1000,
        rng=np.random.default_rng(SEED),
    )
    low, high = float(done.confidence_interval.low), float(done.confidence_interval.high)
    if not (np.isfinite(low) and np.isfinite(high)):
        return _no_spread(sums, sizes, of)
    return Interval(low, high, f"paired bootstrap (BCa){of}")


def _no_spread(sums: "Floats", sizes: "Floats", of: str) -> Interval:
    """Every unit moved by the same amount: the bootstrap has nothing to go by, so no interval is claimed."""
    return Interval(None, None, f"unknown: every unit changed by the same amount{of}")


def _student(sums: "Floats", sizes: "Floats", mean: float, changed: int, of: str) -> PairedResult:
    """Large n: the ratio of sums is normal; its variance by linearisation, which for clusters is the usual sandwich."""
    import numpy as np
    from scipy.stats import t

    units = len(sums)
    residuals = sums - mean * sizes
    error = sqrt(float(np.sum(residuals**2)) * units / (units - 1)) / float(sizes.sum())
    test = f"paired t{of}"
    if error == 0:
        return PairedResult(mean, _no_spread(sums, sizes, of), 0.0, test, changed)
    p = float(2 * t.sf(abs(mean) / error, units - 1))
    half = float(t.ppf(1 - threshold("evals.alpha") / 2, units - 1)) * error
    return PairedResult(mean, Interval(mean - half, mean + half, f"paired Student t{of}"), p, test, changed)
