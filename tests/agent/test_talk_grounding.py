"""The gate: what a model may not say."""

import pytest

from agent.decide import decide
from agent.facts import parse_facts
from agent.grounding import Evidence, numbers, other_decision, sentences
from agent.recommend import Recommendation

RAG = decide(parse_facts({"gaps": ["knowledge"], "knowledge_change": "monthly", "documents": True}))
SFT = decide(
    parse_facts(
        {
            "gaps": ["tone_style"],
            "prompt_effort": "systematic",
            "evals_defined": True,
            "examples": 2500,
            "baseline_score": 0.55,
            "target_score": 0.8,
            "labels_quality": "clean",
        }
    )
)
EVIDENCE = Evidence(
    "You have 2,500 examples, 55 % today against 80 %. It costs $4.10, never above $6.00, checked 2026-11-18. "
    "gpt-4.1-mini at https://example.org/pricing. About 1,900 answers a day, 1.5M tokens, 40 to 90 minutes."
)

COVERED = [
    "You have 2500 examples.",
    "You have 2.5k examples.",
    "The score is 0.55 now and the goal 80%.",
    "It is $4.10, at most $6.",
    "Prices were checked on 2026-11-18.",
    "It would use gpt-4.1-mini.",
    "See https://example.org/pricing for it.",
    "That is 1,500,000 tokens.",
    "No figure at all here.",
    "One thing at a time.",
]
STRANGE = [
    "You have 2,600 examples.",
    "The score is 56 %.",
    "It costs $4.01.",
    "It costs 7 dollars.",
    "Checked on 2026-11-19.",
    "It would use gpt-4o.",
    "Use claude-opus for it.",
    "See https://example.org/other for it.",
    "Look at www.evil.example now.",
    "Go to prices.evil.com.",
    "![chart](https://example.org/pricing)",
    "<img src=x>",
    "That needs twelve people.",
    "Das braucht zwanzig Leute.",
    "大约需要百分之三十。",
    "In March 7 it changes.",
    "That takes 3 hours.",
    "About 1.6M tokens.",
]


@pytest.mark.parametrize("text", COVERED)
def test_what_the_evidence_holds_may_be_said(text: str) -> None:
    assert EVIDENCE.problems(text, SFT) == []


@pytest.mark.parametrize("text", STRANGE)
def test_what_it_does_not_hold_may_not(text: str) -> None:
    assert EVIDENCE.problems(text, SFT)


AGAINST_RAG = [
    "You should fine-tune your model.",
    "I recommend training it on the handbook.",
    "Fine-tune.",
    "Go ahead and train a LoRA.",
    "The best option is SFT.",
    "It is time to fine-tune.",
    "Sie sollten das Modell trainieren.",
    "Debe entrenar el modelo.",
    "Vous devriez entraîner le modèle.",
    "建议微调。",
    "应该马上训练模型。",
    "I have started the job for you.",
    "The training job has been approved.",
]


@pytest.mark.parametrize("text", AGAINST_RAG)
def test_another_decision_is_not_said(text: str) -> None:
    assert other_decision(text, RAG)


@pytest.mark.parametrize(
    ("text", "recommendation"),
    [
        ("You should not fine-tune here.", RAG),
        ("Training changes habits, not knowledge.", RAG),
        ("Do not train it on the handbook.", RAG),
        ("Nicht trainieren, sondern nachschlagen.", RAG),
        ("不要训练，先用检索。", RAG),
        ("You should fine-tune with your examples.", SFT),
        ("Hold out a test set first.", SFT),
    ],
)
def test_the_rules_own_decision_may_be_said(text: str, recommendation: Recommendation) -> None:
    assert other_decision(text, recommendation) == []


def test_against_training_where_the_rules_train() -> None:
    assert other_decision("You should not fine-tune.", SFT)
    assert other_decision("You should use RAG.", SFT)


def test_sentences_lose_nothing() -> None:
    text = "One. Two 3.5 is fine! 三。四？\nFive"
    assert "".join(sentences(text)) == text


def test_numbers_are_normalised() -> None:
    assert {1_900.0, 0.55, 3000.0} <= numbers("1,900 and .55 and 3k")
