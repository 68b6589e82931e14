"""What was measured becomes known facts, and the recommendation is decided anew from them."""

import re
from typing import Any

from agent.case import Noted
from agent.recommend import Recommendation
from agent.say import verdict_sentence
from ui.chat.render import Turn
from ui.chat.talk import Talk
from ui.chat.words import Words


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
    """The advice in a few words; "" where a question is still open."""
    return advised(talk.conversation.recommendation(), talk.words)


def advised(found: Recommendation, w: Words) -> str:
    """The name of the decision; where it is to build nothing, the verdict's first sentence."""
    if found.decision == "do_nothing":
        return re.split(r"\. |。|\.$", verdict_sentence(found, w.language))[0]
    return w.decision(found.decision, found.technique) if found.decision else ""


def _moved(talk: Talk, before: str) -> str:
    after = _advised(talk)
    if not after:
        return ""
    if not before or before == after:
        return talk.words("ladder.stays" if before else "ladder.now", after=after)
    return talk.words("ladder.changes", before=before, after=after)
