"""The mean score of one eval with its interval, from sums alone, so that ten million samples need one pass."""

from math import sqrt
from typing import TYPE_CHECKING, Any, NamedTuple

from knowledge.thresholds import threshold
from tools.evals.statistics import UNKNOWN, Interval
from tools.evals.statistics.proportions import wilson, wilson_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Sums(NamedTuple):
    """What the interval of a mean needs to know of the scores."""

    n: int
    mean: float
    units: int
    """Independent ones: clusters, and samples that share none."""
    square: float
    """Sum over units of the square of (sum of the unit's scores - mean x its samples)."""
    lowest: float
    highest: float
    pass_fail: bool = False

    @property
    def clustered(self) -> bool:
        """Whether some samples share a cluster."""
        return self.units < self.n


def sums_of(scores: "Floats", clusters: "NDArray[Any] | None" = None) -> Sums:
    """The sums of scores that are at hand; at least one."""
    import numpy as np

    mean, residuals = float(scores.mean()), scores - scores.mean()
    if clusters is not None:
        residuals = np.bincount(np.unique(clusters, return_inverse=True)[1], weights=residuals)
    low, high = float(scores.min()), float(scores.max())
    yes_no = bool(np.isin(scores, (0.0, 1.0)).all())
    return Sums(len(scores), mean, len(residuals), float(residuals @ residuals), low, high, yes_no)


def mean_interval(s: Sums) -> Interval:
    """95 % interval of a mean score; unknown below two independent units.

    Pass and fail: Wilson. Other scores within 0 and 1, and clusters: Wilson's interval too, with the number of samples
    that would be as uncertain were they independent yes/no answers (Korn and Graubard 1998, Dean and Pagano 2015), and
    Student's t of the units; so it stays within 0 and 1 and is never narrower than the clusters allow. Scores beyond 0
    and 1: Student's t. The error is the cluster-robust one (Liang and Zeger 1986), as in comparisons.
    """
    if s.units < 2:
        return UNKNOWN
    of = f" of {s.units} clusters" if s.clustered else ""
    within = s.lowest >= 0 and s.highest <= 1
    if s.pass_fail and not s.clustered:
        return wilson(round(s.mean * s.n), s.n)
    if within and s.mean in (0.0, 1.0):
        # All at one end: every unit is one yes/no answer, which is the most that so many units can say.
        found = wilson(round(s.mean) * s.units, s.units)
        return Interval(found.low, found.high, f"{found.method}{of}")
    error = sqrt(s.square * s.units / (s.units - 1)) / s.n
    if error * s.n < 1e-9 * max(1.0, abs(s.mean)):
        return Interval(None, None, f"unknown: every {'cluster' if of else 'sample'} scored the same{of}")
    from scipy.stats import t

    quantile = float(t.ppf(1 - threshold("evals.alpha") / 2, s.units - 1))
    if not within:
        return Interval(s.mean - quantile * error, s.mean + quantile * error, f"Student t{of}")
    low, high = wilson_of(s.mean, s.mean * (1 - s.mean) / error**2, z=quantile)
    return Interval(low, high, f"Wilson score, effective n{of}")
