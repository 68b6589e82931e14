"""This case beside another one of the same person: a list of them, each with its page in a tab of its own."""

import asyncio
from itertools import islice

from tools.errors import RefusedError
from tools.records.cases import Case, list_cases
from ui.chat.cards.blocks import Button, Card, Item, ItemList, Text
from ui.chat.journey.told import line, told
from ui.chat.show import announce
from ui.chat.talk import UNTITLED, Talk
from ui.chat.words import Words

MOST_CASES = 12
LOOKED_AT = 20


def others(case_id: str, owner: str) -> list[Case]:
    """This person's other cases in which something is known, the newest first; conversations without count for none."""
    known = (c for c in list_cases(owner, limit=LOOKED_AT) if c.id != case_id and _knows_something(c))
    return list(islice(known, MOST_CASES))


def _knows_something(stored: Case) -> bool:
    case = stored.document["case"]
    return any(case.get(what) for what in ("facts", "evals", "jobs"))


def beside_button(case_id: str, owner: str, w: Words) -> list[Button]:
    """The way there, for whoever has a second case."""
    return [Button(label=w("do.beside"), action="beside", again=True)] if others(case_id, owner) else []


async def beside(talk: Talk) -> None:
    """List the other cases; nothing is written and nothing is decided by looking at two.

    Raises:
        RefusedError: there is no other case.
    """
    found = await asyncio.to_thread(others, talk.case.id, talk.owner)
    if not found:
        raise RefusedError(
            "there is no other conversation to compare this one with", remedy="Begin one: New conversation."
        )
    w = talk.words
    items = [
        Item(
            text=w("frame.new") if c.title == UNTITLED else c.title,
            note=w("beside.last", date=c.updated_at.date()),
            source=w("open"),
            href=f"/beside/{talk.case.id}/{c.id}",
        )
        for c in found
    ]
    blocks = [Text(text=w("beside.what")), ItemList(items=items)]
    card = Card(name="beside", label=w("beside.label"), blocks=[*blocks], language=w.language)
    await announce(talk.thread_id, told(talk, card, line("report", talk.case.id, found[0].id, "-o beside.html")))
