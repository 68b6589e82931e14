"""What a comparison says, from plain cases to the ones that trip others up."""

from collections.abc import Callable
from typing import Any

import pytest

from tools.errors import NotFoundError
from tools.evals.compare import CompareRequest, Comparison, compare
from tools.evals.gate import GateRequest, gate

Paired = Callable[..., Comparison]


def flips(n: int, only_base: int, only_tuned: int, both: int = 0) -> tuple[list[int], list[int]]:
    """Scores of n pairs with the given cells; the rest fail both."""
    rest = n - only_base - only_tuned - both
    return (
        [1] * only_base + [0] * only_tuned + [1] * both + [0] * rest,
        [0] * only_base + [1] * only_tuned + [1] * both + [0] * rest,
    )


@pytest.mark.parametrize(
    ("n", "only_base", "only_tuned", "both", "verdict"),
    [
        (200, 10, 40, 100, "improved"),
        (200, 40, 10, 100, "regressed"),
        (200, 20, 24, 100, "no_significant_difference"),
        (200, 0, 0, 100, "no_significant_difference"),  # identical, and enough of them to say so
        (10, 0, 0, 10, "insufficient_evidence"),  # identical, but ten say little
        (5, 0, 5, 0, "insufficient_evidence"),  # no outcome of five could be significant
        (6, 0, 6, 0, "improved"),
        (20, 1, 3, 10, "insufficient_evidence"),  # four changed samples cannot show anything
        (1, 0, 1, 0, "insufficient_evidence"),
        (1000, 1, 3, 900, "no_significant_difference"),  # four changed of a thousand: a difference would be tiny
        (161, 16, 6, 59, "no_significant_difference"),  # p = 0.052
    ],
)
def test_verdict(paired: Paired, n: int, only_base: int, only_tuned: int, both: int, verdict: str) -> None:
    base, tuned = flips(n, only_base, only_tuned, both)
    c = paired(base, tuned)
    assert c.verdict == verdict
    assert c.n == n
    assert c.test == "exact McNemar"
    assert c.difference == pytest.approx((only_tuned - only_base) / n)
    assert c.baseline == pytest.approx((only_base + both) / n)
    assert c.candidate == pytest.approx((only_tuned + both) / n)
    assert (c.regressions_total, c.improvements_total) == (only_base, only_tuned)
    if n == 1:
        assert (c.ci_low, c.p_value) == (None, None), "one pair: unknown, never a point without width"
    else:
        assert c.ci_low is not None
        assert c.ci_high is not None
        assert c.ci_low < c.difference < c.ci_high or n == only_tuned


def test_too_few_pairs_for_any_outcome_is_the_reason_given(paired: Paired) -> None:
    c = paired(*flips(5, 0, 5))
    assert c.reason == "n=5: with fewer than 6 pairs no outcome could be significant."


def test_identical_evals_are_never_improved(paired: Paired) -> None:
    c = paired([1] * 500, [1] * 500)
    assert (c.difference, c.p_value, c.verdict) == (0, 1, "no_significant_difference")
    assert c.ci_low is not None
    assert -0.01 < c.ci_low < 0, "all correct is not an interval of no width"


def test_harm_comes_first_and_a_gain_overall_does_not_hide_it(paired: Paired) -> None:
    base = [0] * 150 + [1] * 50
    tuned = [1] * 150 + [0] * 50
    c = paired(base, tuned, category=["common"] * 150 + ["rare"] * 50)
    assert c.verdict == "improved"
    assert [(s.category, s.verdict) for s in c.slices] == [("rare", "regressed"), ("common", "improved")]
    assert len(c.regressions) == 50
    assert {f.category for f in c.regressions} == {"rare"}


