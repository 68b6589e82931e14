"""What is only half heard in a message: shown to confirm, a few at a time, and never shown twice."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agent import say as w
from agent.ask import Question
from agent.case import Case, Noted
from agent.extract.evidence import Reading, most_shown
from agent.extract.found import Found
from agent.extract.words import words
from agent.facts import GAPS, parse_facts
from tools.errors import InputError

LONGEST = 20
"""Characters of a bare yes."""


def vouched(case: Case, reading: Reading, asked: str | None) -> tuple[dict[str, Found], dict[str, Found]]:
    """The message's facts, with weaker readings that something else speaks for, and the weaker ones left.

    What answers the question that stands is meant so; what was half heard in an earlier message as well is said twice.
    What a model read there speaks for nothing: the facts are the same without one.
    """
    facts, left = dict(reading.facts), {}
    for fact, found in reading.maybe.items():
        before = case.suggestions.get(fact)
        if fact == asked:
            sure = found.values
        elif before is None or before.by_model:
            sure = ()
        elif fact == "gaps":
            sure = tuple(g for g in found.value if g in before.value)
        else:
            sure = (found.value,) if found.value == before.value else ()
        rest = tuple(v for v in found.values if v not in sure)
        if sure:
            have = facts.get(fact)
            value = tuple(g for g in GAPS if g in sure or (have and g in have.value)) if fact == "gaps" else sure[0]
            facts[fact] = replace(found, value=value)
        if rest:
            left[fact] = replace(found, value=rest if fact == "gaps" else rest[0])
    return facts, left


def to_confirm(case: Case, maybe: Mapping[str, Found]) -> dict[str, Noted]:
    """What to ask "did I hear right?" for: nothing known, refused or shown before; gaps beside those known."""
    shown: dict[str, Noted] = {}
    for fact, found in maybe.items():
        known, value = case.facts.get(fact), found.value
        refused = fact in case.declined and fact not in case.unasked
        if refused or (known is not None and not known.derived and fact != "gaps"):
            continue
        if fact == "gaps":
            have = () if known is None or known.derived else tuple(known.value)
            new = [g for g in found.value if g not in have and _key(fact, g) not in case.half_heard]
            if not new or "none" in have:
                continue
            value = [g for g in GAPS if g in new or g in have]
        elif _key(fact, value) in case.half_heard or (known is not None and known.value == value):
            continue
        try:
            parse_facts({fact: value})
        except InputError:
            continue
        shown[fact] = Noted(value=value, quote=found.quote, turn=case.turn)
        if len(shown) == most_shown():
            break
    return shown


def _key(fact: str, value: Any) -> str:
    return f"{fact}={value}"


def remember(case: Case, shown: Mapping[str, Noted]) -> None:
    """Keep what is shown to confirm, so that it waits for an answer and is never shown again.

    What a model read takes no place of what the words themselves gave, nor hides it later.
    """
    kept = {f: n for f, n in shown.items() if not n.by_model or case.suggestions.get(f, n).by_model}
    case.suggestions = {**case.suggestions, **kept}
    for fact, noted in kept.items():
        if noted.by_model:
            continue
        values = noted.value if isinstance(noted.value, list | tuple) else (noted.value,)
        case.half_heard += [k for v in values if (k := _key(fact, v)) not in case.half_heard]


def says_yes(case: Case, text: str, asked: Question | None) -> bool:
    """Whether a bare yes is said to what was half heard: just shown, or proposed by the question that stands.

    A yes to a question that a yes answers is its answer.
    """
    if len(text) > LONGEST or (asked is not None and asked.kind == "yes_no") or not _last(case, asked):
        return False
    short = text.strip()
    return any((m := words(lang).yes.match(short)) and not re.search(r"\w", short[m.end() :]) for lang in _both(case))


def _both(case: Case) -> set[str]:
    return {case.language, "en"}


def _last(case: Case, asked: Question | None) -> dict[str, Noted]:
    """What was half heard in the last turn that heard anything so, and what the standing question proposes."""
    turn = max((n.turn for n in case.suggestions.values()), default=-1)
    proposed = asked.fact if asked is not None else ""
    return {f: n for f, n in case.suggestions.items() if f == proposed or n.turn == turn >= case.turn - 1}


def confirmed(case: Case, asked: Question | None) -> dict[str, Noted]:
    """What a "that's right" confirms: what was shown last and what the question proposes, else all that waits."""
    chosen = _last(case, asked) or case.suggestions
    return {f: n.model_copy(update={"how": "answered", "by_model": False}) for f, n in chosen.items()}


def proposing(case: Case, question: Question) -> Question:
    """A question with the value that was half heard, where there is one."""
    heard = case.suggestions.get(question.fact)
    if heard is None:
        return question
    return question.model_copy(update={"proposed": heard.value, "heard": heard.quote})


def asks_right(shown: Mapping[str, Noted], language: str) -> str:
    """The line that asks for a yes; empty where nothing was half heard."""
    return str(w.book(language)["suggestion"]).format(facts=w.quoted(shown, language)) if shown else ""
