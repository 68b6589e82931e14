"""What the answers to come may say: a fixed crowd of imagined people who agree with all that is known.

The rules are deterministic, so each of them has a verdict. How far those verdicts differ is what is still unsure, and
how far a fact sorts them is what its question is worth. The same facts give the same crowd, so the same question.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from functools import cache, lru_cache
from hashlib import sha256
from math import log, log2
from typing import Any, NamedTuple

from agent.answers import askable, stated
from agent.conclude import conclude
from agent.situation import Situation
from knowledge.rules import questions

PEOPLE = 400
"""How many are imagined: enough to see one in a hundred, few enough to take some ten milliseconds."""
MEASURED = ("baseline_score", "teacher_score", "target_score")
"""Scores that nobody has without a test."""
Verdict = tuple[str | None, str | None]


class Worth(NamedTuple):
    """What knowing a fact would bring."""

    bits: float
    """How much less unsure the final verdict is, in bits, less what chance alone would show."""
    mends: float
    """In which share of people the verdict at once becomes their final one, less those where it ceases to be."""


class Foresight(NamedTuple):
    """How unsure the verdict is, and what each open fact would tell."""

    unsure: float
    """The share of people whose verdict on all their facts is another than today's."""
    worth: dict[str, Worth]


def foresee(values: Mapping[str, Any], declined: Set[str] = frozenset()) -> Foresight:
    """Look ahead from what is known.

    Args:
        values: known facts by name, hashable (gaps as a tuple).
        declined: facts that cannot be said; they stay unknown in every imagined person.
    """
    return _foresee(tuple(sorted(values.items())), frozenset(declined))


@lru_cache(maxsize=2048)
def _foresee(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> Foresight:
    values = dict(known)
    now = conclude(values, declined)
    verdict = (now.decision, now.technique)
    people = [_completed(one, values, declined) for one in _crowd()]
    finals = [_verdict(one, declined) for one in people]
    sides = Counter(finals)
    total, worth = _entropy(finals), {}
    for fact in questions():
        if fact in values or fact in declined or fact not in now.reads or not askable(fact, now.situation):
            continue
        groups: defaultdict[Any, list[Verdict]] = defaultdict(list)
        for one, final in zip(people, finals, strict=True):
            groups[one.get(fact)].append(final)
        left, cells, right = 0.0, 0, 0
        for value, ends in groups.items():
            left += len(ends) / PEOPLE * _entropy(ends)
            cells += len(set(ends))
            then = verdict if value is None else _verdict({**values, fact: value}, declined)
            right += ends.count(then)
        # A fact with many answers sorts any crowd a little; that much is chance (Miller and Madow).
        chance = (cells - len(groups) - len(sides) + 1) / (2 * PEOPLE * log(2))
        worth[fact] = Worth(round(total - left - chance, 6), round((right - sides[verdict]) / PEOPLE, 6))
    return Foresight(1 - sides[verdict] / PEOPLE, worth)


def _verdict(values: Mapping[str, Any], declined: Set[str]) -> Verdict:
    end = conclude(values, declined)
    return end.decision, end.technique


def _entropy(ends: Sequence[Verdict]) -> float:
    return -sum(n / len(ends) * log2(n / len(ends)) for n in Counter(ends).values())


@cache
def _crowd() -> tuple[dict[str, Any], ...]:
    """People with an answer to everything, by the weights of questions.yaml; a digest stands in for chance."""
    asked = [fact for fact, record in questions().items() if record.asked]
    return tuple({fact: _answer(fact, n) for fact in asked} for n in range(PEOPLE))


def _answer(fact: str, person: int) -> Any:
    """What this person answers: the same in every process and on every machine."""
    point = int.from_bytes(sha256(f"{fact} {person}".encode()).digest()[:8]) / 2**64
    reached = 0.0
    for value, weight in stated(fact):
        reached += weight
        if point < reached:
            return value
    return stated(fact)[-1][0]


def _completed(one: Mapping[str, Any], values: Mapping[str, Any], declined: Set[str]) -> dict[str, Any]:
    """A person who agrees with what is known, and of whose answers none makes nonsense of another."""
    full = {fact: value for fact, value in one.items() if fact not in declined}
    full.update(values)
    if full.get("evals_defined") is False:
        for score in MEASURED:
            if score not in values:
                full.pop(score, None)
    for fact, record in questions().items():
        if record.only_if and fact in full and fact not in values:
            value = full.pop(fact)
            if askable(fact, Situation(full)):
                full[fact] = value
    base, goal = full.get("baseline_score"), full.get("target_score")
    if base is not None and goal is not None and "meets_target" not in values and "meets_target" not in declined:
        full["meets_target"] = base >= goal
    return full
