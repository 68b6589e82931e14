"""What a held-out set can show, said before training: the smallest difference, and the rows for a smaller one.

Base and tuned answer the same rows, so the comparison is paired, and only the rows where exactly one of them is right
count (McNemar 1947). How many rows those are depends on the share of answers that change, which nobody knows before:
it is an assumption (`dataset.changed_share`), said with every figure, and it can be changed. The figures are the power
of the exact test that `evals compare` runs; tools/evals/statistics/power.py computes it. Miettinen's sample-size
formula (Biometrics 24, 1968, 339-352) gives a few per cent fewer rows: its test is the asymptotic one.
"""

from tools.dataset.linter.context import threshold
from tools.dataset.records import Power, RowsFor

ASKED_ABOUT = ("difference_large", "difference_usual", "difference_small")
"""Differences of the two accuracies that people ask about, in the thresholds."""
TEST = "exact McNemar, paired, two-sided"


def held_out_power(rows: int, changed_share: float | None = None) -> Power:
    """What `rows` held-out examples can show.

    Args:
        rows: examples in the held-out set.
        changed_share: share of the rows, 0 to 1, where exactly one of base and tuned is right; None: the usual
            assumption. A difference can never be larger than this share; where it is, the share is taken as large.
    """
    from knowledge.thresholds import threshold as limit
    from tools.evals.statistics.power import detectable, rows_needed

    share = threshold("changed_share") if changed_share is None else changed_share
    return Power(
        rows=rows,
        changed_share=share,
        alpha=limit("evals.alpha"),
        power=limit("evals.power"),
        test=TEST,
        detectable=detectable(rows, share) if rows else None,
        rows_for=[RowsFor(difference=d, rows=rows_needed(d, share)) for d in map(threshold, ASKED_ABOUT)],
    )


def words(power: Power) -> str:
    """One sentence: "40 held-out rows can show a difference of 22 points; for 5 points you need about 820."."""
    held = f"{power.rows:,} held-out row{'' if power.rows == 1 else 's'}"
    seen = (
        "can show no difference at all"
        if power.detectable is None
        else f"can show a difference of {_points(power.detectable)}"
    )
    wanted = next((r for r in power.rows_for if r.rows and r.rows > power.rows), None)
    usual = threshold("difference_usual")
    if power.detectable is not None and power.detectable > usual:
        wanted = next((r for r in power.rows_for if r.difference == usual), wanted)
    if wanted is None or wanted.rows is None:
        return f"{held} {seen}."
    return f"{held} {seen}; for {_points(wanted.difference)} you need about {about(wanted.rows):,}."


def assumption(power: Power) -> str:
    """What the sentence rests on."""
    return (
        f"Assumed: {power.changed_share:.0%} of the answers change between right and wrong; then such a difference is "
        f"found in {power.power:.0%} of cases at the {power.alpha:.0%} level (paired test)."
    )


def about(rows: int) -> int:
    """Two leading digits: the assumption behind the figure carries no more."""
    size = 10 ** max(0, len(str(rows)) - 2)
    return int(round(rows / size) * size)


def _points(difference: float) -> str:
    points = round(100 * difference)
    if not points:
        return "less than 1 point"
    return f"{points} point{'' if points == 1 else 's'}"
