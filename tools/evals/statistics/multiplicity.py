"""Looking at many slices finds something by chance: p-values corrected for how many were looked at."""


def holm(p_values: list[float | None]) -> list[float | None]:
    """Holm's (1979) step-down adjustment, in the order given; None (no test made) stays None and is not counted."""
    tested = sorted((p, i) for i, p in enumerate(p_values) if p is not None)
    adjusted: list[float | None] = [None] * len(p_values)
    worst = 0.0
    for rank, (p, i) in enumerate(tested):
        worst = max(worst, min(1.0, p * (len(tested) - rank)))
        adjusted[i] = worst
    return adjusted
