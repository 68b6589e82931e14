"""Asking: the next question is the one whose answer can change the outcome most; one that cannot is never asked."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from decision_space import SPACES, fact_sets, product, search, some_declined
from hypothesis import given
from hypothesis import strategies as st

from agent.answers import likely
from agent.ask import influence, next_question, plain, question_for, sharpening_question
from agent.conclude import conclude
from agent.facts import FACT_NAMES, Facts, parse_facts
from agent.foresight import foresee
from knowledge.rules import questions

ANY_FACTS = st.one_of(fact_sets(), fact_sets(mostly_known=True))
NEVER_ASKED = ["in_scope", "no_llm_meets_target"]


@search(300)
@given(ANY_FACTS, some_declined())
def test_the_question_is_unknown_unrefused_and_can_change_the_outcome(facts: Facts, declined: frozenset[str]) -> None:
    question = next_question(facts, declined)
    if question is None:
        return
    values = plain(facts)
    now = conclude(values, declined)
    assert question.fact not in values
    assert question.fact not in declined
    thens = [conclude({**values, question.fact: value}, declined) for value, _ in likely(question.fact, values)]
    assert any(then.outcome != now.outcome or then.open_needs != now.open_needs for then in thens)


@search(60)
@given(ANY_FACTS, some_declined())
def test_no_other_fact_can_change_the_outcome_more(facts: Facts, declined: frozenset[str]) -> None:
    """Measured here for every unknown fact, read by the rules or not, against the one that was chosen."""
    question = next_question(facts, declined)
    if question is None:
        return
    values = plain(facts)
    now = conclude(values, declined)

    def weight(fact: str) -> float:
        pairs = likely(fact, values)
        return round(sum(w for v, w in pairs if conclude({**values, fact: v}, declined).outcome != now.outcome), 6)

    others = influence(values, declined, now)
    assert question.fact == (others[0] if others else now.open_needs[0])
    assert weight(question.fact) == max((weight(fact) for fact in others), default=0.0)


@search(150)
@given(ANY_FACTS, st.data())
def test_a_fact_that_was_not_read_cannot_change_anything(facts: Facts, data: st.DataObject) -> None:
    """The ground that asking and flips stand on."""
    values = plain(facts)
    now = conclude(values)
    reads = set(now.reads)
    for fact in set(FACT_NAMES) - reads - {"gaps"}:
        value = data.draw(st.sampled_from([v for v, _ in likely(fact, values)]) if fact in questions() else st.none())
        then = conclude({k: v for k, v in {**values, fact: value}.items() if v is not None})
        assert (then.outcome, then.adapter, then.rule.id) == (now.outcome, now.adapter, now.rule.id)


@search(100)
@given(ANY_FACTS, st.data())
def test_a_conversation_ends_and_never_asks_twice(facts: Facts, data: st.DataObject) -> None:
    declined: set[str] = set()
    asked: list[str] = []
    while (question := next_question(facts, declined)) is not None:
        assert question.fact not in asked
        asked.append(question.fact)
        options: list[Any] = [v for v, _ in likely(question.fact, plain(facts))]
        answer = data.draw(st.sampled_from([None, *options]))
        if answer is None:
            declined.add(question.fact)
        else:
            facts = facts.having(**{question.fact: answer})
        assert len(asked) <= 8, asked
    assert conclude(plain(facts), declined).status in ("recommend", "out_of_scope")


def test_a_first_answer_takes_about_three_questions() -> None:
    """From nothing known, every first gap with the likeliest answers comes to a recommendation in few questions."""
    lengths = {}
    for option in questions()["gaps"].options:
        facts, n = parse_facts({"gaps": option.value}), 1
        while (question := next_question(facts)) is not None:
            value, _ = max(likely(question.fact, plain(facts)), key=lambda pair: pair[1])
            facts, n = facts.having(**{question.fact: value}), n + 1
        lengths[option.value[0]] = n
    assert max(lengths.values()) <= 6, lengths
    assert sum(lengths.values()) / len(lengths) <= 3, lengths


def test_the_first_question_is_what_is_wrong() -> None:
    question = next_question(parse_facts({}))
    assert question is not None
    assert question.fact == "gaps"
    assert question.kind == "many_of"


@pytest.mark.parametrize("fact", [f for f in questions() if questions()[f].asked])
def test_every_question_can_be_answered_with_what_it_offers(fact: str) -> None:
    question = question_for(fact)
    assert question.question.endswith("?")
    assert question.why.endswith(".")
    for option in question.options:
        assert parse_facts({fact: option.value}).known() == {fact: option.value}
        assert option.label
    if not question.options:
        assert question.free
        assert question.unit or question.kind == "text"


def test_every_fact_has_its_question_and_offers_every_value() -> None:
    assert set(questions()) == set(FACT_NAMES)
    assert [f for f in questions() if not questions()[f].asked] == NEVER_ASKED
    for fact, record in questions().items():
        if record.kind in ("one_of", "yes_no", "many_of"):
            from decision_space import allowed

            offered = {tuple(o.value) if isinstance(o.value, list) else o.value for o in record.options}
            assert offered == set(allowed(fact)), fact
        weights = [o.weight for o in record.options] + [t.weight for t in record.tries]
        assert sum(weights) == pytest.approx(1.0), fact


@pytest.mark.parametrize("name", SPACES)
def test_what_must_be_known_makes_sense_to_ask(name: str) -> None:
    """A rule never waits for a fact whose question would make no sense there (every 11th combination)."""
    from agent.answers import askable

    for n, values in enumerate(product(SPACES[name])):
        if n % 11 == 0:
            now = conclude(values)
            for fact in now.open_needs:
                assert askable(fact, now.situation), (fact, now.rule.id, values)


def test_what_is_settled_leaves_nothing_unsure_and_a_spent_prompt_hangs_on_the_goal() -> None:
    assert foresee({"gaps": ("none",), "meets_target": True, "latency_or_cost_pressure": False}).unsure == 0
    spent = foresee({"gaps": ("tone_style",), "prompt_effort": "iterated", "evals_defined": False})
    assert spent.unsure > 0.2
    assert max(spent.worth, key=lambda fact: spent.worth[fact].bits) == "meets_target"


def test_what_was_refused_stays_unknown_in_every_imagined_person() -> None:
    values = {"gaps": ("tone_style",), "prompt_effort": "iterated", "evals_defined": False}
    refused = frozenset({"meets_target", "teacher_meets_target", "baseline_score", "teacher_score"})
    assert not refused & foresee(values, refused).worth.keys()
    assert foresee(values, refused).unsure < foresee(values).unsure


def test_many_answers_are_shown_as_a_few_and_none_is_lost() -> None:
    for fact, record in questions().items():
        if len(record.options) > 8:
            question = question_for(fact)
            assert len(question.groups) <= 7, fact
            shown = [place for group in question.groups for place in group.options]
            assert sorted(shown) == list(range(len(question.options))), fact


def test_an_answer_tells_a_second_thing_only_where_that_is_open_and_matters() -> None:
    known = {"gaps": ("abstention",), "prompt_effort": "iterated"}
    labels = [o.label for o in question_for("rag_tried", known).options]
    assert any("usually finds" in label for label in labels)
    assert all(o.also for o in question_for("rag_tried", known).options if o.value is True)
    settled = question_for("rag_tried", {**known, "retrieval_recall_ok": True})
    assert [(o.label, o.also) for o in settled.options if o.value is True] == [("Yes", {})]
    refused = question_for("rag_tried", known, frozenset({"retrieval_recall_ok"}))
    assert [(o.label, o.also) for o in refused.options if o.value is True] == [("Yes", {})]


def test_every_answer_that_tells_more_tells_facts_as_the_contract_has_them() -> None:
    for fact, record in questions().items():
        offered = {o.value for o in record.options} if record.together else set()
        for joint in record.together:
            assert joint.tells[fact] in offered
            parse_facts(joint.tells)


@search(60)
@given(fact_sets(mostly_known=True))
def test_after_a_recommendation_only_what_is_missing_is_offered(facts: Facts) -> None:
    question = sharpening_question(facts)
    if question is not None:
        assert next_question(facts) is None
        assert getattr(facts, question.fact) is None


def test_the_next_question_comes_quickly(patience: Callable[[], float]) -> None:
    facts = [
        parse_facts({}),
        parse_facts({"gaps": ["accuracy"]}),
        parse_facts({"gaps": ["cost"], "meets_target": True}),
    ]
    next_question(facts[0])
    best = min(_seconds(f) for f in facts for _ in range(5))
    assert best < 0.06 * patience()


def _seconds(facts: Facts) -> float:
    start = time.perf_counter()
    next_question(facts)
    return time.perf_counter() - start
