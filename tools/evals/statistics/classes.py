"""Scores of labels: precision, recall and F1 of each, and macro-F1 with a bootstrap interval, alone and paired."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from knowledge.thresholds import threshold
from tools.evals.statistics import UNKNOWN, Interval
from tools.evals.statistics.scores import SEED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Counts = NDArray[np.float64]

_CELLS_AT_ONCE = 4_000_000


class LabelScore(NamedTuple):
    """One label; None where it cannot be said (never predicted, or never the target)."""

    label: str
    n: int
    """Samples whose target it is."""
    precision: float | None
    recall: float | None
    f1: float


def per_label(targets: Sequence[str], read: Sequence[str]) -> list[LabelScore]:
    """Each label that is a target, the weakest F1 first."""
    found = []
    for label in sorted(set(targets)):
        hit = sum(t == label == r for t, r in zip(targets, read, strict=True))
        n, said = sum(t == label for t in targets), sum(r == label for r in read)
        found.append(LabelScore(label, n, hit / said if said else None, hit / n, 2 * hit / (n + said)))
    return sorted(found, key=lambda s: (s.f1, s.label))


def macro_f1(targets: Sequence[str], read: Sequence[str]) -> float:
    """Unweighted mean of the F1 of every label that is a target; an answer that is no label is an error of its target.

    Sokolova and Lapalme (2009). Labels that only completions use are not averaged in: they are not part of the task.
    """
    scores = per_label(targets, read)
    return sum(s.f1 for s in scores) / len(scores)


class MacroF1(NamedTuple):
    """Macro-F1 of one eval, or the difference of two."""

    value: float | None
    interval: Interval


def macro_f1_interval(targets: Sequence[str], read: Sequence[str], clusters: Sequence[str] | None = None) -> MacroF1:
    """Macro-F1 with the percentile bootstrap over samples (over clusters, where samples share one)."""
    if not targets:
        return MacroF1(None, UNKNOWN)
    spread = _resampled(targets, [read], clusters)
    return MacroF1(macro_f1(targets, read), _percentiles(spread[0], len(targets), clusters))


def macro_f1_difference(
    targets: Sequence[str], baseline: Sequence[str], candidate: Sequence[str], clusters: Sequence[str] | None = None
) -> MacroF1:
    """Candidate minus baseline, both drawn together, so that what is hard for both cancels."""
    if not targets:
        return MacroF1(None, UNKNOWN)
    value = macro_f1(targets, candidate) - macro_f1(targets, baseline)
    base, cand = _resampled(targets, [baseline, candidate], clusters)
    return MacroF1(value, _percentiles(cand - base, len(targets), clusters))


def _percentiles(spread: "Counts", n: int, clusters: Sequence[str] | None) -> Interval:
    import numpy as np

    units = n if clusters is None else len(set(clusters))
    of = "" if clusters is None else f" of {units} clusters"
    if units < threshold("evals.min_changed"):
        return UNKNOWN
    half = threshold("evals.alpha") / 2
    low, high = np.quantile(spread, [half, 1 - half])
    if high - low < 1e-12:
        return Interval(None, None, f"unknown: every resample gives the same{of}")
    return Interval(float(low), float(high), f"bootstrap (percentile){of}")


def _resampled(
    targets: Sequence[str], sides: Sequence[Sequence[str]], clusters: Sequence[str] | None
) -> "list[Counts]":
    """Macro-F1 of each side in each resample, shape (resamples,); the same draws for all sides."""
    import numpy as np

    labels = {label: i for i, label in enumerate(sorted(set(targets)))}
    k, other = len(labels), len(labels)
    t = np.array([labels[x] for x in targets])
    read = [np.array([labels.get(x, other) for x in side]) for side in sides]
    if clusters is None:
        # Samples with the same target and the same readings are exchangeable: drawn as one cell, which is far fewer.
        rows, first, unit, counts = np.unique(
            np.stack([t, *read]), axis=1, return_index=True, return_inverse=True, return_counts=True
        )
        t, read, drawn = rows[0], list(rows[1:]), len(targets)
        unit, chance = np.arange(len(first)), counts / counts.sum()
    else:
        unit = np.unique(np.array(clusters), return_inverse=True)[1]
        drawn = int(unit.max()) + 1
        chance = np.full(drawn, 1 / drawn)
    units = len(chance)
    # What each unit adds to: targets, predictions and hits of each label. A resample is a weighted sum of these.
    wanted = np.zeros((units, k))
    np.add.at(wanted, (unit, t), 1)
    parts = []
    for r in read:
        said, hit = np.zeros((units, k + 1)), np.zeros((units, k))
        np.add.at(said, (unit, r), 1)
        right = r == t
        np.add.at(hit, (unit[right], t[right]), 1)
        parts.append((said[:, :k], hit))
    rng = np.random.default_rng(SEED)
    total, step = int(threshold("evals.resamples")), max(1, _CELLS_AT_ONCE // max(units, k))
    made: list[list[Counts]] = [[] for _ in sides]
    for start in range(0, total, step):
        draws = rng.multinomial(drawn, chance, size=min(step, total - start)).astype(np.float64)
        there = draws @ wanted
        for i, (said, hit) in enumerate(parts):
            below = there + draws @ said
            f1 = np.divide(2 * (draws @ hit), below, out=np.zeros_like(below), where=below > 0)
            # A label that a resample does not hold has no F1 in it, rather than one of 0.
            present = there > 0
            made[i].append((f1 * present).sum(axis=1) / present.sum(axis=1))
    return [np.concatenate(m) for m in made]
