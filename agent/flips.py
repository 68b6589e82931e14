"""What would change the recommendation: found by deciding again, kept only where deciding again gives it."""

from collections.abc import Iterator, Mapping, Set
from typing import Any, NamedTuple

from agent.answers import askable, turns
from agent.conclude import TRAINING, Conclusion, conclude
from agent.recommend import Flip, Outcome
from knowledge.rules import questions, rules

MOST = 5
"""Flips told; more would not be read."""
DEEPEST = 4
"""Facts changed at once, at most."""
BEAM = 3


class _Found(NamedTuple):
    changes: dict[str, Any]
    then: Conclusion


def find_flips(values: Mapping[str, Any], declined: Set[str], now: Conclusion) -> tuple[Flip, ...]:
    """The few most telling changes of facts that give another decision or technique.

    First every single fact that was read; then, where no single one leads there, the shortest way to training (or
    away from it). Each is verified by deciding anew, with and without what the person refused to say.
    """
    if now.status == "out_of_scope":
        return ()
    best: dict[tuple[Any, Any], _Found] = {}
    for changes in _singles(values, now):
        then = _recommended(values, changes, declined)
        if then is not None and (then.decision, then.technique) != now.outcome[1:] and _telling_change(changes, then):
            best.setdefault((then.decision, then.technique), _Found(changes, then))
    if now.decision not in TRAINING and not any(decision in TRAINING for decision, _ in best):
        # The way of this problem before that of another one.
        way = _way_to_training(values, now, declined, same_gaps=True) or _way_to_training(values, now, declined)
        if way is not None:
            best[(way.then.decision, way.then.technique)] = way
    return tuple(
        Flip(if_=found.changes, then=Outcome(decision=decision, technique=technique))
        for (decision, technique), found in _telling(best, now)
    )


def _telling_change(changes: Mapping[str, Any], then: Conclusion) -> bool:
    """Having another fault is no reason to do nothing, even where it would be true."""
    return then.decision != "do_nothing" or changes.get("gaps", ("none",)) == ("none",)


def _telling(best: dict[tuple[Any, Any], _Found], now: Conclusion) -> list[tuple[tuple[Any, Any], _Found]]:
    """At most MOST: what leads to training first, then one flip for each other decision, then what is left."""
    ordered = sorted(enumerate(best.items()), key=lambda e: (len(e[1][1].changes), e[1][0][0] not in TRAINING, e[0]))
    # Another technique of the same decision says less than another decision.
    seen: set[Any] = {now.shown}
    first: list[tuple[tuple[Any, Any], _Found]] = []
    rest: list[tuple[tuple[Any, Any], _Found]] = []
    for _, item in ordered:
        (first if item[0][0] not in seen else rest).append(item)
        seen.add(item[0][0])
    trains = [item for item in first if item[0][0] in TRAINING]
    others = [item for item in first if item[0][0] not in TRAINING]
    return (trains + others + rest)[:MOST]


def _singles(values: Mapping[str, Any], now: Conclusion) -> Iterator[dict[str, Any]]:
    """Changes of one fact: unknown ones first (learning them costs an answer), another gap last (another problem)."""
    reads = [fact for fact in questions() if fact in now.reads and askable(fact, now.situation)]
    reads.sort(key=lambda fact: (fact == "gaps", values.get(fact) is not None))
    for fact in reads:
        for value in turns(fact, now.situation):
            yield {fact: value}


def _recommended(values: Mapping[str, Any], changes: Mapping[str, Any], declined: Set[str]) -> Conclusion | None:
    """What the changed facts give, if it is a recommendation with and without the refusals; else None."""
    changed = {**values, **changes}
    then = conclude(changed)
    if then.status != "recommend":
        return None
    again = conclude(changed, declined)
    return (
        then
        if (again.status, again.decision, again.technique) == (then.status, then.decision, then.technique)
        else None
    )


def _way_to_training(
    values: Mapping[str, Any], now: Conclusion, declined: Set[str], same_gaps: bool = False
) -> _Found | None:
    """The shortest way found to a recommendation to train, by a beam: training first, few open needs, later rules."""
    rung = {rule.id: n for n, rule in enumerate(rules())}
    beam: list[tuple[dict[str, Any], Conclusion]] = [({}, now)]
    for _ in range(DEEPEST):
        reached: list[tuple[tuple[int, int, int], dict[str, Any], Conclusion]] = []
        for changes, at in beam:
            changed = {**values, **changes}
            for change in _singles(changed, at):
                if set(change) <= set(changes) or (same_gaps and "gaps" in change and "gaps" in values):
                    continue
                way = {**changes, **change}
                then = conclude({**values, **way})
                if then.decision in TRAINING and _recommended(values, way, declined):
                    return _shortened(values, way, declined)
                key = (
                    len(then.open_needs) if then.decision in TRAINING else len(rung),
                    -rung[then.rule.id],
                    len(reached),
                )
                reached.append((key, way, then))
        beam = [(way, then) for _, way, then in sorted(reached, key=lambda r: r[0])[:BEAM]]
    return None


def _shortened(values: Mapping[str, Any], way: dict[str, Any], declined: Set[str]) -> _Found | None:
    """The same way without the changes it does not need."""
    for fact in list(way):
        rest = {k: v for k, v in way.items() if k != fact}
        then = _recommended(values, rest, declined) if rest else None
        if then is not None and then.decision in TRAINING:
            way = rest
    then = _recommended(values, way, declined)
    return None if then is None else _Found(way, then)
