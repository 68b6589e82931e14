"""What is read out of people's words: by the guided patterns, and by a model behind the real client on loopback.

    python bench/extraction.py

Over the annotated messages of tests/agent/extraction/. The model's replies are scripted (for every ninth message), so
what is measured is what the product lets through, not how clever a model is: a faithful one states every annotated fact
with the message as its quote; a lying one states false facts with invented words, with true words that do not carry
them, and one with true words that no check can tell from a reading; a broken one answers nonsense. A model's reading is
only ever a suggestion: `as facts` counts messages after which another fact stood without the person's yes.
"""

import asyncio
import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "agent"))

import talk_wire as wire
from extraction_set import Row, Tally, compare, messages, tally

from agent.case import Case
from agent.extract import detect, read
from agent.extract.evidence import most_shown
from agent.settings import ModelSettings
from agent.turn import Conversation

LIES: list[dict[str, str]] = [
    {"fact": "examples", "value": "90000", "quote": "we have 90,000 labelled examples"},
    {"fact": "budget_usd", "value": "777", "quote": "WHOLE"},
    {"fact": "baseline_score", "value": "0.123", "quote": "WHOLE"},
    {"fact": "openai_eligible", "value": "true", "quote": "our account may tune"},
    {"fact": "gpu", "value": "many", "quote": "WHOLE"},
    {"fact": "in_scope", "value": "false", "quote": "WHOLE"},
]
"""Each false, with words that the message does not hold, or (WHOLE) with the message itself as the quote."""


def of_patterns(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the guided patterns record, and what they show to confirm."""
    reading = read(row.text, detect(row.text, row.language))
    shown = list(reading.maybe.items())[: most_shown()]
    return {f: v.value for f, v in reading.facts.items()}, {f: v.value for f, v in shown}


def counted(rows: list[Row]) -> tuple[Tally, Tally, Counter[str]]:
    """Facts, suggestions, and those stated that are neither."""
    recorded, shown, lost = tally(), tally(), Counter[str]()
    for row in rows:
        facts, maybe = of_patterns(row)
        recorded.add(compare(facts, row))
        shown.add(right := compare(maybe, row))
        lost.update(["missed"] * (len(compare(facts, row)[2]) - len(right[0])))
    return recorded, shown, lost


def faithful(rows: dict[str, Row]) -> wire.Reply:
    """Every annotated fact; the whole message is the quote."""

    def reply(x: wire.Exchange) -> None:
        row = rows[x.messages[-1]["content"]]
        facts = [{"fact": f, "value": json.dumps(v), "quote": row.text} for f, v in row.wanted.items()]
        wire.says(json.dumps({"facts": facts}))(x)

    return reply


def lying(x: wire.Exchange) -> None:
    """The same lies about every message."""
    text = x.messages[-1]["content"]
    facts = [{**lie, "quote": text if lie["quote"] == "WHOLE" else lie["quote"]} for lie in LIES]
    wire.says(json.dumps({"facts": facts}))(x)


async def heard(row: Row, url: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """What stands in the case after the message, and what is shown to confirm."""
    settings = ModelSettings(model="scripted", base_url=url, api_key="k", api_version=None, deadline_s=20.0)
    conversation = Conversation(Case(language=row.language), settings)
    async for _ in conversation.say(row.text):
        pass
    case = conversation.case
    said = {f: n.value for f, n in case.facts.items() if not n.derived}
    return said, {f: n.value for f, n in case.suggestions.items()}


def with_model(rows: list[Row], facts: wire.Reply) -> tuple[Tally, Tally, int]:
    """Suggestions held against the annotations; facts; and how many facts differ from those without a model."""
    suggested, recorded, differ = tally(), tally(), 0
    with wire.Wire(wire.says("Hello."), facts=facts) as server:
        for row in rows:
            said, shown = asyncio.run(heard(row, server.url))
            alone, half = asyncio.run(heard_alone(row))
            recorded.add(compare(said, row))
            # What the patterns found or half heard is not the model's: it is neither missed nor found by it.
            left = row._replace(wanted={f: v for f, v in row.wanted.items() if f not in said and f not in half})
            suggested.add(compare({f: v for f, v in shown.items() if f not in half}, left))
            differ += said != alone
    return suggested, recorded, differ


async def heard_alone(row: Row) -> tuple[dict[str, Any], dict[str, Any]]:
    """The same message with no model."""
    conversation = Conversation(Case(language=row.language))
    async for _ in conversation.say(row.text):
        pass
    case = conversation.case
    said = {f: n.value for f, n in case.facts.items() if not n.derived}
    return said, {f: n.value for f, n in case.suggestions.items()}


def line(name: str, n: int, t: Tally) -> str:
    """One row of the table."""
    figures = [t.right.total(), t.wrong.total(), t.missed.total(), f"{t.precision:.3f}", f"{t.recall:.3f}"]
    return f"| {name} | {n} | " + " | ".join(map(str, figures)) + " |"


def main() -> None:
    """Print the tables as Markdown."""
    rows = messages()
    print(
        "| read by the patterns | messages | facts: right | wrong | precision | recall |"
        " to confirm: right | wrong | missed |"
    )
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    parts = {part: [r for r in rows if r.part == part] for part in dict.fromkeys(r.part for r in rows)}
    languages = {code: [r for r in rows if r.language == code] for code in ("en", "de", "es", "fr", "zh")}
    for name, chosen in (*sorted(parts.items()), *languages.items()):
        facts, shown, lost = counted(chosen)
        figures = [facts.right.total(), facts.wrong.total(), f"{facts.precision:.3f}", f"{facts.recall:.3f}"]
        figures += [shown.right.total(), shown.wrong.total(), lost["missed"]]
        print(f"| {name} | {len(chosen)} | " + " | ".join(map(str, figures)) + " |")
    print("\n| suggested by a model, to confirm | messages | right | wrong | missed | precision | recall | as facts |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|")
    by_text = {row.text: row for row in rows}
    broken = wire.says('{"facts": [{"fact": "examples", "value":')
    ninth = rows[::9]
    for name, reply in (("faithful", faithful(by_text)), ("lying", lying), ("broken", broken)):
        suggested, _, differ = with_model(ninth, reply)
        print(f"{line(name, len(ninth), suggested)} {differ} |", flush=True)


if __name__ == "__main__":
    main()
