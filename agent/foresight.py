"""What the answers to come may say: a fixed crowd of imagined people who agree with all that is known.

The rules are deterministic, so each of them has a verdict. How far those verdicts differ is what is still unsure, and
how far a fact sorts them is what its question is worth. The same facts give the same crowd, so the same question.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cache, lru_cache
from hashlib import sha256
from math import log, log2
from typing import Any, NamedTuple

from agent.answers import askable, stated
from agent.conclude import Conclusion, conclude
from agent.joint import told_with
from agent.situation import Situation
from knowledge.rules import questions
from knowledge.thresholds import threshold

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


def two_ahead(values: Mapping[str, Any], declined: Set[str] = frozenset()) -> dict[str, float]:
    """For each open fact: in which share of people it, and the best question after it, put the verdict right.

    Args:
        values: known facts by name, hashable.
        declined: facts that cannot be said.
    """
    return _two_ahead(tuple(sorted(values.items())), frozenset(declined))


class _Crowd:
    """Everybody who agrees with what is known, and where each ends."""

    def __init__(self, values: dict[str, Any], declined: frozenset[str]) -> None:
        self.values, self.declined = values, declined
        self.people = [_completed(one, values, declined) for one in _crowd()]
        self.finals = [_verdict(one, declined) for one in self.people]
        self._after: dict[_Told, Conclusion] = {}

    def after(self, told: "_Told" = ()) -> Conclusion:
        """What follows once these are known too; None is "I don't know", and changes nothing."""
        if told not in self._after:
            self._after[told] = conclude({**self.values, **{f: v for f, v in told if v is not None}}, self.declined)
        return self._after[told]

    def open_facts(self, told: "_Told" = ()) -> Iterator[str]:
        """What may be asked next."""
        now, known = self.after(told), {f for f, _ in told}
        for fact in questions():
            if fact in self.values or fact in self.declined or fact in known:
                continue
            if fact in now.reads and askable(fact, now.situation):
                yield fact

    def answers(self, fact: str, among: Sequence[int]) -> dict["_Told", list[int]]:
        """What these people answer, with who does; an answer may tell more than was asked."""
        groups: defaultdict[_Told, list[int]] = defaultdict(list)
        with_it: dict[Any, tuple[str, ...]] = {}
        for n in among:
            value = self.people[n].get(fact)
            if value not in with_it:
                with_it[value] = told_with(fact, value, self.values, self.declined) if value is not None else ()
            groups[((fact, value), *((f, self.people[n].get(f)) for f in with_it[value]))].append(n)
        return groups

    def right(self, among: Sequence[int], told: "_Told" = ()) -> int:
        """How many of these already have their final verdict."""
        now = _ends(self.after(told))
        return sum(self.finals[n] == now for n in among)


_Told = tuple[tuple[str, Any], ...]


@lru_cache(maxsize=8)
def _people(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> _Crowd:
    return _Crowd(dict(known), declined)


@lru_cache(maxsize=2048)
def _foresee(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> Foresight:
    crowd = _people(known, declined)
    everybody = range(_many())
    sides, total, right = Counter(crowd.finals), _entropy(crowd.finals), crowd.right(everybody)
    worth = {}
    for fact in crowd.open_facts():
        left, cells, then = 0.0, 0, 0
        groups = crowd.answers(fact, everybody)
        for told, who in groups.items():
            ends = [crowd.finals[n] for n in who]
            left += len(ends) / _many() * _entropy(ends)
            cells += len(set(ends))
            then += crowd.right(who, told)
        # A fact with many answers sorts any crowd a little; that much is chance (Miller and Madow).
        chance = (cells - len(groups) - len(sides) + 1) / (2 * _many() * log(2))
        worth[fact] = Worth(round(total - left - chance, 6), round((then - right) / _many(), 6))
    return Foresight(1 - right / _many(), worth)


@lru_cache(maxsize=2048)
def _two_ahead(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> dict[str, float]:
    crowd = _people(known, declined)
    everybody = range(_many())
    today, worth = crowd.right(everybody), {}
    bits = {fact: w.bits for fact, w in _foresee(known, declined).worth.items()}
    telling = sorted(bits, key=lambda f: -bits[f])[: int(threshold("decision.tried_in_pairs"))]
    for fact in telling:
        right = 0
        for told, who in crowd.answers(fact, everybody).items():
            best = crowd.right(who, told)
            for further in crowd.open_facts(told) if best < len(who) else ():
                if further in bits and further not in telling:
                    continue
                best = max(best, sum(crowd.right(w, (*told, *t)) for t, w in crowd.answers(further, who).items()))
            right += best
        worth[fact] = round((right - today) / _many(), 6)
    return worth


def _verdict(values: Mapping[str, Any], declined: Set[str]) -> Verdict:
    return _ends(conclude(values, declined))


def _ends(end: Conclusion) -> Verdict:
    return end.decision, end.technique


def _entropy(ends: Sequence[Verdict]) -> float:
    return -sum(n / len(ends) * log2(n / len(ends)) for n in Counter(ends).values())


def _many() -> int:
    return int(threshold("decision.imagined_people"))


@cache
def _crowd() -> tuple[dict[str, Any], ...]:
    """People with an answer to everything, by the weights of questions.yaml; a digest stands in for chance."""
    asked = [fact for fact, record in questions().items() if record.asked]
    return tuple({fact: _answer(fact, n) for fact in asked} for n in range(_many()))


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
        for fact, record in questions().items():
            if record.tested and fact not in values:
                full.pop(fact, None)
    for fact, record in questions().items():
        if record.only_if and fact in full and fact not in values:
            value = full.pop(fact)
            if askable(fact, Situation(full)):
                full[fact] = value
    base, goal = full.get("baseline_score"), full.get("target_score")
    if base is not None and goal is not None and "meets_target" not in values and "meets_target" not in declined:
        full["meets_target"] = base >= goal
    return full
