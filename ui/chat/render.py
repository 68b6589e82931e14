"""Events of a turn become a message and its cards."""

from collections.abc import AsyncIterator, Callable

import chainlit as cl

from agent import events
from agent.conclude import TRAINING
from agent.recommend import Recommendation
from agent.say import book, verdict_sentence
from agent.settings import model_settings
from agent.situation import find_host
from knowledge import rules as book_of_rules
from tools.errors import InputError
from ui.chat.asked import close_before
from ui.chat.cards.blocks import Block, Button, Card, Item, ItemList, Notice, Text
from ui.chat.cards.costs import eligibility_button
from ui.chat.cards.question import question_card, sharpening_card
from ui.chat.cards.recommendation import recommendation_card
from ui.chat.cards.understood import understood_blocks
from ui.chat.show import NAME, Shown, announce, mirror, send_in_order
from ui.chat.talk import Talk
from ui.chat.words import Words

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

    @property
    def _language(self) -> str:
        """As it is now: a turn's first words may have changed it."""
        return self.talk.case.language

    def _card(self, name: str, label: str, *blocks: Block) -> Card:
        w = self.talk.words
        return Card(name=name, label=w(label), blocks=[*blocks], language=w.language)

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
        await close_before(self.talk, shown)
        if self._sent:
            await message.update()
            for s in shown:
                await s.element().send(for_id=message.id)
        elif self.text or shown:
            await send_in_order(message, shown)
        if self._sent or self.text or shown:
            await mirror(self.talk.thread_id, message, shown)

    async def play_beside(self, stream: AsyncIterator[events.Event], lead: Callable[[], str] = str) -> None:
        """Show a turn that no message started, in every window; `lead` is asked at its end and said first."""
        async for event in stream:
            await self._on(event)
        self.text = "\n\n".join(part for part in (lead(), self.text.strip()) if part)
        self._finish()
        if self.cards or self.text:
            await close_before(self.talk, await announce(self.talk.thread_id, *self.cards, text=self.text))

    def _finish(self) -> None:
        self._place_understood()
        self._place_text()

    def _place_understood(self) -> None:
        """What was understood goes into the turn's first card: before a question, after a verdict."""
        if not self._understood:
            return
        if not self.cards:
            self.cards.append(self._card("understood", "understood.label", *self._understood))
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
                self._understood += understood_blocks(event, self._language)
            case events.Recommended(recommendation=recommendation, changed=changed):
                if changed and recommendation.status == "recommend":
                    self.cards.append(self._recommendation(recommendation))
            case events.Asked(question=question):
                self.cards.append(
                    question_card(
                        question,
                        can_go_back=bool(self.talk.case.steps),
                        asked=len(set(self.talk.case.asked)),
                        known=self.talk.case.facts_now().known(),
                        language=self._language,
                    )
                )
            case events.CouldAsk(question=question):
                if any(c.name == "recommendation" for c in self.cards):
                    lead = book(self._language)["sharpen"]
                    self.cards.append(sharpening_card(question, lead, self._language))
            case events.Passages(passages=passages):
                w = self.talk.words
                items = [
                    Item(
                        text=w("cited", title=p.title),
                        source=", ".join(p.sources),
                        note=w("checked_on", date=p.checked_on),
                    )
                    for p in passages
                ]
                listed = ItemList(title=w("recommendation.from"), items=items)
                self.cards.append(self._card("passages", "recommendation.sources", listed))
            case events.ToolFinished(error=error) if error:
                self.cards.append(self._card("problem", "work.problem", Notice(tone="warn", text=error)))
            case events.Incomplete(reason=reason):
                line = book(self._language)["model_down"].format(reason=reason)
                self.cards.append(self._card("model", "work.model", Notice(tone="warn", text=line)))
            case _:
                pass

    def _comes_with_a_card(self) -> bool:
        """Whether this turn draws the verdict: an unchanged one has no new card, and its sentence stays in the text."""
        verdict = self.talk.conversation.recommendation()
        new = verdict.status == "recommend" and verdict.model_dump_json(by_alias=True) != self.talk.case.shown
        return new or any(c.name == "recommendation" for c in self.cards)

    async def _say(self, text: str, *, replaces: bool) -> None:
        """A model's words stream; the verdict stands on its card, so it is not said twice."""
        if self._comes_with_a_card():
            text = text.replace(verdict_sentence(self.talk.conversation.recommendation(), self._language), "")
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
            verdict_sentence(recommendation, self._language),
            actions=next_actions(self.talk, recommendation),
            language=self._language,
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
    w = talk.words
    decision = recommendation.decision
    buttons = [*_makes_data(recommendation, w), _onward(talk)]
    if decision:
        topic = recommendation.technique or decision
        buttons.append(Button(label=w("do.explain"), action="explain", payload={"topic": topic}, again=True))
    buttons.append(Button(label=w("do.why_not"), action="why_not", again=True))
    buttons += _may_we_tune(talk, decision)
    buttons.append(Button(label=w("do.page"), action="page", again=True))
    buttons.append(Button(label=w("do.link"), action="link", style="quiet", again=True))
    from ui.chat.journey.beside import beside_button  # the journey itself renders

    buttons += beside_button(talk.case.id, talk.owner, w)
    return buttons


def _makes_data(recommendation: Recommendation, w: Words) -> list[Button]:
    """Where the technique advised begins with data that are made: the way there."""
    action = {"distillation": "distil", "raft": "raft"}.get(recommendation.technique or "")
    return [Button(label=w(f"do.{action}"), action=action, style="primary", again=True)] if action else []


def _may_we_tune(talk: Talk, decision: str | None) -> list[Button]:
    """Before anyone labels data: what the provider that was named, or the one most people mean, asks of them."""
    facts = talk.case.facts_now()
    host = find_host(facts.provider, facts.base_model) or "openai"
    inside = facts.data_must_stay_inside or facts.offline_required
    if decision not in (*TRAINING, "collect_data_first") or inside or not book_of_rules.hosts()[host].hosted:
        return []
    return [eligibility_button(host, talk.case.language)]


def _onward(talk: Talk) -> Button:
    """The next step of the practical way: data, rows aside, the base's score, a plan."""
    w = talk.words
    files = [d.id for d in talk.case.files()]
    if not files:
        return Button(label=w("do.bring"), action="want_file", again=True)
    payload = {"dataset": files[-1]}
    if not any(d.id == f"{files[-1]}.held_out" for d in talk.case.datasets):
        return Button(label=w("do.set_aside"), action="set_aside", payload=payload, again=True)
    if not any(f"/{files[-1]}/" in name for name in talk.case.evals):
        return Button(label=w("do.measure_base"), action="measure_base", payload=payload, again=True)
    return Button(label=w("do.plan"), action="plan", payload=payload, again=True)
