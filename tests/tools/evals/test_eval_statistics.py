"""Figures from print, figures by hand, and how often the methods are wrong."""

from itertools import product
from math import comb, isclose

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.thresholds import threshold
from tools.evals.statistics.means import mean_interval, sums_of
from tools.evals.statistics.multiplicity import holm
from tools.evals.statistics.power import detectable, power, rows_needed
from tools.evals.statistics.proportions import Z95, mcnemar, paired_proportions, tango, wilson
from tools.evals.statistics.scores import paired_scores
from tools.evals.verdict import judge


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        # Newcombe 1998, table I, method 3 (Wilson, no continuity correction).
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_the_printed_figures(successes: int, n: int, low: float, high: float) -> None:
    interval = wilson(successes, n)
    assert interval.low == pytest.approx(low, abs=5e-5)
    assert interval.high == pytest.approx(high, abs=5e-5)


@pytest.mark.parametrize(("successes", "n"), [(0, 0), (0, 1), (1, 1)])
def test_a_proportion_of_one_sample_has_no_interval(successes: int, n: int) -> None:
    assert wilson(successes, n).low is None
    assert wilson(successes, n).high is None


def test_tango_gives_the_printed_figures() -> None:
    # Cavo et al. 2012 (both 59, first only 6, second only 16, neither 80), as computed by R's contingencytables.
    interval = tango(6, 16, 161)
    assert (interval.low, interval.high) == (pytest.approx(-0.1240, abs=5e-5), pytest.approx(-0.0054, abs=5e-5))


@pytest.mark.parametrize(
    ("b", "c", "p"),
    [
        (1, 7, 0.0703),  # Fagerland et al. 2013, table 1 (Bentur et al. 2009)
        (6, 16, 0.052479),  # Cavo et al. 2012
        (0, 5, 2 * 0.5**5),
        (0, 6, 2 * 0.5**6),
        (3, 3, 1.0),
        (0, 0, 1.0),
    ],
)
def test_mcnemar_gives_the_printed_figures(b: int, c: int, p: float) -> None:
    assert mcnemar(b, c) == pytest.approx(p, abs=5e-5)
    assert mcnemar(c, b) == mcnemar(b, c)


@given(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60))
@settings(max_examples=150, deadline=None)
def test_tango_limits_are_where_the_score_test_says(b: int, c: int, rest: int) -> None:
    """At each limit the score statistic, with its nuisance found by brute force, is 1.96."""
    n = b + c + rest
    if n < 2:
        return
    interval = tango(b, c, n)
    assert interval.low is not None
    assert interval.high is not None
    assert -1 <= interval.low <= (b - c) / n <= interval.high <= 1
    mirror = tango(c, b, n)
    assert isclose(mirror.low, -interval.high, abs_tol=1e-9)  # type: ignore[arg-type]
    for limit in (interval.low, interval.high):
        if abs(limit) > 0.999:
            continue
        # Largest likelihood over the share of losses q, with wins q + limit and ties 1 - 2q - limit.
        q = np.linspace(max(0.0, -limit) + 1e-9, (1 - limit) / 2 - 1e-9, 200_001)
        with np.errstate(divide="ignore", invalid="ignore"):
            likelihood = b * np.log(q + limit) + c * np.log(q) + rest * np.log(np.maximum(1 - 2 * q - limit, 1e-300))
        best = q[np.nanargmax(likelihood)]
        z = (b - c - n * limit) / np.sqrt(n * (2 * best + limit * (1 - limit)))
        assert abs(z) == pytest.approx(Z95, abs=0.02)


def test_power_is_the_sum_over_every_outcome() -> None:
    n, difference, changed = 12, 0.3, 0.6
    win, loss, tie = (changed + difference) / 2, (changed - difference) / 2, 1 - changed
    by_hand = sum(
        comb(n, w) * comb(n - w, v) * win**w * loss**v * tie ** (n - w - v)
        for w, v in product(range(n + 1), repeat=2)
        if w + v <= n and w > v and mcnemar(w, v) <= threshold("evals.alpha")
    )
    assert power(n, difference, changed) == pytest.approx(by_hand, abs=1e-9)


def test_rows_needed_and_detectable_agree() -> None:
    n = rows_needed(0.1, 0.25)
    assert n is not None
    assert power(n, 0.1, 0.25) >= 0.8 > power(n - 1, 0.1, 0.25)
    found = detectable(200, 0.25)
    assert found is not None
    assert power(200, found, 0.25) == pytest.approx(0.8, abs=0.01)
    assert detectable(5, 0.25) is None
    assert rows_needed(0.0, 0.25) is None


@pytest.mark.parametrize(("difference", "share"), [(0.02, 0.1), (0.03, 0.5), (0.01, 0.02)])
def test_exact_and_approximate_power_meet(difference: float, share: float) -> None:
    limit = int(threshold("evals.exact_power_max_n"))
    assert power(limit, difference, share) == pytest.approx(power(limit + 1, difference, share), abs=0.01)


