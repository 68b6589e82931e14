"""Where one stands on the ladder says nothing else than the advice above it."""

import pytest

from agent.decide import decide
from agent.facts import Facts
from agent.standing import standing


@pytest.mark.parametrize("effort", [None, "none"])
def test_examples_come_next_where_a_better_prompt_is_advised(effort: str | None) -> None:
    facts = Facts.model_validate({"gaps": ["tone_style"], "prompt_effort": effort})
    recommendation = decide(facts)
    assert recommendation.decision == "prompt_engineering"
    states = {s.rung: s.state for s in standing(facts, recommendation)}
    assert states["prompt_engineering"] == "here"
    assert states["few_shot"] == "later", "the advice asks for three to ten examples: not 'not needed'"


def test_where_what_is_wrong_is_not_known_no_rung_is_called_needless() -> None:
    unnamed = decide(Facts(), frozenset({"gaps"}))
    assert unnamed.decision == "define_evals_first"
    assert {s.state for s in standing(Facts(), unnamed)} == {"not_now"}
    named = Facts(gaps=("knowledge",))
    assert "not_needed" in {s.state for s in standing(named, decide(named))}
