"""What people ask of the adviser itself is answered in their language, changes nothing, and the talk goes on."""

import re
from typing import Any

import pytest
from extraction_set import messages

from agent import events as e
from agent.case import Case
from agent.extract.asides import aside
from agent.say import book
from agent.steering import none_in_use
from agent.turn import Conversation

ASIDES = {
    "data": {
        "en": ["Can you delete my data?", "where is my data stored?", "is my data safe?", "is my client data safe?"],
        "de": ["Wo liegen meine Daten?", "bitte lösche alle meine Daten", "Sind unsere Daten sicher?"],
        "es": ["¿Dónde están mis datos?", "¿Compartes nuestros datos con alguien?", "¿mis datos están seguros?"],
        "fr": ["Où sont nos données ?", "Est-ce que vous gardez mes fichiers ?", "nos données sont en sécurité ?"],
        "zh": ["会不会泄露病人信息?", "我的数据安全吗？", "怎么删除我的文件"],
    },
    "about": {
        "en": ["who made you?", "What can you do?", "hi, are you a bot?", "how does this work?"],
        "de": ["Wer bist du?", "Was kannst du?"],
        "es": ["¿Quién eres?", "¿Qué puedes hacer?"],
        "fr": ["Qui êtes-vous ?", "que peux-tu faire ?"],
        "zh": ["你是谁？", "你能做什么"],
    },
    "free": {
        "en": ["is this free?", "do I need an API key?"],
        "de": ["Ist das kostenlos?"],
        "es": ["¿Es gratis?"],
        "fr": ["c'est gratuit ?"],
        "zh": ["这个免费吗"],
    },
    "cost": {
        "en": ["How much does it cost?", "what does fine-tuning cost?", "so how much?", "What's the price?", "costs?"],
        "de": ["Was kostet das?", "und was kostet das alles?", "was würde ein Training kosten"],
        "es": ["¿Cuánto cuesta?", "cuanto cuesta", "¿Y cuánto costaría entrenar?", "¿Qué precio tiene?"],
        "fr": ["Combien ça coûte ?", "c'est combien ?", "Quel est le prix ?"],
        "zh": ["多少钱？", "要花多少钱", "训练大概要多少钱？", "费用是多少"],
    },
    "need": {
        "en": ["what would it take?", "ok what do you need from me?", "do I need a programmer?"],
        "de": ["Was brauchst du von mir?", "brauche ich einen Programmierer?"],
        "es": ["¿necesito un programador?", "¿qué necesitas de mí?"],
        "fr": ["de quoi avez-vous besoin ?", "faut-il un développeur ?"],
        "zh": ["需要程序员吗?", "你需要我提供什么"],
    },
    "mistakes": {
        "en": ["can it be wrong?", "what if it says something wrong to a parent?"],
        "de": ["kann sie sich irren?", "was, wenn sie sich irrt?"],
        "es": ["¿y si se equivoca?", "¿puede equivocarse?"],
        "fr": ["et si elle se trompe ?"],
        "zh": ["说错了怎么办?", "会出错吗"],
    },
    "thanks": {
        "en": ["thanks, bye", "great, thank you!", "ok thanks a lot"],
        "de": ["Vielen Dank", "danke, tschüss"],
        "es": ["muchas gracias"],
        "fr": ["merci beaucoup, au revoir"],
        "zh": ["谢谢你"],
    },
    "do_it": {
        "en": ["ok do it", "what now?", "and now?", "go ahead", "what should I do next?"],
        "de": ["und jetzt?", "mach das", "Wie geht es weiter?"],
        "es": ["¿y ahora qué?", "adelante"],
        "fr": ["et maintenant ?", "on y va"],
        "zh": ["接下来怎么办", "开始吧"],
    },
    "verdict": {
        "en": ["what do you recommend?", "so should I?", "just tell me yes or no", "what's the verdict so far?"],
        "de": ["Was empfiehlst du?", "ja oder nein?"],
        "es": ["¿Qué me recomiendas?"],
        "fr": ["que me conseillez-vous ?"],
        "zh": ["你有什么建议？", "到底要不要微调"],
    },
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "language", "text"),
    [(name, language, text) for name, said in ASIDES.items() for language, texts in said.items() for text in texts],
)
async def test_an_aside_is_answered_and_the_same_question_stands(name: str, language: Any, text: str) -> None:
    talk = Conversation(Case(language=language))
    [_ async for _ in talk.answer("gaps", ["tone_style"])]
    before = talk.question(), talk.case.facts_now()
    events = [event async for event in talk.say(text)]
    said = "".join(event.text for event in events if isinstance(event, e.Said))
    words = book(talk.case.language)
    wanted = words["leaning"] if name in ("do_it", "verdict") else words["asides"][name]
    assert wanted.split("{")[0][:40] in said
    assert (talk.question(), talk.case.facts_now()) == before
    assert not any(
        isinstance(event, e.Recommended) and event.recommendation.status == "out_of_scope" for event in events
    )


