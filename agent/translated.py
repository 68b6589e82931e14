"""A recommendation in the person's language. What is concluded is the same; only the rules' own sentences change."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from agent.decide import fill
from agent.recommend import Recommendation
from agent.say import value_label
from knowledge import rules
from knowledge.decision_words import sentences
from knowledge.sources import source
from knowledge.thresholds import threshold


def templates() -> Iterator[str]:
    """Every sentence of the rules that a person may read, with its holes."""
    for rule in rules.rules():
        yield from (reason.text for reason in rule.because)
        yield from rule.next_steps
    yield from (e.text for e in rules.passed_over())
    yield from (e.text for e in rules.risks())
    yield from (e.text for e in rules.steps())
    yield from (q.unsaid for q in rules.questions().values() if q.unsaid)


def translated(recommendation: Recommendation, facts: Mapping[str, Any], language: str) -> Recommendation:
    """The same recommendation with reasons, risks and steps in another language; what has no translation stays.

    Args:
        recommendation: as `decide` gave it.
        facts: the known facts it was given for, by name.
        language: two letters.
    """
    if language == "en" or not sentences(language):
        return recommendation
    own = sentences(language)
    said = {fill(t, facts): _filled(own[t], facts, language) for t in _templates() if t in own}
    risks = {f"{fill(r.text, facts)} [{source(r.source).title}]": r for r in rules.risks()}

    def risk(text: str) -> str:
        found = risks.get(text)
        if found is None or found.text not in own:
            return text
        return f"{_filled(own[found.text], facts, language)} [{source(found.source).title}]"

    r = recommendation
    return r.model_copy(
        update={
            "because": tuple(b.model_copy(update={"text": said.get(b.text, b.text)}) for b in r.because),
            "not_now": tuple(n.model_copy(update={"text": said.get(n.text, n.text)}) for n in r.not_now),
            "next_steps": tuple(said.get(s, s) for s in r.next_steps),
            "risks": tuple(risk(s) for s in r.risks),
        }
    )


@cache
def _templates() -> tuple[str, ...]:
    return tuple(dict.fromkeys(templates()))


def _filled(text: str, facts: Mapping[str, Any], language: str) -> str:
    def spoken(m: re.Match[str]) -> str:
        name = m.group(1)
        if "." in name:
            return value_label("", threshold(name), language)
        return value_label(name, facts.get(name), language)

    return re.sub(r"\{([a-z_.]+)\}", spoken, text)
