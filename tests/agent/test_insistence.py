"""A person who must fine-tune is heard: it is noted with its risk, and what the rules say does not change."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from agent import events as e
from agent.carried import advice
from agent.case import Case, Noted
from agent.conclude import TRAINING
from agent.decide import decide
from agent.extract import detect
from agent.extract.insist import insistence
from agent.extract.words import read_yaml
from agent.page import decision_record
from agent.say import ROOT, book
from agent.turn import Conversation
from ui.cli.ask import events_for
from ui.cli.ask import turn as ask_turn

INSISTS = {
    "en": [
        "I just want to fine-tune.",
        "I want to train no matter what",
        "but I want to train it!!",
        "no really, just train it",
        "either way we are going to fine-tune",
        "I must fine-tune, my boss wants it",
        "My boss wants it, so I must fine-tune.",
        "We have to fine-tune a model by March",
        "I understand, but I really have to fine tune.",
        "we've decided to fine-tune",
        "Fine-tuning is mandatory.",
        "I insist on fine-tuning",
        "I'll fine-tune it anyway",
        "We must train our own model.",
        "The tone is wrong. We must fine-tune.",
    ],
    "de": [
        "Ich will aber feintunen",
        "aber ich möchte es trainieren",
        "so oder so werden wir trainieren",
        "Ich muss feintunen",
        "Ich muss feintunen, mein Chef will es so.",
        "Wir müssen das Modell unbedingt feintunen.",
        "Wir müssen unbedingt ein Modell trainieren",
        "Trotzdem müssen wir feintunen.",
        "Feintuning ist Pflicht.",
        "Ich will auf jeden Fall feintunen",
    ],
    "es": [
        "quiero entrenar igual",
        "pero quiero entrenarla",
        "de todos modos voy a entrenar",
        "Tengo que hacer fine-tuning sí o sí",
        "Tenemos que hacer fine-tuning, mi jefe lo quiere",
        "Por eso debemos entrenar un modelo.",
        "Hay que hacer fine-tuning si o si",
        "Insisto en hacer fine-tuning",
    ],
    "fr": [
        "je veux quand même entraîner",
        "mais je veux vraiment l'entraîner",
        "on va entraîner de toute façon",
        "Je dois absolument fine-tuner",
        "Nous devons faire du fine-tuning, mon patron le veut",
        "Nous devons affiner le modèle.",
        "Le fine-tuning est obligatoire.",
        "Je veux absolument fine-tuner",
    ],
    "zh": [
        "我就是要微调",
        "但我就想训练它",
        "反正我要微调",
        "不管怎样都要微调",
        "我必须微调",
        "我们一定要微调",
        "老板要，我们必须做微调。",
        "我们非微调不可",
        "我们已经决定微调",
    ],
}
DOES_NOT = {
    "en": [
        "I just want to fine-tune my bot's tone",
        "I just want to know whether to fine-tune",
        "should I fine-tune?",
        "must we fine-tune?",
        "do I have to fine-tune?",
        "do I have to fine-tune",
        "Do you think I must fine-tune?",
        "I must fine-tune, right?",
        "we must not fine-tune",
        "we don't have to fine-tune",
        "I don't think we must fine-tune",
        "I must fix the tone",
        "I must decide whether to fine-tune",
        "I need to fine-tune a model for support",
        "I want to fine-tune a model",
        "if the prompt is not enough, we must fine-tune",
        "my boss says we must fine-tune",
        "I was told we must fine-tune",
        "I read that we must fine-tune",
        'the vendor wrote "we must fine-tune"',
        "We have to fine-tune the prompt",
        "I think I have to fine-tune",
        "why must we fine-tune",
        "Always say that we must fine-tune",
    ],
    "de": [
        "Ich will aber nicht feintunen",
        "Muss ich feintunen?",
        "Soll ich feintunen?",
        "Müssen wir das Modell feintunen?",
        "Wir müssen nicht feintunen",
        "Ich muss den Ton korrigieren",
        "Wir müssen wissen, ob wir feintunen sollen",
        "Wenn der Prompt nicht reicht, müssen wir feintunen",
        "Mein Chef sagt, wir müssen feintunen",
        "Ich muss feintunen, oder?",
        "Wir müssen unsere Mitarbeiter trainieren",
    ],
    "es": [
        "quiero entrenar igual que ellos",
        "debo hacer fine-tuning",
        "¿Debo hacer fine-tuning?",
        "¿Tengo que hacer fine-tuning?",
        "tenemos que hacer fine-tuning?",
        "No tenemos que hacer fine-tuning",
        "Tengo que corregir el tono",
        "Si no basta, tenemos que hacer fine-tuning",
        "Mi jefe dice que tenemos que hacer fine-tuning",
    ],
    "fr": [
        "faut-il absolument affiner ?",
        "Dois-je fine-tuner ?",
        "Est-ce que je dois fine-tuner ?",
        "Faut-il fine-tuner ?",
        "Nous ne devons pas fine-tuner",
        "Je dois corriger le ton",
        "Si le prompt ne suffit pas, je dois fine-tuner",
        "Mon patron dit que nous devons fine-tuner",
    ],
    "zh": [
        "我们还是要训练数据",
        "还是要微调吗？",
        "我必须微调吗？",
        "我应该微调吗",
        "我们不必微调",
        "我们不一定要微调",
        "我必须改语气",
        "如果提示词不够，我们必须微调",
        "老板说我们必须微调",
        "是不是必须微调",
        "我们必须微调提示词",
    ],
}


@pytest.mark.parametrize(("language", "text"), [(lang, t) for lang, ts in INSISTS.items() for t in ts])
def test_said_as_a_must(language: str, text: str) -> None:
    quote = insistence(text, detect(text, language))
    assert quote
    assert quote in text


@pytest.mark.parametrize(("language", "text"), [(lang, t) for lang, ts in DOES_NOT.items() for t in ts])
def test_asked_denied_supposed_or_reported_is_no_must(language: str, text: str) -> None:
    assert insistence(text, detect(text, language)) == ""


RETRIEVAL: dict[str, Any] = {"gaps": ["knowledge"], "knowledge_change": "monthly", "documents": True}


def case_of(language: str = "en", **more: Any) -> Case:
    return Case(facts={k: Noted(value=v) for k, v in RETRIEVAL.items()}, language=language, **more)


async def turn(conversation: Conversation, stream: Any) -> tuple[str, e.Recommended]:
    events = [event async for event in stream]
    said = "".join(x.text for x in events if isinstance(x, e.Said))
    return said, [x for x in events if isinstance(x, e.Recommended)][-1]


@pytest.mark.parametrize("language", INSISTS)
async def test_it_is_noted_with_its_risk_and_the_verdict_stays(language: str) -> None:
    conversation = Conversation(case_of(language))
    before = conversation.recommendation()
    assert before.decision == "rag"
    text = INSISTS[language][0]
    said, told = await turn(conversation, conversation.say(text))
    words, risk = book(language), told.recommendation.risks[0]
    assert conversation.case.language == language
    assert conversation.case.insists in text
    assert said.startswith(words["insists"])
    assert said.count(words["verdicts"]["rag"]) == 1
    assert risk in said
    assert conversation.case.insists in risk
    assert told.recommendation.model_copy(update={"risks": before.risks}) == before, "only a risk came"
    record = decision_record(conversation.case, owner="local", now=datetime(2026, 11, 21, tzinfo=UTC))
    assert record.risks[0].text == risk
    assert (record.decision, record.technique) == ("rag", None)
    _, told = await turn(conversation, conversation.say("is it slow?"))
    assert len(told.recommendation.risks) > len(before.risks), "carried from then on"


async def test_it_is_kept_with_the_case_and_can_be_taken_back() -> None:
    conversation = Conversation(case_of())
    await turn(conversation, conversation.answer("rag_tried", False))
    before = conversation.recommendation()
    await turn(conversation, conversation.say("I must fine-tune, my boss wants it"))
    kept = Case.model_validate(json.loads(conversation.case.model_dump_json()))
    assert kept.insists == "I must fine-tune"
    again = Conversation(kept)
    assert again.recommendation() == conversation.recommendation()
    said, told = await turn(again, again.back())
    assert book("en")["insistence"] in said
    assert kept.insists == ""
    assert told.recommendation == before
    assert kept.facts["rag_tried"].value is False, "only the insistence is taken back"
    kept.insist("we must")
    kept.start_over()
    assert kept.insists == ""


async def test_ask_carries_it_line_by_line() -> None:
    conversation = Conversation(Case())
    lines = ["our bot invents prices; our prices change every month", "I must fine-tune, my boss wants it"]
    first, second = [
        await ask_turn(conversation, events_for(conversation, json.dumps({"user": line}).encode())) for line in lines
    ]
    assert first["recommendation"]["decision"] == second["recommendation"]["decision"] == "rag"
    assert first["facts"] == second["facts"]
    assert second["say"].startswith(book("en")["insists"])
    assert second["recommendation"]["risks"][0] in second["say"]
    assert "I must fine-tune" in second["recommendation"]["risks"][0]


async def test_before_anything_is_known_it_is_noted_and_the_question_comes() -> None:
    conversation = Conversation(Case())
    said, told = await turn(conversation, conversation.say("I must fine-tune, my boss wants it"))
    assert said.startswith(book("en")["insists"])
    assert told.recommendation.status == "ask"
    assert conversation.case.asking == "gaps"


def test_where_the_rules_train_it_is_no_risk_and_the_estimate_still_is() -> None:
    facts = {
        "gaps": ["tone_style"], "prompt_effort": "systematic", "evals_defined": True, "meets_target": False,
        "examples": 500, "labels_quality": "clean", "task_type": "generation",
    }  # fmt: skip
    case = Case(
        facts={k: Noted(value=v) for k, v in facts.items()}, insists="I must", cost_risks=["Dearer than today."]
    )
    plain = decide(case.facts_now())
    assert plain.decision in TRAINING
    assert advice(case).risks == ("Dearer than today.", *plain.risks)
    record = decision_record(case, owner="local", now=datetime(2026, 11, 21, tzinfo=UTC))
    assert record.risks[0].text == "Dearer than today."


@pytest.mark.parametrize("language", ["de", "es", "fr", "zh"])
def test_no_language_lacks_a_line(language: str) -> None:
    english, own = read_yaml(ROOT / "en.yaml"), read_yaml(ROOT / f"{language}.yaml")
    assert {k for k, v in english.items() if isinstance(v, str)} - own.keys() == set()


@pytest.mark.parametrize(("language", "yes"), [("en", "yes"), ("de", "ja"), ("es", "sí"), ("fr", "oui"), ("zh", "是")])
async def test_a_clicked_answer_is_quoted_in_the_language(language: str, yes: str) -> None:
    conversation = Conversation(case_of(language))
    await turn(conversation, conversation.answer("rag_tried", True))
    assert conversation.case.facts["rag_tried"].quote == yes
    await turn(conversation, conversation.change("documents", True))
    assert conversation.case.facts["documents"].quote == yes
