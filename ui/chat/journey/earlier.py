"""What the newest earlier case settled is offered in a new one: shown with where it is from, taken only by a click."""

import asyncio
from typing import Any, NamedTuple

from agent.case import Case, Noted
from agent.say import fact_label, value_label
from tools.evals.metric import files
from tools.evals.metric.records import Metric
from tools.records.cases import list_cases
from ui.chat.cards.blocks import Block, Button, Buttons, Card, Item, ItemList, Text
from ui.chat.show import announce
from ui.chat.talk import Talk
from ui.chat.words import words

CARRIED = ("provider", "base_model", "target_score", "horizon_months", "requests_per_day", "data_must_stay_inside")
"""Facts of a person and their house rather than of one file; all others are asked or measured anew."""
MOST_CASES = 20


class Earlier(NamedTuple):
    """What an earlier case knows and this one does not."""

    case_id: str
    title: str
    day: str
    facts: dict[str, Noted]
    metric: Metric | None


def earlier(case: Case, owner: str) -> Earlier | None:
    """The newest other case of this person that settled something which is open here; None when there is none."""
    known = case.facts_now().known()
    for stored in list_cases(owner, limit=MOST_CASES):
        if stored.id == case.id:
            continue
        before = Case.model_validate(stored.document["case"])
        facts = {
            f: before.facts[f]
            for f in CARRIED
            if f in before.facts and f not in known and f not in case.declined and before.facts[f].value is not None
        }
        metric = _metric(before)
        if facts or metric:
            return Earlier(before.id, stored.title, f"{stored.updated_at:%Y-%m-%d}", facts, metric)
    return None


def _metric(case: Case) -> Metric | None:
    """What was accepted as a good answer in it, for its newest file."""
    for ref in reversed(case.files()):
        name = f"case-{case.id[:8]}-{ref.id}"
        if files.versions(name):
            return files.accepted(name)
    return None


async def offer_earlier(talk: Talk) -> None:
    """Once in a case, with its first file: what could be taken over. Nothing is taken by itself."""
    if len(talk.case.files()) != 1:
        return
    found = await asyncio.to_thread(earlier, talk.case, talk.owner)
    if found is not None:
        await announce(talk.thread_id, earlier_card(found, talk.case.language))


def earlier_card(e: Earlier, language: str) -> Card:
    """Each value with the case it is from, and a click for each."""
    w = words(language)
    buttons = [_take(f, n.value, language) for f, n in e.facts.items()]
    blocks: list[Block] = [
        Text(text=w("earlier.from", title=e.title, day=e.day)),
    ]
    if e.metric is not None:
        grader = e.metric.grader.type if e.metric.grader else w("earlier.undecided")
        said = w("earlier.metric", answer=e.metric.good_answer, grader=grader, goal=e.metric.goal)
        blocks.append(ItemList(items=[Item(text=said, note=w("earlier.note"))]))
    if buttons:
        blocks.append(Buttons(items=buttons))
    return Card(name="earlier", label=w("earlier.label"), blocks=blocks, language=language)


def _take(fact: str, value: Any, language: str) -> Button:
    label = f"{fact_label(fact, language)}: {value_label(fact, value, language)}"
    return Button(label=label, action="change", payload={"fact": fact, "value": value, "label": label})