def test_slices_are_corrected_for_their_number(paired: Paired) -> None:
    """One of twenty slices with 6 of 6 gains is p = 0.031 alone, and nothing special among twenty."""
    base, tuned = [1, 0] * 200, [1, 0] * 200
    for i in range(6):
        base[i], tuned[i] = 0, 1
    category = [str(i // 20) for i in range(400)]
    found = next(s for s in paired(base, tuned, category=category).slices if s.category == "0")
    assert found.p_value == pytest.approx(0.03125)
    assert found.p_adjusted == pytest.approx(0.625)
    assert found.verdict != "improved"


def test_a_flip_shows_both_answers(stored: Callable[..., Any]) -> None:
    stored(
        [
            {"id": f"q{i}", "input": "2+2", "target": "4", "base_correct": True, "base_completion": "4",
             "tuned_correct": i > 0, "tuned_completion": "4" if i else "22"}
            for i in range(8)
        ]
    )  # fmt: skip
    c = compare(CompareRequest(baseline="t/base", candidate="t/tuned"))
    (flip,) = c.regressions
    assert (flip.id, flip.input, flip.target) == ("q0", "2+2", "4")
    assert (flip.baseline_completion, flip.candidate_completion) == ("4", "22")


def test_scores_beyond_pass_and_fail_are_permuted(paired: Paired) -> None:
    base = [i / 100 for i in range(60)]
    c = paired(base, [x + 0.05 + (i % 3) / 100 for i, x in enumerate(base)])
    assert (c.test, c.metric, c.verdict) == ("paired permutation", "mean score", "improved")
    assert c.ci_low is not None
    assert 0.05 < c.ci_low < 0.06


def test_samples_that_share_a_source_are_not_independent(paired: Paired) -> None:
    """Twenty gains that all come from one document are one piece of evidence."""
    base, tuned = flips(40, 0, 20, 20)
    apart = paired(base, tuned)
    assert apart.verdict == "improved"


def test_twenty_gains_of_one_document(paired: Paired) -> None:
    base, tuned = flips(40, 0, 20, 20)
    together = paired(base, tuned, cluster=["doc"] * 20 + [f"d{i}" for i in range(20)])
    assert "clusters" in together.test
    assert together.verdict != "improved"


@pytest.mark.parametrize(("lost", "verdict"), [(10, "improved"), (190, "insufficient_evidence")])
def test_unmatched_ids_are_counted_and_said(stored: Callable[..., Any], lost: int, verdict: str) -> None:
    stored([{"id": i, "score": 0} for i in range(200)], "a", "a.jsonl")
    stored([{"id": i + lost, "score": 1} for i in range(200)], "b", "b.jsonl")
    c = compare(CompareRequest(baseline="a", candidate="b"))
    assert (c.n, c.only_in_baseline, c.only_in_candidate, c.verdict) == (200 - lost, lost, lost, verdict)
    assert any(f"{lost} samples are only in a" in w for w in c.warnings)


def test_nothing_in_common(stored: Callable[..., Any]) -> None:
    stored([{"id": f"a{i}", "score": 1} for i in range(50)], "a", "a.jsonl")
    stored([{"id": f"b{i}", "score": 1} for i in range(50)], "b", "b.jsonl")
    c = compare(CompareRequest(baseline="a", candidate="b"))
    assert (c.n, c.difference, c.ci_low, c.p_value) == (0, None, None, None)
    assert (c.baseline, c.candidate) == (None, None)
    assert c.verdict == "insufficient_evidence"


def test_missing_scores_are_left_out_and_said(stored: Callable[..., Any]) -> None:
    rows = [f'{{"id": {i}, "base_score": {"NaN" if i < 20 else 0}, "tuned_score": 1}}' for i in range(100)]
    stored(rows)
    c = compare(CompareRequest(baseline="t/base", candidate="t/tuned"))
    assert (c.n, c.unscored, c.baseline) == (80, 20, 0)
    assert any("20 samples have no score" in w for w in c.warnings)


def test_the_same_id_with_another_target_is_another_sample(stored: Callable[..., Any]) -> None:
    stored([{"id": i, "target": "x", "score": 0} for i in range(30)], "a", "a.jsonl")
    stored([{"id": i, "target": "x" if i else "y", "score": 1} for i in range(30)], "b", "b.jsonl")
    c = compare(CompareRequest(baseline="a", candidate="b"))
    assert (c.n, c.different_target) == (29, 1)


def test_an_unknown_eval_says_what_comes_close(paired: Paired) -> None:
    paired([1, 0], [1, 0])
    with pytest.raises(NotFoundError, match="Did you mean 't/base'"):
        compare(CompareRequest(baseline="t/bas", candidate="t/tuned"))


def test_an_insensitive_comparison_says_what_would_be_needed(paired: Paired) -> None:
    base, tuned = flips(40, 4, 5, 20)
    c = paired(base, tuned)
    assert c.verdict == "no_significant_difference"
    assert c.sensitivity is not None
    assert c.sensitivity.detectable_difference is not None
    assert c.sensitivity.detectable_difference > 0.15
    assert c.sensitivity.rows_for_half is not None
    assert c.sensitivity.rows_for_half > 100


@pytest.mark.parametrize(
    ("goal", "passed"),
    [
        ({}, True),
        ({"min_difference": 0.05}, True),
        ({"min_difference": 0.15}, False),  # the difference is 0.15, but the interval begins below
        ({"not_worse_than": 0.0}, True),
    ],
)
def test_gate(paired: Paired, goal: dict[str, float], passed: bool) -> None:
    base, tuned = flips(200, 10, 40, 100)
    paired(base, tuned)
    result = gate(GateRequest(baseline="t/base", candidate="t/tuned", **goal))
    assert result.passed is passed
    assert result.line.count("\n") == 0
    assert "n=200" in result.line
    back = gate(GateRequest(baseline="t/tuned", candidate="t/base", not_worse_than=0.05))
    assert not back.passed


def test_a_gate_does_not_pass_on_too_little(paired: Paired) -> None:
    paired([0, 0, 1, 1], [1, 1, 1, 1])
    assert not gate(GateRequest(baseline="t/base", candidate="t/tuned", not_worse_than=1)).passed
