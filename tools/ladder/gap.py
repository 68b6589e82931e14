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


class Paired(NamedTuple):
    """Scores of the samples that all evals scored, gathered by what is independent."""

    sums: "NDArray[np.float64]"
    """Of the scores in each cluster, shape (evals, clusters); a sample that shares none is one of its own."""
    sizes: "NDArray[np.float64]"
    n: int

    def means(self) -> "NDArray[np.float64]":
        """Mean score of each eval."""
        found: NDArray[np.float64] = self.sums.sum(axis=1) / self.n
        return found

    def drawn(self) -> "NDArray[np.float64]":
        """Mean scores under resampling of clusters (percentile bootstrap), shape (evals, draws)."""
        import numpy as np

        from tools.evals.statistics.scores import SEED

        units = len(self.sizes)
        counts = np.random.default_rng(SEED).multinomial(units, np.full(units, 1 / units), size=_DRAWS)
        found: NDArray[np.float64] = (self.sums @ counts.T) / (counts @ self.sizes)
        return found


def paired_scores(names: list[str]) -> Paired:
    """The evals' scores, paired by sample."""
    import numpy as np

    from tools.evals import store

    by_eval = [{s.sample_id: s for s in store.samples(name, limit=10_000_000) if s.score is not None} for name in names]
    shared = sorted(set.intersection(*(set(d) for d in by_eval)))
    scores = np.array([[d[i].score for i in shared] for d in by_eval], dtype=np.float64).reshape(len(names), -1)
    of = np.array([by_eval[0][i].cluster or f"\0{i}" for i in shared], dtype=object)
    _, index = np.unique(of.astype(str), return_inverse=True)
    sums = np.array([np.bincount(index, weights=row) for row in scores])
    return Paired(sums, np.bincount(index).astype(np.float64), len(shared))


def gap_closed(plain: str, prompt: str, tuned: str) -> Gap | None:
    """The share, from three evals of the same samples; None where there is no gap worth a share of it."""
    import numpy as np

    scores = paired_scores([plain, prompt, tuned])
    if len(scores.sizes) < 2:
        return None
    bottom, middle, top = scores.means()
    if top - bottom < threshold("ladder.gap_least"):
        return None
    means = scores.drawn()
    whole = means[2] - means[0]
    share = float((middle - bottom) / (top - bottom))
    if np.quantile(whole, 0.025) <= 0:
        return Gap(share, None, None)
    # A draw without a gap has no share; it is as far away as can be, so it widens the interval and never hides.
    shares = np.where(whole > 0, (means[1] - means[0]) / np.where(whole > 0, whole, 1), -np.inf)
    low, high = (float(v) for v in np.quantile(shares, (0.025, 0.975), method="nearest"))
    return Gap(share, low, high)
