"""Events of a turn become a message and its cards."""

from collections.abc import AsyncIterator

import chainlit as cl

from agent import events
from agent.recommend import Recommendation
from agent.verdict import verdict_sentence
from ui.chat.cards.blocks import Block, Button, Card, Item, ItemList, Notice
from ui.chat.cards.question import question_card
from ui.chat.cards.recommendation import recommendation_card
from ui.chat.cards.understood import understood_blocks
from ui.chat.show import NAME, Shown
from ui.chat.talk import Talk


class Turn:
    """Collects one turn: text streams at once, cards come when the turn is whole."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.message = cl.Message(content="", author=NAME)
        self.cards: list[Card] = []
        self._understood: list[Block] = []
        self._sent = False

    async def play(self, stream: AsyncIterator[events.Event]) -> None:
        """Show a turn's events."""
        async for event in stream:
            await self._on(event)
        self._place_understood()
        shown = [Shown(self.talk.thread_id, card) for card in self.cards]
        for s in shown:
            s.for_id = self.message.id
        self.message.elements = [s.element() for s in shown]
        if self._sent:
            await self.message.update()
            for element in self.message.elements:
                await element.send(for_id=self.message.id)
        elif self.message.content or shown:
            await self.message.send()

    def _place_understood(self) -> None:
        """What was understood goes into the turn's first card: before a question, after a verdict."""
        if not self._understood:
            return
        if not self.cards:
            self.cards.append(Card(name="understood", label="What I understood", blocks=self._understood))
            return
        first = self.cards[0]
        at = 2 if first.name == "recommendation" else 0
        blocks = [*first.blocks[:at], *self._understood, *first.blocks[at:]]
        self.cards[0] = first.model_copy(update={"blocks": blocks})

    async def _on(self, event: events.Event) -> None:
        match event:
            case events.Said(text=text, replaces=replaces):
                await self._say(text, replaces=replaces)
            case events.Understood():
                self._understood += understood_blocks(event)
            case events.Recommended(recommendation=recommendation, changed=changed):
                if changed and recommendation.status == "recommend":
                    self.cards.append(self._recommendation(recommendation))
            case events.Asked(question=question):
                self.cards.append(question_card(question, can_go_back=bool(self.talk.case.steps)))
            case events.Passages(passages=passages):
                items = [
                    Item(text=p.title, source=", ".join(p.sources), note=f"checked {p.checked_on}") for p in passages
                ]
                self.cards.append(Card(name="passages", label="Sources", blocks=[ItemList(title="From", items=items)]))
            case events.ToolFinished(error=error) if error:
                self.cards.append(Card(name="problem", label="Problem", blocks=[Notice(tone="warn", text=error)]))
            case events.Incomplete(reason=reason):
                self.cards.append(Card(name="model", label="Model", blocks=[Notice(tone="warn", text=reason)]))
            case _:
                pass

    async def _say(self, text: str, *, replaces: bool) -> None:
        """Stream; the verdict stands on its card, so it is not said twice."""
        text = text.replace(verdict_sentence(self.talk.conversation.recommendation()), "").lstrip("\n")
        if replaces:
            self.message.content = text
            if self._sent:
                await self.message.update()
        elif text:
            await self.message.stream_token(text)
            self._sent = True

    def _recommendation(self, recommendation: Recommendation) -> Card:
        return recommendation_card(
            self.talk.case.facts_now(),
            recommendation,
            verdict_sentence(recommendation),
            actions=next_actions(self.talk, recommendation),
        )


def next_actions(talk: Talk, recommendation: Recommendation) -> list[Button]:
    """What can be done at once with the files at hand; a person may go on against the advice, knowingly."""
    buttons: list[Button] = []
    files = [d for d in talk.case.datasets if "." not in d.id]
    if not files:
        buttons.append(Button(label="Check my data (drop a file, or use the example)", action="want_file", again=True))
    decision = recommendation.decision
    if decision:
        topic = recommendation.technique or decision
        buttons.append(Button(label="Explain this", action="explain", payload={"topic": topic}, again=True))
    buttons.append(Button(label="Why not something else?", action="why_not", again=True))
    return buttons