def test_holm_by_hand() -> None:
    # 0.01 x 4, then max(that, 0.02 x 3), 0.03 x 2, 0.5; None was no test.
    assert holm([0.03, 0.01, None, 0.02, 0.5]) == [0.06, 0.04, None, 0.06, 0.5]


def test_the_exact_permutation_of_few_pairs() -> None:
    # Five gains out of five: of 32 sign patterns, the two extreme ones are as far out.
    result = paired_scores(np.array([0.1, 0.2, 0.3, 0.4, 0.5]))
    assert result.p_value == pytest.approx(2 / 32)


def test_scores_repeat_to_the_last_digit() -> None:
    scores = np.random.default_rng(1).normal(0.05, 0.2, 80)
    assert paired_scores(scores) == paired_scores(scores)


def test_samples_that_share_a_source_count_once() -> None:
    """Each of 10 sources asked 20 times is not 200 independent samples: the interval stays as wide as 10 allow."""
    ten = np.random.default_rng(2).normal(0.1, 0.2, 10)
    alone, repeated = paired_scores(ten), paired_scores(np.repeat(ten, 20), np.repeat(np.arange(10), 20))
    naive = paired_scores(np.repeat(ten, 20))

    def width(r: object) -> float:
        return r.interval.high - r.interval.low  # type: ignore[attr-defined, no-any-return]

    assert width(repeated) == pytest.approx(width(alone), rel=0.1)
    assert width(naive) < 0.5 * width(repeated)
    assert "10 clusters" in repeated.test


def test_no_spread_is_not_certainty() -> None:
    same = paired_scores(np.full(20, 0.1))
    assert same.interval.low is None
    none = paired_scores(np.zeros(100))
    assert none.p_value == 1
    assert none.interval.low is not None
    assert none.interval.low < 0


def test_a_mean_beyond_0_and_1_is_students() -> None:
    assert mean_interval(sums_of(np.array([0.5]))).low is None
    ten = mean_interval(sums_of(np.arange(1.0, 11.0)))
    assert ten.low == pytest.approx(5.5 - 2.262157 * 3.027650 / 10**0.5, abs=1e-5)
    assert ten.method == "Student t"


@pytest.mark.parametrize("score", [0.0, 1.0])
def test_all_at_one_end_counts_each_cluster_once(score: float) -> None:
    alone = mean_interval(sums_of(np.full(40, score)))
    assert alone == wilson(40 * int(score), 40)
    shared = mean_interval(sums_of(np.full(40, score), np.repeat(np.arange(8), 5)))
    assert (shared.low, shared.high) == (wilson(8 * int(score), 8).low, wilson(8 * int(score), 8).high)
    assert "8 clusters" in shared.method


def test_scores_that_are_all_the_same_give_no_interval() -> None:
    found = mean_interval(sums_of(np.full(20, 0.7)))
    assert (found.low, found.method) == (None, "unknown: every sample scored the same")


@pytest.mark.parametrize(
    ("kind", "clusters", "size", "least"),
    [("yes_no", 40, 10, 0.93), ("few_clusters", 8, 20, 0.90), ("near_1", 60, 1, 0.90), ("partial", 30, 6, 0.93)],
)
def test_the_interval_of_a_mean_covers_the_truth_and_stays_within_0_and_1(
    kind: str, clusters: int, size: int, least: float
) -> None:
    """600 simulated evals whose samples share a cluster's difficulty (an intraclass correlation of about a third)."""
    rng = np.random.default_rng(11)
    of = np.repeat(np.arange(clusters), size)
    shape, covered, naive = {"near_1": (19.0, 1.0), "few_clusters": (1.0, 1.0)}.get(kind, (1.4, 0.6)), 0, 0
    truth = shape[0] / sum(shape)
    for _ in range(600):
        hard = np.repeat(rng.beta(*shape, clusters), size)
        scores = hard if kind in ("partial", "near_1") else rng.binomial(1, hard).astype(float)
        found = mean_interval(sums_of(scores, of if size > 1 else None))
        assert found.low is not None
        assert found.high is not None
        assert 0 <= found.low < found.high <= 1
        covered += found.low <= truth <= found.high
        alone = mean_interval(sums_of(scores))
        naive += alone.low is not None and alone.high is not None and alone.low <= truth <= alone.high
    assert covered >= 600 * least
    if size > 1:
        assert naive < 600 * 0.85, "what ignoring the clusters would claim"


def test_under_no_difference_improved_comes_no_oftener_than_its_level() -> None:
    """1,000 sets here; bench/evals/false_alarms.py does 10,000 of each kind."""
    rng = np.random.default_rng(3)
    for n, share in ((20, 0.5), (60, 0.2), (200, 0.1)):
        changed = rng.binomial(n, share, 1000)
        wins = rng.binomial(changed, 0.5)
        verdicts = [
            judge(paired_proportions(int(w), int(d - w), n), n).verdict for w, d in zip(wins, changed, strict=True)
        ]
        improved = verdicts.count("improved")
        # The level is one side of alpha: 2.5 %; 1,000 draws at that rate stay below 42 in all but 1 of 1,000 cases.
        assert improved <= 42
        assert "regressed" in verdicts or n == 20
