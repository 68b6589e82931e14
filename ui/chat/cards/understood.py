"""What was understood, each fact with the words it rests on."""

from collections.abc import Mapping, Sequence
from typing import Any

from agent.answers import likely
from agent.ask import plain
from agent.case import Noted
from agent.conclude import conclude
from agent.events import Understood
from agent.facts import Facts
from agent.heard import asks_right
from agent.say import fact_label, value_label
from knowledge.rules import questions
from ui.chat.cards.blocks import Block, Button, Buttons, Chip, Chips, Details, Item, ItemList, Notice
from ui.chat.words import words


def understood_blocks(event: Understood, language: str = "en") -> list[Block]:
    """Chips for the facts, a notice for each contradiction, buttons for what was only half heard."""
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
        blocks.append(Notice(text=event.text or asks_right(event.suggestions, language)))
        blocks.append(Buttons(items=[_confirm(f, n, language) for f, n in event.suggestions.items()]))
    return blocks


def answers_block(known: Mapping[str, Any], language: str) -> list[Block]:
    """Every answer so far, to check and to change: each button asks its question again."""
    again = [
        Button(
            label=f"{fact_label(f, language)}: {value_label(f, v, language)}",
            action="reask",
            payload={"fact": f},
            again=True,
        )
        for f, v in known.items()
        if f in questions()
    ]
    if not again:
        return []
    return [Details(summary=words(language)("recommendation.answers"), blocks=[Buttons(items=again)])]


def unsaid_blocks(declined: Sequence[str], facts: Facts, language: str) -> list[Block]:
    """What a person does not know, and how far the recommendation could go with it: each likely answer is tried.

    Args:
        declined: facts answered with "I don't know".
        facts: what is known.
        language: of the card.
    """
    w, values, without = words(language), plain(facts), frozenset(declined)
    now = conclude(values, without)
    items = []
    for fact in declined:
        ends = [conclude({**values, fact: value}, without - {fact}) for value, _ in likely(fact, values)]
        names = dict.fromkeys(w.decision(e.decision, e.technique) for e in (now, *ends) if e.decision)
        name = fact_label(fact, language)
        if len(names) > 1:
            items.append(Item(text=w("recommendation.unsaid_range", fact=name, ends=" · ".join(names))))
        else:
            items.append(Item(text=w("recommendation.unsaid_same", fact=name)))
    return [ItemList(title=w("recommendation.unsaid"), items=items)] if items else []


def _chip(name: str, noted: Noted, language: str) -> Chip:
    return Chip(label=fact_label(name, language), value=value_label(name, noted.value, language), quote=noted.quote)


def _confirm(fact: str, noted: Noted, language: str) -> Button:
    label = f"{fact_label(fact, language)}: {value_label(fact, noted.value, language)}"
    return Button(label=label, action="answer", payload={"fact": fact, "value": noted.value, "label": label})


def _set(fact: str, value: Any, label: str) -> Button:
    return Button(label=label, action="change", payload={"fact": fact, "value": value, "label": label})
