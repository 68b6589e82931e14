"""Cases as a careful adviser would answer them (decision_cases.yaml), and what adapter and risks go with them.

The first twenty are the facts of the examples that show the form; the others go through every rung, gap and technique,
and the combinations that tempt.
"""

from pathlib import Path
from typing import Any, get_args

import pytest
import yaml

from agent.ask import next_question
from agent.decide import decide
from agent.facts import GAPS, parse_facts
from knowledge.rules import Decision, Technique

MEASURED = {"prompt_effort": "systematic", "evals_defined": True, "meets_target": False}
"""The best prompt, measured, falls short."""
READY = {**MEASURED, "examples": 2000, "labels_quality": "clean"}
"""And there are examples to learn from."""
GIVEN = {"measured": MEASURED, "ready": READY}
SECTIONS: dict[str, list[dict[str, Any]]] = yaml.safe_load(
    (Path(__file__).parent / "decision_cases.yaml").read_text(encoding="utf-8")
)
ALL = [
    pytest.param({**GIVEN.get(case.get("given", ""), {}), **case["facts"]}, case, id=f"{section}: {case['name']}")
    for section, cases in SECTIONS.items()
    for case in cases
]


@pytest.mark.parametrize(("known", "case"), ALL)
def test_case(known: dict[str, Any], case: dict[str, Any]) -> None:
    facts, declined = parse_facts(known), frozenset(case.get("declined", ()))
    result, question = decide(facts, declined), next_question(facts, declined)
    answer = result.decision or result.status
    if result.status == "ask":
        assert question is not None
        answer = f"ask {question.fact}"
    elif result.technique:
        answer = f"{result.decision}/{result.technique}"
    assert answer == case["want"], f"rule {result.rule}"


def test_the_cases_go_through_every_gap_decision_and_technique() -> None:
    cases = [case for cases in SECTIONS.values() for case in cases]
    assert {gap for case in cases for gap in case["facts"].get("gaps", ())} == set(GAPS)
    wanted = {part for case in cases for part in case["want"].split("/")}
    assert wanted >= {*get_args(Decision), *get_args(Technique)}


ADAPTERS = [
    ("nothing known", {}, "lora"),
    ("Azure", {"provider": "Azure OpenAI"}, "provider_managed"),
    ("OpenAI by its base", {"base_model": "gpt-4.1-mini"}, "provider_managed"),
    ("open weights", {"base_model": "meta-llama/Llama-3.1-8B-Instruct"}, "lora"),
    ("open weights by OpenAI", {"base_model": "gpt-oss-20b"}, "lora"),
    ("open weights at Azure", {"base_model": "gpt-oss-20b", "provider": "azure"}, "provider_managed"),
    ("Cohere, which ended it", {"provider": "cohere"}, "lora"),
    ("data stays inside, whatever provider is named", {"provider": "openai", "data_must_stay_inside": True}, "lora"),
    ("offline", {"offline_required": True, "gpu": "single"}, "lora"),
    ("no money", {"provider": "google", "budget_usd": 0}, "lora"),
    ("several cards, usual data", {"gpu": "many"}, "lora"),
    ("several cards, very many examples", {"gpu": "many", "examples": 200000}, "full"),
    ("one card, very many examples", {"gpu": "single", "examples": 200000}, "lora"),
]


@pytest.mark.parametrize(("name", "extra", "adapter"), ADAPTERS, ids=[a[0] for a in ADAPTERS])
def test_adapter(name: str, extra: dict[str, Any], adapter: str) -> None:
    result = decide(parse_facts({**READY, "gaps": ["tone_style"], **extra}))
    assert result.decision == "fine_tune"
    assert result.adapter == adapter


RISKS = [
    ("OpenAI closes", {"provider": "openai"}, "2027-01-06"),
    ("its bases retire", {"provider": "openai"}, "2027-01-14"),
    ("not eligible", {"provider": "openai", "openai_eligible": False}, "next best route is Azure"),
    ("long horizon at OpenAI", {"base_model": "gpt-4.1", "horizon_months": 24}, "24 months"),
    ("long horizon at Azure", {"provider": "azure", "horizon_months": 24}, "2027-10-14"),
    ("idle hosting", {"provider": "azure", "requests_per_day": 100}, "1,241 USD"),
    ("secrets in the examples", {"sensitive_data": True}, "Mask them"),
    ("no money", {"budget_usd": 0}, "only local training"),
    ("too little time", {"deadline_days": 5}, "5 days"),
    ("unchecked labels", {"labels_quality": None}, "labelled twice"),
    ("facts that change", {"knowledge_change": "monthly"}, "monthly"),
    ("hosted and inside at once", {"provider": "openai", "data_must_stay_inside": True}, "must stay inside"),
]


@pytest.mark.parametrize(("name", "extra", "said"), RISKS, ids=[r[0] for r in RISKS])
def test_risk(name: str, extra: dict[str, Any], said: str) -> None:
    facts = {**READY, "gaps": ["tone_style"]}
    assert any(said in risk for risk in decide(parse_facts({**facts, **extra})).risks)
    assert not any(said in risk for risk in decide(parse_facts(facts)).risks)


def test_what_a_person_insists_on_is_no_fact() -> None:
    """There is no fact to put "you always say fine-tune" in; money, hardware and haste do not buy a training either."""
    pushed = {
        "gaps": ["knowledge"],
        "knowledge_change": "daily",
        "gpu": "many",
        "budget_usd": 10**6,
        "deadline_days": 1,
    }
    assert decide(parse_facts(pushed)).decision == "rag"
