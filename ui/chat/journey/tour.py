"""Teach me: eight questions in two minutes, one card each, and a picture to keep."""

from knowledge.pages import pages
from knowledge.sources import sources
from knowledge.tour import tour
from tools.errors import InputError
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Item, ItemList, Text, Verdict
from ui.chat.show import announce
from ui.chat.talk import Talk


async def teach(talk: Talk, step: int = 0) -> None:
    """Show one step; past the last one, the picture and the way back to the person's own task."""
    t = tour(talk.case.language)
    of = len(t.steps)
    if not 0 <= step < of:
        await announce(talk.thread_id, _end(talk.case.language))
        return
    s = t.steps[step]
    buttons = [Button(label=t.back, action="teach", payload={"step": step - 1}, again=True)] if step else []
    buttons += [
        Button(label=t.next, action="teach", payload={"step": step + 1}, style="primary", again=True),
        Button(label=t.more, action="read_page", payload={"page": s.page}, again=True),
        Button(label=t.stop, action="teach", payload={"step": of}, style="quiet", again=True),
    ]
    blocks: list[Block] = [
        Text(text=t.progress.format(n=step + 1, of=of), muted=True),
        Verdict(sentence=s.question, tone="info"),
        Text(text=s.answer),
        Text(text=s.analogy, muted=True),
        Buttons(items=buttons),
    ]
    await announce(talk.thread_id, Card(name="tour", label=t.title, blocks=blocks, language=talk.case.language))


def _end(language: str) -> Card:
    t = tour(language)
    link = Item(text="PNG", source=t.recap, href=f"/tour/{language}.png")
    return Card(name="tour", label=t.title, blocks=[Text(text=t.ready), ItemList(items=[link])], language=language)


async def read_page(talk: Talk, page_id: str) -> None:
    """One knowledge page, with its sources."""
    found = pages().get(page_id)
    if found is None:
        raise InputError("there is no such page")
    known = sources()
    w = talk.words
    cited = [
        Item(text=w("cited", title=known[s].title), source=w("open"), href=known[s].url or "") for s in found.sources
    ]
    label = w("recommendation.sources")
    card = Card(name="sources", label=label, blocks=[ItemList(title=label, items=cited)], language=w.language)
    await announce(talk.thread_id, card, text=f"**{found.question}**\n\n{found.plain}")
