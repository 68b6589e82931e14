"""The one question that can be answered on screen. An older card keeps what it said, with its answer and no buttons."""

from typing import Any

from agent.say import value_label
from ui.chat.cards.blocks import Text
from ui.chat.show import Shown, alter
from ui.chat.talk import Talk
from ui.chat.words import words

OPEN = "question"
"""Where a talk keeps it, among its cards: element, message, fact."""
CARDS = ("question", "sharpen")
ITS_OWN = ("options", "entries", "details")
"""Kinds of block that belong to an open question alone."""


async def close_before(talk: Talk, shown: list[Shown]) -> None:
    """Close the open question when a new one comes, or when it was answered in other words.

    Args:
        talk: the conversation, after the turn.
        shown: the turn's cards, about to be sent; a question among them is the open one from now on.
    """
    new = next((s for s in reversed(shown) if s.card.name in CARDS), None)
    before = talk.cards.get(OPEN)
    if before and (new is not None or _answer(talk, before[2])):
        again = new is not None and fact_of(new.card.props()) == before[2]
        talk.cards.pop(OPEN)
        await alter(talk.thread_id, before[0], lambda props: closed(props, _answer(talk, before[2]), again=again))
    if new is not None:
        talk.cards[OPEN] = [new.id, new.for_id, fact_of(new.card.props())]


def fact_of(props: dict[str, Any]) -> str:
    """The fact that a card asks for; "" where it asks for none."""
    return next((str(b["fact"]) for b in props["blocks"] if b["kind"] == "options"), "")


def closed(props: dict[str, Any], answer: str, *, again: bool) -> dict[str, Any]:
    """A question's card without its buttons.

    Args:
        props: the card as it was drawn.
        answer: in the person's words; "" where there is none.
        again: the same question is drawn anew below, so that here only what was understood stays.
    """
    w = words(str(props.get("language", "en")))
    asks = next((b for b in props["blocks"] if b["kind"] == "options"), None)
    if asks is None:
        return props
    question = asks["question"]
    at = next((i for i, b in enumerate(props["blocks"]) if b["kind"] == "text" and b["text"] == question), 0)
    before = [b for b in props["blocks"][:at] if not b.get("muted")]
    if again and before:
        return {**props, "name": "understood", "label": "", "blocks": before}  # its chips name themselves
    status = Text(text=w("question.answered", answer=answer) if answer else w("question.unanswered"), muted=True)
    asked = [b for b in props["blocks"][at : at + 1] if b["kind"] not in ITS_OWN]
    return {**props, "blocks": [*before, *asked, status.model_dump(mode="json")]}


def _answer(talk: Talk, fact: str) -> str:
    """What was said to it by now; "" while it is open."""
    case = talk.case
    if any(c.fact == fact for c in case.contradictions):
        return ""
    if fact in case.facts:
        return value_label(fact, case.facts[fact].value, case.language)
    return talk.words("question.unknown") if fact in case.declined else ""
