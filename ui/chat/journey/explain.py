"""A rung or technique in plain words, and why the others were passed over."""

from knowledge.sources import sources
from knowledge.techniques import Claim, techniques
from tools.errors import InputError
from ui.chat.cards.blocks import Block, Card, Details, Item, ItemList, Text
from ui.chat.cards.words import decision_label
from ui.chat.show import announce
from ui.chat.talk import Talk


async def explain(talk: Talk, topic: str) -> None:
    """The card of one rung or technique."""
    card = techniques().get(topic)
    if card is None:
        raise InputError(f"there is no card for {topic!r}")
    blocks: list[Block] = [
        Text(text=card.what),
        Text(text=card.analogy, muted=True),
        ItemList(title="First steps", items=[Item(text=s) for s in card.first_steps]),
        Details(summary="When it fits", blocks=[_claims(card.fits)]),
        Details(summary="When not", blocks=[_claims(card.does_not_fit)]),
        Details(
            summary="What it needs, costs and risks",
            blocks=[_claims(card.needs), Text(text=card.costs), _claims(card.risks)],
        ),
    ]
    await announce(talk.thread_id, Card(name="explain", label=card.name, blocks=blocks), text=card.name)


def _claims(claims: tuple[Claim, ...]) -> ItemList:
    known = sources()
    return ItemList(
        items=[Item(text=c.text, source=known[c.source].title, href=known[c.source].url or "") for c in claims]
    )


async def why_not(talk: Talk) -> None:
    """Why each other rung was passed over."""
    recommendation = talk.conversation.recommendation()
    items = [Item(tag=decision_label(n.decision), text=n.text, source=n.source) for n in recommendation.not_now]
    await announce(talk.thread_id, Card(name="why-not", label="Why not something else", blocks=[ItemList(items=items)]))
