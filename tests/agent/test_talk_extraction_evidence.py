"""Strong readings are facts; weak ones wait for a yes, are shown once, and stand as the proposed answer."""

import json
from typing import Any

import pytest

from agent import events as e
from agent.ask import question_for
from agent.case import Case
from agent.extract import read
from agent.extract.evidence import estimate, kind
from agent.extract.find import candidates
from agent.extract.reply import read_reply
from agent.extract.words import ROOT, read_yaml
from agent.say import book
from agent.turn import Conversation

LANGUAGES = ("en", "de", "es", "fr", "zh")
WEAK = {
    "en": ("our handbook is long", "documents", "our bot sounds like a robot"),
    "de": ("unser Handbuch ist lang", "documents", "unser Bot klingt wie ein Roboter"),
    "es": ("nuestro manual es largo", "documents", "el bot suena a robot y la voz de la marca se pierde"),
    "fr": ("notre manuel est long", "documents", "le bot écrit comme un robot"),
    "zh": ("我们的手册很长", "documents", "机器人说话太官方，语气不对"),
}


async def heard(conversation: Conversation, text: str) -> list[Any]:
    return [event async for event in conversation.say(text)]


def suggestions(turn: list[Any]) -> dict[str, Any]:
    return {f: n.value for u in turn if isinstance(u, e.Understood) for f, n in u.suggestions.items()}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_weak_reading_waits_for_a_yes_in_every_language(language: str) -> None:
    conversation = Conversation(Case(language=language))  # type: ignore[arg-type]
    text, fact, _ = WEAK[language]
    turn = await heard(conversation, text)
    assert fact not in conversation.case.facts
    assert suggestions(turn)[fact] is True
    said = next(u.text for u in turn if isinstance(u, e.Understood) and u.suggestions)
    assert said.startswith(book(language)["suggestion"].split("{")[0].strip())
    assert conversation.case.suggestions[fact].quote in said
    await heard(
        conversation,
        {"en": "that's right", "de": "das stimmt", "es": "eso es", "fr": "c'est ça", "zh": "没错"}[language],
    )
    assert conversation.case.facts[fact].value is True
    assert conversation.case.facts[fact].how == "answered"
    assert fact not in conversation.case.suggestions


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_plain_complaint_is_a_fact_at_once(language: str) -> None:
    conversation = Conversation(Case(language=language))  # type: ignore[arg-type]
    await heard(conversation, WEAK[language][2])
    assert "tone_style" in conversation.case.facts["gaps"].value


async def test_nothing_is_shown_to_confirm_twice_and_what_is_said_twice_is_a_fact() -> None:
    conversation = Conversation(Case())
    assert "documents" in suggestions(await heard(conversation, "our handbook is long"))
    assert "documents" not in suggestions(await heard(conversation, "there are many of us here"))
    await heard(conversation, "it is all in our handbook")
    assert conversation.case.facts["documents"].value is True


async def test_a_bare_yes_confirms_only_what_was_just_shown() -> None:
    conversation = Conversation(Case())
    await heard(conversation, "our handbook is long")
    assert conversation.case.asking == "gaps"
    await heard(conversation, "yes")
    assert conversation.case.facts["documents"].value is True
    late = Conversation(Case())
    await heard(late, "our handbook is long")
    await heard(late, "there are many of us here")
    await heard(late, "yes")
    assert "documents" not in late.case.facts


async def test_a_yes_to_a_question_that_a_yes_answers_is_its_answer() -> None:
    conversation = Conversation(Case())
    await heard(conversation, "our handbook is long")
    conversation.case.ask("rag_tried")
    await heard(conversation, "yes")
    assert conversation.case.facts["rag_tried"].value is True
    assert "documents" not in conversation.case.facts


async def test_at_most_a_few_are_shown_and_what_is_known_or_refused_is_not() -> None:
    text = "our handbook and policies, 3 tests, a classifier, the data must not leave, prices change, we asked ChatGPT"
    conversation = Conversation(Case())
    shown = suggestions(await heard(conversation, text))
    assert len(shown) <= read_yaml(ROOT / "reliability.yaml")["most"]
    refused = Conversation(Case(declined=["documents"]))
    assert "documents" not in suggestions(await heard(refused, "our handbook is long"))


async def test_the_question_proposes_what_was_half_heard_and_takes_it_with_a_yes() -> None:
    conversation = Conversation(Case())
    turn = await heard(conversation, "people like the other answers better")
    asked = next(x.question for x in turn if isinstance(x, e.Asked))
    assert asked.fact == "gaps"
    assert asked.proposed == ["preference"]
    assert asked.heard in "people like the other answers better"
    assert "gaps" not in suggestions(turn), "not asked for twice in one turn"
    await heard(conversation, "yes")
    assert conversation.case.facts["gaps"].value == ["preference"]


async def test_what_answers_the_question_that_stands_needs_no_second_yes() -> None:
    conversation = Conversation(Case())
    conversation.case.ask("documents")
    await heard(conversation, "our handbook")
    assert conversation.case.facts["documents"].value is True


async def test_half_heard_survives_a_restart_and_goes_with_start_over() -> None:
    conversation = Conversation(Case())
    await heard(conversation, "our handbook is long")
    again = Case.model_validate_json(conversation.case.model_dump_json())
    assert again.suggestions["documents"].value is True
    assert "documents=True" in again.half_heard
    again.start_over()
    assert again.suggestions == {}
    assert again.half_heard == []


