"""The answers worth trying for a fact: what a person may say, and the values at which a rule changes its mind."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from agent.conditions import Test
from agent.facts import GAPS
from agent.situation import Situation, compiled
from knowledge.rules import questions
from knowledge.thresholds import threshold

RELATED = {"baseline_score": "target_score", "target_score": "baseline_score", "teacher_score": "target_score"}
"""A score matters by whether it reaches another."""
NEAR = 0.05
"""How far beside that other score a value is tried."""


@cache
def stated(fact: str) -> tuple[tuple[Any, float], ...]:
    """The answers a question offers, or stands for, each with how likely it is before anything is known."""
    record = questions()[fact]
    pairs = [(o.value, o.weight) for o in record.options] + [(t.value, t.weight) for t in record.tries]
    return tuple((tuple(value) if isinstance(value, list) else value, weight) for value, weight in pairs)


@cache
def _edges(fact: str) -> tuple[int, ...]:
    """Each threshold and the whole number just below it."""
    return tuple(n for name in questions()[fact].edges for n in (int(threshold(name)), int(threshold(name)) - 1))


@cache
def _sense(fact: str) -> Test:
    return compiled(questions()[fact].only_if, f"questions.yaml: {fact}")


@cache
def _flip_tests(fact: str) -> dict[Any, Test]:
    where = f"questions.yaml: {fact}"
    return {
        tuple(o.value) if isinstance(o.value, list) else o.value: compiled(o.flip_if, where)
        for o in questions()[fact].options
    }


def askable(fact: str, situation: Situation) -> bool:
    """Whether a person is asked for it at all, and the question makes sense here."""
    record = questions().get(fact)
    return record is not None and record.asked and _sense(fact)(situation)


def likely(fact: str, values: Mapping[str, Any]) -> tuple[tuple[Any, float], ...]:
    """Answers with how likely each is; those at an edge weigh nothing, so that they only show what is possible.

    Args:
        fact: which fact.
        values: what is known; a score is tried on both sides of the score it is compared with.
    """
    return (
        stated(fact)
        + tuple((edge, 0.0) for edge in _edges(fact))
        + tuple((v, 0.0) for v in _around(values.get(RELATED.get(fact, ""))))
    )


def _around(score: float | None) -> tuple[float, ...]:
    if score is None:
        return ()
    return (score, round(max(0.0, score - NEAR), 4), round(min(1.0, score + NEAR), 4))


def turns(fact: str, situation: Situation) -> Iterator[Any]:
    """Values a flip may name: an edge rather than a number beyond it; never today's value."""
    values = situation.values
    now = values.get(fact)
    if fact == "gaps" and now is not None:
        worth_trying = _other_gaps(now, situation)
    elif _edges(fact):
        worth_trying = [*_edges(fact), 0]
    elif values.get(RELATED.get(fact, "")) is not None:
        worth_trying = [*_around(values.get(RELATED[fact]))]
    else:
        tests = _flip_tests(fact)
        worth_trying = [v for v, _ in stated(fact) if v not in tests or tests[v](situation)]
    seen = set() if now is None else {now}
    for value in worth_trying:
        if value not in seen:
            seen.add(value)
            yield value


def _other_gaps(now: tuple[str, ...], situation: Situation) -> list[Any]:
    """One gap mended, one gap more, or another gap instead."""
    sensible = [gaps for gaps, test in _flip_tests("gaps").items() if test(situation)]
    fewer = [tuple(g for g in now if g != mended) for mended in now if len(now) > 1]
    single = {gaps[0] for gaps in sensible} - {"none"}
    more = [tuple(g for g in GAPS if g in now or g == extra) for extra in GAPS if extra in single and "none" not in now]
    return [*fewer, *sensible, *more]
