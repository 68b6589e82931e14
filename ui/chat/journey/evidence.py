"""What was measured becomes known facts, and the recommendation is decided anew from them."""

from typing import Any

from agent.case import Noted
from ui.chat.render import Turn
from ui.chat.talk import Talk


async def learnt(talk: Talk, facts: dict[str, Any], source: str, *, always: bool = False) -> None:
    """Record measured facts; the recommendation is shown when they change it, or `always`.

    Args:
        talk: the conversation.
        facts: by the names of the facts.
        source: what measured them, shown with each fact.
        always: show the recommendation also when it stays.
    """
    notes = {
        fact: Noted(value=value, quote=source, how="measured", turn=talk.case.turn) for fact, value in facts.items()
    }
    async with talk.turn() as conversation:
        await Turn(talk).play_beside(conversation.measured(notes, always=always))
