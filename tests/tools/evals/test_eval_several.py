"""Several candidates, uneven labels, and a goal with a guardrail beside it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from tools.evals import store
from tools.evals.compare import CompareRequest, compare, compare_several
from tools.evals.gate import GateRequest, gate
from tools.evals.labels import label_report
from tools.evals.records import NewEval, Sample
from tools.evals.statistics.classes import macro_f1, macro_f1_difference, macro_f1_interval, per_label
from ui.cli.evals import labels_line


def test_macro_f1_gives_the_printed_and_the_hand_figures() -> None:
    # scikit-learn's documentation of f1_score: 0.26...
    truth, said = [list(map(str, x)) for x in ([0, 1, 2, 0, 1, 2], [0, 2, 1, 0, 0, 1])]
    assert macro_f1(truth, said) == pytest.approx(0.8 / 3)
    # By hand: a has 1 hit of 2 targets and 1 said; b has 1 of 1 and 2 said: both 2/3.
    assert macro_f1(["a", "a", "b"], ["a", "b", "b"]) == pytest.approx(2 / 3)
    # An answer that is no label counts against its target and is no label of its own.
    assert macro_f1(["a", "b"], ["a", "zzz"]) == pytest.approx(0.5)
    assert [s.label for s in per_label(["a", "b"], ["a", "zzz"])] == ["b", "a"]


def test_macro_f1_sees_what_accuracy_hides() -> None:
    truth = ["common"] * 95 + ["rare"] * 5
    found = macro_f1_interval(truth, ["common"] * 100)
    assert found.value == pytest.approx(0.95 / 1.95)
    assert found.interval.low is not None
    assert macro_f1_interval(["a"] * 3, ["a"] * 3).interval.low is None, "three samples say nothing"
    assert macro_f1_interval(truth, ["common"] * 100) == found, "the same to the last digit"


def test_under_no_difference_the_interval_of_macro_f1_holds_zero() -> None:
    """60 sets; at 95 % no more than 8 intervals miss 0 in all but 1 of 100 cases."""
    rng, missed = np.random.default_rng(5), 0
    for _ in range(60):
        truth = rng.choice(list("abc"), 150, p=[0.6, 0.3, 0.1])
        sides = [np.where(rng.random(150) < 0.7, truth, rng.choice(list("abc"), 150)) for _ in range(2)]
        found = macro_f1_difference(*(x.tolist() for x in (truth, *sides))).interval
        assert found.low is not None
        assert found.high is not None
        missed += not found.low <= 0 <= found.high
    assert missed <= 8


@pytest.fixture
def four(stored: Callable[..., Any]) -> None:
    """A base, and three candidates whose p-values are 0.039, 0.039 and 1."""
    base = [False] * 40 + [True] * 60
    more = {"a": [*[True] * 8, *[False] * 32, *[True] * 59, False], "c": base}
    more["b"] = more["a"]
    rows = [
        {"id": i, "base_correct": base[i], **{f"{n}_correct": v[i] for n, v in more.items()}} for i in range(len(base))
    ]
    stored(rows)


def test_several_candidates_are_corrected_for_their_number(four: None) -> None:
    alone = compare(CompareRequest(baseline="t/base", candidate="t/a"))
    assert alone.p_value == pytest.approx(0.0390625)
    assert alone.verdict == "improved"
    a, b, c = compare_several("t/base", ("t/a", "t/b", "t/c"))
    assert a.p_adjusted == pytest.approx(3 * 0.0390625)
    assert (a.verdict, b.verdict, c.verdict) == ("no_significant_difference",) * 3
    assert c.p_adjusted == 1


@pytest.mark.parametrize(
    ("goal", "passed", "said"),
    [
        ({"at_least": 0.5}, True, "at least 0.500"),
        ({"at_least": 0.6}, False, "at least 0.600"),
        ({"guardrail": ("t/base", "t/c")}, True, "guardrail: no loss shown"),
        ({"guardrail": ("t/a", "t/base")}, False, "guardrail: worse at overall"),
    ],
)
def test_a_gate_holds_a_target_and_a_guardrail(four: None, goal: dict[str, Any], passed: bool, said: str) -> None:
    result = gate(GateRequest(baseline="t/base", candidate="t/a", **goal))
    assert result.passed is passed
    assert said in result.line
    assert "\n" not in result.line


def test_macro_f1_of_nothing_is_unknown_and_not_0(home: object) -> None:
    new = NewEval(name="t", origin="run", source="x", grader="label", grader_version=1)
    with store.adding() as (batch, _):
        batch.add(batch.begin(new), [Sample(str(i), score=1.0, correct=True) for i in range(8)])
    report = label_report("t")
    assert report is not None
    assert (report.n, report.macro_f1, report.ci_low) == (0, None, None)
    assert "unknown" in labels_line(report)
