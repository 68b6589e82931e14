"""The advice as data: every rule can fire, every text is sourced, every name exists, the page of facts is current."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from decision_space import SPACES, fact_sets, gap_sets, product, search
from hypothesis import given

from agent.answers import askable
from agent.ask import plain
from agent.conclude import conclude
from agent.conditions import compile_when
from agent.facts import FACT_NAMES, Facts
from agent.facts_page import page
from agent.situation import Situation, compiled, find_host, signal_names
from knowledge import rules as book
from knowledge.load import KnowledgeError, merged
from knowledge.sources import sources
from knowledge.thresholds import Threshold

ROOT = Path(__file__).parents[2]
OWN_WORDS = {"decision", "technique", "adapter"}


def test_every_rule_has_its_own_id_and_says_why() -> None:
    ids = [rule.id for rule in book.rules()]
    assert not [rule_id for rule_id, n in Counter(ids).items() if n > 1]
    for rule in book.rules():
        assert rule.because, rule.id
        assert rule.next_steps, rule.id
        # Some reason always holds, so that no recommendation stands without one.
        assert any(not reason.when for reason in rule.because) or len(rule.because) > 1, rule.id
        assert (rule.technique is not None) == (rule.decision == "fine_tune"), rule.id


def test_every_text_has_a_source_that_exists() -> None:
    cited = {reason.source for rule in book.rules() for reason in rule.because}
    cited |= {e.source for e in book.passed_over()} | {e.source for e in book.risks()}
    cited |= {h.source for h in book.hosts().values()}
    thresholds = {k: v for k, v in merged("thresholds", Threshold).items() if k.startswith("decision.")}
    cited |= {t.source for t in thresholds.values()}
    assert cited <= set(sources())


def test_reasons_name_facts_and_texts_fill_from_facts_or_thresholds() -> None:
    texts = [r.text for rule in book.rules() for r in rule.because]
    texts += [s for rule in book.rules() for s in rule.next_steps]
    texts += [e.text for e in (*book.passed_over(), *book.risks(), *book.steps())]
    for rule in book.rules():
        for reason in rule.because:
            assert reason.facts
            assert set(reason.facts) <= set(FACT_NAMES), rule.id
        assert {need.fact for need in rule.needs} <= set(FACT_NAMES)
    known = set(FACT_NAMES) | set(merged("thresholds", Threshold))
    for text in texts:
        assert set(re.findall(r"\{([^}]*)\}", text)) <= known, text
        assert text[0].isupper() or text[0] == "{", text
        assert text.rstrip().endswith("."), text
        assert "!" not in text


def test_every_number_in_a_text_is_a_threshold_or_stands_with_its_source() -> None:
    """Figures in reasons come from thresholds; the ones written out belong to the source cited beside them."""
    written = [
        (rule.id, number)
        for rule in book.rules()
        for reason in rule.because
        for number in re.findall(r"(?<![\w{.])\d[\d,.]*", reason.text)
    ]
    assert {number for _, number in written} <= {"0)", "0", "0,"}, written


def test_every_threshold_is_used() -> None:
    places = [*(ROOT / "knowledge" / "decision").glob("*.yaml"), *(ROOT / "agent").glob("*.py")]
    files = "".join(p.read_text() for p in places)
    for name in merged("thresholds", Threshold):
        if name.startswith("decision."):
            assert name in files, name


def test_every_rule_fires_for_somebody() -> None:
    """A rule that no facts reach is dead wood, or shadowed by one above it."""
    fired: set[str] = set()
    extra: dict[str, list[Any]] = {
        "gaps": gap_sets(2),
        "documents": [None, True, False],
        "knowledge_change": [None, "monthly", "realtime"],
        "rag_tried": [None, True, False],
        "prompt_effort": [None, "none", "few_shot", "systematic"],
        "evals_defined": [None, False, True],
        "task_type": [None, "question_answering"],
    }
    for space in (extra, *SPACES.values()):
        for n, values in enumerate(product(space)):
            if n % 5 == 0:
                fired.add(conclude(values).rule.id)
    more: list[dict[str, Any]] = [
        {"in_scope": False},
        {"no_llm_meets_target": True},
        {"gaps": ("accuracy",), "teacher_meets_target": True, "latency_or_cost_pressure": False},
        {"gaps": ("tool_selection",), "tools_tried": False},
        {"gaps": ("none",), "meets_target": False, "prompt_effort": "none"},
        {"gaps": ("accuracy",), "prompt_effort": "systematic", "meets_target": False, "baseline_score": 0.9,
         "target_score": 0.8},
        {"gaps": ("cost",), "meets_target": True, "labels_quality": "mismatched", "examples": 100},
        {"gaps": ("reasoning",), "prompt_effort": "systematic", "objective_grader": True, "baseline_score": 0.5,
         "examples": 3, "task_prompts": 3, "can_make_examples": False},
        {"gaps": ("reasoning",), "prompt_effort": "systematic", "objective_grader": True, "baseline_score": 0.5,
         "task_prompts": 3},
        {"gaps": ("reasoning",), "prompt_effort": "systematic", "objective_grader": True, "baseline_score": 0.5,
         "labels_quality": "noisy"},
        {"gaps": ("abstention",), "prompt_effort": "systematic"},
        {"gaps": ("tone_style",), "prompt_effort": "systematic", "labels_quality": "unlabelled"},
        {"already_tuned": True, "evals_defined": False, "gaps": ("tone_style",)},
    ]  # fmt: skip
    fired |= {conclude(values).rule.id for values in more}
    assert {rule.id for rule in book.rules()} - fired == set()


@search(300)
@given(fact_sets(mostly_known=True))
def test_a_situation_never_waits_for_a_senseless_question(facts: Facts) -> None:
    now = conclude(plain(facts))
    assert all(askable(fact, now.situation) for fact in now.open_needs)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ({"gap": "knowledge"}, "no fact or signal 'gap'"),
        ({"any_gap": ["slow"]}, "no such gap"),
        ({"prompt_effort": "lots"}, "can never be 'lots'"),
        ({"examples": ">= decision.nonsense"}, "neither a number"),
        ({"any": [{"evals_defined": "perhaps"}]}, "can never be 'perhaps'"),
        ({"gaps": "known", "not": {"rag": True}}, "no fact or signal 'rag'"),
    ],
)
def test_a_slip_in_a_condition_is_named(when: dict[str, Any], said: str) -> None:
    with pytest.raises(KnowledgeError, match=said):
        compile_when(when, signal_names(), "rules.yaml: a.rule")


def test_conditions_read_unknown_as_neither_false_nor_zero() -> None:
    nothing = Situation({})
    for when in ({"evals_defined": False}, {"examples": "< 50"}, {"examples": ">= 0"}, {"any_gap": "format"}):
        assert not compiled(when, "")(nothing)
    for when in ({"evals_defined": "unknown"}, {"no_gap": "format"}, {"not": {"gaps": "known"}}):
        assert compiled(when, "")(nothing)
    assert not compiled({"only_gaps": ["format"]}, "")(nothing), "unknown gaps are not the listed ones"


@pytest.mark.parametrize(
    ("provider", "base_model", "host"),
    [
        ("Azure OpenAI", None, "azure"),
        ("azure-openai", "gpt-4o", "azure"),
        ("OpenAI", "llama-3", "openai"),
        (None, "ft:gpt-4o-mini:acme", "openai"),
        (None, "openai/gpt-oss-20b", "open"),
        (None, "mistral-7b-instruct", "open"),
        ("Amazon Bedrock", None, "bedrock"),
        ("on-prem", None, "open"),
        ("Hugging Face", None, "open"),
        ("somewhere", "a model", None),
        ("", "", None),
    ],
)
def test_where_a_base_is_tuned(provider: str | None, base_model: str | None, host: str | None) -> None:
    assert find_host(provider, base_model) == host


def test_the_page_of_facts_is_current() -> None:
    assert (ROOT / "docs" / "facts.md").read_text(encoding="utf-8") == page(), (
        "run: python -m agent.facts_page > docs/facts.md"
    )
