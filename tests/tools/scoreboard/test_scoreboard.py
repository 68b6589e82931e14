"""The scoreboard: empty at first, then each case's advice against what was measured after it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from knowledge.rules import Decision
from knowledge.scoreboard import settling
from tools.evals.compare import Comparison
from tools.records import database
from tools.records.tables import advice, outcomes
from tools.scoreboard import book
from tools.scoreboard.book import facts_digest, record_advice, record_outcome, rules_digest
from tools.scoreboard.findings import of_tuned
from tools.scoreboard.records import NewAdvice, NewOutcome
from tools.scoreboard.score import scoreboard
from ui.cli.scoreboard import scoreboard_text

ME = "local"


@pytest.fixture(autouse=True)
def ticking(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every look at the clock is a second later."""
    start, seen = datetime(2026, 11, 21, tzinfo=UTC), iter(range(10_000))
    monkeypatch.setattr(book, "now", lambda: start + timedelta(seconds=next(seen)))


def given(case: str, decision: str, confidence: str = "high", facts: Any = None, owner: str = ME) -> None:
    record_advice(
        owner,
        NewAdvice(
            case_id=case, facts_digest=facts_digest(facts or {}), decision=decision,
            confidence=confidence, rule="r", rules_digest=rules_digest(),  # type: ignore[arg-type]
        ),
    )  # fmt: skip


def measured(case: str, *findings: str, n: int = 100, source: str = "a | b", owner: str = ME) -> None:
    record_outcome(owner, NewOutcome(case_id=case, source=source, findings=findings, n=n))


def test_at_first_it_says_that_it_knows_nothing() -> None:
    found = scoreboard(ME)
    assert (found.given, found.measured, found.overall.n, found.overall.share) == (0, 0, 0, None)
    assert {w.calibration for w in found.words} == {"too_few"}
    assert "nothing can be said" in scoreboard_text(found)


@pytest.mark.parametrize(
    ("decision", "findings", "right"),
    [
        ("fine_tune", ["tuned_better"], True),
        ("fine_tune", ["tuned_not_better"], False),
        ("prompt_engineering", ["tuned_not_better"], True),
        ("prompt_engineering", ["tuned_better"], False),
        ("prompt_engineering", ["prompt_met_target", "tuned_better"], True),
        ("rag", ["retrieval_better", "tuned_better"], True),
        ("rag", ["tuned_better"], None),
        ("collect_data_first", ["tuned_better"], None),
        ("fine_tune", [], None),
    ],
)
def test_a_measurement_settles_what_it_can(decision: str, findings: list[str], right: bool | None) -> None:
    given("c", decision)
    measured("c", *findings)
    found = scoreboard(ME)
    assert [s.right for s in found.settled] == ([] if right is None else [right])
    assert (found.given, found.measured) == (1, 1)


def test_the_advice_that_stood_before_is_judged_and_not_the_one_after() -> None:
    given("c", "prompt_engineering", facts={"examples": 10})
    given("c", "fine_tune", facts={"examples": 5000})
    measured("c", "tuned_not_better")
    given("c", "prompt_engineering", facts={"examples": 5000, "tuned_vs_prompt": "same"})
    (only,) = scoreboard(ME).settled
    assert (only.decision, only.right) == ("fine_tune", False)


def test_a_measurement_before_any_advice_settles_nothing() -> None:
    measured("c", "tuned_better")
    given("c", "fine_tune")
    assert scoreboard(ME).settled == []


def test_the_newest_measurement_that_can_tell_decides() -> None:
    given("c", "fine_tune")
    measured("c", "tuned_not_better", source="few rows")
    measured("c", "tuned_better", source="more rows")
    measured("c", source="nothing shown")
    assert [(s.right, s.source) for s in scoreboard(ME).settled] == [(True, "more rows")]


def test_the_same_thing_twice_is_one_entry_and_holds_no_data() -> None:
    for _ in range(3):
        given("c", "fine_tune", facts={"task_type": "dialogue"})
        measured("c", "tuned_better")
    with database.read() as connection:
        kept = [*connection.execute(advice.select()), *connection.execute(outcomes.select())]
    assert len(kept) == 2
    assert "dialogue" not in str(kept)


def test_another_persons_advice_is_not_counted() -> None:
    given("c", "fine_tune", owner="ada")
    measured("c", "tuned_better", owner="ada")
    assert scoreboard(ME).given == 0
    assert scoreboard("ada").overall.right == 1


@pytest.mark.parametrize(
    ("right", "of", "calibration"),
    [(9, 9, "too_few"), (10, 10, "as_promised"), (5, 20, "overconfident"), (17, 20, "as_promised")],
)
def test_a_word_of_confidence_is_held_against_its_promise(right: int, of: int, calibration: str) -> None:
    for i in range(of):
        given(f"c{i}", "fine_tune")
        measured(f"c{i}", "tuned_better" if i < right else "tuned_not_better")
    found = scoreboard(ME)
    high = next(w for w in found.words if w.confidence == "high")
    assert (high.right, high.n, high.calibration) == (right, of, calibration)
    assert high.ci_low is not None
    assert f"{right} of {of}" in scoreboard_text(found)


def test_every_decision_has_a_rule() -> None:
    from typing import get_args

    assert set(settling().decisions) == set(get_args(Decision))


def test_only_what_is_shown_is_a_finding() -> None:
    for verdict, found in {
        "improved": ("tuned_better",),
        "regressed": ("tuned_not_better",),
        "no_significant_difference": ("tuned_not_better",),
        "insufficient_evidence": (),
    }.items():
        assert of_tuned(Comparison.model_construct(verdict=verdict)) == found  # type: ignore[arg-type]
    with pytest.raises(KeyError):
        measured("c", "tuned_wonderful")
