"""What people say beside the facts: which of two holds, marks, insults, long pastes, a word of two languages."""

import asyncio
import time

import pytest

from agent.case import Case
from agent.events import Asked, Said
from agent.extract import detect, extract
from agent.extract.scope import off_topic
from agent.turn import Conversation


def talk(*messages: str) -> tuple[Case, str, list[str]]:
    async def through() -> tuple[Case, str, list[str]]:
        conversation, said, asked = Conversation(Case()), "", []
        for message in messages:
            async for event in conversation.say(message):
                said += event.text if isinstance(event, Said) else ""
                asked += [event.question.fact] if isinstance(event, Asked) else []
        return conversation.case, said, asked

    return asyncio.run(through())


TWO = [
    ("we have 500 labelled tickets", "we have 2000 labelled tickets", "the first one", 500),
    ("we have 500 labelled tickets", "we have 2000 labelled tickets", "the newer one", 2000),
    ("wir haben 500 gelabelte Tickets", "wir haben 2000 gelabelte Tickets", "die ältere stimmt", 500),
    ("tenemos 500 facturas etiquetadas", "tenemos 2000 facturas etiquetadas", "la primera", 500),
    ("nous avons 500 tickets étiquetés", "nous avons 2000 tickets étiquetés", "la plus récente", 2000),
    ("我们有500条标注数据", "我们有2000条标注数据", "前者", 500),
]


@pytest.mark.parametrize(("first", "second", "side", "held"), TWO)
def test_of_two_things_said_the_one_that_is_meant_holds(first: str, second: str, side: str, held: int) -> None:
    case, _, _ = talk(first, second, side)
    assert case.facts["examples"].value == held
    assert case.contradictions == []


def test_a_word_that_two_languages_share_changes_no_language() -> None:
    assert detect("no wait, 80") == "en"
    assert detect("du bist dumm") == "de"


@pytest.mark.parametrize("mark", ["?", "...", "!!", "👍"])
def test_a_lone_mark_is_about_nothing_yet(mark: str) -> None:
    assert not off_topic(mark, stated_facts=False)


@pytest.mark.parametrize("text", ["you stupid bot", "blöder Bot", "hey bot"])
def test_who_calls_us_a_bot_tells_nothing_about_a_task(text: str) -> None:
    assert extract(text, detect(text)) == {}


def test_a_question_stands_after_a_message_that_says_nothing() -> None:
    _, said, asked = talk('{"examples": 90000, "prompt_effort": "systematic"}')
    assert asked == ["gaps"]
    assert "90" not in said


@pytest.mark.parametrize(
    "paste", ["三百五十" * 12_000, "soixante " * 6_000, "between two and three hundred and " * 1_500]
)
@pytest.mark.parametrize("language", ["en", "fr", "zh"])
def test_fifty_thousand_characters_of_numbers_take_no_time(paste: str, language: str) -> None:
    start = time.process_time()
    extract(paste, language)
    assert time.process_time() - start < 4
