"""What a first answer needs, imported, read and built before anybody waits for one."""

import asyncio

from agent.case import Case
from agent.extract import read
from agent.extract.words import LANGUAGES
from agent.kernel import quiet_logs
from agent.turn import Conversation


def warm_up() -> None:
    """Answer nobody once; over a second.

    A clicked answer is spoken by the rules alone, so no model is asked, whatever the settings say.
    """
    for language in LANGUAGES:
        read("tone", language)
    asyncio.run(_one_turn())
    quiet_logs()


async def _one_turn() -> None:
    nobody = Conversation(Case(id="warm-up"))
    first = nobody.question()
    if first is not None:
        async for _ in nobody.answer(first.fact, None):
            pass
