"""The interview: few questions, and at the end the verdict that all the facts would have given."""

import importlib.util
import random
import sys
from pathlib import Path
from types import ModuleType

import pytest
from decision_space import fact_sets, search
from hypothesis import given

from agent.ask import plain
from agent.conclude import conclude
from agent.facts import Facts, parse_facts
from agent.foresight import foresee, two_ahead
from agent.remembered import Remembered
from agent.situation import Situation
from knowledge.thresholds import threshold


def _bench() -> ModuleType:
    path = Path(__file__).parents[2] / "bench" / "interview.py"
    spec = importlib.util.spec_from_file_location("interview_bench", path)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


BENCH = _bench()


@pytest.mark.parametrize("way", ["weighted", "uniform", "correlated"])
def test_most_people_end_where_all_their_facts_lead_after_few_questions(way: str) -> None:
    """Sixty people each, always the same ones, who tell nothing at first; bench/interview.py measures many more."""
    found = BENCH.simulate(way, 60, [0], ["nothing said"])["nothing said"]
    assert found["same_verdict"] >= 0.95, found
    assert found["median_questions"] <= 5, found
    assert found["median_to_first_verdict"] <= 3, found
    assert found["most_questions"] <= threshold("decision.most_questions"), found


def test_what_is_remembered_is_what_the_rules_say() -> None:
    """The tree of facts that were read gives what reading all the rules anew gives, and holds nothing unread."""
    said: list[Situation] = []

    def read(situation: Situation) -> tuple[object, object]:
        said.append(situation)
        return situation.get("route"), situation.get("sft_data")

    remembered = Remembered(read)
    chance = random.Random("remembered")
    for _ in range(300):
        values = plain(parse_facts(BENCH.weighted(chance)))
        anew = Situation(values)
        expected = (anew.get("route"), anew.get("sft_data"))
        assert remembered(values).result == expected
        assert remembered(values).reads == anew.reads
    assert len(said) < 300


@search(150)
@given(fact_sets(mostly_known=True))
def test_a_conclusion_is_the_same_the_first_time_and_later(facts: Facts) -> None:
    from agent import conclude as module

    first = conclude(plain(facts))
    anew = module._first(Situation(plain(facts)))
    assert (first.rule, first.decision, first.adapter) == (anew.rule, anew.decision, anew.adapter)
    assert first.open_needs == anew.lacking


def test_what_grows_without_end_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.remembered.MOST", 10)
    remembered = Remembered(lambda s: s.get("examples"))
    assert [remembered({"examples": n}).result for n in range(50)] == list(range(50))
    assert [remembered({"examples": n}).result for n in range(50)] == list(range(50))


def test_who_says_how_the_score_stands_to_the_goal_is_not_asked_for_both_numbers() -> None:
    """In no imagined person do the scores say something else than the person does."""
    known = {"gaps": ("tone_style",), "prompt_effort": "iterated", "evals_defined": True, "examples": 2000}
    said = foresee({**known, "meets_target": False, "teacher_meets_target": False}).worth
    assert said.get("target_score", said["baseline_score"]).bits < 0.05


def test_the_tuned_model_that_forgets_is_compared_with_the_prompt() -> None:
    """Who says that a tuned model forgets has one, so that the comparison can be asked for."""
    known = {"gaps": ("forgetting",), "evals_defined": True, "meets_target": False}
    assert "tuned_vs_prompt" in foresee(known).worth


def test_two_questions_mend_no_less_than_one() -> None:
    known = {"gaps": ("tone_style",), "prompt_effort": "iterated", "evals_defined": True, "examples": 2000}
    one, two = foresee(known).worth, two_ahead(known)
    assert all(two[fact] >= one[fact].mends for fact in two)
