"""Two cases side by side: who has a second one is shown the way, and sees only their own."""

import importlib
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from signed_in_client import client_of

from agent.case import Case, ChatLine, Noted
from knowledge.report_words import report_words
from tools.errors import RefusedError
from tools.records.cases import save_case
from ui.chat import commands
from ui.chat.cards.blocks import Card
from ui.chat.words import LANGUAGES, words
from ui.web.pages import router

journey: Any = importlib.import_module("ui.chat.journey.beside")  # the package has a function of this name
FACTS = {
    "a1": {"task_type": "classification", "gaps": ["accuracy"], "examples": 3000},
    "b2": {"task_type": "dialogue", "gaps": ["tone_style"], "prompt_effort": "single_prompt"},
}


def store(case_id: str, owner: str = "ada", **facts: Any) -> Case:
    case = Case(
        id=case_id,
        facts={k: Noted(value=v) for k, v in facts.items()},
        chat=[ChatLine(role="user", text=f"words of {case_id}")],
    )
    save_case(case_id, owner, f"words of {case_id}", {"case": case.model_dump(mode="json"), "cards": {}})
    return case


@pytest.fixture
def client() -> Iterator[TestClient]:
    with client_of(router) as made:
        yield made


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_has_a_second_case_sees_the_button_and_who_has_none_does_not(language: str) -> None:
    w = words(language)
    store("a1", **FACTS["a1"])
    store("c3")  # begun, and nothing said
    store("d4", owner="bob", **FACTS["b2"])
    assert journey.beside_button("a1", "ada", w) == []
    store("b2", **FACTS["b2"])
    (button,) = journey.beside_button("a1", "ada", w)
    assert (button.label, button.action) == (w("do.beside"), "beside")


def test_new_conversations_that_know_nothing_yet_do_not_hide_the_second_case() -> None:
    store("b2", **FACTS["b2"])
    for n in range(5):
        store(f"e{n}")
    store("a1", **FACTS["a1"])
    assert len(journey.beside_button("a1", "ada", words("en"))) == 1


async def test_the_command_lists_the_other_cases_and_says_so_when_there_is_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Card] = []

    async def announce(_thread: str, *cards: Card) -> None:
        shown.extend(cards)

    monkeypatch.setattr(journey, "announce", announce)
    talk: Any = SimpleNamespace(
        case=store("a1", **FACTS["a1"]), owner="ada", thread_id="a1", words=words("de"), cards={}
    )
    with pytest.raises(RefusedError, match="no other conversation"):
        await commands.run(talk, "beside", "/beside", None)
    store("b2", **FACTS["b2"])
    store("d4", owner="bob", **FACTS["b2"])
    await commands.run(talk, "beside", "/beside", None)
    (card,) = shown
    said = str(card.props())
    assert "/beside/a1/b2" in said
    assert "finetune-advisor report a1 b2" in said
    assert "d4" not in said


def test_the_page_shows_both_and_only_ones_own(client: TestClient) -> None:
    store("a1", **FACTS["a1"])
    store("b2", **FACTS["b2"])
    store("d4", owner="bob", **FACTS["b2"])
    seen = client.get("/beside/a1/b2")
    assert seen.status_code == 200
    assert seen.headers["cache-control"] == "no-store"
    for said in ("words of a1", "words of b2", report_words("en")["beside"]["facts"]):
        assert said in seen.text
    assert client.get("/beside/a1/d4").status_code == 404
    assert client.get("/beside/d4/a1").status_code == 404
    assert client.get("/beside/a1/nosuch").status_code == 404
