"""The answers worth trying for a fact: what a person may say, and the values at which a rule changes its mind."""

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from agent.facts import GAPS
from knowledge.rules import questions
from knowledge.thresholds import threshold

RELATED = {"baseline_score": "target_score", "target_score": "baseline_score", "teacher_score": "target_score"}
"""A score matters by whether it reaches another."""


@cache
def _stated(fact: str) -> tuple[tuple[Any, float], ...]:
    record = questions()[fact]
    pairs = [(o.value, o.weight) for o in record.options] + [(t.value, t.weight) for t in record.tries]
    return tuple((tuple(value) if isinstance(value, list) else value, weight) for value, weight in pairs)


@cache
def _edges(fact: str) -> tuple[int, ...]:
    return tuple(n for name in questions()[fact].edges for n in (int(threshold(name)), int(threshold(name)) - 1))


def askable(fact: str) -> bool:
    """Whether a person is ever asked for it."""
    return fact in questions() and questions()[fact].asked


def likely(fact: str, values: Mapping[str, Any]) -> tuple[tuple[Any, float], ...]:
    """Answers with how likely each is; those at an edge weigh nothing, so that they only show what is possible.

    Args:
        fact: which fact.
        values: what is known; a score is tried on both sides of the score it is compared with.
    """
    other = values.get(RELATED.get(fact, ""))
    around: tuple[tuple[Any, float], ...] = ()
    if other is not None:
        around = tuple((v, 0.0) for v in (other, round(max(0.0, other - 0.05), 4), round(min(1.0, other + 0.05), 4)))
    return _stated(fact) + tuple((edge, 0.0) for edge in _edges(fact)) + around


def turns(fact: str, values: Mapping[str, Any]) -> Iterator[Any]:
    """Values a flip may name, the most telling first: an edge rather than a number beyond it; never today's value."""
    now = values.get(fact)
    seen = {now} if now is not None else set()
    if fact == "gaps" and now:
        stated: list[Any] = [value for value, _ in _stated("gaps")]
        stated += [tuple(g for g in GAPS if g in now and g != gone) for gone in now if len(now) > 1]
        stated += [
            tuple(g for g in GAPS if g in now or g == more) for more in GAPS if more != "none" and "none" not in now
        ]
    elif _edges(fact):
        stated = [*_edges(fact), 0]
    else:
        answers = likely(fact, values)
        related = values.get(RELATED.get(fact, ""))
        near = [v for v, weight in answers if weight == 0.0]
        stated = near or [v for v, _ in answers] if related is not None else [v for v, _ in answers]
    for value in stated:
        if value not in seen:
            seen.add(value)
            yield value
