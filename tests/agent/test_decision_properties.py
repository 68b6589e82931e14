"""What always holds (the contract's eight properties), searched over the space of facts rather than shown on examples.

The enumerations try every combination of the reduced spaces in decision_space.py; the searches draw any facts at all.
"""

import json
import random
from collections import Counter
from typing import Any

import pytest
from decision_space import KNOWLEDGE_LIKE, SPACES, fact_sets, gap_sets, product, search, some_declined
from hypothesis import given
from hypothesis import strategies as st

from agent.ask import next_question, plain
from agent.conclude import TRAINING, Conclusion, conclude
from agent.decide import decide
from agent.facts import FACT_NAMES, GAPS, Facts, parse_facts
from agent.flips import find_flips
from agent.recommend import Recommendation
from knowledge.sources import sources

EVERYTHING = frozenset(FACT_NAMES)
ANY_FACTS = st.one_of(fact_sets(), fact_sets(mostly_known=True))


def is_lawful(values: dict[str, Any], now: Conclusion, declined: frozenset[str] = frozenset()) -> None:
    """Properties 1 to 4 and what belongs to each technique, on one conclusion."""
    get = now.situation.get
    gaps = set(values.get("gaps") or ())
    # 1. One more question or one recommendation, never both, never neither.
    assert (now.status == "ask") == bool(now.open_needs)
    assert not set(now.open_needs) & declined
    assert all(values.get(fact) is None for fact in now.open_needs)
    if now.status == "recommend":
        assert now.decision is not None
    if now.decision not in TRAINING:
        assert now.technique is None
        assert now.adapter is None
        return
    assert now.technique is not None
    assert now.adapter is not None
    # 2. A lack of knowledge alone never trains, and where knowledge is lacking retrieval stays.
    if gaps:
        assert gaps - KNOWLEDGE_LIKE, "a lack that no training can mend led to training"
    else:
        assert get("pressure") is True, "nobody said what is wrong"
    assert gaps != {"none"} or values.get("latency_or_cost_pressure")
    if "knowledge" in gaps:
        assert now.decision == "rag_plus_fine_tune"
    # 3. Not while prompting is untried; if its state is unknown, a reason stands in for it.
    assert values.get("prompt_effort") not in ("none", "single_prompt")
    if values.get("prompt_effort") is None:
        assert get("accepted_reason") is not None
    # 4. Not while it is known that nothing would tell whether it worked; unknown, it is asked.
    assert values.get("evals_defined") is not False
    if values.get("evals_defined") is None:
        assert ("evals_defined" in now.open_needs) != ("evals_defined" in now.refused)
    # Good enough, and neither speed nor cost nor hardware presses: no training.
    if values.get("meets_target") is True:
        assert get("pressure") is True
    needs_of_technique(values, now)


def needs_of_technique(values: dict[str, Any], now: Conclusion) -> None:
    get = now.situation.get
    match now.technique:
        case "raft":
            assert now.decision == "rag_plus_fine_tune"
            assert get("retrieval_tried") is True
        case "distillation":
            assert get("teacher") is True
            assert get("pressure") is True or get("runs_inside") is True
        case "dpo":
            assert "preference" in values["gaps"]
            assert values["preference_pairs"] >= 100
        case "rft":
            assert values["objective_grader"] is True
            assert values.get("baseline_score") != 0
        case "vision_sft":
            assert get("image") is True
            assert values["examples"] >= 50
        case "sft":
            assert values["examples"] >= 50
            assert values.get("labels_quality") in (None, "clean")


@pytest.mark.parametrize("name", SPACES)
def test_every_combination_is_lawful(name: str) -> None:
    seen: Counter[Any] = Counter()
    for values in product(SPACES[name]):
        now = conclude(values)
        is_lawful(values, now)
        seen[now.status, now.decision] += 1
        if now.status == "ask":
            refused = conclude(values, EVERYTHING)
            assert refused.status == "recommend", "a person who says nothing more still gets an answer"
            is_lawful(values, refused, EVERYTHING)
    # The enumeration is worth something only if it comes to training and away from it.
    assert len({decision for _, decision in seen}) >= 4
    assert any(decision in TRAINING and status == "recommend" for status, decision in seen)


def test_a_lack_of_knowledge_alone_never_trains_whatever_else_is_known() -> None:
    only = [gaps for gaps in gap_sets(3) if gaps and set(gaps) <= KNOWLEDGE_LIKE]
    assert len(only) == 4 + 6 + 4
    others: dict[str, list[Any]] = {
        "gaps": only,
        "knowledge_change": [None, "never", "realtime"],
        "offline_required": [None, True],
        "data_must_stay_inside": [None, True],
        "rag_tried": [None, True, False],
        "retrieval_recall_ok": [None, True, False],
        "tools_tried": [None, True],
        "latency_or_cost_pressure": [None, True],
        "meets_target": [None, True, False],
        "teacher_meets_target": [None, True],
        "prompt_effort": ["systematic"],
        "evals_defined": [True],
        "examples": [100_000],
        "labels_quality": ["clean"],
        "narrow_task": [True],
        "requests_per_day": [10**6],
    }
    for values in product(others):
        assert conclude(values).decision not in TRAINING, values


