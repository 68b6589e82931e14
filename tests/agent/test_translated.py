"""The recommendation in other languages: every sentence of the rules is there, and no conclusion changes."""

import re
from typing import Any

import pytest
from decision_space import SPACES, fact_sets, search, some_declined
from hypothesis import given
from hypothesis import strategies as st

from agent.ask import QuestionOption, plain, question_for
from agent.decide import decide, fill
from agent.extract.reply import read_reply
from agent.facts import Facts
from agent.recommend import Recommendation
from agent.say import book
from agent.say import translated as translated_question
from agent.translated import templates, translated
from knowledge.decision_words import sentences
from knowledge.load import ROOT
from knowledge.rules import questions

LANGUAGES = sorted(path.stem for path in (ROOT / "decision/words").glob("*.yaml"))
HOLE = re.compile(r"\{[^{}]*\}")
FACTS = st.one_of(
    fact_sets(),
    fact_sets(mostly_known=True),
    *(
        st.fixed_dictionaries({name: st.sampled_from(values) for name, values in space.items()}).map(
            Facts.model_validate
        )
        for space in SPACES.values()
    ),
)


def holes(text: str) -> list[str]:
    return sorted(HOLE.findall(text))


def test_the_languages_that_the_chat_speaks() -> None:
    assert set(LANGUAGES) <= {"de", "es", "fr", "zh"}
    assert {"de", "es"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_has_a_translation_with_the_same_holes(language: str) -> None:
    own = sentences(language)
    wanted = set(templates())
    assert wanted - own.keys() == set(), "sentences of the rules without a translation"
    assert own.keys() - wanted == set(), "translations of sentences that no rule says any more"
    assert {t: own[t] for t in wanted if holes(t) != holes(own[t])} == {}
    assert {t for t in wanted if not own[t].strip() or own[t] == t} == set()


def shown(r: Recommendation) -> list[str]:
    """Every sentence of the rules in a recommendation, risks without their source."""
    without_source = [risk[: risk.rindex(" [")] for risk in r.risks]
    return [*(b.text for b in r.because), *(n.text for n in r.not_now), *r.next_steps, *without_source]


def concluded(r: Recommendation) -> dict[str, Any]:
    """All of a recommendation but the wording: of each risk its source, of the steps how many there are."""
    return {
        **r.model_dump(),
        "because": [{**b.model_dump(), "text": ""} for b in r.because],
        "not_now": [{**n.model_dump(), "text": ""} for n in r.not_now],
        "next_steps": len(r.next_steps),
        "risks": [risk[risk.rindex(" [") :] for risk in r.risks],
    }


@pytest.mark.parametrize("language", LANGUAGES)
@search(60)
@given(facts=FACTS, declined=some_declined())
def test_only_the_wording_changes_and_all_of_it(language: str, facts: Facts, declined: frozenset[str]) -> None:
    english = decide(facts, declined)
    own = translated(english, plain(facts), language)
    assert concluded(own) == concluded(english)
    ours = {fill(t, plain(facts)) for t in templates()}
    assert set(shown(english)) <= ours
    assert [text for text in shown(own) if text in ours] == [], "an English sentence stayed"
    assert [text for text in shown(own) if HOLE.search(text)] == []


@pytest.mark.parametrize("language", ["en", "xx"])
def test_without_words_the_recommendation_stays_as_it_is(language: str) -> None:
    english = decide(Facts(gaps=("tone_style",)))
    assert translated(english, {"gaps": ("tone_style",)}, language) is english


STYLE = {"gaps": ("tone_style",), "prompt_effort": "systematic", "evals_defined": True, "meets_target": False}
STORIES: list[tuple[str, dict[str, Any], dict[str, str]]] = [
    (
        "500 examples of a tone",
        {**STYLE, "examples": 500, "labels_quality": "clean", "task_type": "generation"},
        {
            "de": "Was nicht reicht, ist das Verhalten (wie das Modell antwortet, nicht was es weiß), und 500 "
            "Beispiele zeigen, was gewünscht ist. Supervised Fine-Tuning lernt durch Zeigen.",
            "es": "Lo que no basta es el comportamiento (cómo responde el modelo, no lo que sabe), y 500 ejemplos "
            "muestran lo que se quiere. El ajuste fino supervisado aprende de lo que se le muestra.",
        },
    ),
    (
        "facts that change every month",
        {"gaps": ("knowledge",), "knowledge_change": "monthly", "documents": True, "rag_tried": False},
        {
            "de": "Die Fakten ändern sich (monatlich); ein Index ist in Minuten erneuert, ein trainiertes Modell "
            "müsste neu trainiert werden.",
            "es": "Los hechos cambian (cada mes); un índice se actualiza en minutos, un modelo entrenado habría que "
            "entrenarlo otra vez.",
        },
    ),
]


@pytest.mark.parametrize(("facts", "said"), [story[1:] for story in STORIES], ids=[story[0] for story in STORIES])
def test_what_a_person_reads(facts: dict[str, Any], said: dict[str, str]) -> None:
    english = decide(Facts.model_validate(facts))
    for language, sentence in said.items():
        assert sentence in shown(translated(english, plain(Facts.model_validate(facts)), language))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_is_asked_in_the_language(language: str) -> None:
    words = book(language)["questions"]
    assert words.keys() == questions().keys()
    for fact, record in questions().items():
        english, own = question_for(fact), translated_question(question_for(fact), language)
        assert own.question != english.question
        assert own.why != english.why
        assert [o.value for o in own.options] == [o.value for o in english.options]
        assert len({o.label for o in own.options}) == len(record.options), "two answers with one label"
        assert (own.free is None) == (english.free is None)
        assert own.free is None or own.free != english.free
        for ours, theirs in zip(own.groups, english.groups, strict=True):
            assert ours.options == theirs.options
            assert ours.label != theirs.label
        fuller = english.model_copy(
            update={"options": tuple(QuestionOption(value=j.tells[fact], label=j.label) for j in record.together)}
        )
        for english_option, own_option in zip(
            fuller.options, translated_question(fuller, language).options, strict=True
        ):
            assert own_option.label != english_option.label


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_every_number_that_a_hint_gives_as_an_example_is_understood(language: str) -> None:
    for fact, record in questions().items():
        if record.kind not in ("number", "share"):
            continue
        question = translated_question(question_for(fact), language)
        assert question.free
        for quoted in re.findall(r"[«“„\"]\s?(.+?)\s?[»”“\"]", question.free):
            assert isinstance(read_reply(quoted, question, language), int | float), (fact, quoted)