@pytest.mark.parametrize(("language", "text"), [(x, t) for x, texts in ASIDES["cost"].items() for t in texts])
async def test_what_it_costs_may_be_the_very_first_words(language: Any, text: str) -> None:
    events = [event async for event in Conversation(Case(language=language)).say(text)]
    said = "".join(event.text for event in events if isinstance(event, e.Said))
    assert book(language)["asides"]["cost"] in said
    assert any(isinstance(event, e.Asked) for event in events)
    assert not re.search(r"\d", book(language)["asides"]["cost"])  # a figure would want a source and a date


@pytest.mark.parametrize("text", ["¿Cuánto cuesta el vuelo a Madrid?", "How much is a pizza?", "Was kostet ein Auto?"])
def test_the_price_of_something_else_is_not_ours(text: str) -> None:
    assert aside(text) is None


async def test_what_comes_next_is_the_first_step_of_a_verdict_and_nothing_is_started() -> None:
    talk = Conversation(Case())
    for fact, value in {"gaps": ["tone_style"], "prompt_effort": "none"}.items():
        [_ async for _ in talk.answer(fact, value)]
    step = talk.recommendation().next_steps[0]
    events = [event async for event in talk.say("ok do it")]
    said = "".join(event.text for event in events if isinstance(event, e.Said))
    assert step in said
    assert "your approval" in said
    assert not any(isinstance(event, e.PlanProposed) for event in events)


PUZZLED = ["what is that?", "huh?", "I don't understand", "was heißt das?", "¿qué es eso?", "no entiendo",
           "c'est quoi ?", "je comprends pas", "那是什么?", "不懂"]  # fmt: skip


@pytest.mark.parametrize("text", PUZZLED)
async def test_who_is_puzzled_by_a_question_hears_why_it_is_asked_and_how_to_answer(text: str) -> None:
    talk = Conversation(Case())
    [_ async for _ in talk.say("my boss wants our own GPT")]
    events = [event async for event in talk.say(text)]
    said = "".join(event.text for event in events if isinstance(event, e.Said))
    asked = next(event.question for event in events if isinstance(event, e.Asked))
    assert asked.fact == "gaps"
    assert asked.why in said
    assert asked.free is not None
    assert asked.free in said


NOTHING = ["we have no AI yet", "nothing yet", "wir nutzen noch keine KI", "todavía no tenemos ninguna IA",
           "nous n'avons pas encore d'IA", "我们还没有用过AI"]  # fmt: skip


@pytest.mark.parametrize("text", NOTHING)
async def test_who_has_no_ai_yet_is_not_asked_again_what_is_wrong_with_it(text: str) -> None:
    talk = Conversation(Case())
    [_ async for _ in talk.say("our law firm wants its own GPT")]
    events = [event async for event in talk.say(text)]
    said = "".join(event.text for event in events if isinstance(event, e.Said))
    assert book(talk.case.language)["none_in_use"] in said
    assert talk.recommendation().decision == "prompt_engineering"
    assert talk.recommendation().confidence == "low"
    assert "gaps" in talk.case.declined
    [_ async for _ in talk.say("it should answer in our own tone of voice, the tone is off when my nephew tries it")]
    assert talk.case.facts_now().gaps == ("tone_style",)


def test_none_in_use_is_not_said_by_who_tells_of_answers() -> None:
    """Over all annotated messages in which something is wrong with answers of today."""
    told = [m.text for m in messages() if m.wanted.get("gaps") and none_in_use(m.text)]
    assert told == []


async def test_what_could_not_be_read_after_a_verdict_is_said_to_be_unread() -> None:
    talk = Conversation(Case())
    [_ async for _ in talk.answer("gaps", ["knowledge"])]
    events = [event async for event in talk.say("qwertz asdf")]
    said = "".join(event.text for event in events if isinstance(event, e.Said))
    assert said.startswith(book("en")["nothing_new"].split("{")[0])


async def test_the_no_of_who_insists_answers_no_other_question() -> None:
    talk = Conversation(Case())
    [_ async for _ in talk.answer("gaps", ["knowledge"])]
    [_ async for _ in talk.say("no really, just train it")]
    assert talk.case.insists
    assert "meets_target" not in talk.case.facts


def test_who_tells_of_a_task_asks_nothing_of_the_adviser() -> None:
    """Over all annotated messages that state a fact."""
    taken = [row.text for row in messages() if row.wanted and aside(row.text)]
    assert taken == []
