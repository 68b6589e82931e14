"""docs/facts.md, written from facts, questions and meanings: `python -m agent.facts_page > docs/facts.md`.

tests/agent/test_decision_data.py holds the page current.
"""

import sys
from typing import Any, get_args

from agent.facts import FACT_NAMES, Facts
from knowledge.load import read
from knowledge.rules import questions

INTRO = """\
# Facts

What a recommendation rests on. Every fact may be unknown: leave it out, or write `null`. Unknown is neither `false`
nor 0. `finetune-advisor decide FACTS.json` reads one JSON object with these names:

```json
{"task_type": "dialogue", "gaps": ["tone_style"], "prompt_effort": "single_prompt", "examples": 3000}
```

`"declined": ["evals_defined"]` may be added: facts that were asked for and that the person cannot or will not say.

| fact | value | meaning |
|---|---|---|
"""
VALUES = "\n## Values\n"


def page() -> str:
    """The whole page."""
    meanings = read("decision/facts.yaml", dict[str, str])
    rows = [f"| `{name}` | {kind(name)} | {meanings[name]} |" for name in FACT_NAMES]
    lists = [_values(name) for name in FACT_NAMES if questions()[name].kind in ("one_of", "many_of")]
    return INTRO + "\n".join(rows) + "\n" + VALUES + "".join(lists)


def kind(name: str) -> str:
    """The type of a fact in a word."""
    if name == "gaps":
        return "list of"
    args: Any = get_args(Facts.model_fields[name].annotation)
    if bool in args:
        return "true or false"
    record = questions()[name]
    if record.kind == "one_of":
        return "one of"
    if record.kind == "share":
        return "number from 0 to 1"
    if record.kind == "text":
        return "text"
    whole = "number" if name in ("requests_per_day", "budget_usd") else "whole number"
    return f"{whole} ({record.unit})"


def _values(name: str) -> str:
    rows = []
    for option in questions()[name].options:
        value = option.value[0] if isinstance(option.value, list) else option.value
        rows.append(f"- `{value}`: {option.label}\n")
    return f"\n`{name}`\n\n{''.join(rows)}"


if __name__ == "__main__":
    sys.stdout.write(page())
