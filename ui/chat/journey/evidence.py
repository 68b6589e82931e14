"""What was measured becomes known facts, and the recommendation is decided anew from them."""

from typing import Any

from agent.case import Noted
from ui.chat.render import Turn
from ui.chat.talk import Talk


async def learnt(
    talk: Talk, facts: dict[str, Any], source: str, *, always: bool = False, compared: bool = False
) -> None:
    """Record measured facts; the recommendation is shown when they change it, or `always`.

    Args:
        talk: the conversation.
        facts: by the names of the facts.
        source: what measured them, shown with each fact.
        always: show the recommendation also when it stays.
        compared: say in one sentence whether it stayed.
    """
    notes = {
        fact: Noted(value=value, quote=source, how="measured", turn=talk.case.turn) for fact, value in facts.items()
    }
    async with talk.turn() as conversation:
        before = _advised(talk)
        stream = conversation.measured(notes, always=always)
        await Turn(talk).play_beside(stream, lambda: _moved(talk, before) if compared else "")


def _advised(talk: Talk) -> str:
    """The decision by its name; "" where a question is still open."""
    found = talk.conversation.recommendation()
    return talk.words.decision(found.decision, found.technique) if found.decision else ""


def _moved(talk: Talk, before: str) -> str:
    after = _advised(talk)
    if not after:
        return ""
    if not before or before == after:
        return talk.words("ladder.stays" if before else "ladder.now", after=after)
    return talk.words("ladder.changes", before=before, after=after)
