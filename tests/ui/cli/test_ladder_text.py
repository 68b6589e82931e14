"""The ladder in a terminal: the sentence of the chat and the page, in the terminal's language."""

from string import Formatter
from types import SimpleNamespace
from typing import Any

import pytest

from agent.decide import decide
from agent.facts import Facts
from agent.say import verdict_sentence
from tools.ladder.records import Arm
from tools.ladder.say import LANGUAGES, _words, line
from ui.cli.ladder_text import ladder_text, plan_text

OTHERS = [language for language in LANGUAGES if language != "en"]


def holes(text: str) -> set[tuple[str, str | None]]:
    return {(name, form) for _, name, form, _ in Formatter().parse(text) if name}


def measured() -> Any:
    arms = [
        Arm(name="linear", kind="control", score=0.8964, ci_low=0.778, ci_high=0.955, n=48, latency_ms=1234.5),
        Arm(name="constrained", kind="arm", n=0, remarks=[line("no_tuned")]),
    ]
    return SimpleNamespace(
        because=line("target_met", rung="linear", target=0.8), verdict="no_language_model_needed", arms=arms,
        gap_closed=0.92, gap_closed_low=None, gap_closed_high=None, best_without_tuning="linear",
        minded=[line("leaked", n=3)],
    )  # fmt: skip


def test_the_recommendation_is_the_sentence_of_the_chat() -> None:
    recommendation = decide(Facts(no_llm_meets_target=True, target_score=0.8))
    said = ladder_text(measured(), recommendation)
    assert verdict_sentence(recommendation) in said
    assert "Use no language model for this." in said
    assert "do_nothing" not in said


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_every_text_of_the_terminal_with_the_same_holes(language: str) -> None:
    english, own = _words("en")["terminal"], _words(language)["terminal"]
    assert set(own) == set(english)
    for key, text in english.items():
        assert holes(own[key]) == holes(text), key


@pytest.mark.parametrize("language", OTHERS)
def test_no_english_line_is_left_in_another_language(language: str) -> None:
    recommendation = decide(Facts(no_llm_meets_target=True, target_score=0.8))
    english = set(ladder_text(measured(), recommendation).splitlines())
    own = ladder_text(measured(), recommendation, language)
    reasons = {f"  because {b.text} [{b.source}]" for b in recommendation.because}  # translated by who calls
    assert english & set(own.splitlines()) - reasons <= {""}
    assert verdict_sentence(recommendation, language) in own
    assert ("0,896" in own) == (language != "zh")
    found = SimpleNamespace(
        samples=48, requests=288, prompt_tokens=1000, completion_tokens=20, worst_case_usd=None, grader="label",
        why_grader="chosen by you", arms=[SimpleNamespace(name="tuned", why_not=line("no_tuned"))],
        guardrails=[SimpleNamespace(name="general", requests=76)], leaked=2, leaked_passages=1,
    )  # fmt: skip
    assert not set(plan_text(found, language).splitlines()) & set(plan_text(found).splitlines())


@pytest.mark.parametrize("language", OTHERS)
def test_where_too_little_is_known_that_is_said_too(language: str) -> None:
    recommendation = decide(Facts())
    assert recommendation.decision is None
    assert _words(language)["terminal"]["undecided"] in ladder_text(measured(), recommendation, language)
