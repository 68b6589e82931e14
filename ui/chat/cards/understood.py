"""What was understood, each fact with the words it rests on."""

from typing import Any

from agent.case import Noted
from agent.events import Understood
from agent.say import fact_label, value_label
from ui.chat.cards.blocks import Block, Button, Buttons, Chip, Chips, Notice


def understood_blocks(event: Understood) -> list[Block]:
    """Chips for the facts, a notice for each contradiction, buttons for what only a model read."""
    blocks: list[Block] = []
    if event.facts:
        blocks.append(Chips(label="I understood", items=[_chip(name, noted) for name, noted in event.facts.items()]))
    for c in event.contradictions:
        blocks.append(
            Notice(
                tone="warn",
                text=f"You said two things about {fact_label(c.fact)}: “{c.older.quote}” "
                f"({value_label(c.fact, c.older.value)}) and “{c.newer.quote}” "
                f"({value_label(c.fact, c.newer.value)}). I go with the newer one.",
            )
        )
        blocks.append(Buttons(items=[_set(c.fact, c.older.value, "Use the older one: ")]))
    if event.suggestions:
        blocks.append(Notice(text="The language model also read this. It counts only when you confirm it."))
        blocks.append(Buttons(items=[_set(f, n.value, f"{fact_label(f)}: ") for f, n in event.suggestions.items()]))
    return blocks


def _chip(name: str, noted: Noted) -> Chip:
    return Chip(label=fact_label(name), value=value_label(name, noted.value), quote=noted.quote)


def _set(fact: str, value: Any, prefix: str) -> Button:
    label = prefix + value_label(fact, value)
    return Button(label=label, action="change", payload={"fact": fact, "value": value, "label": label})
