"""One question can be answered at a time: older cards keep what they said, and their buttons go."""

from typing import Any

import pytest

from agent.ask import question_for
from agent.case import Case, Noted
from ui.chat import asked
from ui.chat.asked import close_before, closed
from ui.chat.cards.blocks import Card, Chip, Chips, Text
from ui.chat.cards.question import question_card, sharpening_card
from ui.chat.show import Shown
from ui.chat.talk import Talk
from ui.chat.words import LANGUAGES, words

UNDERSTOOD = Chips(label="Understood", items=[Chip(label="examples", value="500", quote="500 tickets")])


def card(fact: str, *before: Any, language: str = "en") -> Card:
    made = question_card(question_for(fact), can_go_back=True, asked=2, known={"examples": 500}, language=language)
    return made.model_copy(update={"blocks": [*before, *made.blocks]})


def kinds(props: dict[str, Any]) -> list[str]:
    return [b["kind"] for b in props["blocks"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_answered_question_shows_its_answer_and_nothing_to_click(language: str) -> None:
    shown = closed(card("prompt_effort", UNDERSTOOD, language=language).props(), "none", again=False)
    assert kinds(shown) == ["chips", "text", "text"]
    assert shown["blocks"][1]["text"] == question_for("prompt_effort").question
    assert shown["blocks"][2]["text"] == words(language)("question.answered", answer="none")


def test_a_question_that_is_asked_again_below_leaves_only_what_was_understood() -> None:
    shown = closed(card("prompt_effort", UNDERSTOOD).props(), "", again=True)
    assert kinds(shown) == ["chips"]
    assert shown["name"] == "understood"
    alone = closed(card("prompt_effort").props(), "", again=True)
    assert kinds(alone) == ["text", "text"]
    assert alone["blocks"][1]["text"] == words("en")("question.unanswered")


def test_an_optional_question_closes_too_and_a_closed_one_stays_as_it_is() -> None:
    optional = sharpening_card(question_for("evals_defined"), "Still open.").props()
    once = closed(optional, "yes", again=False)
    assert "options" not in kinds(once)
    assert closed(once, "no", again=False) == once


class Screen:
    """What was drawn anew."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.stored: dict[str, dict[str, Any]] = {}
        monkeypatch.setattr(asked, "alter", self._alter)

    def show(self, card: Card) -> Shown:
        shown = Shown("t", card)
        self.stored[shown.id] = card.props()
        return shown

    async def _alter(self, _thread: str, card_id: str, change: Any) -> None:
        self.stored[card_id] = change(self.stored[card_id])

    def live(self) -> int:
        return sum("options" in kinds(p) for p in self.stored.values())


async def test_one_question_is_live_whatever_is_told_clicked_or_left(monkeypatch: pytest.MonkeyPatch) -> None:
    screen, talk = Screen(monkeypatch), Talk("t", "local", Case(id="t"))

    async def turn(*cards: Card) -> None:
        await close_before(talk, [screen.show(c) for c in cards])

    await turn(card("gaps"))
    await turn(card("prompt_effort", UNDERSTOOD))  # gaps was left: another question came
    assert screen.live() == 1
    await turn(card("prompt_effort", UNDERSTOOD))  # a fact was told, the same question stands
    assert screen.live() == 1
    talk.case.facts["prompt_effort"] = Noted(value="none", quote="none")
    verdict = Card(name="recommendation", label="x", blocks=[Text(text="Not yet.")])
    await turn(verdict, sharpening_card(question_for("evals_defined"), "Still open."))
    assert screen.live() == 1
    await turn()  # nothing asked, nothing answered: the optional one may still be clicked
    assert screen.live() == 1
    talk.case.decline("evals_defined")
    await turn()
    assert screen.live() == 0
    assert asked.OPEN not in talk.cards
