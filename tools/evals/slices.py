"""The comparison by category: a gain overall can hide a loss in one slice, so the harm comes first."""

from typing import Any

from pydantic import BaseModel

from tools.evals.statistics import PairedResult
from tools.evals.verdict import Verdict, judge


class Slice(BaseModel):
    """One category of a comparison."""

    category: str
    n: int
    baseline: float
    candidate: float
    difference: float
    ci_low: float | None
    ci_high: float | None
    p_value: float | None
    p_adjusted: float | None
    """Corrected for the number of slices looked at (Holm)."""
    verdict: Verdict


def slices(pairs: Any) -> list[Slice]:
    """Slices of a pairing (store.pairs.Pairs), harm first; empty where samples have no category."""
    from tools.evals.statistics.multiplicity import holm

    found = _by_score(pairs.scores) if pairs.scores is not None else _by_cells(pairs.cells)
    corrected = holm([result.p_value for _, _, _, result in found])
    listed = []
    for (category, n, (baseline, candidate), result), p in zip(found, corrected, strict=True):
        listed.append(
            Slice(
                category=category,
                n=n,
                baseline=baseline,
                candidate=candidate,
                difference=candidate - baseline,
                ci_low=result.interval.low,
                ci_high=result.interval.high,
                p_value=result.p_value,
                p_adjusted=p,
                verdict=judge(result, n, p_value=p).verdict,
            )
        )
    return sorted(listed, key=lambda s: (s.verdict != "regressed", s.difference, s.category))


_Found = tuple[str, int, tuple[float, float], PairedResult]


def _by_cells(cells: dict[str, Any]) -> list[_Found]:
    from tools.evals.statistics.proportions import paired_proportions

    return [
        (
            category,
            c.n,
            ((c.both_pass + c.only_baseline) / c.n, (c.both_pass + c.only_candidate) / c.n),
            paired_proportions(c.only_candidate, c.only_baseline, c.n),
        )
        for category, c in cells.items()
        if category
    ]


def _by_score(scores: Any) -> list[_Found]:
    import numpy as np

    from tools.evals.statistics.scores import paired_scores

    found = []
    for category in np.unique(scores.category.astype(str)):
        if not category:
            continue
        mine = scores.category == category
        x, y = scores.baseline[mine], scores.candidate[mine]
        cluster = None if scores.cluster is None else scores.cluster[mine]
        found.append((str(category), len(x), (float(x.mean()), float(y.mean())), paired_scores(y - x, cluster)))
    return found
