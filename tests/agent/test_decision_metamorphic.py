"""How the decision must move when one fact moves: never the wrong way, and never for a fact that does not matter."""

import itertools
from typing import Any

from decision_space import any_value, fact_sets, gap_sets, product, search
from hypothesis import assume, given
from hypothesis import strategies as st

from agent.ask import plain
from agent.conclude import TRAINING, Conclusion, conclude
from agent.facts import Facts
from knowledge.rules import questions

ANY_FACTS = st.one_of(fact_sets(), fact_sets(mostly_known=True))
EFFORTS = ["none", "single_prompt", "few_shot", "iterated", "systematic"]
ONLY_RISKS = [
    "deadline_days", "horizon_months", "sensitive_data", "openai_eligible", "prompt_tokens", "completion_tokens",
]  # fmt: skip
"""Facts that colour risks and steps, never the decision."""
ONLY_ADAPTER = ["provider", "base_model", "gpu", "budget_usd"]


def trains(now: Conclusion) -> bool:
    return now.decision in TRAINING


@search(200)
@given(ANY_FACTS, st.sampled_from(ONLY_RISKS + ONLY_ADAPTER), st.data())
def test_means_and_time_do_not_change_what_is_right(facts: Facts, fact: str, data: st.DataObject) -> None:
    changed = facts.having(**{fact: data.draw(st.one_of(st.none(), any_value(fact)))})
    before, after = conclude(plain(facts)), conclude(plain(changed))
    assert before.outcome == after.outcome
    if fact in ONLY_RISKS:
        assert before.adapter == after.adapter


@search(300)
@given(ANY_FACTS, st.lists(st.integers(0, 10**6), min_size=2, max_size=2).map(sorted))
def test_more_volume_never_lowers_the_case_for_training(facts: Facts, volumes: list[int]) -> None:
    fewer, more = (conclude(plain(facts.having(requests_per_day=n))) for n in volumes)
    if trains(fewer):
        assert trains(more)
        assert (more.status, more.technique) == (fewer.status, fewer.technique)


@search(300)
@given(ANY_FACTS, st.sampled_from(list(itertools.combinations(EFFORTS, 2))))
def test_more_headroom_in_the_prompt_never_raises_the_case_for_training(facts: Facts, pair: tuple[str, str]) -> None:
    less, more = (conclude(plain(facts.having(prompt_effort=effort))) for effort in pair)
    if trains(less):
        assert trains(more)


@search(300)
@given(ANY_FACTS, st.lists(st.integers(0, 3000), min_size=2, max_size=2).map(sorted))
def test_more_good_examples_never_move_away_from_training(facts: Facts, counts: list[int]) -> None:
    assume(facts.labels_quality in (None, "clean"))
    fewer, more = (conclude(plain(facts.having(examples=n))) for n in counts)
    if trains(fewer):
        assert trains(more)


def test_more_good_examples_never_move_away_from_training_in_any_gap() -> None:
    space: dict[str, list[Any]] = {
        "gaps": gap_sets(2),
        "prompt_effort": ["systematic"],
        "evals_defined": [True],
        "task_type": [None, "code", "reasoning"],
        "objective_grader": [None, True],
        "baseline_score": [None, 0.4],
        "can_make_examples": [None, True],
    }
    for values in product(space):
        steps = [trains(conclude({**values, "examples": n})) for n in (0, 49, 50, 5000)]
        assert steps == sorted(steps), values


@search(300)
@given(ANY_FACTS, st.lists(st.integers(0, 3000), min_size=2, max_size=2).map(sorted))
def test_more_pairs_never_move_away_from_training(facts: Facts, counts: list[int]) -> None:
    fewer, more = (conclude(plain(facts.having(preference_pairs=n))) for n in counts)
    if trains(fewer):
        assert trains(more)


@search(300)
@given(ANY_FACTS, st.booleans())
def test_a_test_set_never_moves_away_from_training(facts: Facts, without: bool) -> None:
    there = conclude(plain(facts.having(evals_defined=True)))
    missing = conclude(plain(facts.having(evals_defined=False if without else None)))
    if trains(missing):
        assert trains(there)
    assert not (without and trains(missing))


@search(300)
@given(ANY_FACTS)
def test_reaching_the_goal_never_raises_the_case_for_training(facts: Facts) -> None:
    """Unless speed, cost or hardware presses: then a model that reaches the goal is one that can teach."""
    assume(not conclude(plain(facts)).situation.get("pressure"))
    reached = conclude(plain(facts.having(meets_target=True)))
    assert not trains(reached)


@search(200)
@given(ANY_FACTS, st.data())
def test_what_asking_promised_is_what_an_answer_gives(facts: Facts, data: st.DataObject) -> None:
    """Facts that are not missing cannot change the decision when they become known with a usual answer."""
    from agent.ask import could_change

    values = plain(facts)
    now = conclude(values)
    assume(now.status == "recommend")
    missing = could_change(values, frozenset(), now)
    quiet = [f for f in questions() if f not in values and f not in missing and questions()[f].asked]
    sensible = [f for f in quiet if not questions()[f].only_if]
    if sensible:
        fact = data.draw(st.sampled_from(sensible))
        value = data.draw(any_value(fact) if fact != "gaps" else st.none())
        if value is not None:
            then = conclude(plain(facts.having(**{fact: value})))
            assert then.outcome == now.outcome, fact


@search(200)
@given(ANY_FACTS)
def test_refusing_never_leads_to_training_that_knowing_would_not_allow(facts: Facts) -> None:
    """Saying nothing is not a way around the gates: some answer to each refused question allows the same training."""
    values = plain(facts)
    now = conclude(values)
    assume(now.status == "ask")
    refused = conclude(values, frozenset(now.open_needs))
    if trains(refused):
        for fact in refused.refused:
            answers = [o.value for o in questions()[fact].options] or [t.value for t in questions()[fact].tries]
            assert any(trains(conclude({**values, fact: answer})) for answer in answers)
