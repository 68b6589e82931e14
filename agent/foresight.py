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
from agent.conclude import conclude, verdict
from agent.joint import told_with
from agent.remembered import Remembered
from agent.situation import compiled
from knowledge.rules import questions
from knowledge.thresholds import threshold

Verdict = tuple[str | None, str | None]
OPINIONS = {
    "meets_target": ("baseline_score", "target_score"),
    "teacher_meets_target": ("teacher_score", "target_score"),
}
"""What somebody says of two scores, and the scores."""


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
        self.finals = [verdict(one) for one in self.people]
        self._told: dict[str, tuple[list[_Told], list[int]]] = {}

    def after(self, told: "_Told" = ()) -> dict[str, Any]:
        """What is known once these are told too; None is "I don't know", and changes nothing."""
        return {**self.values, **_said(told)}

    def open_facts(self, told: "_Told" = ()) -> Iterator[str]:
        """What may be asked next."""
        now = conclude(self.after(told), self.declined)
        settled = {*self.values, *self.declined, *(f for f, _ in told)}
        for fact in questions():
            if fact in now.reads and fact not in settled and askable(fact, now.situation):
                yield fact

    def answers(self, fact: str) -> tuple[list["_Told"], list[int]]:
        """The answers that these people have, which may tell more than was asked, and who gives which."""
        if fact not in self._told:
            with_it: dict[Any, tuple[str, ...]] = {}
            places: dict[_Told, int] = {}
            who = []
            for person in self.people:
                value = person.get(fact)
                if value not in with_it:
                    with_it[value] = told_with(fact, value, self.values, self.declined) if value is not None else ()
                told = ((fact, value), *((f, person.get(f)) for f in with_it[value]))
                who.append(places.setdefault(told, len(places)))
            self._told[fact] = list(places), who
        return self._told[fact]


_Told = tuple[tuple[str, Any], ...]


def _said(told: _Told) -> dict[str, Any]:
    return {fact: value for fact, value in told if value is not None}


@lru_cache(maxsize=8)
def _people(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> _Crowd:
    return _Crowd(dict(known), declined)


@lru_cache(maxsize=2048)
def _foresee(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> Foresight:
    crowd = _people(known, declined)
    now = verdict(crowd.values)
    sides = Counter(crowd.finals)
    total, right = _entropy(list(sides.values())), sides[now]
    worth = {}
    for fact in crowd.open_facts():
        answers, who = crowd.answers(fact)
        ends: list[Counter[Verdict]] = [Counter() for _ in answers]
        for (n, end), many in Counter(zip(who, crowd.finals, strict=True)).items():
            ends[n][end] = many
        left = sum(e.total() / _many() * _entropy(list(e.values())) for e in ends)
        then = sum(e[verdict(crowd.after(told))] for told, e in zip(answers, ends, strict=True))
        # A fact with many answers sorts any crowd a little; that much is chance (Miller and Madow).
        chance = (sum(len(e) for e in ends) - len(answers) - len(sides) + 1) / (2 * _many() * log(2))
        worth[fact] = Worth(round(total - left - chance, 6), round((then - right) / _many(), 6))
    return Foresight(1 - right / _many(), worth)


@lru_cache(maxsize=2048)
def _two_ahead(known: tuple[tuple[str, Any], ...], declined: frozenset[str]) -> dict[str, float]:
    crowd = _people(known, declined)
    today = Counter(crowd.finals)[verdict(crowd.values)]
    bits = {fact: worth.bits for fact, worth in _foresee(known, declined).worth.items()}
    telling = sorted(bits, key=lambda f: -bits[f])[: int(threshold("decision.tried_in_pairs"))]
    return {
        fact: round((_right_after_two(crowd, fact, bits.keys() - telling) - today) / _many(), 6) for fact in telling
    }


def _right_after_two(crowd: _Crowd, fact: str, skipped: Set[str]) -> int:
    """How many people have their verdict once they answered this, and each the best question after their answer."""
    answers, who = crowd.answers(fact)
    knowing = [crowd.after(told) for told in answers]
    best = [0] * len(answers)
    for (n, end), many in Counter(zip(who, crowd.finals, strict=True)).items():
        best[n] += many * (verdict(knowing[n]) == end)
    sizes, further = Counter(who), defaultdict[str, set[int]](set)
    for n, told in enumerate(answers):
        for other in crowd.open_facts(told) if best[n] < sizes[n] else ():
            if other not in skipped:
                further[other].add(n)
    for other, asked in further.items():
        replies, whose = crowd.answers(other)
        right = [0] * len(answers)
        ends: dict[tuple[int, int], Verdict] = {}
        for (n, m, end), many in Counter(zip(who, whose, crowd.finals, strict=True)).items():
            if n in asked:
                if (n, m) not in ends:
                    ends[n, m] = verdict({**knowing[n], **_said(replies[m])})
                right[n] += many * (ends[n, m] == end)
        best = [max(pair) for pair in zip(best, right, strict=True)]
    return sum(best)


def _entropy(many: Sequence[int]) -> float:
    total = sum(many)
    return -sum(n / total * log2(n / total) for n in many)


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
    for fact, makes_sense in _sensible().items():
        if fact in full and fact not in values:
            value = full.pop(fact)
            if makes_sense(full).result:
                full[fact] = value
    for opinion, (score, goal) in OPINIONS.items():
        _agreed(full, opinion, score, goal, values, declined)
    return full


def _agreed(
    full: dict[str, Any], opinion: str, score: str, goal: str, values: Mapping[str, Any], declined: Set[str]
) -> None:
    """Who says how a score stands to the goal means their own scores; who cannot say does not know both of them."""
    if full.get(score) is None or full.get(goal) is None:
        return
    reached = full[score] >= full[goal]
    if opinion not in values and opinion not in declined:
        full[opinion] = reached
    elif values.get(opinion) != reached:
        unknown = [fact for fact in (score, goal) if fact not in values]
        for fact in unknown[:1]:
            del full[fact]


@cache
def _sensible() -> dict[str, Remembered[bool]]:
    """For each fact whose question makes sense only sometimes: whether it does."""
    records = questions().items()
    return {f: Remembered(compiled(r.only_if, f"questions.yaml: {f}")) for f, r in records if r.only_if}
