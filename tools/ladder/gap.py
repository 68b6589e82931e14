"""How much of the way from the plain prompt to the tuned model a rung without training covers."""

from typing import TYPE_CHECKING, NamedTuple

from knowledge.thresholds import threshold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_DRAWS = 2000


class Gap(NamedTuple):
    """A share with its 95 % interval; None: unknown, the gap may well be nothing."""

    share: float
    low: float | None
    high: float | None


def paired_scores(names: list[str]) -> "NDArray[np.float64]":
    """Scores of the samples that all evals scored, shape (evals, samples)."""
    import numpy as np

    from tools.evals import store

    by_eval = [
        {s.sample_id: s.score for s in store.samples(name, limit=10_000_000) if s.score is not None} for name in names
    ]
    shared = sorted(set.intersection(*(set(d) for d in by_eval)))
    return np.array([[d[i] for i in shared] for d in by_eval], dtype=np.float64).reshape(len(names), len(shared))


def drawn_means(scores: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Mean scores under resampling of samples (percentile bootstrap), shape (evals, draws)."""
    import numpy as np

    from tools.evals.statistics.scores import SEED

    n = scores.shape[1]
    means: NDArray[np.float64] = scores[:, np.random.default_rng(SEED).integers(0, n, size=(_DRAWS, n))].mean(axis=2)
    return means


def gap_closed(plain: str, prompt: str, tuned: str) -> Gap | None:
    """The share, from three evals of the same samples; None where there is no gap worth a share of it."""
    import numpy as np

    scores = paired_scores([plain, prompt, tuned])
    if scores.shape[1] < 2:
        return None
    bottom, middle, top = scores.mean(axis=1)
    if top - bottom < threshold("ladder.gap_least"):
        return None
    means = drawn_means(scores)
    whole = means[2] - means[0]
    share = float((middle - bottom) / (top - bottom))
    if np.quantile(whole, 0.025) <= 0:
        return Gap(share, None, None)
    # A draw without a gap has no share; it is as far away as can be, so it widens the interval and never hides.
    shares = np.where(whole > 0, (means[1] - means[0]) / np.where(whole > 0, whole, 1), -np.inf)
    low, high = (float(v) for v in np.quantile(shares, (0.025, 0.975), method="nearest"))
    return Gap(share, low, high)
