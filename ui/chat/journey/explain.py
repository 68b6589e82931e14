"""A rung or technique in plain words, and why the others were passed over."""

from agent.translated import translated
from knowledge.sources import sources
from knowledge.techniques import Claim, techniques
from tools.errors import InputError
from ui.chat.cards.blocks import Block, Card, Details, Item, ItemList, Text
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.words import Words


async def explain(talk: Talk, topic: str) -> None:
    """The card of one rung or technique."""
    w, card = talk.words, techniques().get(topic)
    if card is None:
        raise InputError(f"there is no card for {topic!r}")
    blocks: list[Block] = [
        Text(text=card.what),
        Text(text=card.analogy, muted=True),
        ItemList(title=w("explain.first_steps"), items=[Item(text=s) for s in card.first_steps]),
        Details(summary=w("explain.fits"), blocks=[_claims(card.fits, w)]),
        Details(summary=w("explain.not"), blocks=[_claims(card.does_not_fit, w)]),
        Details(
            summary=w("explain.needs"),
            blocks=[_claims(card.needs, w), Text(text=card.costs), _claims(card.risks, w)],
        ),
    ]
    name = w.decision(topic)
    await announce(talk.thread_id, Card(name="explain", label=name, blocks=blocks, language=w.language), text=name)


def _claims(claims: tuple[Claim, ...], w: Words) -> ItemList:
    known = sources()
    return ItemList(
        items=[
            Item(text=c.text, source=w("cited", title=known[c.source].title), href=known[c.source].url or "")
            for c in claims
        ]
    )


async def why_not(talk: Talk) -> None:
    """Why each other rung was passed over."""
    w = talk.words
    found = translated(talk.conversation.recommendation(), talk.case.facts_now().known(), w.language)
    items = [
        Item(tag=w.decision(n.decision), text=n.text, source=w("cited", title=n.source) if n.source else "")
        for n in found.not_now
    ]
    label = w("recommendation.why_not")
    card = Card(name="why-not", label=label, blocks=[ItemList(items=items)], language=w.language)
    await announce(talk.thread_id, card)
