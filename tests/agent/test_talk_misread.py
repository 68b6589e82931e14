"""Sentences of walks that were read wrongly or not at all, in other words and languages than the walks'."""

from typing import Any

import pytest

from agent.case import Case, Noted
from agent.extract import detect, extract
from agent.extract.derive import derive_case
from agent.extract.words import words

READ: list[tuple[str, dict[str, Any]]] = [
    ("I have grades for 900 essays", {"examples": 900}),
    ("450 mails we answered ourselves", {"examples": 450}),
    ("tried three prompts", {"prompt_effort": "single_prompt"}),
    ("tried 12 prompts", {"prompt_effort": "iterated"}),
    ("有800条以前的评语", {"examples": 800}),
    ("它乱说价格", {"gaps": ("knowledge",)}),
    ("un chat que redacte demandas con nuestro estilo", {"task_type": "generation", "gaps": ("tone_style",)}),
    ("tengo 120 demandas redactadas por nosotros", {"examples": 120}),
    ("Our chatbot answers in a stiff manner", {"gaps": ("tone_style",)}),
    ("the replies are nothing like our team", {"gaps": ("tone_style",)}),
    ("Der Bot antwortet auf steife Art", {"gaps": ("tone_style",)}),
    ("el bot responde de manera fría", {"gaps": ("tone_style",)}),
    ("le bot répond de manière froide", {"gaps": ("tone_style",)}),
    ("we want to redact names", {"task_type": "extraction"}),
    ("I want to summarise our meetings", {"task_type": "summarization"}),
    ("a model to summarise the situation reports of our field staff", {"task_type": "summarization"}),
    ("it must last two years", {"horizon_months": 24}),
    ("c'est de la donnée classifiée", {"sensitive_data": True}),
    ("nuestra información clasificada", {"sensitive_data": True}),
    ("the data is classified", {"sensitive_data": True}),
    ("Nous voulons classifier des tickets", {"task_type": "classification"}),
]


@pytest.mark.parametrize(("text", "wanted"), READ)
def test_what_is_read(text: str, wanted: dict[str, Any]) -> None:
    found = {fact: f.value for fact, f in extract(text, detect(text)).items()}
    assert {fact: found.get(fact) for fact in wanted} == wanted


NOT_READ = [
    ("I would like to summarise the situation.", "task_type"),
    ("Ich fasse die Lage kurz zusammen.", "task_type"),
    ("Me gustaría resumir la situación.", "task_type"),
    ("Je voudrais résumer la situation.", "task_type"),
    ("我想总结一下目前的情况", "task_type"),
    ("Ms Huber has written 700 replies over the last two years", "horizon_months"),
    ("we have used it for 2 years", "horizon_months"),
    ("In den letzten zwei Jahren genutzt", "horizon_months"),
    ("solo se pudo usar durante los últimos 2 años", "horizon_months"),
    ("a chatbot on our garden furniture website", "gaps"),
    ("we need grades for 900 essays", "examples"),
    ("c'est de la donnée classifiée", "task_type"),
    ("nuestra información clasificada", "task_type"),
    ("queremos redactar correos", "gaps"),
    ("¿y si se equivoca?", "gaps"),
    ("et s'il se trompe ?", "gaps"),
]


@pytest.mark.parametrize(("text", "fact"), NOT_READ)
def test_what_is_not_read(text: str, fact: str) -> None:
    assert fact not in extract(text, detect(text))


@pytest.mark.parametrize(
    ("text", "narrow"), [("want AI to grade essays like me", None), ("we classify mails into 9 categories", True)]
)
def test_grading_whole_texts_is_no_narrow_task_by_itself(text: str, narrow: bool | None) -> None:
    case = Case()
    case.record({f: Noted(value=v.value, quote=v.quote) for f, v in extract(text, "en").items() if f != "gaps"})
    derive_case(case)
    assert case.facts_now().narrow_task is narrow
    assert case.facts_now().task_type == "classification"


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("es", "no tengo ni idea"),
        ("es", "no tengo la menor idea"),
        ("fr", "je n'ai aucune idée"),
        ("fr", "je n'en sais rien"),
        ("de", "ich hab keine Ahnung"),
        ("de", "keinen Schimmer"),
        ("zh", "完全不知道"),
        ("zh", "不太清楚"),
    ],
)
def test_a_dont_know_in_other_words(language: str, text: str) -> None:
    assert words(language).unknown.match(text)