@search(800)
@given(ANY_FACTS, some_declined())
def test_any_facts_and_refusals_are_lawful(facts: Facts, declined: frozenset[str]) -> None:
    values = {k: v for k, v in facts if v is not None}
    now = conclude(values, declined)
    if now.status != "out_of_scope":
        is_lawful(values, now, declined)


@search(150)
@given(ANY_FACTS, some_declined())
def test_exactly_one_question_or_one_recommendation(facts: Facts, declined: frozenset[str]) -> None:
    result, question = decide(facts, declined), next_question(facts, declined)
    assert (result.status == "ask") == (question is not None)
    if facts.in_scope is False:
        assert result.status == "out_of_scope"
        assert result.decision is None
        assert result.next_steps
    if result.status == "recommend":
        assert result.decision is not None


@search(150)
@given(ANY_FACTS, some_declined())
def test_every_reason_names_its_facts_its_rule_and_its_source(facts: Facts, declined: frozenset[str]) -> None:
    result = decide(facts, declined)
    known = facts.known()
    if result.status == "recommend":
        assert result.because
    for reason in result.because:
        assert reason.text
        assert reason.rule == result.rule
        assert reason.source.startswith(sources()[reason.source_key].title)
        assert reason.facts
        assert set(reason.facts) <= set(FACT_NAMES)
        # It rests on what is known; only "nothing is known" may rest on what is not.
        assert all(fact in known for fact in reason.facts) or len(result.because) == 1
        assert "{" not in reason.text
    for text in (*result.risks, *result.next_steps, *(n.text for n in result.not_now)):
        assert "{" not in text
        assert "unknown requests" not in text


@search(300)
@given(ANY_FACTS, some_declined())
def test_every_flip_is_true_and_says_something_else(facts: Facts, declined: frozenset[str]) -> None:
    values = plain(facts)
    now = conclude(values, declined)
    flips = find_flips(values, declined, now)
    assert len(flips) <= 5
    for flip in flips:
        changed = plain(facts.having(**flip.if_))
        assert changed != values
        for again in (conclude(changed), conclude(changed, declined)):
            assert again.status == "recommend"
            assert (again.decision, again.technique) == (flip.then.decision, flip.then.technique)
        assert (flip.then.decision, flip.then.technique) != (now.shown, now.technique if now.shown else None)


@search(40)
@given(ANY_FACTS)
def test_every_flip_is_true_as_a_caller_would_check_it(facts: Facts) -> None:
    told = json.loads(decide(facts).model_dump_json())
    for flip in told["flips"]:
        again = decide(parse_facts({**facts.known(), **flip["if"]}))
        assert again.status == "recommend"
        assert {"decision": again.decision, "technique": again.technique} == flip["then"]


@search(100)
@given(ANY_FACTS, some_declined(), st.randoms(use_true_random=False))
def test_the_same_facts_in_any_order_give_the_same_bytes(
    facts: Facts, declined: frozenset[str], rnd: random.Random
) -> None:
    known = list(facts.known().items())
    rnd.shuffle(known)
    shuffled = {k: rnd.sample(v, len(v)) if isinstance(v, list) else v for k, v in known}
    said_twice = {**shuffled, "gaps": shuffled["gaps"] * 2} if "gaps" in shuffled else shuffled
    first = decide(facts, declined).model_dump_json()
    assert (
        decide(parse_facts(said_twice), frozenset(rnd.sample(sorted(declined), len(declined)))).model_dump_json()
        == first
    )


@search(100)
@given(fact_sets(mostly_known=True))
def test_training_says_why_and_what_was_passed_over(facts: Facts) -> None:
    result = decide(facts)
    passed = {entry.decision for entry in result.not_now}
    assert result.decision not in passed
    if result.status == "recommend" and result.decision not in TRAINING:
        assert "fine_tune" in passed
    if result.decision in TRAINING:
        assert "prompt_engineering" in passed
        assert not passed & set(TRAINING)
        if facts.prompt_effort is None:
            assert any("Accepted" in reason.text for reason in result.because), "the accepted reason is not named"


@search(100)
@given(fact_sets(mostly_known=True))
def test_a_refused_test_set_becomes_the_first_step_at_low_confidence(facts: Facts) -> None:
    facts = facts.having(evals_defined=None)
    result = decide(facts, frozenset({"evals_defined"}))
    if result.decision in TRAINING and result.status == "recommend":
        assert "evals_defined" in result.declined
        assert "test set" in result.next_steps[0]
        assert result.confidence == "low"


def test_the_form_of_the_json_is_the_contracts() -> None:
    result: Recommendation = decide(parse_facts({"gaps": ["knowledge"]}))
    told = json.loads(result.model_dump_json())
    assert list(told)[:5] == ["status", "decision", "technique", "adapter", "confidence"]
    assert list(told)[5:11] == ["because", "not_now", "next_steps", "flips", "missing", "risks"]
    assert set(told["because"][0]) >= {"text", "facts", "rule", "source"}
    assert set(told["not_now"][0]) >= {"decision", "text", "rule"}
    assert set(told["flips"][0]) == {"if", "then"}


def test_gaps_said_in_any_order_or_twice_are_the_same() -> None:
    for pair in gap_sets(2):
        if pair and len(pair) == 2:
            assert parse_facts({"gaps": pair}) == parse_facts({"gaps": pair[::-1] + pair})
    assert parse_facts({"gaps": ["none", "cost"]}).gaps == ("cost",)
    assert len(GAPS) == 18
