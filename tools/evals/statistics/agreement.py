"""How far two graders agree: the share of equal grades, and Cohen's kappa, which takes off what chance alone gives."""

from collections.abc import Sequence
from math import sqrt
from typing import NamedTuple

from tools.evals.statistics import UNKNOWN, Interval
from tools.evals.statistics.proportions import Z95, wilson


class Agreement(NamedTuple):
    """Two graders over the same n samples; None is unknown."""

    n: int
    equal: int
    share: float | None
    share_interval: Interval
    kappa: float | None
    kappa_interval: Interval


def agreement(first: Sequence[str], second: Sequence[str]) -> Agreement:
    """Raw agreement with Wilson's interval, and Cohen's kappa with its large-sample interval.

    The standard error is that of Fleiss, Cohen and Everitt (1969). Where one grader used a single grade only, or both
    agree everywhere, the standard error says nothing: kappa is unknown, or has no interval.

    Args:
        first: grades of one grader.
        second: grades of the other, sample by sample.
    """
    n = len(first)
    equal = sum(a == b for a, b in zip(first, second, strict=True))
    if n < 2:
        return Agreement(n, equal, equal / n if n else None, UNKNOWN, None, UNKNOWN)
    share, interval = equal / n, wilson(equal, n)
    grades = sorted({*first, *second})
    rows = {g: sum(a == g for a in first) / n for g in grades}
    columns = {g: sum(b == g for b in second) / n for g in grades}
    chance = sum(rows[g] * columns[g] for g in grades)
    if min(len(set(first)), len(set(second))) < 2:
        why = Interval(None, None, "unknown: a grader gave one grade to all")
        return Agreement(n, equal, share, interval, None, why)
    kappa = (share - chance) / (1 - chance)
    cells = {(a, b): 0 for a in grades for b in grades}
    for pair in zip(first, second, strict=True):
        cells[pair] += 1
    kept = 1 - kappa
    straight = sum(cells[g, g] / n * (1 - (rows[g] + columns[g]) * kept) ** 2 for g in grades)
    across = kept**2 * sum(cells[a, b] / n * (columns[a] + rows[b]) ** 2 for a in grades for b in grades if a != b)
    variance = (straight + across - (kappa - chance * kept) ** 2) / (n * (1 - chance) ** 2)
    if variance <= 1e-12:
        # All agree: no spread to go by. The weakest kappa that the raw interval allows, with chance as it is.
        low = None if interval.low is None else (interval.low - chance) / (1 - chance)
        return Agreement(n, equal, share, interval, kappa, Interval(low, 1.0, "from the interval of the raw agreement"))
    half = Z95 * sqrt(variance)
    bounds = Interval(max(-1.0, kappa - half), min(1.0, kappa + half), "Fleiss, Cohen and Everitt")
    return Agreement(n, equal, share, interval, kappa, bounds)
