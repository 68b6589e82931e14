"""Every fact that a message states, each with the words it rests on."""

import re
from dataclasses import dataclass
from typing import Any

from agent.extract.rules import STATE, Compiled, compiled_rules
from agent.extract.text import Text
from agent.extract.words import words
from agent.facts import GAPS

EFFORT = ("none", "single_prompt", "few_shot", "iterated", "systematic")
CHANGE = ("never", "yearly", "quarterly", "monthly", "weekly", "daily", "realtime")
_ORDERED = {"prompt_effort": EFFORT, "knowledge_change": CHANGE}
_ADDED = frozenset({"examples", "preference_pairs"})


@dataclass(frozen=True)
class Found:
    """A fact, its value, and the person's words for it."""

    fact: str
    value: Any
    quote: str
    start: int
    end: int
    rank: int = 0


def extract(message: str, language: str = "en") -> dict[str, Found]:
    """The facts that one message states.

    Args:
        message: what the person wrote; only the first 20,000 characters are read.
        language: of the message; English patterns are tried beside those of any other language.

    Returns:
        Facts by name. `gaps` holds a tuple.
    """
    found: list[Found] = []
    for lang in dict.fromkeys((language, "en")):
        text = Text(message, words(lang))
        if not text.low.strip():
            return {}
        orders = [(s.start, s.end) for s in text.sentences if s.order]
        for compiled in compiled_rules(lang):
            for f in _apply(compiled, text):
                if not any(s <= f.start < e for s, e in orders):
                    found.append(f)
    return _merge(found)


def _apply(compiled: Compiled, text: Text) -> list[Found]:
    rule, result = compiled.rule, []
    for pattern in compiled.find:
        for m in pattern.finditer(text.masked):
            if not m.group().strip() or _blocked(compiled, text, m):
                continue
            value = rule.value if rule.scale is None else _number(rule.scale, text, m)
            if rule.negated != "keep" and text.negated(m.start(), m.end()):
                if rule.negated == "skip" or rule.scale is not None:
                    continue
                value = rule.negated
            if value is None:
                continue
            start, end = m.span("q") if "q" in m.re.groupindex and m["q"] else m.span()
            result.append(Found(rule.fact, value, text.quote(start, end), start, end, rule.rank))
    return result


def _blocked(compiled: Compiled, text: Text, m: re.Match[str]) -> bool:
    rule, clause = compiled.rule, text.clause_at(m.start() + len(m.group()) - len(m.group().lstrip()))
    state = rule.fact in STATE
    if clause.asked and not (rule.asked if rule.asked is not None else not state):
        return True
    if clause.supposed and not (rule.supposed if rule.supposed is not None else not state):
        return True
    if state and (clause.reported or text.in_quotes(m.start())):
        return True
    if compiled.unless:
        sentence = next((s for s in text.sentences if s.start <= m.start() < s.end), None)
        begin, end = (sentence.start, sentence.end) if sentence else (0, len(text.masked))
        return any(u.search(text.masked, begin, end) for u in compiled.unless)
    return False


def _number(scale: str, text: Text, m: re.Match[str]) -> Any:
    if "n" in m.re.groupindex:
        place = m.start("n")
    else:  # the first number of the match
        place = m.start() + next((i for i, c in enumerate(m.group()) if c in "#%$"), 0)
    number = next((n for n in text.numbers if n.start <= place < n.end), None)
    if number is None:
        return None
    value = number.value
    if scale in ("share", "error"):
        if number.kind == "count":
            value = value / 100 if 1 < value <= 100 else -1
        if not 0 <= value <= 1:
            return None
        return round(1 - value if scale == "error" else value, 6)
    data = text.words.data
    if scale == "per_day":
        factor = next((f for p, f in data.periods.items() if re.fullmatch(p, m["per"])), None)
        return None if factor is None else round(value * factor, 2)
    if scale in ("days", "months"):
        days = next((d for p, d in data.durations.items() if re.fullmatch(p, m["unit"])), None)
        return None if days is None else round(value * days if scale == "days" else value * days / 30.4)
    if scale == "money":
        return round(value, 2)
    return None if number.kind == "share" else int(value)


def _merge(found: list[Found]) -> dict[str, Found]:
    """One value a fact: gaps together, the higher effort, the more frequent change, else rank and then the later words."""
    result: dict[str, Found] = {}
    for f in sorted(found, key=lambda f: (f.start, -f.end)):
        old = result.get(f.fact)
        if f.fact == "gaps":
            new = (f.value,) if isinstance(f.value, str) else tuple(f.value)
            both = tuple(g for g in GAPS if g in new or (old and g in old.value))
            if len(both) > 1:
                both = tuple(g for g in both if g != "none")
            quote = f.quote if old is None or set(both) == set(new) - set(old.value) else old.quote
            if (
                old is not None
                and not set(new) <= set(old.value)
                and f.quote not in old.quote
                and old.quote not in f.quote
            ):
                quote = f"{old.quote} … {f.quote}"
            elif old is not None:
                quote = old.quote
            result[f.fact] = Found("gaps", both, quote, f.start if old is None else old.start, f.end)
            continue
        if old is None or f.rank > old.rank:
            result[f.fact] = f
        elif f.rank == old.rank and f.value != old.value:
            order = _ORDERED.get(f.fact)
            if order is not None:
                if order.index(f.value) > order.index(old.value):
                    result[f.fact] = f
            elif f.fact in _ADDED and isinstance(old.value, int):
                if f.value > old.value:
                    result[f.fact] = f
            elif f.start >= old.end or f.fact not in ("task_type", "modality"):
                if f.fact not in ("task_type", "modality"):
                    result[f.fact] = f
    return result
