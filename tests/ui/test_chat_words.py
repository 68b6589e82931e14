"""The chat in five languages: the same words in each file, and no English word left on a card that has its own."""

import re
from decimal import Decimal
from typing import Any

import pytest

from agent.ask import next_question
from agent.decide import decide
from agent.facts import parse_facts
from agent.say import translated, value_label, verdict_sentence
from knowledge.techniques import techniques
from ui.chat.cards.question import question_card, sharpening_card
from ui.chat.cards.recommendation import recommendation_card
from ui.chat.cards.score import against_target
from ui.chat.words import LANGUAGES, ROOT, flat, of_browser, read_yaml, words

OTHERS = [language for language in LANGUAGES if language != "en"]


def texts_of(language: str) -> dict[str, str]:
    return flat(read_yaml(ROOT / f"{language}.yaml"))


def spoken(value: Any) -> set[str]:
    """Every text of a card's props that a person reads."""
    if isinstance(value, dict):
        return set().union(*(spoken(v) for k, v in value.items() if k not in ("href", "payload", "words", "source")))
    if isinstance(value, list):
        return set().union(*map(spoken, value))
    return {value} if isinstance(value, str) else set()


@pytest.mark.parametrize("language", OTHERS)
def test_each_language_has_every_text_with_the_same_holes(language: str) -> None:
    def holes(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    english, own = texts_of("en"), texts_of(language)
    ones = {k for k in {*own, *english} if k.endswith("_one")}  # a language has these as it needs them
    assert set(own) - ones == set(english) - ones
    assert [k for k in set(english) - ones if holes(own[k]) != holes(english[k])] == []
    for texts in (english, own):
        for k in ones & set(texts):
            assert holes(texts[k]) == holes(texts[k.removesuffix("_one")]) - {"n"}, k


@pytest.mark.parametrize(
    ("language", "one", "two"),
    [
        ("en", "1 error: stops a job", "2 errors: stop a job"),
        ("de", "1 Fehler: hält einen Job auf", "2 Fehler: halten einen Job auf"),
        ("es", "1 error: detiene un trabajo", "2 errores: detienen un trabajo"),
        ("fr", "1 erreur : arrête un travail", "2 erreurs : arrêtent un travail"),
        ("zh", "1 个错误：会让任务停下", "2 个错误：会让任务停下"),
    ],
)
def test_one_and_several_are_said_as_the_language_says_them(language: str, one: str, two: str) -> None:
    w = words(language)
    assert w("findings.group_error", n=1).startswith(one)
    assert w("findings.group_error", n=2).startswith(two)


def test_decisions_are_named_as_on_their_own_cards() -> None:
    named = {k: card.name for k, card in techniques().items() if f"decisions.{k}" in texts_of("en")}
    assert {k: words("en").decision(k) for k in named} == named


@pytest.mark.parametrize("language", OTHERS)
def test_a_conversation_shows_no_english_word_that_the_language_has(language: str) -> None:
    own = texts_of(language)
    english = {text for k, text in texts_of("en").items() if text != own.get(k) and "{" not in text} - set(own.values())
    asked = next_question(parse_facts({"gaps": ["tone_style"]}))
    assert asked is not None
    facts = parse_facts({"gaps": ["tone_style"], "prompt_effort": "single_prompt", "examples": 3000})
    found = decide(facts)
    put = translated(asked, language)
    for card in (
        question_card(put, can_go_back=True, language=language),
        sharpening_card(put, "", language),
        recommendation_card(facts, found, verdict_sentence(found, language), language=language),
    ):
        shown = spoken(card.props())
        assert shown & english == set(), card.name
        assert card.props()["words"]["confidence"] == own["drawn.confidence"]
    assert "3,000" not in " ".join(shown) or language == "zh"
    reasons = {b.text for b in found.because}
    assert shown & reasons == set(), "the rules' own sentences are translated"


@pytest.mark.parametrize(
    ("language", "count", "sum_", "score"),
    [
        ("en", "3,000", "$1,234.50", "0.9"),
        ("de", "3.000", "1.234,50 $", "0,9"),
        ("es", "3.000", "1.234,50 $", "0,9"),
        ("zh", "3,000", "$1,234.50", "0.9"),
    ],
)
def test_figures_are_in_the_readers_form(language: str, count: str, sum_: str, score: str) -> None:
    w = words(language)
    assert value_label("examples", 3000, language) == count
    assert w.money(Decimal("1234.5")).replace("\xa0", " ") == sum_
    assert w.money(None) == w("unknown"), "unknown is never a sum"
    assert score in against_target("x", 0.95, 0.92, 0.97, 0.9, w)


@pytest.mark.parametrize(("tag", "language"), [("de-AT", "de"), ("zh-Hans-CN", "zh"), ("it", "en"), (None, "en")])
def test_the_first_screen_follows_the_browser(tag: str | None, language: str) -> None:
    assert of_browser(tag).language == language
