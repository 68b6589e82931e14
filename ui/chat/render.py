"""Events of a turn become a message and its cards."""

from collections.abc import AsyncIterator

import chainlit as cl

from agent import events
from agent.conclude import TRAINING
from agent.recommend import Recommendation
from agent.say import book, verdict_sentence
from agent.settings import model_settings
from agent.situation import find_host
from knowledge import rules as book_of_rules
from tools.errors import InputError
from ui.chat.cards.blocks import Block, Button, Card, Item, ItemList, Notice, Text
from ui.chat.cards.costs import eligibility_button
from ui.chat.cards.question import question_card, sharpening_card
from ui.chat.cards.recommendation import recommendation_card
from ui.chat.cards.understood import understood_blocks
from ui.chat.show import NAME, Shown, announce, mirror
from ui.chat.talk import Talk

MARKUP = ("](", "**", "\n- ", "\n* ", "`")
"""Text that holds any of these is drawn by the message, which knows Markdown; a card draws plain text."""


class Turn:
    """Collects one turn: a model's text streams at once, cards come when the turn is whole."""

    def __init__(self, talk: Talk) -> None:
        self.talk = talk
        self.cards: list[Card] = []
        self.text = ""
        self._understood: list[Block] = []
        self._message: cl.Message | None = None
        self._sent = False

    async def play(self, stream: AsyncIterator[events.Event]) -> None:
        """Show a turn's events in the window that asked, then in the thread's other windows."""
        self._message = message = cl.Message(content="", author=NAME)
        try:
            async for event in stream:
                await self._on(event)
        finally:
            # Stopped half way, what was streamed is closed and kept.
            if self._sent:
                message.content = self.text
                await message.update()
        self._finish()
        message.content = self.text
        shown = [Shown(self.talk.thread_id, card) for card in self.cards]
        for s in shown:
            s.for_id = message.id
        message.elements = [s.element() for s in shown]
        if self._sent:
            await message.update()
            for element in message.elements:
                await element.send(for_id=message.id)
        elif self.text or shown:
            await message.send()
        if self._sent or self.text or shown:
            await mirror(self.talk.thread_id, message, shown)

    async def play_beside(self, stream: AsyncIterator[events.Event]) -> None:
        """Show a turn that no message started, in every window of the thread."""
        async for event in stream:
            await self._on(event)
        self._finish()
        if self.cards or self.text:
            await announce(self.talk.thread_id, *self.cards, text=self.text)

    def _finish(self) -> None:
        self._place_understood()
        self._place_text()

    def _place_understood(self) -> None:
        """What was understood goes into the turn's first card: before a question, after a verdict."""
        if not self._understood:
            return
        if not self.cards:
            self.cards.append(Card(name="understood", label="What I understood", blocks=self._understood))
            return
        first = self.cards[0]
        at = 2 if first.name == "recommendation" else 0
        self.cards[0] = _with(first, at, self._understood)

    def _place_text(self) -> None:
        """The explanation of a verdict stands under it, on its card, and nowhere else."""
        plain = self.text.strip()
        first = self.cards[0] if self.cards else None
        if first is None or first.name != "recommendation" or self._sent or any(m in plain for m in MARKUP):
            return
        paragraphs: list[Block] = [Text(text=p) for p in plain.split("\n\n") if p]
        self.cards[0], self.text = _with(first, 1, paragraphs), ""

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
            case events.CouldAsk(question=question):
                if any(c.name == "recommendation" for c in self.cards):
                    self.cards.append(sharpening_card(question, book(self.talk.case.language)["sharpen"]))
            case events.Passages(passages=passages):
                items = [
                    Item(text=p.title, source=", ".join(p.sources), note=f"checked {p.checked_on}") for p in passages
                ]
                self.cards.append(Card(name="passages", label="Sources", blocks=[ItemList(title="From", items=items)]))
            case events.ToolFinished(error=error) if error:
                self.cards.append(Card(name="problem", label="Problem", blocks=[Notice(tone="warn", text=error)]))
            case events.Incomplete(reason=reason):
                line = book(self.talk.case.language)["model_down"].format(reason=reason)
                self.cards.append(Card(name="model", label="Model", blocks=[Notice(tone="warn", text=line)]))
            case _:
                pass

    async def _say(self, text: str, *, replaces: bool) -> None:
        """A model's words stream; the verdict stands on its card, so it is not said twice."""
        text = text.replace(verdict_sentence(self.talk.conversation.recommendation()), "")
        text = text if self.text and not replaces else text.lstrip("\n")
        self.text = text if replaces else self.text + text
        if self._message is None or not text:
            return
        if replaces and self._sent:
            self._message.content = text
            await self._message.update()
        elif self._sent or _a_model_speaks():
            await self._message.stream_token(text)
            self._sent = True

    def _recommendation(self, recommendation: Recommendation) -> Card:
        return recommendation_card(
            self.talk.case.facts_now(),
            recommendation,
            verdict_sentence(recommendation),
            actions=next_actions(self.talk, recommendation),
        )


def _with(card: Card, at: int, blocks: list[Block]) -> Card:
    return card.model_copy(update={"blocks": [*card.blocks[:at], *blocks, *card.blocks[at:]]})


def _a_model_speaks() -> bool:
    try:
        return model_settings() is not None
    except InputError:
        return False


def next_actions(talk: Talk, recommendation: Recommendation) -> list[Button]:
    """What can be done at once with the files at hand; a person may go on against the advice, knowingly."""
    buttons = [_onward(talk)]
    decision = recommendation.decision
    if decision:
        topic = recommendation.technique or decision
        buttons.append(Button(label="Explain this", action="explain", payload={"topic": topic}, again=True))
    buttons.append(Button(label="Why not something else?", action="why_not", again=True))
    buttons += _may_we_tune(talk, decision)
    buttons.append(Button(label="Write the page for a decision", action="page", again=True))
    return buttons


def _may_we_tune(talk: Talk, decision: str | None) -> list[Button]:
    """Before anyone labels data: what the provider that was named, or the one most people mean, asks of them."""
    facts = talk.case.facts_now()
    host = find_host(facts.provider, facts.base_model) or "openai"
    inside = facts.data_must_stay_inside or facts.offline_required
    if decision not in (*TRAINING, "collect_data_first") or inside or not book_of_rules.hosts()[host].hosted:
        return []
    return [eligibility_button(host)]


def _onward(talk: Talk) -> Button:
    """The next step of the practical way: data, rows aside, the base's score, a plan."""
    files = [d.id for d in talk.case.datasets if "." not in d.id]
    if not files:
        return Button(label="Check my data (drop a file, or use the example)", action="want_file", again=True)
    payload = {"dataset": files[-1]}
    if not any(d.id == f"{files[-1]}.held_out" for d in talk.case.datasets):
        return Button(label="Keep rows aside for the test", action="set_aside", payload=payload, again=True)
    if not any(f"/{files[-1]}/" in name for name in talk.case.evals):
        return Button(label="Measure the base model first", action="measure_base", payload=payload, again=True)
    return Button(label="Plan a training job", action="plan", payload=payload, again=True)