async def test_ask_names_what_waits_for_a_yes() -> None:
    from ui.cli.ask import turn

    conversation = Conversation(Case())
    out = await turn(conversation, conversation.say("our handbook is long"))
    assert out["suggestions"] == [{"fact": "documents", "value": True, "quote": "our handbook"}]
    assert "Did I hear right?" in out["say"]
    assert "documents" not in out["facts"]
    json.dumps(out)
    fresh = Conversation(Case())
    proposed = await turn(fresh, fresh.say("people like the other answers better"))
    assert proposed["ask"]["proposed"] == ["preference"]
    assert proposed["ask"]["heard"]


KINDS = [
    ("we have 900 labelled tickets", "examples", 900, {"agreed", "figure"}),
    ("we have 90 labelled examples, all of them in the prompt", "examples", 90, {"doubt"}),
    ("is 500 labelled examples enough?", "examples", 500, {"doubt"}),
    ("it sounds like a robot; the tone is wrong", "gaps", "tone_style", {"twice"}),
]


@pytest.mark.parametrize(("text", "fact", "value", "kinds"), KINDS)
def test_the_kind_of_evidence(text: str, fact: str, value: Any, kinds: set[str]) -> None:
    _, every, own = candidates(text)
    assert kind(fact, value, every, own) in kinds


def test_the_fewer_readings_of_a_kind_are_known_the_nearer_it_is_to_what_is_expected() -> None:
    data = {"weight": 4, "before": 0.8, "never": {"doubt": 0.1}, "kinds": {"agreed": [90, 10]}, "counts": {}}
    assert estimate("x", "word", data) == pytest.approx(0.8)
    assert estimate("x", "doubt", data) == 0.1
    assert 0.88 < estimate("x", "agreed", data) < 0.9
    data["counts"] = {"x": {"word": [40, 0], "phrase": [0, 10]}}
    assert estimate("x", "word", data) > 0.9 > estimate("x", "phrase", data)


def test_the_table_is_the_one_that_the_log_gives() -> None:
    import importlib.util
    from pathlib import Path

    path = Path(__file__).parents[2] / "bench" / "reliability.py"
    spec = importlib.util.spec_from_file_location("reliability", path)
    assert spec is not None
    assert spec.loader is not None
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)
    assert bench.table(bench.seen()) == read_yaml(ROOT / "reliability.yaml")
    held = bench.held_out(bench.seen())
    assert held["fact right"] / (held["fact right"] + held["fact wrong"]) >= 0.9


BY_THE_WAY = [
    "We write by a 30-page style guide",
    "Our style guide is forty pages long",
    "I don't care about the tone",
    "the tone doesn't matter",
    "we pay $5 per seat for Slack",
    "We used to pay $9k a month to our old vendor",
    "Der Ton ist uns egal",
    "Wir zahlen 5 Dollar pro Nutzer für Slack",
    "el tono no nos importa",
    "antes pagábamos 900 dólares al mes al proveedor",
    "le ton nous est égal",
    "on se fiche du ton",
    "我们不在乎语气",
    "我们有一本风格指南",
]


@pytest.mark.parametrize("text", BY_THE_WAY)
def test_what_nobody_minds_what_was_paid_and_guides_to_write_by_state_nothing(text: str) -> None:
    from agent.extract import detect

    reading = read(text, detect(text))
    assert reading.facts == {}
    assert "gaps" not in reading.maybe


@pytest.mark.parametrize("text", ["we don't care about cost", "Kosten sind uns egal"])
def test_not_minding_the_cost_is_no_pressure(text: str) -> None:
    from agent.extract import detect

    assert read(text, detect(text)).facts["latency_or_cost_pressure"].value is False


REPLIES = [
    ("no, we have no test set", "en", "evals_defined", False),
    ("no, we have no test set", "en", "sensitive_data", None),
    ("no we only have a pdf", "en", "openai_eligible", None),
    ("No, and we have 500 labelled examples", "en", "sensitive_data", False),
    ("No. We have 500 labelled examples", "en", "sensitive_data", False),
    ("没有试过", "zh", "rag_tried", False),
    ("没有试过", "zh", "sensitive_data", None),
    ("没有试过", "zh", "examples", None),
    ("没有", "zh", "examples", 0),
    ("Sí, y no llega", "es", "rag_tried", True),
    ("Sí, y no llega", "es", "teacher_meets_target", None),
    ("no we only have a pdf", "en", "examples", None),
    ("none so far", "en", "examples", 0),
    ("no deadline", "en", "meets_target", None),
    ("no budget for that", "en", "rag_tried", None),
    ("kein Zeitdruck", "de", "meets_target", None),
    ("no hay prisa", "es", "meets_target", None),
    ("pas de délai", "fr", "meets_target", None),
    ("没有截止日期", "zh", "meets_target", None),
    ("no it is not", "en", "meets_target", False),
    ("no, todavía no", "es", "meets_target", False),
    ("没有达到", "zh", "meets_target", False),
]


@pytest.mark.parametrize(("text", "language", "fact", "value"), REPLIES)
def test_a_yes_or_a_no_that_speaks_of_something_else_answers_nothing(
    text: str, language: str, fact: str, value: Any
) -> None:
    assert read_reply(text, question_for(fact), language, alone=True) == value
