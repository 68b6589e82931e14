"""What was understood, each fact with the words it rests on."""

from typing import Any

from agent.case import Noted
from agent.events import Understood
from agent.say import fact_label, value_label
from ui.chat.cards.blocks import Block, Button, Buttons, Chip, Chips, Notice
from ui.chat.words import words


def understood_blocks(event: Understood, language: str = "en") -> list[Block]:
    """Chips for the facts, a notice for each contradiction, buttons for what only a model read."""
    w = words(language)
    blocks: list[Block] = []
    if event.facts:
        chips = [_chip(name, noted, language) for name, noted in event.facts.items()]
        blocks.append(Chips(label=w("understood.facts"), items=chips))
    for c in event.contradictions:
        older, newer = (value_label(c.fact, n.value, language) for n in (c.older, c.newer))
        text = w(
            "understood.contradiction",
            fact=fact_label(c.fact, language),
            older=c.older.quote,
            older_value=older,
            newer=c.newer.quote,
            newer_value=newer,
        )
        blocks.append(Notice(tone="warn", text=text))
        blocks.append(Buttons(items=[_set(c.fact, c.older.value, w("understood.use_older", value=older))]))
    if event.suggestions:
        blocks.append(Notice(text=w("understood.model")))
        blocks.append(
            Buttons(
                items=[
                    _set(f, n.value, f"{fact_label(f, language)}: {value_label(f, n.value, language)}")
                    for f, n in event.suggestions.items()
                ]
            )
        )
    return blocks


def _chip(name: str, noted: Noted, language: str) -> Chip:
    return Chip(label=fact_label(name, language), value=value_label(name, noted.value, language), quote=noted.quote)


def _set(fact: str, value: Any, label: str) -> Button:
    return Button(label=label, action="change", payload={"fact": fact, "value": value, "label": label})
